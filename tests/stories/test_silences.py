"""A silence holds: what it hides is neither posted nor paged, what is shown says so, and its end is told."""

from datetime import timedelta

import pytest

from core.bridge import PEOPLE
from core.domain.silence_deed import SilenceVerb
from core.domain.silence_rules import Rules
from core.ingest import drain
from sandbox import Sandbox, alerts
from sandbox.credentials import ADA, BRUNO, DORA, PAGERDUTY_BOT
from sandbox.pagerduty.model import Status
from tests.stories.conftest import Stage
from tests.stories.scene import LANE, SLACK, Scene, said, slack_actor, together

FIRE = alerts.fire("critical")
pytestmark = pytest.mark.usefixtures("doors")


@pytest.fixture
def fired(scene: Scene) -> Scene:
    scene.receive(FIRE)
    scene.settle()
    return scene


def test_what_is_shown_says_whose_silence_hides_it_and_the_incident_is_acknowledged_in_that_name(
    fired: Scene,
) -> None:
    fired.silence(alert_id=fired.alert.id, reason="deploy")
    fired.settle()
    assert f"Silenced by {ADA.name} until" in said(fired.message)
    assert ": deploy" in said(fired.message)
    assert fired.message.text.startswith("SILENCED")
    assert fired.alert.state == "firing"
    assert fired.incident.status is Status.ACKNOWLEDGED
    assert [agent.name for _, agent in fired.incident.acknowledgers] == [ADA.name]
    (note,) = fired.incident.notes
    assert note["content"].startswith(f"{ADA.name} (Slack) silenced this until 20")
    assert note["content"].endswith(": deploy")
    assert fired.record == []
    assert fired.thread == [fired.thread[0]]
    assert fired.thread[0].startswith(f"{ADA.name} silenced this until")


def test_what_fires_while_it_is_silenced_is_kept_and_neither_posted_nor_paged(scene: Scene) -> None:
    scene.silence('severity="critical"')
    scene.settle()
    scene.receive(FIRE)
    scene.settle()
    assert scene.alert.state == "firing"
    assert (scene.messages, scene.incidents, scene.thread) == ([], [], [])


def test_what_still_fires_when_its_silence_ends_is_told_then_with_whose_silence_it_was(scene: Scene) -> None:
    scene.silence('severity="critical"', lasting=1200)
    scene.settle()
    scene.receive(FIRE)
    scene.settle()
    scene.put_forward(1300)
    scene.settle()
    assert f"The silence of {ADA.name} ended" in said(scene.message)
    assert scene.message.text.startswith("CRITICAL")
    assert scene.incident.status is Status.TRIGGERED
    assert [row.action for row in scene.rows("silence_events")] == ["silenced", "silence_expired"]


def test_the_end_of_a_silence_rings_in_the_thread_and_the_incident_is_triggered_again(fired: Scene) -> None:
    fired.silence(alert_id=fired.alert.id, lasting=1200)
    fired.settle()
    fired.put_forward(1300)
    fired.settle()
    assert fired.incident.status is Status.TRIGGERED
    assert [one.broadcast for one in fired.replies] == [False, True]
    assert f"The silence of {ADA.name} ended" in fired.thread[-1]
    assert "and it is still firing" in fired.thread[-1]
    assert "silenced" not in said(fired.message).lower().replace("the silence of", "")
    assert [note["content"] for note in fired.incident.notes][-1].endswith("and this is still firing")


def test_ended_early_it_is_said_who_ended_it(fired: Scene) -> None:
    silence = fired.silence(alert_id=fired.alert.id)
    fired.settle()
    fired.do_to_silence(SilenceVerb.END, slack_actor(BRUNO), silence)
    fired.settle()
    assert fired.incident.status is Status.TRIGGERED
    assert fired.thread[-2] == f"{BRUNO.name} ended the silence"
    assert f"The silence of {ADA.name} was ended by {BRUNO.name}" in fired.thread[-1]
    assert [row.by_name for row in fired.rows("silence_events")] == [ADA.name, BRUNO.name]


def test_extended_it_says_the_new_end_everywhere(fired: Scene) -> None:
    silence = fired.silence(alert_id=fired.alert.id)
    fired.settle()
    before = said(fired.message)
    fired.do_to_silence(SilenceVerb.CHANGE, slack_actor(BRUNO), silence, longer_by=timedelta(hours=2))
    fired.settle()
    assert said(fired.message) != before
    assert fired.thread[-1].startswith(f"{BRUNO.name} extended the silence until")
    assert len(fired.incident.notes) == 2


def test_somebody_unknown_to_pagerduty_leaves_a_note_and_no_acknowledgement(stage: Stage) -> None:
    fired = stage(pagerduty={"from_email": PAGERDUTY_BOT.email})
    fired.receive(FIRE)
    fired.settle()
    fired.silence(alert_id=fired.alert.id, by=DORA)
    fired.settle()
    assert fired.incident.status is Status.TRIGGERED
    (note,) = fired.incident.notes
    assert note["content"].startswith(f"{DORA.name} (Slack) silenced this until")


