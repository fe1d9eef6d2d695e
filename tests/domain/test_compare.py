"""What Alertmanager's list says about open alerts: when being absent counts, and when it does not."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.compare import (
    ACTIVE,
    Ended,
    Findings,
    Held,
    Mark,
    Picture,
    Rules,
    Sighting,
    Suppression,
    Timing,
    compare,
    is_missed,
    is_overdue,
)

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
RULES = Rules(grace=timedelta(seconds=60), restart_grace=timedelta(minutes=5))
WAIT = timedelta(minutes=5, seconds=60)
"""The group interval that is usual, and the grace."""
SILENCED = Mark(Suppression.SILENCED, ("a-silence",))
INHIBITED = Mark(Suppression.INHIBITED, ("another-alert",))
LONG_UP = (NOW - timedelta(days=1),)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


HELD = Held("an alert", "f1", 10, fired_at=ago(7200), heard_at=ago(3600))


def seen(mark: Mark = ACTIVE, absent_for: float | None = None, seconds: float = 600, **changed: Any) -> Held:
    absent_since = None if absent_for is None else ago(absent_for)
    return replace(HELD, sighting=Sighting(ago(seconds), mark, absent_since), **changed)


def picture(marks: Mapping[str, Mark | None] | None = None, **changed: Any) -> Picture:
    return Picture(**{"asked_at": NOW, "marks": marks or {}, "started": LONG_UP, "complete": True, **changed})


def ends(held: Held, **changed: Any) -> bool:
    return compare([held], picture(**changed), RULES).ended == [held]


def test_what_was_suppressed_when_last_seen_is_over_once_it_is_absent() -> None:
    """Alertmanager tells nobody of its end."""
    assert all(ends(seen(Mark(why, ()))) for why in Suppression)


def test_what_was_not_is_left_to_alertmanager_first() -> None:
    """It is written down since when it is looked for in vain, and ended when that has lasted."""
    assert compare([HELD], picture(), RULES) == Findings(seen={"an alert": Sighting(NOW, ACTIVE, NOW)})
    assert not ends(seen(absent_for=WAIT.total_seconds()))
    assert ends(seen(absent_for=WAIT.total_seconds() + 1))


def test_a_longer_interval_is_waited_for_longer() -> None:
    slow = Timing(group_interval=timedelta(hours=1))
    assert not ends(seen(absent_for=3600), timing=slow)
    assert ends(replace(seen(absent_for=3661, seconds=3661), heard_at=None), timing=slow)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, True),
        ({"complete": False}, False),
        ({"started": (ago(299),)}, False),
        ({"started": (ago(301),)}, True),
        ({"started": (*LONG_UP, ago(1))}, False),
        ({"started": (*LONG_UP, None)}, False),
        ({"started": (NOW + timedelta(hours=1),)}, False),
    ],
)
def test_absence_counts_when_all_have_answered_and_none_is_new(
    changed: dict[str, Any], expected: bool
) -> None:
    """A member that does not say when it started may be new, and so may one whose clock is ahead."""
    assert ends(seen(SILENCED), **changed) is expected


@pytest.mark.parametrize(("seconds", "expected"), [(0, False), (60, False), (61, True), (None, True)])
def test_the_last_word_must_be_older_than_the_grace(seconds: float | None, expected: bool) -> None:
    heard_at = None if seconds is None else ago(seconds)
    assert ends(seen(SILENCED, heard_at=heard_at)) is expected


def test_a_word_begins_the_waiting_anew() -> None:
    """It had fired again since it was first looked for in vain."""
    assert not ends(seen(absent_for=1000, heard_at=ago(100)))


def test_what_was_seen_before_it_fired_again_does_not_count() -> None:
    """A sighting of an earlier occurrence neither ends this one nor marks it."""
    again = seen(SILENCED, absent_for=1000, seconds=600, fired_at=ago(500))
    assert compare([again], picture(), RULES) == Findings(seen={"an alert": Sighting(NOW, ACTIVE, NOW)})
    assert compare([again], picture({"f1": ACTIVE}), RULES) == Findings(seen={"an alert": None})


@pytest.mark.parametrize(
    ("before", "mark", "kept", "remarked"),
    [
        (HELD, ACTIVE, "same", False),
        (HELD, SILENCED, Sighting(NOW, SILENCED), True),
        (seen(SILENCED), SILENCED, "same", False),
        (
            seen(SILENCED),
            replace(SILENCED, by=("another",)),
            Sighting(NOW, replace(SILENCED, by=("another",))),
            False,
        ),
        (seen(SILENCED), INHIBITED, Sighting(NOW, INHIBITED), True),
        (seen(SILENCED), ACTIVE, None, True),
        (seen(SILENCED), None, "same", False),
        (seen(SILENCED, absent_for=30), None, Sighting(NOW, SILENCED), False),
        (seen(absent_for=30), ACTIVE, None, False),
        (seen(SILENCED, closed=True), ACTIVE, None, False),
    ],
)
def test_only_what_has_changed_is_written_down(
    before: Held, mark: Mark | None, kept: Sighting | str | None, remarked: bool
) -> None:
    """And nobody is told about what was closed by hand, nor of a silence: of that we know better."""
    expected = Findings(
        remarked=["an alert"] if remarked else [], reshown=["an alert"] if mark == INHIBITED else []
    )
    if not isinstance(kept, str):
        expected.seen["an alert"] = kept
    assert compare([before], picture({"f1": mark}), RULES) == expected


def test_presence_counts_also_where_somebody_did_not_answer() -> None:
    findings = compare([HELD], picture({"f1": SILENCED}, complete=False), RULES)
    assert findings.remarked == ["an alert"]


def test_what_is_overdue_is_older_than_all_that_alertmanager_waits() -> None:
    """Its group may be a new one or may just have been told of; and a new member knows nothing of either."""
    usual = timedelta(seconds=30) + WAIT
    assert not is_overdue(NOW - usual, picture(), RULES)
    assert is_overdue(NOW - usual - timedelta(seconds=1), picture(), RULES)
    assert not is_overdue(ago(86_400), picture(started=(ago(10),)), RULES)


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (None, True),
        (Ended(10, None), False),
        (Ended(10, NOW + timedelta(seconds=1)), False),
        (Ended(10, ago(60)), False),
        (Ended(10, ago(61)), True),
    ],
)
def test_what_is_open_or_has_just_ended_is_not_missed(known: Ended | None, expected: bool) -> None:
    assert is_missed(known, picture(), RULES) is expected


MARKS = st.sampled_from([ACTIVE, SILENCED, INHIBITED])
TIMES = st.integers(0, 4000).map(ago)
SIGHTINGS = st.none() | st.builds(Sighting, TIMES, MARKS, st.none() | TIMES)
ALL_HELD = st.lists(
    st.builds(
        Held,
        st.uuids().map(str),
        st.sampled_from([f"f{number}" for number in range(8)]),
        st.integers(1, 99),
        fired_at=TIMES,
        heard_at=st.none() | TIMES,
        closed=st.booleans(),
        sighting=SIGHTINGS,
    ),
    unique_by=(lambda it: it.id, lambda it: it.fingerprint),
)
PICTURES = st.builds(
    Picture,
    st.just(NOW),
    st.dictionaries(st.sampled_from([f"f{number}" for number in range(8)]), st.none() | MARKS),
    st.lists(st.none() | TIMES, min_size=1, max_size=3),
    st.booleans(),
)


@given(ALL_HELD, PICTURES)
def test_nothing_ends_that_somebody_lists_or_that_was_heard_of_lately(
    held: list[Held], picture: Picture
) -> None:
    """Whatever else is the case; and nothing at all where somebody did not answer or is new."""
    ended = compare(held, picture, RULES).ended
    assert [it for it in ended if it.fingerprint in picture.marks] == []
    assert [it for it in ended if it.heard_at and it.heard_at >= NOW - RULES.grace] == []
    assert not ended or (picture.complete and picture.is_settled(RULES))


@given(ALL_HELD, PICTURES)
def test_to_look_twice_is_to_look_once(held: list[Held], picture: Picture) -> None:
    """The same list a moment later changes nothing more; what has ended is not held any more."""
    first = compare(held, picture, RULES)
    left = [replace(it, sighting=first.seen.get(it.id, it.sighting)) for it in held if it not in first.ended]
    assert compare(left, picture, RULES) == Findings()


@given(ALL_HELD, PICTURES)
def test_every_absent_alert_ends_if_nothing_changes(held: list[Held], picture: Picture) -> None:
    """Nothing stays open for ever: two more looks, an hour apart, are enough."""
    left = held
    for hours in (0, 1, 2):
        later = replace(
            picture, asked_at=NOW + timedelta(hours=hours), marks={}, started=LONG_UP, complete=True
        )
        found = compare(left, later, RULES)
        left = [
            replace(it, sighting=found.seen.get(it.id, it.sighting)) for it in left if it not in found.ended
        ]
    assert left == []
