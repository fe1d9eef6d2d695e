"""Notes go both ways without an echo, and what a hand resolves opens again if it is not solved."""

import re

import pytest

from sandbox import alerts
from sandbox.credentials import ADA, BRUNO, CHIDI, DORA, Person
from sandbox.pagerduty.model import Status
from tests.databases import ON_SQLITE
from tests.stories.conftest import Stage
from tests.stories.scene import Scene, said

pytestmark = ON_SQLITE

FIRE = alerts.fire("critical")
pytestmark = pytest.mark.usefixtures("doors")


@pytest.fixture
def fired(scene: Scene) -> Scene:
    scene.receive(FIRE)
    scene.settle()
    return scene


def note(scene: Scene, text: str, person: Person = ADA) -> None:
    """Through the menu and the modal, as people do."""
    hand = scene.sandbox.slack_hand
    option = next(
        it["value"]
        for one in scene.message.attachments
        for block in one["blocks"]
        if block["type"] == "actions"
        for element in block["elements"]
        if element["action_id"] == "more"
        for it in element["options"]
        if it["value"].startswith("note:")
    )
    hand.choose(scene.message, "more", option, person)
    (modal,) = hand.views
    reply = hand.submit(modal, {"note": text})
    assert (reply.status, reply.problem, hand.views) == (200, None, [])


def resolve(scene: Scene, person: Person = ADA) -> None:
    about = f"resolve:{scene.alert.id}:{scene.alert.occurrence}"
    scene.sandbox.slack_hand.choose(scene.message, "more", about, person)


def test_a_note_from_slack_stands_in_pagerduty_under_its_writer_and_comes_back_as_nothing(
    fired: Scene,
) -> None:
    note(fired, "looking at the load balancer")
    fired.settle()
    assert [(it["user"]["summary"], it["content"]) for it in fired.incident.notes] == [
        (ADA.name, f"{ADA.name} (Slack): looking at the load balancer")
    ]
    assert fired.thread == [f"{ADA.name} noted: looking at the load balancer"]
    assert fired.record == [("noted", "slack", ADA.name)]
    assert "incident.annotated" in [sent.event_type for sent in fired.sandbox.webhooks.log]


def test_a_note_from_pagerduty_stands_in_the_thread_and_is_not_written_back(fired: Scene) -> None:
    fired.sandbox.pagerduty.annotate(fired.incident, BRUNO, "it was the *cache* <!channel>")
    fired.settle()
    assert fired.thread == [f"{BRUNO.name} noted in PagerDuty: it was the *cache* &lt;!channel&gt;"]
    assert len(fired.incident.notes) == 1
    assert fired.record == [("noted", "pagerduty", BRUNO.name)]


def test_a_note_whose_answer_was_lost_is_not_written_twice(fired: Scene) -> None:
    fired.sandbox.faults.add("pagerduty_rest", "lose_answer", method="POST", times=1)
    note(fired, "once only")
    fired.settle()
    assert len(fired.incident.notes) == 1


def test_without_a_sender_the_note_of_a_stranger_stays_in_slack(fired: Scene) -> None:
    note(fired, "nobody there knows me", DORA)
    fired.settle()
    assert fired.incident.notes == []
    assert fired.thread == [f"{DORA.name} noted: nobody there knows me"]


def test_a_note_on_an_alert_that_pagerduty_is_not_told_of_stays_in_slack(stage: Stage) -> None:
    scene = stage(pagerduty={"severities": frozenset({"page"})})
    scene.receive(FIRE)
    scene.settle()
    note(scene, "small matter")
    scene.settle()
    assert scene.incidents == []
    assert scene.thread == [f"{ADA.name} noted: small matter"]


def test_resolving_by_hand_closes_everywhere_in_that_persons_name(fired: Scene) -> None:
    resolve(fired)
    fired.settle()
    assert fired.alert.state == "resolved"
    assert fired.incident.status is Status.RESOLVED
    assert fired.incident.changed_by is not None
    assert fired.incident.changed_by.name == ADA.name
    assert f"resolved by {ADA.name}" in said(fired.message)
    assert "opens again" in said(fired.message)
    assert fired.record == [("resolved", "slack", ADA.name)]


