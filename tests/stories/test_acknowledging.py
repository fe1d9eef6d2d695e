"""One acknowledgement, everywhere, with a name: told in Slack, told in PagerDuty, and what may go wrong in between."""

import pytest

from sandbox import alerts, credentials
from sandbox.credentials import ADA, BRUNO, DORA, EMIL
from sandbox.pagerduty.model import Status
from tests.stories.scene import Scene, said

FIRE = alerts.fire("critical")
pytestmark = pytest.mark.usefixtures("doors")


@pytest.fixture
def fired(scene: Scene) -> Scene:
    scene.receive(FIRE)
    scene.settle()
    return scene


def test_a_click_in_slack_acknowledges_in_pagerduty_as_that_person(fired: Scene) -> None:
    reply = fired.sandbox.slack_hand.click(fired.message, "acknowledge", ADA)
    assert (reply.status, reply.problem) == (200, None)
    fired.settle()
    assert fired.alert.state == "acknowledged"
    assert fired.incident.status is Status.ACKNOWLEDGED
    assert [agent.name for _, agent in fired.incident.acknowledgers] == [ADA.name]
    assert f"Acknowledged by {ADA.name}" in said(fired.message)
    assert fired.record == [("acknowledged", "slack", ADA.name)]
    assert fired.thread == [f"{ADA.name} acknowledged this after less than a minute"]


def test_promise_7_the_echo_of_our_own_acknowledgement_changes_nothing(fired: Scene) -> None:
    fired.sandbox.slack_hand.click(fired.message, "acknowledge", ADA)
    fired.settle()
    told = [sent.event_type for sent in fired.sandbox.webhooks.log]
    assert "incident.acknowledged" in told
    before = (fired.alert.version, fired.message.versions, fired.record, fired.thread)
    fired.sandbox.webhooks.hold()
    for sent in list(fired.sandbox.pagerduty.events):
        fired.sandbox.webhooks.send(fired.sandbox.webhooks.request(sent))
    fired.settle()
    assert (fired.alert.version, fired.message.versions, fired.record, fired.thread) == before


def test_an_acknowledgement_in_pagerduty_shows_in_slack_who_it_was(fired: Scene) -> None:
    fired.sandbox.pagerduty.acknowledge(fired.incident, BRUNO)
    fired.settle()
    assert fired.alert.state == "acknowledged"
    assert fired.alert.acknowledged_by_name == BRUNO.name
    assert f"Acknowledged by <@{BRUNO.slack_id}> in PagerDuty" in said(fired.message)
    assert fired.record == [("acknowledged", "pagerduty", BRUNO.name)]
    assert fired.rows("ack_events")[0].acknowledged_by_email == BRUNO.email
    assert fired.thread == [f"{BRUNO.name} acknowledged this in PagerDuty after less than a minute"]
    assert [agent.name for _, agent in fired.incident.acknowledgers] == [BRUNO.name]


def test_an_acknowledgement_that_runs_out_in_pagerduty_fires_again_in_slack_and_rings(fired: Scene) -> None:
    fired.sandbox.pagerduty.acknowledge(fired.incident, BRUNO)
    fired.settle()
    fired.sandbox.pagerduty.time_out(fired.incident)
    fired.settle()
    assert fired.alert.state == "firing"
    assert "Un-acknowledge" not in said(fired.message)
    assert [one.broadcast for one in fired.replies] == [False, True]
    assert f"The acknowledgement of {BRUNO.name} has run out in PagerDuty" in fired.thread[-1]
    assert fired.incident.status is Status.TRIGGERED


def test_taking_it_back_in_slack_takes_it_back_in_pagerduty(fired: Scene) -> None:
    hand = fired.sandbox.slack_hand
    hand.click(fired.message, "acknowledge", ADA)
    fired.settle()
    hand.click(fired.message, "unacknowledge", BRUNO)
    fired.settle()
    assert fired.alert.state == "firing"
    assert fired.incident.status is Status.TRIGGERED
    assert fired.record == [("acknowledged", "slack", ADA.name), ("unacknowledged", "slack", BRUNO.name)]
    assert fired.thread[-1] == f"{BRUNO.name} took the acknowledgement back"


