"""One incident for each occurrence, whatever happens on the way to PagerDuty."""

from collections.abc import Callable
from typing import Any

import pytest

from core.domain.alert import Alert
from core.domain.errors import Blocked, Permanent, Transient
from core.targets.target import Converged, Word
from sandbox import credentials
from sandbox.pagerduty.model import Status

Story = Any
"""The fixture `story`; its class is in conftest.py, which is no module to import from."""
Make = Callable[..., Alert]

OPEN, DONE = Status.TRIGGERED, Status.RESOLVED
SECOND = credentials.PAGERDUTY_ROUTING_KEY_SECOND


def test_firing_twice_over_makes_one_incident_and_one_request(story: Story, firing: Alert) -> None:
    once = story.attempt(firing, {})
    twice = story.attempt(firing, once.remote)
    assert twice == once
    assert story.statuses == [OPEN]
    assert story.events() == 1
    assert story.incidents[0].title == "[CRITICAL] HighCPU on web-1: above 90% for 5 min"


def test_two_workers_with_the_same_intent_make_one_incident(story: Story, firing: Alert) -> None:
    stored = story.target.intend(firing, {}, story.now)
    for target in (story.target, story.another()):
        target.converge(firing, {}, stored, (), story.now)
    assert story.events("trigger") == 2
    assert story.statuses == [OPEN]


def test_the_intent_is_pure_and_written_once(story: Story, firing: Alert, over: Make) -> None:
    stored = story.target.intend(firing, {}, story.now)
    assert story.target.intend(firing, stored, story.now.replace(hour=11)) == stored
    assert story.target.intend(over(), {}, story.now) == {}
    assert story.events() == 0


def test_resolved_without_handle_or_intent_calls_nobody(story: Story, over: Make) -> None:
    target = story.with_token()
    assert story.attempt(over(), {}, target) == Converged({})
    assert story.events() + story.reads() == 0


def test_an_incident_is_resolved_once(story: Story, firing: Alert, over: Make) -> None:
    fired = story.attempt(firing, {}).remote
    resolved = story.attempt(over(), fired).remote
    assert story.attempt(over(), resolved).remote == resolved
    assert story.statuses == [DONE]
    assert (story.events("trigger"), story.events("resolve")) == (1, 1)


def test_an_acknowledged_alert_is_not_triggered_again(story: Story, alert: Make, firing: Alert) -> None:
    fired = story.attempt(firing, {}).remote
    by = {"acknowledged_at": story.now, "acknowledged_by": "slack:U0ADA", "acknowledged_by_name": "Ada"}
    acknowledged = story.attempt(alert(**by), fired).remote
    assert story.attempt(alert(**by), acknowledged).remote == acknowledged
    assert (story.events("trigger"), story.events("acknowledge")) == (1, 1)


def test_what_a_person_resolved_there_is_not_opened_again(story: Story, firing: Alert) -> None:
    fired = story.attempt(firing, {}).remote
    story.sandbox.pagerduty.resolve(story.incidents[0], credentials.ADA)
    story.attempt(firing, fired)
    assert story.statuses == [DONE]


def test_an_answer_lost_after_acting_makes_one_incident(story: Story, firing: Alert, over: Make) -> None:
    story.sandbox.faults.add("pagerduty_events", "lose_answer", times=1)
    verdict, stored = story.failed(firing, {})
    assert isinstance(verdict, Transient)
    assert story.statuses == [OPEN]
    fired = story.attempt(firing, stored, story.another(), after=5).remote
    assert story.statuses == [OPEN]
    story.sandbox.faults.add("pagerduty_events", "lose_answer", times=1)
    verdict, stored = story.failed(over(), fired)
    assert isinstance(verdict, Transient)
    story.attempt(over(), stored, after=5)
    assert story.statuses == [DONE]


def test_a_resolve_reaches_a_trigger_whose_answer_was_lost(story: Story, firing: Alert, over: Make) -> None:
    story.sandbox.faults.add("pagerduty_events", "lose_answer", method="trigger")
    _, stored = story.failed(firing, {})
    assert story.statuses == [OPEN]
    story.attempt(over(), stored)
    assert story.statuses == [DONE]


