"""A real server that restarts, turns read-only, cuts connections or takes no more: nobody's row is at fault."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import Connection, event, insert, make_url, select, text, update
from sqlalchemy.exc import OperationalError

from api.intake import Intake, Unavailable
from core.bridge import Bridge
from core.deliver import pump
from core.domain.change import Policy
from core.domain.errors import Conflict
from core.ingest import drain
from core.store import bodies, inbox, leases
from core.store.clock import clock_of, system_clock
from core.store.engine import Store, open_mysql
from core.store.migrate import migrate
from core.store.mysql import Access, Pool
from core.store.tables import alerts, lanes
from core.store.tables import inbox as inbox_rows
from core.store.trouble import Away
from core.store.types import FIRST
from sandbox.alerts import fire
from tests.api.payload import body
from tests.servers import MariaDB, mariadb_server
from tests.store.rows import at_once
from tests.stories.scene import SLACK, Scene

LANE = "alertmanager:default"
Trouble = Callable[[], None]


@pytest.fixture(scope="module")
def server() -> Iterator[MariaDB]:
    # Where it was unlimited at the start it cannot be limited later.
    with mariadb_server(options=["--max-user-connections=100"]) as server:
        yield server


@pytest.fixture
def store(server: MariaDB) -> Iterator[Store]:
    store = open_mysql(make_url(server.url(server.new_database())), Access(Pool(most_open=6), timeout=10.0))
    migrate(store)
    yield store
    store.close()


@pytest.fixture
def bridge(store: Store) -> Bridge:
    with store.begin() as connection:
        leases.ensure_lane(connection, LANE)
    return Bridge(store, clock_of(store), Policy(timedelta(minutes=5), timedelta()), {}, "one:1:")


@pytest.fixture
def intake(store: Store) -> Iterator[Intake]:
    intake = Intake(store, clock_of(store), lambda _: None)
    yield intake
    intake.stop()


def reported() -> inbox.Incoming:
    return inbox.Incoming("default", LANE, bodies.pack(body()))


def read_only(server: MariaDB) -> Iterator[None]:
    server.execute("SET GLOBAL read_only = ON")
    yield
    server.execute("SET GLOBAL read_only = OFF")


def stopped(server: MariaDB) -> Iterator[None]:
    server.kill9()
    yield
    server.start()


def crowded(server: MariaDB) -> Iterator[None]:
    """Nobody new is let in, and who is in is put out."""
    server.execute("SET GLOBAL max_user_connections = 1")
    cut(server)
    occupied = open_mysql(make_url(server.url("bridge_1")))
    with occupied.read() as connection:
        connection.execute(text("SELECT 1"))
        yield
    occupied.close()
    server.execute("SET GLOBAL max_user_connections = 100")


def cut(server: MariaDB) -> None:
    server.execute(f"KILL USER {server.user}")


def became(store: Store) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The alerts, and of each row of the inbox whether it is due, its attempts, and whether it is parked."""
    rows = select(inbox_rows.c.due_at, inbox_rows.c.parked_at)
    with store.read() as connection:
        names = list(connection.execute(select(alerts.c.name)).scalars())
        return names, [tuple(row) for row in connection.execute(rows)]


@pytest.mark.parametrize("trouble", [read_only, stopped, crowded])
def test_nothing_is_accepted_or_parked_while_the_database_is_away_and_all_goes_on_after(
    server: MariaDB,
    store: Store,
    bridge: Bridge,
    intake: Intake,
    trouble: Callable[[MariaDB], Iterator[None]],
) -> None:
    intake.put(reported())
    course = trouble(server)
    next(course)
    with pytest.raises(Unavailable):
        intake.put(reported())
    with pytest.raises(Away):
        drain(bridge, LANE)
    assert next(course, None) is None
    intake.put(reported())
    drain(bridge, LANE)
    names, rows = became(store)
    assert (names, rows) == (["HighLatency"], [(None, None)] * len(rows))
    assert len(rows) >= 2


def test_a_server_that_has_become_read_only_is_left_for_whoever_is_the_primary_now(
    server: MariaDB, store: Store
) -> None:
    """Behind the one name of both another connection may lead there, and these never would."""

    def numbers() -> set[int]:
        with store.read() as one, store.read() as other:
            asked = text("SELECT CONNECTION_ID()")
            return {int(connection.execute(asked).scalar_one()) for connection in (one, other)}

    before = numbers()
    assert numbers() == before
    course = read_only(server)
    next(course)
    with pytest.raises(Away):
        store.transact(lambda c: leases.ensure_lane(c, LANE))
    assert next(course, None) is None
    assert numbers() & before == set()


