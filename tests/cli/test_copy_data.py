"""`copy-data`: SQLite to MySQL and back, whole or not at all."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Integer,
    LargeBinary,
    Text,
    delete,
    func,
    insert,
    make_url,
    select,
    update,
)

from core.store import copying, tables
from core.store.engine import Store, open_mysql, open_sqlite
from core.store.migrate import migrate
from core.store.types import FIRST, UtcTime
from sandbox import Sandbox
from sandbox.pagerduty.model import Status
from tests.cli.command import Home, alert, shows
from tests.servers import MariaDB, wait_until

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def database(mariadb: MariaDB) -> str:
    return mariadb.new_database()


@pytest.fixture
def mysql(mariadb: MariaDB, database: str) -> Iterator[Store]:
    store = open_mysql(make_url(mariadb.url(database)))
    yield store
    store.close()


@contextmanager
def sqlite(path: Path) -> Iterator[Store]:
    store = open_sqlite(str(path))
    yield store
    store.close()


MADE: dict[type, Callable[[int], Any]] = {
    UtcTime: lambda number: NOW + timedelta(seconds=number),
    LargeBinary: lambda _: bytes(range(256)) * 300,
    JSON: lambda number: {
        "β": ["🐢", None, 1.5, {"b": 2, "a": 1}],
        "at": 1732363200.123456,
        "n": 2**40 + number,
    },
    Boolean: lambda _: True,
    BigInteger: lambda number: number,
    Integer: lambda number: number,
    Text: lambda number: f"naïve 🐢 '\"\\% \0 {number}",
}


def value(column: Column[Any], number: int) -> Any:
    """Something of its type that is easily spoilt on the way."""
    for foreign in column.foreign_keys:
        return f"{foreign.column.table.name}-{number}"
    made = MADE.get(type(column.type))
    if made is not None:
        return made(number)
    name = column.table.name if column.name == "id" else column.name
    return f"{name}-{number}"


def fill(store: Store) -> None:
    """Two rows in each table, of the second only what must be; more than one part in the inbox."""
    migrate(store)
    with store.begin() as connection:
        for table in copying.TABLES:
            whole = {column.name: value(column, 1) for column in table.columns}
            bare = {c.name: value(c, 2) for c in table.columns if not c.nullable or c.primary_key}
            connection.execute(insert(table), [whole])
            connection.execute(insert(table), [bare])
        row = {"source": "default", "lane": "people", "body": b"x", "received_at": NOW, "due_at": NOW}
        connection.execute(insert(tables.inbox), [row] * 450)


def content(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Every value of every table."""
    with store.read() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table)).all()), key=str)
            for table in copying.TABLES
        }


def next_id(store: Store) -> int:
    """The number that what comes in next is given; it is taken back."""
    with store.begin() as connection:
        row = {"source": "default", "lane": "people", "received_at": NOW}
        number = connection.execute(insert(tables.inbox).values(row)).inserted_primary_key
        assert number is not None
        connection.execute(delete(tables.inbox).where(tables.inbox.c.id == number[0]))
    return int(number[0])


def named(mariadb: MariaDB, database: str) -> str:
    return f"mysql:{mariadb.user}@127.0.0.1:{mariadb.port}/{database}"


def copy(home: Home, source: str, to: str, *more: str, status: int = 0) -> str:
    with home.command(
        "copy-data", "--from", source, "--to", to, *more, MYSQL_PASSWORD=MariaDB.password
    ) as run:
        ended = run.wait(60)
        said = run.output()
    assert ended == status, said
    assert "Traceback" not in said
    assert MariaDB.password not in said
    return said


FILE = "sqlite:data/bridge.db"


@pytest.fixture
def filled(home: Home) -> Home:
    """A SQLite file with something in every table."""
    home.database.parent.mkdir()
    with sqlite(home.database) as store:
        fill(store)
        with store.begin() as connection:
            connection.execute(update(tables.targets).values(holder=None, lease_until=FIRST))
            connection.execute(update(tables.lanes).values(holder=None, lease_until=FIRST))
            for table in copying.TABLES:
                if "claim" in table.c:
                    connection.execute(update(table).values(claim=None))
    return home


def test_every_value_arrives_in_mysql_and_comes_back(
    filled: Home, mariadb: MariaDB, database: str, mysql: Store
) -> None:
    """Emoji, bytes, JSON, microseconds, and what is not there."""
    there = copy(filled, FILE, named(mariadb, database))
    assert "inbox: 452\n" in there
    assert there.endswith("rows copied, and compared\n")
    back = copy(filled, named(mariadb, database), "sqlite:back.db")
    assert there.splitlines()[-1] == back.splitlines()[-1]
    with sqlite(filled.database) as first, sqlite(filled.folder / "back.db") as last:
        assert content(first) == content(mysql) == content(last)


