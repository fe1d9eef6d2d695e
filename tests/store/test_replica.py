"""Who only looks is answered by a server that follows the primary, as long as it does, and else by the primary."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.engine import URL

from core.store import leases, listing
from core.store.clock import system_clock
from core.store.engine import Store, open_mysql
from core.store.migrate import migrate
from core.store.mysql import Access
from core.store.replica import Replica
from tests.servers import MariaDB, free_port, mariadb_server
from tests.servers.process import wait_until
from tests.store.rows import episode, keep

LOOKER, PASSWORD = "looker", "looker-password"


@dataclass
class Pair:
    primary: MariaDB
    replica: MariaDB

    def looking_at(self, database: str) -> URL:
        url = make_url(self.replica.url(database))
        return url.set(username=LOOKER, password=PASSWORD)


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    logs = ["--log-bin=bin", "--binlog-format=ROW", "--server-id=1"]
    with mariadb_server(options=logs) as primary, mariadb_server(options=["--server-id=2"]) as replica:
        replica.follow(primary)
        yield Pair(primary, replica)


@pytest.fixture
def database(pair: Pair) -> str:
    """Whose looker may SELECT there and nothing else anywhere."""
    name = pair.primary.new_database()
    pair.primary.execute(f"GRANT SELECT ON {name}.* TO '{LOOKER}'@'%' IDENTIFIED BY '{PASSWORD}'")
    return name


@pytest.fixture
def store(pair: Pair, database: str) -> Iterator[Store]:
    """With a worker's sweep that has just been at it."""
    opened = open_mysql(make_url(pair.primary.url(database)), Access(timeout=4.0), pair.looking_at(database))
    assert opened.replica is not None
    # Half a minute is too long for a test.
    opened = replace(opened, replica=Replica(opened.replica.engine, opened.reader, again=0.3))
    migrate(opened)
    beat(opened)
    yield opened
    opened.close()


def beat(store: Store, later: float = 0.0) -> None:
    with store.begin() as connection:
        leases.ensure_lane(connection, "sweep")
        now = system_clock() + timedelta(seconds=later)
        assert leases.take_lane(connection, "sweep", "one:1:", now, timedelta(seconds=6))


def port(store: Store) -> int:
    """Of the server that answers a look."""
    return int(store.look(lambda connection: connection.execute(text("SELECT @@port")).scalar_one()))


def answers(store: Store, server: MariaDB) -> None:
    wait_until(lambda: port(store) == server.port, 30, "the other server answers")


def test_who_looks_is_answered_by_the_replica_and_who_decides_by_the_primary(
    pair: Pair, store: Store
) -> None:
    answers(store, pair.replica)
    with store.read() as connection:
        assert connection.execute(text("SELECT @@port")).scalar() == pair.primary.port
    with store.begin() as connection:
        assert connection.execute(text("SELECT @@port")).scalar() == pair.primary.port
    alert = episode("f1")
    keep(store, alert)
    wait_until(lambda: store.look(lambda c: listing.one(c, alert.facts.id)), 20, "the alert has come over")


def halted(pair: Pair, store: Store, _: str) -> Callable[[], None]:
    """It answers, and stays where it is while the primary goes on."""
    pair.replica.execute("STOP SLAVE")
    beat(store, later=10.0)
    return lambda: pair.replica.execute("START SLAVE")


def killed(pair: Pair, _: Store, __: str) -> Callable[[], None]:
    pair.replica.kill9()
    return lambda: pair.replica.start() and None


def frozen(pair: Pair, _: Store, __: str) -> Callable[[], None]:
    """It takes connections and answers nobody."""
    pair.replica.freeze()
    return pair.replica.thaw


def forbidden(pair: Pair, store: Store, name: str) -> Callable[[], None]:
    """On the replica alone, and put out."""
    statement = f"ON {name}.* {{}} '{LOOKER}'@'%'"
    pair.replica.execute("REVOKE SELECT " + statement.format("FROM"), f"KILL USER {LOOKER}")
    return lambda: pair.replica.execute("GRANT SELECT " + statement.format("TO"))


def renamed(pair: Pair, _: Store, name: str) -> Callable[[], None]:
    """No such table, as before the first migration has come over."""
    pair.replica.execute(f"RENAME TABLE {name}.lanes TO {name}.gone")
    return lambda: pair.replica.execute(f"RENAME TABLE {name}.gone TO {name}.lanes")


def of_another_version(pair: Pair, _: Store, name: str) -> Callable[[], None]:
    """Migrated, and not over there yet."""
    pair.replica.execute(f"RENAME TABLE {name}.alembic_version TO {name}.gone")
    pair.replica.execute(f"CREATE TABLE {name}.alembic_version AS SELECT '0001' AS version_num")
    back = (f"DROP TABLE {name}.alembic_version", f"RENAME TABLE {name}.gone TO {name}.alembic_version")
    return lambda: pair.replica.execute(*back)


def of_another_bridge(pair: Pair, _: Store, name: str) -> Callable[[], None]:
    """It lives, and its workers are others."""
    becomes = f"UPDATE {name}.lanes SET holder = "  # noqa: S608
    pair.replica.execute("STOP SLAVE", f"{becomes} 'two:2:'")
    return lambda: pair.replica.execute(f"{becomes} 'one:1:'", "START SLAVE")


@pytest.mark.parametrize(
    "trouble", [halted, killed, frozen, forbidden, renamed, of_another_version, of_another_bridge]
)
def test_a_replica_that_is_of_no_use_is_left_alone_until_it_is_again(
    pair: Pair, store: Store, database: str, trouble: Callable[[Pair, Store, str], Callable[[], None]]
) -> None:
    """Nobody is refused meanwhile, and why stands where operators look."""
    assert store.replica is not None
    answers(store, pair.replica)
    mend = trouble(pair, store, database)
    try:
        assert port(store) in (pair.primary.port, pair.replica.port)
        answers(store, pair.primary)
        assert store.replica.trouble
    finally:
        mend()
    answers(store, pair.replica)
    assert store.replica.trouble is None


def test_a_look_that_breaks_off_is_answered_by_the_primary_at_once(pair: Pair, store: Store) -> None:
    """Also when the replica was well a moment before."""
    answers(store, pair.replica)
    seen: list[int] = []

    def look(connection: object) -> int:
        asked = connection.execute(text("SELECT @@port")).scalar_one()  # type: ignore[attr-defined]
        seen.append(asked)
        if asked == pair.replica.port:
            pair.replica.execute(f"KILL USER {LOOKER}")
        return int(connection.execute(text("SELECT @@port")).scalar_one())  # type: ignore[attr-defined]

    assert store.look(look) == pair.primary.port
    assert seen == [pair.replica.port, pair.primary.port]


def test_without_workers_a_replica_is_as_good_as_its_primary(pair: Pair, store: Store) -> None:
    """Nothing moves, so nothing is late, however long ago the last sweep was."""
    with store.begin() as connection:
        connection.execute(text("UPDATE lanes SET lease_until = '2026-01-01 00:00:00'"))
    answers(store, pair.replica)


def test_a_replica_that_was_never_there_costs_nobody_an_answer(pair: Pair, database: str) -> None:
    nowhere = pair.looking_at(database).set(port=free_port())
    store = open_mysql(make_url(pair.primary.url(database)), Access(timeout=2.0), nowhere)
    migrate(store)
    begun = time.monotonic()
    assert [port(store) for _ in range(20)] == [pair.primary.port] * 20
    assert time.monotonic() - begun < 20
    assert store.replica is not None
    assert store.replica.trouble == "it cannot be reached (error 2003)"
    store.close()
