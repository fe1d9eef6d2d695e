"""What people do while something is broken: kept, told, and arrived in the end. Faults are staged, not hoped for."""

import threading
from typing import Any

import pytest
from sqlalchemy import text

from core.deliver import pump
from sandbox import alerts
from sandbox.credentials import ADA, BRUNO
from sandbox.faults import Kind
from sandbox.pagerduty.model import Status
from tests.servers import wait_until
from tests.stories.conftest import Stage
from tests.stories.scene import PAGERDUTY, SLACK, Scene, said

FIRE = alerts.fire("critical")
pytestmark = pytest.mark.usefixtures("doors")


@pytest.fixture
def fired(scene: Scene) -> Scene:
    scene.receive(FIRE)
    scene.settle()
    return scene


def click(scene: Scene, action: str = "acknowledge", person: Any = ADA) -> None:
    assert scene.sandbox.slack_hand.click(scene.message, action, person).problem is None


def test_a_click_while_pagerduty_is_down_is_kept_said_and_arrives(fired: Scene) -> None:
    fired.sandbox.faults.take_down("pagerduty")
    click(fired)
    for _ in range(6):
        fired.work()
        fired.put_forward(10)
    assert fired.alert.state == "acknowledged"
    assert "PagerDuty is not answering, trying again" in said(fired.message)
    assert fired.status_there() is Status.TRIGGERED
    fired.sandbox.faults.bring_up("pagerduty")
    fired.settle()
    assert fired.status_there() is Status.ACKNOWLEDGED
    assert "not answering" not in said(fired.message)
    assert fired.record == [("acknowledged", "slack", ADA.name)]


def test_a_moment_without_the_rest_api_does_not_cost_the_name(fired: Scene) -> None:
    fired.sandbox.faults.add("pagerduty_rest", Kind.STATUS, status=500, times=1, method="PUT")
    click(fired)
    fired.settle()
    assert [agent.name for _, agent in fired.incident.acknowledgers] == [ADA.name]


def test_a_revoked_token_costs_the_name_and_not_the_acknowledgement(fired: Scene) -> None:
    fired.sandbox.pagerduty.token_revoked = True
    click(fired)
    fired.settle()
    assert fired.status_there() is Status.ACKNOWLEDGED
    assert [agent.type for _, agent in fired.incident.acknowledgers] == ["inbound_integration_reference"]
    assert fired.alert.state == "acknowledged"


def test_an_acknowledgement_before_we_know_our_own_incident(scene: Scene) -> None:
    """The webhooks of the acknowledgement come before the answer to our trigger has been recorded."""
    scene.sandbox.faults.add("pagerduty_events", Kind.LOSE_ANSWER, times=1)
    scene.receive(FIRE)
    scene.work()
    scene.sandbox.settle()
    scene.sandbox.pagerduty.acknowledge(scene.incident, BRUNO)
    scene.settle()
    assert scene.alert.state == "acknowledged"
    assert scene.record == [("acknowledged", "pagerduty", BRUNO.name)]
    assert len(scene.incidents) == 1


def test_an_event_of_an_incident_that_nobody_told_of_is_looked_up(fired: Scene) -> None:
    """The webhook of the trigger never came, and our own look-up has not been either."""
    with fired.store.begin() as connection:
        connection.execute(text("DELETE FROM incidents"))
    fired.sandbox.pagerduty.acknowledge(fired.incident, BRUNO)
    fired.settle()
    assert fired.alert.acknowledged_by_name == BRUNO.name


