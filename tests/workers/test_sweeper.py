"""Workers of different duties sweep each for themselves, and nothing is left because nobody may do it."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.store import inbox, leases
from core.store.clock import system_clock
from core.store.engine import Store
from tests.servers import free_port, wait_until
from tests.workers.conftest import Make
from workers.app import make_celery
from workers.duties import read_duties
from workers.hints import Hints
from workers.sweeper import Sweeper

LANES = ["alertmanager:default", "people"]
Start = Callable[[str, str], Sweeper]


@pytest.fixture
def hints(tmp_path: Path) -> Iterator[Hints]:
    """To a broker that is not there."""
    made = Hints(make_celery(f"redis://127.0.0.1:{free_port()}/0", tmp_path, publishes=True))
    yield made
    made.stop()


@pytest.fixture
def start(make: Make, hints: Hints) -> Start:
    """A worker kept to some lanes, by its holder's name; it looks when it is told to."""
    return lambda holder, lanes: Sweeper(
        make(holder), hints, read_duties(lanes, "none", []), threading.Event()
    )


@pytest.fixture(autouse=True)
def waiting(store: Store) -> None:
    """A row in the lane of people and in one of a source: whatever comes of it, somebody has looked at it."""
    with store.begin() as connection:
        for lane in LANES:
            leases.ensure_lane(connection, lane)
            inbox.put(connection, [inbox.Incoming("default", lane, b"{}")], system_clock())


def left(store: Store) -> list[str]:
    with store.read() as connection:
        return [lane for lane in LANES if inbox.is_waiting(connection, lane)]


def test_each_kind_of_worker_does_its_own(store: Store, start: Start) -> None:
    """Without a broker nobody ingests what he is kept from, and nobody waits for somebody else's election."""
    people, sources = start("one:1:", "people"), start("two:2:", "ingest")
    people.once()
    wait_until(lambda: left(store) == ["alertmanager:default"], 10, "people's lane")
    people.once()
    assert left(store) == ["alertmanager:default"]
    sources.once()
    wait_until(lambda: left(store) == [], 10, "the source's lane")


def test_of_a_kind_one_does_it(store: Store, start: Start) -> None:
    first, second = start("one:1:", "people"), start("two:2:", "people")
    first.once()
    wait_until(lambda: "people" not in left(store), 10, "people's lane")
    with store.begin() as connection:
        inbox.put(connection, [inbox.Incoming("default", "people", b"{}")], system_clock())
    second.once()
    second.stop(5)
    assert "people" in left(store)


def test_what_nobody_does_is_done_after_a_minute_by_who_is_kept_from_it(store: Store, start: Start) -> None:
    """Thirty looks, of which one is made every two seconds."""
    people = start("one:1:", "people")
    for _ in range(30):
        people.once()
    assert left(store) == ["alertmanager:default"]
    people.once()
    wait_until(lambda: left(store) == [], 10, "done all the same")


def test_what_somebody_is_at_is_left_to_him(store: Store, start: Start) -> None:
    """However long it takes him."""
    with store.begin() as connection:
        leases.take_lane(connection, "alertmanager:default", "two:2:", system_clock())
    people = start("one:1:", "people")
    for _ in range(40):
        people.once()
    people.stop(5)
    assert left(store) == ["alertmanager:default"]