def test_what_was_under_way_is_due_at_once_and_nobody_holds_anything(home: Home) -> None:
    home.database.parent.mkdir()
    with sqlite(home.database) as store:
        fill(store)
    began = datetime.now(UTC)
    copy(home, FILE, "sqlite:copy.db")
    with sqlite(home.folder / "copy.db") as store, store.read() as connection:
        for table in (tables.inbox, tables.deliveries, tables.notices, tables.silence_deliveries):
            assert connection.execute(select(table.c.claim).where(table.c.claim.is_not(None))).all() == []
            assert connection.execute(select(func.max(table.c.due_at))).scalar_one() >= began
        for table in (tables.lanes, tables.targets):
            assert set(connection.execute(select(table.c.holder, table.c.lease_until))) == {(None, FIRST)}


@pytest.mark.parametrize("back", [False, True], ids=["to mysql", "to sqlite"])
def test_no_number_is_given_twice_though_its_rows_are_gone(
    filled: Home, mariadb: MariaDB, database: str, mysql: Store, back: bool
) -> None:
    """An alert remembers how far it has read by it."""
    with sqlite(filled.database) as store:
        last = next_id(store)
        with store.begin() as connection:
            connection.execute(delete(tables.inbox))
    copy(filled, FILE, named(mariadb, database))
    if not back:
        assert next_id(mysql) == last + 1
        return
    copy(filled, named(mariadb, database), "sqlite:back.db")
    with sqlite(filled.folder / "back.db") as store:
        assert next_id(store) == last + 1


def test_an_alert_that_has_read_further_than_the_inbox_knows_is_not_overtaken(
    filled: Home, mariadb: MariaDB, database: str, mysql: Store
) -> None:
    with sqlite(filled.database) as store, store.begin() as connection:
        connection.execute(update(tables.alerts).values(seq=5000))
    copy(filled, FILE, named(mariadb, database))
    assert next_id(mysql) == 5001


def test_a_destination_with_rows_is_refused_and_left_alone(filled: Home) -> None:
    with sqlite(filled.folder / "other.db") as other:
        migrate(other)
        with other.begin() as connection:
            connection.execute(insert(tables.lanes).values(name="people", lease_until=FIRST))
        said = copy(filled, FILE, "sqlite:other.db", status=1)
        assert "sqlite:other.db is not empty (lanes 1): name a database without rows" in said
        assert {name for name, rows in content(other).items() if rows} == {"lanes"}


def test_a_source_of_another_version_is_refused(home: Home) -> None:
    home.database.parent.mkdir()
    home.database.touch()
    assert "run `alert-bridge migrate` there first" in copy(home, FILE, "sqlite:other.db", status=1)


def test_a_source_that_is_not_there_is_not_made(home: Home) -> None:
    assert "there is no database" in copy(home, FILE, "sqlite:other.db", status=1)
    assert not home.database.exists()


@pytest.mark.parametrize(
    "place", ["bridge.db", "mysql:u:pass-of-mysql@h/db", "postgres:x", "mysql:u@h", "sqlite:"]
)
def test_what_names_no_database_is_refused_and_not_repeated(filled: Home, place: str) -> None:
    """There may be a password in it, which has no place on a command line."""
    said = copy(filled, FILE, place, status=1)
    assert "write sqlite:PATH, mysql: for the storage.mysql of the configuration" in said
    assert "pass-of-mysql" not in said


def test_the_same_database_is_refused(filled: Home) -> None:
    (filled.folder / "link.db").symlink_to(filled.database)
    assert "are the same database" in copy(filled, FILE, "sqlite:link.db", status=1)


def test_a_file_that_a_bridge_uses_is_refused(home: Home) -> None:
    with home.command("run") as run:
        home.wait_ready(run)
        assert "another alert-bridge uses" in copy(home, FILE, "sqlite:other.db", status=1)


def test_a_mysql_that_a_bridge_is_at_work_on_is_refused_unless_somebody_knows_better(
    home: Home, mariadb: MariaDB, database: str, mysql: Store
) -> None:
    migrate(mysql)
    until = datetime.now(UTC) + timedelta(minutes=5)
    with mysql.begin() as connection:
        connection.execute(insert(tables.lanes).values(name="people", holder="one:7:", lease_until=until))
    source = named(mariadb, database)
    said = copy(home, source, "sqlite:copy.db", status=1)
    assert "a bridge is at work on" in said
    assert "(one:7:): stop it" in said
    copy(home, source, "sqlite:copy.db", "--stopped")