def test_incidents_of_others_cost_one_question_and_then_none(fired: Scene) -> None:
    fired.sandbox.pagerduty.apply(
        {
            "routing_key": "R0SANDBOX0ROUTING0KEY00000000002",
            "event_action": "trigger",
            "dedup_key": "somebody-elses",
            "payload": {"summary": "not ours", "source": "x", "severity": "critical"},
        }
    )
    theirs = fired.incident
    fired.settle()
    fired.sandbox.traffic.forget()
    for person in (ADA, BRUNO, ADA):
        fired.sandbox.pagerduty.acknowledge(theirs, person)
        fired.sandbox.pagerduty.annotate(theirs, person, "hm")
        fired.settle()
    assert fired.sandbox.traffic.count("pagerduty_rest") == 1
    assert fired.record == []
    assert set(fired.due().values()) == {0}


def test_every_webhook_twice_and_in_reverse_ends_the_same(fired: Scene) -> None:
    pagerduty = fired.sandbox.pagerduty
    fired.sandbox.webhooks.hold()
    pagerduty.acknowledge(fired.incident, BRUNO)
    fired.put_forward(5)
    pagerduty.time_out(fired.incident)
    fired.put_forward(5)
    pagerduty.acknowledge(fired.incident, ADA)
    fired.sandbox.webhooks.release("reversed", times=2)
    fired.settle()
    assert fired.alert.state == "acknowledged"
    assert fired.alert.acknowledged_by_name == ADA.name
    assert fired.status_there() is Status.ACKNOWLEDGED
    assert fired.record == [("acknowledged", "pagerduty", ADA.name)]


def test_taking_it_back_while_our_own_acknowledgement_is_on_its_way(fired: Scene) -> None:
    """PagerDuty is slow to answer; meanwhile the person has thought again, and the echo comes last of all."""
    fired.sandbox.webhooks.hold()
    fired.sandbox.faults.add("pagerduty_rest", Kind.LATE, method="PUT", seconds=0.5, times=1)
    click(fired)
    fired.work_on_lanes()
    pump(fired.bridge, SLACK)
    lane = threading.Thread(target=fired.work)
    lane.start()
    wait_until(lambda: fired.status_there() is Status.ACKNOWLEDGED, 5, "acknowledged there")
    fired.sandbox.slack_hand.click(fired.message, "unacknowledge", ADA)
    fired.sandbox.webhooks.release()
    lane.join()
    fired.settle()
    assert fired.alert.state == "firing"
    assert fired.status_there() is Status.TRIGGERED
    assert fired.record == [("acknowledged", "slack", ADA.name), ("unacknowledged", "slack", ADA.name)]


def test_what_pagerduty_never_told_is_found_when_it_is_looked_at(fired: Scene) -> None:
    """The subscription was off: the acknowledgement is found at the next look, with its name."""
    fired.sandbox.webhooks.enabled = False
    fired.sandbox.pagerduty.acknowledge(fired.incident, BRUNO)
    worse = alerts.fire("critical")
    worse["alerts"][0]["annotations"]["summary"] = "CPU above 97%"
    fired.receive(worse)
    fired.settle()
    assert fired.alert.acknowledged_by_name == BRUNO.name
    assert fired.record == [("acknowledged", "pagerduty", BRUNO.name)]


def test_what_was_resolved_there_unheard_is_found_when_somebody_acts_here(fired: Scene) -> None:
    fired.sandbox.webhooks.enabled = False
    fired.sandbox.pagerduty.resolve(fired.incident, BRUNO)
    fired.put_forward(60)
    click(fired)
    fired.settle()
    assert fired.alert.state == "resolved"
    assert fired.alert.closed_by_name == BRUNO.name


def test_what_cannot_be_taken_back_there_is_said_on_the_message(stage: Stage) -> None:
    scene = stage(pagerduty={"api_token": None})
    scene.receive(FIRE)
    scene.settle()
    click(scene)
    scene.settle()
    click(scene, "unacknowledge")
    scene.settle()
    assert scene.incident.status is Status.ACKNOWLEDGED
    assert "still acknowledged there" in said(scene.message)
    scene.sandbox.pagerduty.time_out(scene.incident)
    click(scene)
    scene.settle()
    assert "still acknowledged there" not in said(scene.message)


