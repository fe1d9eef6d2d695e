"""How a process is connected to MySQL: as many connections as it may open, each told the same, none too old."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest
from sqlalchemy import event, insert, make_url, text
from sqlalchemy.exc import DataError, IntegrityError

from core.store import insert_once
from core.store.engine import Store, open_mysql
from core.store.migrate import migrate
from core.store.mysql import Access, Pool
from core.store.tables import ack_events, lanes
from core.store.trouble import Away
from core.store.types import FIRST
from tests.servers import MariaDB
from tests.store.rows import NOW, episode, keep

Open = Callable[..., Store]


@pytest.fixture
def opened(mariadb: MariaDB) -> Iterator[Open]:
    """Opens one empty database, as often as asked."""
    url = make_url(mariadb.url(mariadb.new_database()))
    stores: list[Store] = []

    def open_(timeout: float = 5.0, **pool: Any) -> Store:
        stores.append(open_mysql(url, Access(Pool(**pool), timeout)))
        return stores[-1]

    yield open_
    for store in stores:
        store.close()


def connection_id(store: Store) -> int:
    with store.read() as connection:
        return int(connection.execute(text("SELECT CONNECTION_ID()")).scalar_one())


def made(store: Store) -> list[object]:
    """Grows with every new connection."""
    connected: list[object] = []
    event.listen(store.reader, "connect", lambda *_: connected.append(None))
    return connected


def test_reads_and_writes_together_open_no_more_than_they_may(opened: Open) -> None:
    """The next one waits for its turn, no longer than for a statement, and is then told that the database is away."""
    store = opened(timeout=1.0, most_open=3, most_idle=1)
    with ExitStack() as stack:
        stack.enter_context(store.read()).execute(text("SELECT 1"))
        stack.enter_context(store.begin()).execute(text("SELECT 1"))
        stack.enter_context(store.read()).execute(text("SELECT 1"))
        with pytest.raises(Away), store.read():
            pass
        with pytest.raises(Away), store.begin():
            pass
    assert connection_id(store) > 0


@pytest.mark.parametrize(("most_idle", "left"), [(2, 2), (0, 0)])
def test_what_nobody_uses_is_closed_but_for_so_many(
    mariadb: MariaDB, opened: Open, most_idle: int, left: int
) -> None:
    """On the server's own count."""
    store = opened(most_open=5, most_idle=most_idle)
    with ExitStack() as stack:
        ids = {
            stack.enter_context(store.read()).execute(text("SELECT CONNECTION_ID()")).scalar_one()
            for _ in range(5)
        }
    deadline = time.monotonic() + 20
    while len(alive(mariadb, ids)) > left and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (len(ids), len(alive(mariadb, ids))) == (5, left)


def alive(mariadb: MariaDB, ids: set[int]) -> set[int]:
    return ids & set(mariadb.ask("SELECT id FROM information_schema.processlist"))


@pytest.mark.parametrize(
    "pool", [{"longest_life": 1.0, "longest_idle": 0.0}, {"longest_life": 0.0, "longest_idle": 1.0}]
)
def test_a_connection_that_is_too_old_or_idle_for_too_long_is_replaced(
    opened: Open, pool: dict[str, float]
) -> None:
    store = opened(**pool)
    first = connection_id(store)
    assert connection_id(store) == first
    time.sleep(1.2)
    assert connection_id(store) != first


def test_without_limits_a_connection_stays(opened: Open) -> None:
    store = opened(longest_life=0.0, longest_idle=0.0)
    first = connection_id(store)
    time.sleep(1.2)
    assert connection_id(store) == first


def test_a_connection_that_was_cut_while_idle_is_replaced_unseen(mariadb: MariaDB, opened: Open) -> None:
    store = opened()
    first = connection_id(store)
    mariadb.execute(f"KILL {first}")
    time.sleep(1.1)
    assert connection_id(store) not in {0, first}


def test_each_connection_is_told_how_to_work_in_one_statement(opened: Open) -> None:
    """Whatever the server's own settings are."""
    store = opened(timeout=8.0)
    expected = {
        "tx_isolation": "READ-COMMITTED",
        "time_zone": "+00:00",
        "sql_mode": "STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
        "NO_ENGINE_SUBSTITUTION",
        "innodb_lock_wait_timeout": "4",
        "max_statement_time": "7.200000",
        "character_set_client": "utf8mb4",
        "character_set_results": "utf8mb4",
        "autocommit": "ON",
    }
    said: list[str] = []
    event.listen(store.reader, "before_cursor_execute", lambda *call: said.append(call[2]))
    names = ", ".join(f"'{name}'" for name in expected)
    with store.read() as connection:
        rows = connection.exec_driver_sql(f"SHOW VARIABLES WHERE Variable_name IN ({names})").all()
    assert expected == {row[0]: row[1] for row in rows}
    assert [statement for statement in said if statement.startswith(("SET", "BEGIN"))] == []


