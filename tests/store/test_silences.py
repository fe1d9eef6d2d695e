"""Silences as rows: what is asked at every delivery, and what guards them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, event

from core.domain.errors import Conflict
from core.domain.silence import Silence
from core.store import silences, tables
from core.store.engine import Store
from tests.store.silenced import HOUR, silenced

NOW = datetime.now(UTC).replace(microsecond=0)
SECOND = timedelta(seconds=1)


@pytest.fixture
def clean(store: Store) -> Store:
    with store.begin() as connection:
        connection.execute(delete(tables.silences))
    return store


def lasting(store: Store, now: datetime = NOW) -> list[str]:
    with store.read() as connection:
        return [it.id for it in silences.lasting(connection, now)]


def test_only_what_lasts_now_hides_and_the_last_to_end_comes_first(clean: Store) -> None:
    short, long = silenced(clean, 1, NOW), silenced(clean, 2, NOW, end_at=NOW + 3 * HOUR)
    silenced(clean, 3, NOW, end_at=NOW)
    silenced(clean, 4, NOW, start_at=NOW + SECOND)
    silenced(clean, 5, NOW, acknowledges=True)
    assert lasting(clean) == [long.id, short.id]
    assert lasting(clean, NOW + 2 * HOUR) == [long.id]


def test_a_new_version_is_seen_by_who_knew_the_old_one(clean: Store) -> None:
    """Matchers that were read are kept; the end that somebody has changed is not."""
    made = silenced(clean, 1, NOW)
    assert lasting(clean) == [made.id]
    longer = replace(made, end_at=NOW + 5 * HOUR, version=2)
    with clean.begin() as connection:
        silences.change(connection, longer, NOW)
    with clean.read() as connection:
        (found,) = silences.lasting(connection, NOW)
    assert (found.end_at, found.matchers) == (longer.end_at, made.matchers)


def test_what_has_moved_on_is_a_conflict_and_changes_nothing(clean: Store) -> None:
    made = silenced(clean, 1, NOW)
    with clean.begin() as connection:
        silences.change(connection, replace(made, reason="one", version=2), NOW)
    with pytest.raises(Conflict), clean.begin() as connection:
        silences.change(connection, replace(made, reason="other", version=2), NOW)
    assert load(clean, made).reason == "one"


def test_a_timer_is_put_down_only_for_the_version_that_was_attended_to(clean: Store) -> None:
    made = silenced(clean, 1, NOW, wake_at=NOW)
    with clean.begin() as connection:
        silences.change(connection, replace(made, wake_at=NOW, version=2), NOW)
        assert not silences.rest(connection, made, None, None)
    with clean.read() as connection:
        assert [it.version for it in silences.to_wake(connection, NOW, 10)] == [2]
    with clean.begin() as connection:
        assert silences.rest(connection, load(clean, made), NOW + HOUR, None)
    with clean.read() as connection:
        assert silences.to_wake(connection, NOW, 10) == []


def test_what_is_asked_at_every_delivery_goes_along_an_index(own: Store) -> None:
    silenced(own, 1, NOW)
    said: list[tuple[str, Any]] = []
    event.listen(own.reader, "before_cursor_execute", lambda *call: said.append((call[2], call[3])))
    with own.read() as connection:
        silences.lasting(connection, NOW)
        silences.ended(connection, NOW - HOUR, NOW)
        silences.to_wake(connection, NOW, 10)
        plans = [
            row.detail
            for statement, parameters in list(said)
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    assert [plan for plan in plans if plan.startswith("SCAN")] == []


def load(store: Store, silence: Silence) -> Silence:
    with store.read() as connection:
        return silences.load(connection, [silence.id])[silence.id]