def test_an_outage_right_after_the_trigger_costs_no_minute(stage: Stage) -> None:
    """The id is known from the webhook, and where it is not the acknowledgement goes without a name."""
    scene = stage()
    scene.receive(FIRE)
    scene.work()
    scene.sandbox.settle()
    scene.sandbox.faults.take_down("pagerduty")
    click(scene)
    for _ in range(3):
        scene.work()
        scene.put_forward(2)
    scene.sandbox.faults.bring_up("pagerduty")
    began = scene.clock()
    for _ in range(8):
        scene.work()
        scene.sandbox.settle()
        scene.put_forward(1)
    assert scene.status_there() is Status.ACKNOWLEDGED
    assert (scene.clock() - began).total_seconds() < 15
    scene.settle()
    assert scene.alert.state == "acknowledged"


def test_after_a_merge_notes_and_links_follow_at_once(scene: Scene) -> None:
    scene.receive(FIRE)
    scene.settle()
    click(scene)
    scene.settle()
    scene.receive(alerts.fire("critical", instance="web-2:9100"))
    scene.settle()
    first, second = scene.incidents
    scene.put_forward(3)
    scene.sandbox.pagerduty.merge(second, [first], BRUNO)
    scene.settle()
    (moved,) = [it for it in scene.messages if "on web-1" in said(it)]
    assert f"PagerDuty #{second.number}" in said(moved)
    by_id = {row.id: row for row in scene.rows("alerts")}
    states = {by_id[key.partition(":")[0]].state for key in second.dedup_keys}
    assert {"acknowledged": {"acknowledged"}, "triggered": {"firing"}}[second.status.value] == states


def test_the_lines_of_one_thread_keep_their_order_through_an_outage(fired: Scene) -> None:
    fired.sandbox.faults.add("slack", Kind.STATUS, status=500, method="chat.postMessage", times=5)
    pagerduty = fired.sandbox.pagerduty
    click(fired)
    for number in range(4):
        pagerduty.annotate(fired.incident, BRUNO, f"note {number}")
        fired.work()
        fired.sandbox.settle()
        fired.put_forward(3)
    fired.settle()
    assert [line.rpartition(" ")[2] for line in fired.thread] == ["minute", "0", "1", "2", "3"]


def test_of_two_at_once_the_incident_has_both_names(fired: Scene) -> None:
    fired.sandbox.webhooks.hold()
    fired.sandbox.pagerduty.acknowledge(fired.incident, BRUNO)
    click(fired)
    fired.work()
    fired.sandbox.webhooks.release()
    fired.settle()
    assert fired.record == [("acknowledged", "slack", ADA.name)]
    assert [note["content"] for note in fired.incident.notes] == [f"{ADA.name} (Slack) acknowledged this"]


def test_when_slack_cannot_say_who_it_was_the_click_counts_all_the_same(fired: Scene) -> None:
    fired.sandbox.faults.add("slack", Kind.STATUS, status=500, method="users.info")
    click(fired)
    fired.settle()
    assert fired.alert.state == "acknowledged"
    assert fired.record[0][:2] == ("acknowledged", "slack")
    assert fired.rows("ack_events")[0].acknowledged_by_id == "slack:U0ADA"
    assert fired.status_there() is Status.ACKNOWLEDGED


def test_a_click_that_cannot_be_stored_shows_an_error_at_the_button(fired: Scene) -> None:
    with fired.store.begin() as connection:
        connection.execute(text("ALTER TABLE inbox RENAME TO away"))
    reply = fired.sandbox.slack_hand.click(fired.message, "acknowledge", ADA)
    assert reply.status == 503
    with fired.store.begin() as connection:
        connection.execute(text("ALTER TABLE away RENAME TO inbox"))
    click(fired)
    fired.settle()
    assert fired.alert.state == "acknowledged"