def in_the_middle(store: Store, trouble: Trouble, beginning: str = "INSERT INTO alerts") -> None:
    """Once, when the first such statement is about to be executed."""
    left = [trouble]

    def strike(_: Connection, __: Any, statement: str, *___: Any) -> None:
        if left and statement.startswith(beginning):
            left.pop()()

    event.listen(store.writer, "before_cursor_execute", strike)


@pytest.mark.parametrize("mends", [True, False], ids=["cut", "killed"])
def test_a_transaction_that_is_cut_off_is_done_again_and_does_not_count_as_a_try(
    server: MariaDB, store: Store, bridge: Bridge, intake: Intake, mends: bool
) -> None:
    """Killed, the server does not even hear that the row is given back: that is said when it is there again."""
    intake.put(reported())
    in_the_middle(store, (lambda: cut(server)) if mends else server.kill9)
    with pytest.raises(Away):
        drain(bridge, LANE)
    if not mends:
        assert len(bridge.owed) == 1
        server.start()
        with store.begin() as connection:
            connection.execute(update(inbox_rows).values(due_at=system_clock()))
        drain(bridge, LANE)
    with store.begin() as connection:
        row = connection.execute(select(inbox_rows.c.attempts, inbox_rows.c.claim)).one()
        assert (tuple(row), len(bridge.owed)) == ((0, None), 0)
        connection.execute(update(inbox_rows).values(due_at=system_clock() - timedelta(seconds=1)))
    drain(bridge, LANE)
    assert became(store) == (["HighLatency"], [(None, None)])


@pytest.mark.parametrize("mends", [True, False], ids=["cut", "killed"])
def test_what_was_told_when_the_database_went_away_is_recorded_and_not_told_again(
    server: MariaDB, store: Store, scene: Scene, mends: bool
) -> None:
    """At once, or when it is there again; not when the claim has run out, which would be two minutes later."""
    scene.receive(fire("critical"))
    scene.work_on_lanes()
    in_the_middle(store, (lambda: cut(server)) if mends else server.kill9, "UPDATE deliveries SET delivered")
    with pytest.raises(Away):
        pump(scene.bridge, SLACK)
    if not mends:
        server.start()
        assert len(scene.bridge.owed) == 2
        scene.bridge.pay()
    (row,) = (row for row in scene.rows("deliveries") if row.target == SLACK)
    assert (row.due_at, row.claim, row.delivered) == (None, None, row.wanted)
    assert row.remote["ts"] == scene.message.ts
    assert len(scene.bridge.owed) == 0


def conflicts(kind: str) -> float:
    return REGISTRY.get_sample_value("alert_bridge_conflicts_total", {"kind": kind}) or 0.0


def test_of_two_that_wait_for_each_other_one_is_told_and_does_it_again(store: Store) -> None:
    """Staged: each holds one row before it asks for the other's."""
    with store.begin() as connection:
        connection.execute(insert(lanes), [{"name": name, "lease_until": FIRST} for name in "ab"])
    both, before = Barrier(2), conflicts("deadlock")

    def take(hand: int) -> int:
        first, second = "ab" if hand == 0 else "ba"
        tries: list[int] = []

        def step(connection: Connection) -> int:
            connection.execute(update(lanes).where(lanes.c.name == first).values(holder=f"h{hand}"))
            if not tries:
                both.wait(20)
            tries.append(1)
            connection.execute(update(lanes).where(lanes.c.name == second).values(holder=f"h{hand}"))
            return len(tries)

        return store.transact(step)

    assert sorted(at_once(2, take)) == [1, 2]
    assert conflicts("deadlock") == before + 1
    with store.read() as connection:
        assert len(set(connection.execute(select(lanes.c.holder)).scalars())) == 1


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1213", Conflict),
        ("SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1205", Conflict),
        ("SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1836", Away),
        ("SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1792", Away),
        ("SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1021", Away),
        ("SELECT * FROM no_such_table", Away),
        ("SELECT no_such_column FROM lanes", Away),
        ("KILL QUERY CONNECTION_ID()", Away),
        ("SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 4025", OperationalError),
        ("SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1153", OperationalError),
    ],
)
def test_what_an_error_means_is_decided_by_its_number(
    store: Store, statement: str, expected: type[Exception]
) -> None:
    """A value that the server refuses is the row's own fault, though the driver calls it operational."""
    with pytest.raises(expected) as raised, store.begin() as connection:
        connection.exec_driver_sql(statement)
    assert type(raised.value) is expected