def test_what_is_resolved_by_hand_and_fires_on_opens_again_and_says_so(fired: Scene) -> None:
    resolve(fired)
    fired.settle()
    fired.receive(FIRE)
    fired.settle()
    assert fired.alert.state == "resolved"
    fired.put_forward(301)
    fired.settle()
    assert (fired.alert.state, fired.alert.occurrence) == ("firing", 2)
    assert len(fired.messages) == 1
    assert len(fired.open_incidents) == 1
    assert fired.replies[-1].broadcast
    assert f"Still firing 5 min after {ADA.name} resolved it by hand" in fired.thread[-1]


def test_what_is_resolved_by_hand_and_then_by_alertmanager_stays_closed(fired: Scene) -> None:
    resolve(fired)
    fired.receive(alerts.resolve(FIRE))
    fired.settle()
    fired.put_forward(3600)
    fired.settle()
    assert (fired.alert.state, fired.alert.occurrence, fired.alert.wake_at) == ("resolved", 1, None)
    assert fired.open_incidents == []


def test_resolving_in_pagerduty_resolves_in_slack_with_the_name(fired: Scene) -> None:
    fired.sandbox.pagerduty.resolve(fired.incident, BRUNO, note="restarted it")
    fired.settle()
    assert fired.alert.state == "resolved"
    assert f"resolved by <@{BRUNO.slack_id}>" in said(fired.message)
    assert sorted(fired.record) == [
        ("noted", "pagerduty", BRUNO.name),
        ("resolved", "pagerduty", BRUNO.name),
    ]
    assert len(fired.incident.notes) == 1


def test_opening_it_again_in_pagerduty_opens_it_in_slack_as_the_same_occurrence(fired: Scene) -> None:
    fired.sandbox.pagerduty.resolve(fired.incident, BRUNO)
    fired.settle()
    fired.sandbox.pagerduty.reopen(fired.incident, CHIDI)
    fired.settle()
    assert (fired.alert.state, fired.alert.occurrence) == ("firing", 1)
    assert len(fired.incidents) == 1
    assert fired.thread[-1] == f"{CHIDI.name} opened this again in PagerDuty"


def test_the_thread_tells_the_story_and_rings_nobody_who_acted(fired: Scene) -> None:
    pagerduty = fired.sandbox.pagerduty
    fired.sandbox.slack_hand.click(fired.message, "acknowledge", ADA)
    fired.settle()
    fired.put_forward(2)
    pagerduty.reassign(fired.incident, ADA, BRUNO)
    pagerduty.set_priority(fired.incident, BRUNO, "P1")
    fired.settle()
    note(fired, "found it", BRUNO)
    fired.settle()
    fired.put_forward(12 * 60)
    fired.receive(alerts.resolve(FIRE, now=fired.clock()))
    fired.settle()
    assert fired.thread[:-1] == [
        f"{ADA.name} acknowledged this after less than a minute",
        f"{ADA.name} reassigned it to {BRUNO.name} in PagerDuty",
        f"{BRUNO.name} set its priority to P1 in PagerDuty",
        # Who is given an incident has not acknowledged it yet: PagerDuty shows it as triggered again.
        f"{ADA.name} took the acknowledgement back in PagerDuty",
        f"{BRUNO.name} noted: found it",
    ]
    assert re.fullmatch(r"✅ Resolved after \d+ min: HighCPU on web-1", fired.thread[-1])
    assert [ping for one in fired.replies for ping in one.pings] == []


def test_promise_10_a_note_that_cannot_be_opened_is_told(fired: Scene) -> None:
    fired.sandbox.faults.add("slack", "status", status=500, method="views.open")
    about = f"note:{fired.alert.id}:1"
    fired.sandbox.slack_hand.choose(fired.message, "more", about, ADA)
    fired.settle()
    assert [(person, "could not be opened" in text) for person, text in fired.whispers] == [
        (ADA.slack_id, True)
    ]
    assert fired.record == []


def test_opened_again_in_pagerduty_without_a_token_still_ends_everywhere(stage: Stage) -> None:
    scene = stage(pagerduty={"api_token": None})
    scene.receive(FIRE)
    scene.settle()
    resolve(scene)
    scene.settle()
    scene.sandbox.pagerduty.reopen(scene.incident, CHIDI)
    scene.settle()
    assert scene.alert.state == "firing"
    scene.receive(alerts.resolve(FIRE))
    scene.settle()
    assert scene.open_incidents == []