def test_a_webhook_that_cannot_be_stored_comes_again(fired: Scene) -> None:
    with fired.store.begin() as connection:
        connection.execute(text("ALTER TABLE inbox RENAME TO away"))
    fired.sandbox.pagerduty.acknowledge(fired.incident, BRUNO)
    wait_until(lambda: any(it.status == 503 for it in fired.sandbox.webhooks.log), 10, "refused once")
    with fired.store.begin() as connection:
        connection.execute(text("ALTER TABLE away RENAME TO inbox"))
    fired.settle()
    assert fired.alert.acknowledged_by_name == BRUNO.name


def test_a_merge_is_a_move_and_no_resolve(scene: Scene) -> None:
    scene.receive(FIRE, alerts.fire("critical", instance="web-2:9100"))
    scene.settle()
    first, second = scene.incidents
    scene.sandbox.pagerduty.merge(first, [second], ADA)
    scene.settle()
    assert {row.state for row in scene.rows("alerts")} == {"firing"}
    scene.sandbox.pagerduty.acknowledge(first, BRUNO)
    scene.settle()
    assert {row.acknowledged_by_name for row in scene.rows("alerts")} == {BRUNO.name}
    assert len(scene.record) == 2
    scene.receive(alerts.resolve(FIRE))
    scene.settle()
    assert first.status.value == "acknowledged"
    scene.receive(alerts.resolve(alerts.fire("critical", instance="web-2:9100")))
    scene.settle()
    assert first.status.value == "resolved"


def test_without_a_token_acknowledgements_still_go_both_ways(stage: Stage) -> None:
    scene = stage(pagerduty={"api_token": None})
    scene.receive(FIRE, alerts.fire("critical", instance="web-2:9100"))
    scene.settle()
    first, second = scene.incidents
    by_url = {row.url: row.alert_id for row in scene.rows("incidents")}
    assert len(by_url) == 2
    scene.sandbox.pagerduty.acknowledge(first, BRUNO)
    shown = next(it for it in scene.messages if f"#{second.number}" in said(it))
    scene.sandbox.slack_hand.click(shown, "acknowledge", ADA)
    scene.settle()
    assert [it.status for it in scene.incidents] == [Status.ACKNOWLEDGED] * 2
    assert {row.acknowledged_by_name for row in scene.rows("alerts")} == {ADA.name, BRUNO.name}


def test_a_click_in_a_storm_is_shown_before_what_nobody_waits_for(stage: Stage) -> None:
    """A thousand alerts are due at Slack's own pace, and the budget of edits is used up but for what people keep."""
    scene = stage(slack={"posts_per_second": 1.0, "updates_per_minute": 50.0})
    scene.receive(FIRE)
    scene.settle()
    scene.receive(*alerts.storm(1000))
    target = scene.bridge.targets[SLACK]
    now = scene.clock()
    scene.work_on_lanes()
    began = scene.clock()
    click(scene)
    scene.work_on_lanes()
    steps = iter(range(40))
    pump(scene.bridge, SLACK, lambda: "Acknowledged by" in said(scene.message) or next(steps, None) is None)
    assert "Acknowledged by" in said(scene.message)
    assert (scene.clock() - began).total_seconds() < 3
    assert now <= began
    assert target.name == SLACK


def test_a_storm_of_clicks_leaves_nothing_due(scene: Scene) -> None:
    kinds = [alerts.fire("critical", instance=f"web-{number}:9100") for number in range(1, 13)]
    scene.receive(*kinds)
    scene.settle()
    hand = scene.sandbox.slack_hand
    for number, message in enumerate(scene.messages):
        hand.click(message, "acknowledge", (ADA, BRUNO)[number % 2])
    scene.settle()
    assert {row.state for row in scene.rows("alerts")} == {"acknowledged"}
    assert {it.status for it in scene.incidents} == {Status.ACKNOWLEDGED}
    assert set(scene.due().values()) == {0}
    assert PAGERDUTY in scene.bridge.targets
