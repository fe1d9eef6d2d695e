"""Group commit by itself: one row at fault costs the others nothing, and no request waits for ever."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from api.intake import Intake, Unavailable
from core.store import tables
from core.store.clock import system_clock
from core.store.engine import Store
from core.store.inbox import Incoming
from tests.api.conftest import WriteLock, wait_until


@pytest.fixture
def intake(store: Store) -> Iterator[Intake]:
    made = Intake(store, system_clock, lambda _: None)
    yield made
    made.stop()


def rows(store: Store) -> int:
    with store.read() as connection:
        return connection.execute(select(func.count()).select_from(tables.inbox)).scalar_one()


def outcome(intake: Intake, incoming: Incoming) -> str:
    try:
        intake.put(incoming)
    except Unavailable:
        return "unavailable"
    return "stored"


def test_a_failing_row_does_not_fail_the_others_of_its_group(
    store: Store, intake: Intake, lock: WriteLock, incoming: Incoming
) -> None:
    lock.hold()
    bad = replace(incoming, source=None)  # type: ignore[arg-type]
    with ThreadPoolExecutor(10) as pool:
        answers = [pool.submit(outcome, intake, incoming)]
        assert lock.wanted.wait(10)
        answers += [pool.submit(outcome, intake, bad if n == 5 else incoming) for n in range(9)]
        wait_until(lambda: intake._queue.qsize() == 9)
        lock.release()
        assert sorted(answer.result(10) for answer in answers) == ["stored"] * 9 + ["unavailable"]
    assert rows(store) == 9


def test_what_was_told_before_is_stored_already(store: Store, intake: Intake, incoming: Incoming) -> None:
    told = replace(incoming, dedup_key="event-1")
    assert [outcome(intake, told), outcome(intake, told)] == ["stored", "stored"]
    assert rows(store) == 1


def test_no_request_waits_longer_than_it_said(
    store: Store, intake: Intake, lock: WriteLock, incoming: Incoming
) -> None:
    """Nor is what nobody waits for any more stored behind the backs of those who come later."""
    lock.hold()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(intake.put, incoming)
        assert lock.wanted.wait(10)
        began = time.monotonic()
        with pytest.raises(Unavailable, match="in time"):
            intake.put(incoming, timeout=0.2)
        assert time.monotonic() - began < 1
        lock.release()
        first.result(10)
    intake.put(incoming)
    assert rows(store) == 2


def test_a_hint_that_fails_does_not_fail_the_request(store: Store, incoming: Incoming) -> None:
    def broken(_: str) -> None:
        raise RuntimeError

    intake = Intake(store, system_clock, broken)
    assert [outcome(intake, incoming), outcome(intake, incoming)] == ["stored", "stored"]
    intake.stop()
    assert outcome(intake, incoming) == "unavailable"


def test_a_clock_that_fails_is_the_databases_trouble(store: Store, incoming: Incoming) -> None:
    def broken() -> None:
        raise RuntimeError

    intake = Intake(store, broken, lambda _: None)  # type: ignore[arg-type]
    assert outcome(intake, incoming) == "unavailable"
    intake.stop()
