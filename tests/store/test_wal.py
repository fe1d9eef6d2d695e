"""SQLite's WAL stays short, also under somebody who reads without end."""

from pathlib import Path

from sqlalchemy import insert, select

from core.store import wal
from core.store.engine import Store
from core.store.tables import inbox
from tests.store.rows import NOW


def write(store: Store, megabytes: int) -> None:
    row = {"source": "default", "lane": "people", "body": b"x" * 1024 * 1024, "received_at": NOW}
    for _ in range(megabytes):
        with store.begin() as connection:
            connection.execute(insert(inbox), [row])


def length(store: Store) -> int:
    return Path(f"{database(store)}-wal").stat().st_size


def database(store: Store) -> str:
    return store.reader.url.database or ""


def test_a_long_one_is_taken_in_once_nobody_is_in_its_way(own: Store) -> None:
    """Under a reader who never ends it grows: that is left alone, and nothing is lost."""
    with own.reader.connect() as reader:
        reader.exec_driver_sql("BEGIN")
        reader.execute(select(inbox.c.id)).all()
        write(own, 20)
        assert length(own) > wal.LIMIT
        wal.shorten(database(own))
        assert length(own) > wal.LIMIT
        assert reader.execute(select(inbox.c.id)).all() == []
        reader.exec_driver_sql("ROLLBACK")
    wal.shorten(database(own))
    assert length(own) == 0
    with own.read() as connection:
        assert len(connection.execute(select(inbox.c.id)).all()) == 20


def test_a_short_one_is_left_alone(own: Store) -> None:
    write(own, 1)
    before = length(own)
    wal.shorten(database(own))
    assert length(own) == before > 0


def test_one_that_had_grown_does_not_keep_its_size(own: Store) -> None:
    with own.reader.connect() as reader:
        reader.exec_driver_sql("BEGIN")
        reader.execute(select(inbox.c.id)).all()
        write(own, 20)
        reader.exec_driver_sql("ROLLBACK")
    write(own, 8)
    assert length(own) <= wal.LIMIT