def test_the_configured_mysql_is_meant_whatever_the_type_is(
    filled: Home, sandbox: Sandbox, mariadb: MariaDB, database: str, mysql: Store
) -> None:
    """So that the file can be changed when all has been copied."""
    configure(filled, sandbox, mariadb, database)
    with filled.command("copy-data", "--from", FILE, "--to", "mysql:") as run:
        assert run.wait(60) == 0, run.output()
    with sqlite(filled.database) as store:
        assert content(store) == content(mysql)


def test_what_has_been_copied_grows_old_there_too(
    filled: Home, sandbox: Sandbox, mariadb: MariaDB, database: str
) -> None:
    with sqlite(filled.database) as store, store.begin() as connection:
        long_ago = datetime.now(UTC) - timedelta(days=100)
        connection.execute(update(tables.delivery_attempts).values(at=long_ago))
    copy(filled, FILE, named(mariadb, database))
    configure(filled, sandbox, mariadb, database, type="mysql")
    assert "attempts          7 days      2\n" in filled.say("prune")
    assert "attempts          7 days      0\n" in filled.say("prune")


def test_the_password_may_be_in_a_file(filled: Home, mariadb: MariaDB, database: str) -> None:
    (filled.folder / "password").write_text(f"{MariaDB.password}\n")
    arguments = ["--from", FILE, "--to", named(mariadb, database), "--password-file", "password"]
    with filled.command("copy-data", *arguments) as run:
        assert run.wait(60) == 0, run.output()


def test_a_copy_that_was_broken_off_is_no_database_and_is_done_again(
    filled: Home, sandbox: Sandbox, mariadb: MariaDB, database: str, mysql: Store
) -> None:
    """Killed in its middle: nothing starts on what is there, and the next one begins anew."""
    migrate(mysql)
    with mysql.begin() as held:
        # Somebody else is at the place of the last row: the copy waits there.
        held.execute(insert(tables.sources).values(name="name-1", receivers=[]))
        with filled.command(
            "copy-data", "--from", FILE, "--to", named(mariadb, database), MYSQL_PASSWORD=MariaDB.password
        ) as run:
            run.wait_until(lambda: "sources: 2" in run.output(), 30)
            run.kill9()
        held.rollback()
    configure(filled, sandbox, mariadb, database, type="mysql")
    assert "half a copy" in filled.say("migrate", status=1)
    copy(filled, FILE, named(mariadb, database))
    with sqlite(filled.database) as store:
        assert content(store) == content(mysql)
    assert "as before" in filled.say("migrate")


def configure(home: Home, sandbox: Sandbox, mariadb: MariaDB, database: str, type: str = "sqlite") -> None:  # noqa: A002
    primary = {
        "host": "127.0.0.1",
        "port": mariadb.port,
        "database": database,
        "username": mariadb.user,
        "password": mariadb.password,
    }
    path = {"path": "data/bridge.db"}
    home.configure(sandbox, storage={"type": type, "sqlite": path, "mysql": {"primary": primary}})


def test_the_bridge_goes_on_where_it_was(
    home: Home, sandbox: Sandbox, mariadb: MariaDB, database: str
) -> None:
    """Fired on SQLite, resolved on MySQL: the same message is changed, the same incident resolved."""
    with home.command("run") as run:
        home.wait_ready(run)
        home.post(alert("Moves"))
        wait_until(lambda: shows(sandbox, "Moves"), 20, "shown")
        run.signal(signal.SIGTERM)
        assert run.wait(20) == 0
    copy(home, FILE, named(mariadb, database))
    configure(home, sandbox, mariadb, database, type="mysql")
    with home.command("run") as run:
        home.wait_ready(run)
        resolved = alert("Moves")
        resolved["alerts"][0] |= {"status": "resolved", "endsAt": "2026-11-23T11:00:00Z"}
        home.post(resolved)
        wait_until(lambda: states(sandbox) == (["RESOLVED"], [Status.RESOLVED]), 20, "resolved")


def states(sandbox: Sandbox) -> tuple[list[str], list[Status]]:
    """The first word of each message, and how each incident stands."""
    messages, incidents = sandbox.slack.messages, sandbox.pagerduty.incidents
    return [one.text.split()[0] for one in messages], [one.status for one in incidents]