def test_a_late_trigger_of_a_worker_that_lost_its_claim_is_resolved_again(
    story: Story, firing: Alert, over: Make
) -> None:
    stored = story.target.intend(firing, {}, story.now)
    resolved = story.attempt(over(), stored).remote
    story.target.converge(firing, {}, stored, (), story.now)
    assert story.statuses == [OPEN]
    story.attempt(over(), resolved)
    assert story.statuses == [DONE]


def test_a_refire_resolves_the_old_incident_and_opens_a_new_one(
    story: Story, alert: Make, firing: Alert
) -> None:
    fired = story.attempt(firing, {}).remote
    again = story.attempt(alert(occurrence=2), fired).remote
    assert story.statuses == [DONE, OPEN]
    first, second = (incident.dedup_keys for incident in story.incidents)
    assert first == [f"{firing.id}:1"]
    assert second == [f"{firing.id}:2"]
    assert story.attempt(alert(occurrence=2), again).remote == again
    assert story.events() == 3


def test_a_refire_after_a_resolve_resolves_nothing_twice(
    story: Story, alert: Make, firing: Alert, over: Make
) -> None:
    resolved = story.attempt(over(), story.attempt(firing, {}).remote).remote
    story.attempt(alert(occurrence=2), resolved)
    assert story.statuses == [DONE, OPEN]
    assert story.events("resolve") == 1


def test_a_refire_while_pagerduty_is_down_is_caught_up_with(
    story: Story, alert: Make, firing: Alert, over: Make
) -> None:
    stored = story.attempt(firing, {}).remote
    story.sandbox.faults.take_down("pagerduty")
    _, stored = story.failed(over(), stored)
    _, stored = story.failed(alert(occurrence=2), stored)
    _, stored = story.failed(over(occurrence=2), stored)
    _, stored = story.failed(alert(occurrence=3), stored)
    story.sandbox.faults.bring_up("pagerduty")
    stored = story.attempt(alert(occurrence=3), stored).remote
    assert story.statuses == [DONE, OPEN]
    assert story.incidents[1].dedup_keys == [f"{firing.id}:3"]
    story.attempt(over(occurrence=3), stored)
    assert story.statuses == [DONE, DONE]


def test_a_whole_occurrence_that_was_missed_still_resolves_the_one_before(
    story: Story, firing: Alert, over: Make
) -> None:
    fired = story.attempt(firing, {}).remote
    done = story.attempt(over(occurrence=2), fired)
    assert story.statuses == [DONE]
    assert done.remote_id == story.target.identify(done.remote)


def test_many_missed_occurrences_are_resolved_in_portions(story: Story, alert: Make) -> None:
    stored: dict[str, Any] = {}
    for occurrence in range(1, 8):
        stored = story.target.intend(alert(occurrence=occurrence), stored, story.now)
    done = story.attempt(alert(occurrence=7), stored)
    assert (story.events("resolve"), story.events("trigger")) == (4, 1)
    assert done.again_at is not None
    done = story.attempt(alert(occurrence=7), done.remote, after=1)
    assert (story.events("resolve"), story.events("trigger")) == (6, 1)
    assert done.again_at is None
    assert story.statuses == [OPEN]


def test_an_old_resolve_that_is_refused_does_not_hold_back_the_page(
    story: Story, alert: Make, firing: Alert
) -> None:
    fired = story.attempt(firing, {}).remote
    story.sandbox.faults.add("pagerduty_events", "error", method="resolve", error="Nope")
    again = story.attempt(alert(occurrence=2), fired).remote
    assert story.statuses == [OPEN, OPEN]
    story.attempt(alert(occurrence=2), again)
    assert story.events("resolve") == 1


def test_progress_before_a_failure_is_kept(story: Story, alert: Make, firing: Alert) -> None:
    fired = story.attempt(firing, {}).remote
    story.sandbox.faults.add("pagerduty_events", "status", method="trigger")
    verdict, stored = story.failed(alert(occurrence=2), fired)
    assert verdict.remote is not None
    story.sandbox.faults.clear()
    story.attempt(alert(occurrence=2), stored)
    assert story.events("resolve") == 1
    assert story.statuses == [DONE, OPEN]