def test_on_silence_note_never_acknowledges(stage: Stage) -> None:
    scene = stage(pagerduty={"acknowledge_silenced": False, "from_email": PAGERDUTY_BOT.email})
    scene.receive(FIRE)
    scene.settle()
    scene.silence(alert_id=scene.alert.id)
    scene.settle()
    assert scene.incident.status is Status.TRIGGERED
    assert len(scene.incident.notes) == 1


def test_an_acknowledgement_outlives_the_silence(fired: Scene) -> None:
    fired.sandbox.slack_hand.click(fired.message, "acknowledge", BRUNO)
    fired.settle()
    fired.silence(alert_id=fired.alert.id, lasting=1200)
    fired.settle()
    fired.put_forward(1300)
    fired.settle()
    assert fired.alert.state == "acknowledged"
    assert fired.incident.status is Status.ACKNOWLEDGED
    assert f"Acknowledged by {BRUNO.name}" in said(fired.message)
    assert not any(one.broadcast for one in fired.replies)


def test_of_two_silences_the_longer_holds_and_only_its_end_is_told(fired: Scene) -> None:
    fired.silence(alert_id=fired.alert.id, lasting=1200)
    fired.silence('severity="critical"', by=BRUNO, lasting=2400)
    fired.settle()
    assert f"Silenced by {BRUNO.name}" in said(fired.message)
    fired.put_forward(1300)
    fired.settle()
    assert fired.incident.status is Status.ACKNOWLEDGED
    assert not any(one.broadcast for one in fired.replies)
    fired.put_forward(1200)
    fired.settle()
    (rang,) = [one.text for one in fired.replies if one.broadcast]
    assert rang.count(BRUNO.name) == 1


def test_a_silenced_alert_that_resolves_closes_everything_and_nobody_is_told_of_the_end(fired: Scene) -> None:
    fired.silence(alert_id=fired.alert.id, lasting=1200)
    fired.settle()
    fired.receive(alerts.resolve(FIRE))
    fired.settle()
    assert "resolved" in said(fired.message)
    assert fired.incident.status is Status.RESOLVED
    said_before = fired.thread
    fired.put_forward(1300)
    fired.settle()
    assert fired.thread == said_before


def test_its_author_is_asked_a_quarter_of_an_hour_before_it_ends(fired: Scene) -> None:
    fired.silence(alert_id=fired.alert.id, lasting=3600)
    fired.settle()
    fired.put_forward(2800)
    fired.settle()
    asked = [text for text in fired.thread if "Should it go on?" in text]
    assert len(asked) == 1
    assert f"<@{ADA.slack_id}>" in asked[0]
    assert "hides 1 alert" in asked[0]


def test_nobody_is_asked_about_a_silence_that_hides_nothing_any_more(fired: Scene) -> None:
    fired.silence(alert_id=fired.alert.id, lasting=3600)
    fired.settle()
    fired.receive(alerts.resolve(FIRE))
    fired.settle()
    fired.put_forward(2800)
    fired.settle()
    assert not any("Should it go on?" in text for text in fired.thread)


def test_reminders_leave_out_what_is_silenced(fired: Scene) -> None:
    fired.silence(alert_id=fired.alert.id, lasting=7200)
    fired.settle()
    before = len(fired.messages)
    fired.put_forward(1900)
    fired.settle()
    assert len(fired.messages) == before


def test_a_time_out_in_pagerduty_does_not_page_while_it_is_silenced(fired: Scene) -> None:
    fired.silence(alert_id=fired.alert.id)
    fired.settle()
    fired.sandbox.pagerduty.time_out(fired.incident)
    fired.settle()
    assert fired.incident.status is Status.ACKNOWLEDGED
    assert not any(one.broadcast for one in fired.replies)


def test_promise_an_alert_and_its_silence_committed_at_the_same_moment_never_page(stage: Stage) -> None:
    """Whichever comes first, one of the two steps sees the other; five times over, with two workers."""
    one, other = stage(), stage(holder="two:2:")
    for number in range(5):
        fire = alerts.fire("critical", instance=f"web-{number}")
        one.receive(fire)
        one.silence(f'instance="{fire["alerts"][0]["labels"]["instance"]}"')
        together(
            lambda: drain(one.bridge, LANE),
            lambda: drain(other.bridge, PEOPLE),
        )
    one.settle()
    assert len(one.rows("alerts")) == 5
    assert all("Silenced by" in said(message) for message in one.messages)
    assert all(incident.status is Status.ACKNOWLEDGED for incident in one.incidents)


