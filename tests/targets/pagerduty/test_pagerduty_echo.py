"""Our own act, coming back as a webhook, is known again: by what it was, by whom, and by PagerDuty's own clock."""

from datetime import UTC, datetime, timedelta

import pytest

from core.domain.event import Deed, Verb
from core.domain.person import Actor, Provider
from core.targets import pagerduty_remote as told
from core.targets.pagerduty import PagerDutyTarget
from core.targets.pagerduty_remote import Act, Entry

NOW = datetime(2026, 11, 23, 9, 0, 0, 700_000, tzinfo=UTC)
WHOLE_SECOND = NOW.replace(microsecond=0)


def deed(verb: Verb = Verb.ACKNOWLEDGE, by: str = "PUADA01", after: float = 0.0, occurrence: int = 1) -> Deed:
    at = NOW + timedelta(seconds=after)
    actor = Actor(Provider.PAGERDUTY, by, "Ada")
    return Deed(verb, actor, "a1", occurrence, at, "e1", verb.value, occurred_at=at)


def done(by: str = "PUADA01") -> Act:
    return Act("acknowledge", NOW - timedelta(seconds=1), by, WHOLE_SECOND)


def under_way(by: str = "") -> Act:
    return Act("acknowledge", NOW - timedelta(seconds=1), by)


@pytest.mark.parametrize(
    ("act", "heard", "is_ours"),
    [
        (done(), deed(), True),
        (done(), deed(after=1.2), True),
        (done(), deed(after=3), False),
        (done(), deed(by="PUBRUNO"), False),
        (done(), deed(Verb.UNACKNOWLEDGE), False),
        (under_way(), deed(), True),
        (under_way("PUADA01"), deed(after=60), True),
        (under_way("PUADA01"), deed(by="PUBRUNO"), False),
        (under_way(), deed(after=600), False),
        (under_way(), deed(after=-60), False),
    ],
)
def test_an_act_is_told_by_its_own_webhook_only(act: Act, heard: Deed, is_ours: bool) -> None:
    assert act.is_told_by(heard) is is_ours


def test_what_comes_for_another_occurrence_is_no_echo() -> None:
    target = PagerDutyTarget("R" * 32)
    remote = told.write([Entry(1, "a1:1", "R" * 32, acts=[done()])])
    assert [target.is_echo(remote, deed(occurrence=number)) for number in (1, 2)] == [True, False]
    assert target.is_echo({}, deed()) is False


def test_an_act_is_read_as_it_was_written_and_the_oldest_are_let_go() -> None:
    acts = [Act("acknowledge", NOW + timedelta(minutes=number), "P1", NOW) for number in range(9)]
    (entry,) = told.read(told.write([Entry(1, "a1:1", "R" * 32, acts=acts, shown="acknowledged", tries=2)]))
    assert entry.acts == acts[-6:]
    assert (entry.shown, entry.tries) == ("acknowledged", 2)


def test_a_row_of_an_earlier_release_reads_well() -> None:
    (entry,) = told.read({"incidents": [{"occurrence": 1, "dedup_key": "a1:1", "routing_key": "R" * 32}]})
    assert (entry.acts, entry.shown, entry.tries) == ([], None, 0)


def test_an_act_on_what_has_ended_is_known_again_for_a_while() -> None:
    """It was resolved in somebody's name and has fired again before the webhook of that came."""
    ended = [
        Entry(n, f"a1:{n}", "R" * 32, resolved=True, acts=[done()] if n > 1 else []) for n in range(1, 6)
    ]
    kept = told.read(told.write([*ended, Entry(6, "a1:6", "R" * 32)]))
    assert [entry.occurrence for entry in kept] == [4, 5, 6]
