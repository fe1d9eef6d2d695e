"""Who has fallen silent holds nothing any more; who is only late, or away with the database, does."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from core.store import leases
from core.store.clock import system_clock
from core.store.engine import Store
from core.store.tables import lanes
from tests.servers import wait_until
from tests.workers.conftest import Make
from workers.pulse import Pulse

LANE = "people"
OFTEN, SILENT = 0.05, 0.5
Start = Callable[[str], Pulse]


@pytest.fixture
def start(make: Make) -> Iterator[Start]:
    """A worker that says so often that it lives."""
    with ExitStack() as stack:

        def begin(holder: str) -> Pulse:
            pulse = Pulse(make(holder), OFTEN, SILENT)
            pulse.start()
            stack.callback(pulse.stop)
            return pulse

        yield begin


def hold(store: Store, holder: str, lane: str = LANE) -> None:
    """This one lives and is at the lane."""
    with store.begin() as connection:
        leases.beat(connection, holder, system_clock())
        leases.ensure_lane(connection, lane)
        assert leases.take_lane(connection, lane, holder, system_clock())


def is_held(store: Store, lane: str = LANE) -> bool:
    with store.read() as connection:
        return leases.is_held(connection, lanes, lane, system_clock())


def test_what_the_silent_held_is_free_and_what_others_hold_is_not(store: Store, start: Start) -> None:
    """Long before its lease runs out."""
    start("one:1:")
    start("two:2:")
    hold(store, "one:1:")
    hold(store, "dead:3:", "other")
    wait_until(lambda: not is_held(store, "other"), 10, "free")
    assert is_held(store)


def test_who_leaves_gives_back_at_once(store: Store, make: Make) -> None:
    pulse = Pulse(make("one:1:"))
    pulse.start()
    hold(store, "one:1:")
    pulse.stop()
    assert not is_held(store)
    with store.read() as connection:
        assert leases.beats(connection) == {}


@pytest.mark.parametrize(("looks", "held"), [([0, 2, 4, 6, 8, 10], True), ([0, 2, 4, 6, 8, 10, 12], False)])
def test_ten_seconds_of_silence_are_heard(store: Store, make: Make, looks: list[float], held: bool) -> None:
    hold(store, "one:1:")
    listen(make, looks)
    assert is_held(store) == held


def test_silence_while_nobody_could_hear_does_not_count(store: Store, make: Make) -> None:
    """After a database that was away, or a sleep of its own, a worker first listens anew."""
    hold(store, "one:1:")
    listen(make, [0, 2, 60, 62, 64])
    assert is_held(store)


def listen(make: Make, looks: list[float]) -> None:
    """One worker looks at these seconds of its watch."""
    at = iter(looks)
    pulse = Pulse(make("two:2:"), watch=lambda: next(at))
    for _ in looks:
        pulse.once()