def test_a_silence_of_exactly_this_alert_leaves_its_twin_of_another_source_alone(fired: Scene) -> None:
    fired.receive(FIRE, lane="alertmanager:eu-2")
    fired.settle()
    first = next(row for row in fired.rows("alerts") if row.source == "default")
    fired.silence(alert_id=first.id)
    fired.settle()
    assert sorted(message.text.split()[0] for message in fired.messages) == ["CRITICAL", "SILENCED"]


def test_what_is_over_can_no_longer_be_silenced_and_whoever_tried_is_told(fired: Scene) -> None:
    fired.receive(alerts.resolve(FIRE))
    fired.settle()
    fired.silence(alert_id=fired.alert.id, place=SLACK.partition(":")[2])
    fired.settle()
    assert fired.rows("silences") == []
    assert fired.whispers == [
        (ADA.slack_id, "It is already resolved, so there is nothing to silence."),
    ]


def test_rules_are_asked_once_more_when_it_is_made(stage: Stage) -> None:
    """Between a preview and its confirmation an alert may have fired that must not be silenced."""
    scene = stage(rules=Rules(protected={"alertname": ["HighCPU"]}))
    scene.receive(FIRE)
    scene.settle()
    scene.silence('cluster=~".+"', place=SLACK.partition(":")[2])
    scene.settle()
    assert scene.rows("silences") == []
    ((_, told),) = scene.whispers
    assert "never silenced from here" in told


def test_many_that_still_fire_when_a_silence_ends_are_told_of_in_one_message(scene: Scene) -> None:
    scene.receive(*alerts.storm(6))
    scene.settle()
    before = len(scene.messages)
    scene.silence('alertname=~".+"', lasting=1200)
    scene.settle()
    scene.put_forward(1300)
    scene.settle()
    assert len(scene.messages) == before + 1
    assert "6 alerts are still firing" in scene.messages[-1].text
    assert not any(one.broadcast for one in scene.replies)


def test_two_who_press_at_once_make_one_silence_and_the_second_is_told(fired: Scene) -> None:
    place = SLACK.partition(":")[2]
    fired.silence(alert_id=fired.alert.id, lasting=3600, place=place)
    fired.silence(alert_id=fired.alert.id, lasting=3600, by=BRUNO, place=place)
    fired.settle()
    assert len(fired.rows("silences")) == 1
    ((person, told),) = fired.whispers
    assert person == BRUNO.slack_id
    assert told.startswith(f"{ADA.name} has silenced it already, until ")
    assert len(fired.thread) == 1


def test_who_wants_the_same_for_longer_extends_it(fired: Scene) -> None:
    fired.silence(alert_id=fired.alert.id, lasting=900)
    fired.silence(alert_id=fired.alert.id, lasting=3600, by=BRUNO)
    fired.settle()
    (row,) = fired.rows("silences")
    assert row.end_at - row.start_at > timedelta(minutes=55)
    assert [(line.action, line.by_name) for line in fired.rows("silence_events")] == [
        ("silenced", ADA.name),
        ("silence_extended", BRUNO.name),
    ]


def test_who_ends_one_of_two_is_told_of_the_other(fired: Scene) -> None:
    first = fired.silence(alert_id=fired.alert.id)
    fired.silence('severity="critical"', by=BRUNO, lasting=7200)
    fired.settle()
    place = SLACK.partition(":")[2]
    fired.do_to_silence(SilenceVerb.END, slack_actor(ADA), first, place=place)
    fired.settle()
    ((_, told),) = fired.whispers
    assert told.startswith(f"It is still silenced by {BRUNO.name} until ")
    assert f"Silenced by {BRUNO.name}" in said(fired.message)


def test_a_silence_made_elsewhere_stands_in_the_thread_as_well(fired: Scene) -> None:
    fired.silence('severity="critical"', reason="deploy")
    fired.settle()
    assert [text.partition(" until ")[0] for text in fired.thread] == [f"{ADA.name} silenced this"]
    assert fired.thread[0].endswith(": deploy")


def test_an_incident_made_after_the_end_says_nothing_of_a_silence_that_it_never_knew(scene: Scene) -> None:
    scene.silence('severity="critical"', lasting=1200)
    scene.settle()
    scene.receive(FIRE)
    scene.settle()
    scene.put_forward(1300)
    scene.settle()
    assert scene.incident.status is Status.TRIGGERED
    assert scene.incident.notes == []


def test_what_is_protected_is_not_silenced_by_its_acknowledgement_either(
    stage: Stage, sandbox: Sandbox
) -> None:
    rules = Rules(protected={"alertname": ["HighCPU"]})
    scene = stage(alertmanagers=[sandbox.alertmanager_url], ack_silences=True, rules=rules)
    scene.receive(FIRE)
    scene.settle()
    scene.sandbox.slack_hand.click(scene.message, "acknowledge", BRUNO)
    scene.settle()
    assert scene.alert.state == "acknowledged"
    assert scene.rows("silences") == []
