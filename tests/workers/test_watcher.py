"""What one worker of all does every so often."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from core.bridge import Bridge
from core.domain.change import Policy
from core.store.clock import system_clock
from core.store.engine import Store, open_sqlite
from core.store.inbox import counts, due_lanes
from core.store.migrate import migrate
from tests.servers import wait_until
from workers.watcher import Job, Watcher

OFTEN = timedelta(milliseconds=20)
Start = Callable[..., Watcher]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_sqlite(str(tmp_path / "bridge.db"))
    migrate(opened)
    yield opened
    opened.close()


@pytest.fixture
def start(store: Store) -> Iterator[Start]:
    """A worker that does these jobs until the test is over."""
    with ExitStack() as stack:

        def begin(holder: str, *jobs: Job) -> Watcher:
            bridge = Bridge(store, system_clock, Policy(timedelta(), timedelta()), {}, holder)
            watcher = Watcher(bridge, jobs, threading.Event())
            stack.callback(watcher.stop, 5)
            watcher.start()
            return watcher

        yield begin


def job(name: str, run: Callable[[], bool], every: timedelta = OFTEN) -> Job:
    return Job(name, every, run)


def test_a_job_is_done_again_and_again(start: Start) -> None:
    done: list[int] = []
    start("one:1:", job("reconcile:eu", lambda: not done.append(1)))
    wait_until(lambda: len(done) >= 3, what="done")


def test_one_worker_of_all_does_it(start: Start) -> None:
    """The others wait for three turns of his."""
    done: list[str] = []
    long = timedelta(seconds=60)
    start("one:1:", job("reconcile:eu", lambda: not done.append("one"), long))
    wait_until(lambda: done == ["one"], what="done")
    again = job("reconcile:eu", lambda: not done.append("two"), long)
    two = start("two:1:", again)
    two.once(again)
    assert done == ["one"]


def test_who_stops_leaves_it_to_another(start: Start) -> None:
    done: list[str] = []
    long = timedelta(seconds=60)
    one = start("one:1:", job("reconcile:eu", lambda: not done.append("one"), long))
    wait_until(lambda: done == ["one"], what="done")
    one.stop(5)
    start("two:1:", job("reconcile:eu", lambda: not done.append("two"), long))
    wait_until(lambda: done == ["one", "two"], what="taken over")


@pytest.mark.parametrize("fault", [lambda: False, lambda: bool(1 // 0)], ids=["no success", "a bug"])
def test_who_fails_leaves_it_to_another(start: Start, fault: Callable[[], bool]) -> None:
    """Perhaps it reaches what this one does not."""
    done: list[str] = []
    long = timedelta(seconds=60)
    failed = threading.Event()

    def fail() -> bool:
        failed.set()
        return fault()

    start("one:1:", job("reconcile:eu", fail, long))
    assert failed.wait(5)
    start("two:1:", job("reconcile:eu", lambda: not done.append("two"), OFTEN))
    wait_until(lambda: len(done) > 1, what="taken over")


def test_one_that_hangs_holds_back_no_other(start: Start) -> None:
    done: list[int] = []
    go_on = threading.Event()
    start(
        "one:1:",
        job("reconcile:eu", lambda: go_on.wait(5)),
        job("reconcile:us", lambda: bool(1 // 0)),
        job("poll:eu", lambda: not done.append(1)),
    )
    wait_until(lambda: len(done) >= 3, what="done beside it")
    go_on.set()


def test_jobs_are_no_lanes_of_the_inbox(start: Start, store: Store) -> None:
    """Nobody drains them, and nothing waits in them."""
    done: list[int] = []
    start("one:1:", job("reconcile:eu", lambda: not done.append(1)))
    wait_until(lambda: done, what="done")
    with store.read() as connection:
        assert (due_lanes(connection, system_clock()), counts(connection)) == ([], (0, 0, None))