def test_where_pagerduty_does_not_take_it_back_a_note_says_so(fired: Scene) -> None:
    fired.sandbox.pagerduty.unacknowledge_refused = True
    hand = fired.sandbox.slack_hand
    hand.click(fired.message, "acknowledge", ADA)
    fired.settle()
    hand.click(fired.message, "unacknowledge", ADA)
    fired.settle()
    assert fired.alert.state == "firing"
    assert fired.incident.status is Status.ACKNOWLEDGED
    assert [note["content"] for note in fired.incident.notes] == [
        f"{ADA.name} (Slack) took the acknowledgement back; it can't be taken back here from outside"
    ]


@pytest.mark.parametrize("person", [DORA, EMIL])
def test_who_is_not_in_pagerduty_acknowledges_without_a_name_there_and_a_note_has_it(
    stage: object, person: credentials.Person
) -> None:
    scene: Scene = stage(pagerduty={"from_email": BRUNO.email})  # type: ignore[operator]
    scene.receive(FIRE)
    scene.settle()
    scene.sandbox.slack_hand.click(scene.message, "acknowledge", person)
    scene.settle()
    assert scene.incident.status is Status.ACKNOWLEDGED
    assert [agent.type for _, agent in scene.incident.acknowledgers] == ["inbound_integration_reference"]
    assert scene.incident.assignees == []
    assert [note["content"] for note in scene.incident.notes] == [f"{person.name} (Slack) acknowledged this"]
    assert scene.record == [("acknowledged", "slack", person.name)]
    assert len(scene.thread) == 1


def test_promise_10_who_was_not_the_first_is_told_so(fired: Scene) -> None:
    hand = fired.sandbox.slack_hand
    seen = hand.look(fired.message)
    hand.click(fired.message, "acknowledge", ADA)
    hand.click(fired.message, "acknowledge", BRUNO, seen=seen)
    fired.settle()
    assert fired.record == [("acknowledged", "slack", ADA.name)]
    assert fired.whispers == [(BRUNO.slack_id, f"{ADA.name} acknowledged it first, less than a minute ago.")]


def test_promise_10_a_click_on_what_is_over_is_answered(fired: Scene) -> None:
    seen = fired.sandbox.slack_hand.look(fired.message)
    fired.receive(alerts.resolve(FIRE))
    fired.settle()
    fired.sandbox.slack_hand.click(fired.message, "acknowledge", ADA, seen=seen)
    fired.settle()
    assert fired.record == []
    assert fired.whispers == [(ADA.slack_id, "It is already resolved, less than a minute ago.")]


def test_promise_10_a_click_on_an_earlier_firing_is_kept_on_record_and_answered(fired: Scene) -> None:
    seen = fired.sandbox.slack_hand.look(fired.message)
    fired.receive(alerts.resolve(FIRE), FIRE)
    fired.settle()
    fired.sandbox.slack_hand.click(fired.message, "acknowledge", ADA, seen=seen)
    fired.settle()
    assert fired.alert.state == "firing"
    assert [(row.action, row.occurrence) for row in fired.rows("ack_events")] == [("acknowledged", 1)]
    assert fired.whispers == [
        (ADA.slack_id, "That was an earlier firing; it has fired again since (2nd time).")
    ]


def test_the_same_click_twice_is_one(fired: Scene) -> None:
    hand = fired.sandbox.slack_hand
    request = hand.build_click(fired.message, "acknowledge", ADA)
    assert [hand.repeat(request).status for _ in range(2)] == [200, 200]
    fired.settle()
    assert fired.record == [("acknowledged", "slack", ADA.name)]
    assert fired.whispers == []
    assert len(fired.rows("inbox")) == len({row.dedup_key for row in fired.rows("inbox")})