def test_what_was_written_is_undone_when_the_step_fails(opened: Open) -> None:
    """Connections are in autocommit: what opens the transaction is ours."""
    store = opened()
    migrate(store)
    lane = insert(lanes).values(name="people", lease_until=FIRST)
    with pytest.raises(IntegrityError):
        store.transact(lambda connection: [connection.execute(lane) for _ in range(2)])
    with store.read() as connection:
        assert connection.execute(lanes.select()).all() == []


def test_a_statement_is_given_up_after_its_time_and_the_next_one_works(opened: Open) -> None:
    """By the server as well, which would go on for a client that has left."""
    store = opened(timeout=1.0)
    with pytest.raises(Away), store.read() as connection:
        connection.execute(text("SELECT SLEEP(600)"))
    assert connection_id(store) > 0
    with store.read() as connection:
        running = connection.execute(text("SELECT info FROM information_schema.processlist")).scalars().all()
    assert not [statement for statement in running if statement and "SLEEP" in statement]


def test_a_migration_may_take_longer_than_a_statement(opened: Open) -> None:
    store = opened(timeout=1.0)
    assert store.patient is not None
    with store.patient.connect() as connection:
        assert connection.execute(text("SELECT SLEEP(2)")).scalar() == 0


def test_who_waits_for_a_lock_is_told_so_before_the_time_of_a_statement_is_over(opened: Open) -> None:
    """So it is a conflict, which is done again, and no lost connection."""
    store = opened(timeout=4.0)
    migrate(store)
    taken, release = threading.Event(), threading.Event()

    def hold() -> None:
        with store.begin() as connection:
            connection.execute(insert(lanes).values(name="people", lease_until=FIRST))
            taken.set()
            release.wait(60)

    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(hold)
        assert taken.wait(20)
        outcome: list[str] = []
        try:
            with store.begin() as connection:
                connection.execute(insert(lanes).values(name="people", lease_until=FIRST))
        except Exception as error:  # noqa: BLE001 (which it is, is the question)
            outcome.append(f"{type(error).__name__} {getattr(error, 'kind', '')}")
        release.set()
        held.result(20)
    assert outcome == ["Conflict lock_wait"]


def test_a_row_that_is_there_already_is_left_alone_and_other_faults_are_told(opened: Open) -> None:
    store = opened()
    migrate(store)
    with store.begin() as connection:
        insert_once.into(connection, lanes, [{"name": "people", "lease_until": FIRST}])
        insert_once.into(connection, lanes, [{"name": "people", "lease_until": NOW}])
        assert connection.execute(lanes.select()).one().lease_until == FIRST
    with pytest.raises(DataError), store.begin() as connection:
        insert_once.into(connection, lanes, {"name": "x" * 100, "lease_until": FIRST})
    with pytest.raises(IntegrityError), store.begin() as connection:
        insert_once.into(connection, ack_events, said_about("nobody"))


def said_about(alert_id: str) -> dict[str, Any]:
    return {
        "alert_id": alert_id,
        "occurrence": 1,
        "action": "note",
        "source": "api",
        "acknowledged_by_name": "Ana Lind 🐢",
        "acknowledged_by_id": "api:ana",
        "acknowledged_at": NOW,
        "fired_at": NOW,
        "note": "größer 👩‍🚒",
        "source_event_id": f"api:{alert_id}",
    }


def test_emoji_and_nested_json_come_back_as_they_went_in(opened: Open) -> None:
    store = opened()
    migrate(store)
    alert = episode("f1")
    keep(store, alert)
    with store.begin() as connection:
        insert_once.into(connection, ack_events, said_about(alert.facts.id))
        told = connection.execute(ack_events.select()).one()
        note = connection.exec_driver_sql("SELECT JSON_VALUE(annotations, '$.summary') FROM alerts").scalar()
    assert (told.acknowledged_by_name, told.note, note) == ("Ana Lind 🐢", "größer 👩‍🚒", "slow 🐢")