def test_an_older_read_of_the_alert_changes_nothing(
    story: Story, alert: Make, firing: Alert, over: Make
) -> None:
    newer = story.attempt(alert(occurrence=2), {}).remote
    for stale in (firing, over()):
        assert story.attempt(stale, newer).remote == newer
    assert story.events() == 1
    assert story.statuses == [OPEN]


def test_a_refused_resolve_parks_the_row_and_is_not_sent_again(
    story: Story, firing: Alert, over: Make
) -> None:
    fired = story.attempt(firing, {}).remote
    story.sandbox.faults.add("pagerduty_events", "error", method="resolve", error="Nope")
    verdict, stored = story.failed(over(), fired)
    assert isinstance(verdict, Permanent)
    story.attempt(over(), stored)
    assert story.events("resolve") == 1


def test_after_a_rotation_the_resolve_goes_to_the_old_key(story: Story, firing: Alert, over: Make) -> None:
    fired = story.attempt(firing, {}).remote
    story.attempt(over(), fired, story.another(routing_key=SECOND))
    assert story.statuses == [DONE]


def test_after_a_rotation_a_refire_goes_to_the_new_key(story: Story, alert: Make, firing: Alert) -> None:
    fired = story.attempt(firing, {}).remote
    story.attempt(alert(occurrence=2), fired, story.another(routing_key=SECOND))
    assert story.statuses == [DONE, OPEN]
    assert [one.alerts[0].integration for one in story.incidents] == ["PINTEG1", "PINTEG2"]


def test_an_unconfirmed_trigger_is_repeated_under_its_own_key(story: Story, firing: Alert) -> None:
    story.sandbox.faults.add("pagerduty_events", "lose_answer", times=1)
    _, stored = story.failed(firing, {})
    story.attempt(firing, stored, story.another(routing_key=SECOND))
    assert story.statuses == [OPEN]


def test_an_old_key_that_is_gone_parks_its_resolve_and_blocks_nothing(
    story: Story, alert: Make, firing: Alert, over: Make
) -> None:
    fired = story.attempt(firing, {}).remote
    del story.sandbox.pagerduty.integrations[credentials.PAGERDUTY_ROUTING_KEY]
    rotated = story.another(routing_key=SECOND)
    verdict, _ = story.failed(over(), fired, rotated)
    assert (type(verdict), verdict.reason) == (Permanent, "old_routing_key_refused")
    story.attempt(alert(occurrence=2), fired, rotated)
    assert story.statuses == [OPEN, OPEN]


def test_a_page_that_a_refused_key_held_back_goes_out_under_the_new_one(
    story: Story, firing: Alert, over: Make
) -> None:
    story.sandbox.pagerduty.integrations.pop(credentials.PAGERDUTY_ROUTING_KEY)
    verdict, stored = story.failed(firing, {})
    assert isinstance(verdict, Blocked)
    rotated = story.another(routing_key=SECOND)
    fired = story.attempt(firing, stored, rotated).remote
    assert story.statuses == [OPEN]
    story.attempt(over(), fired, rotated)
    assert story.statuses == [DONE]


@pytest.mark.parametrize(
    ("severities", "label", "expected"),
    [
        (set(), "anything", True),
        (set(), "", True),
        ({"critical"}, "critical", True),
        ({" Critical "}, "CRITICAL", True),
        ({"critical"}, "page", True),
        ({"critical"}, "warning", False),
        ({"error", "critical"}, "major", True),
        ({"ticket"}, "ticket", True),
        ({"ticket"}, "critical", False),
        # What is not understood goes by `default_severity`: better a page too many.
        ({"critical"}, "no such word", True),
        ({"critical"}, "", True),
    ],
)
def test_the_severities_filter(
    story: Story, alert: Make, severities: set[str], label: str, expected: object
) -> None:
    target = story.another(severities=frozenset(severities))
    assert target.concerns(alert({"alertname": "A", "severity": label})) is expected


def test_its_name_and_its_budgets(story: Story) -> None:
    assert story.target.name == "pagerduty:default"
    assert story.target.budget(None) == story.target.budget("Q1")
    assert set(story.target.rates) == {story.target.budget(None), story.target.budget_to_say(Word.NOTE)}
    assert story.target.identify({}) is None
