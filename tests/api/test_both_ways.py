"""The receiver before the pretend Slack and PagerDuty: real messages are clicked, real incidents are worked on."""

from datetime import UTC, datetime

import pytest

from api.signatures import PagerDutySignatures, SlackSignatures
from core.domain.alert import Alert, Content, Facts
from core.domain.event import Apology, Deed, IncidentEvent, Verb
from core.sources import pagerduty, slack
from core.targets.slack_api import Api
from core.targets.slack_message import render
from sandbox import Sandbox, credentials
from sandbox.credentials import ADA, BRUNO, CHIDI
from sandbox.pagerduty.model import Incident
from sandbox.slack.world import Message
from tests.api.conftest import Receiver, Start
from tests.api.signed import ALERT
from tests.api.test_slack import parts

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def receiver(start: Start, sandbox: Sandbox, api: Api) -> Receiver:
    slack_parts = parts(
        signatures=SlackSignatures((credentials.SLACK_SIGNING_SECRET,)), open_view=api.open_view
    )
    receiver = start(
        slack=slack_parts, pagerduty=PagerDutySignatures((credentials.PAGERDUTY_WEBHOOK_SECRET,))
    )
    sandbox.bridge_url = f"http://127.0.0.1:{receiver.port}"
    return receiver


@pytest.fixture
def message(sandbox: Sandbox, api: Api) -> Message:
    """An alert as the bridge shows it."""
    facts = Facts(
        id=ALERT,
        source="default",
        fingerprint="00f1",
        firing=True,
        starts_at=NOW,
        fired_at=NOW,
        occurrence=2,
        seq=1,
        content_hash="",
        version=1,
    )
    api.post(credentials.SLACK_CHANNEL, render(Alert(facts, Content({"alertname": "HighCPU"}, {})), ()))
    return sandbox.slack.messages[-1]


@pytest.fixture
def incident(sandbox: Sandbox) -> Incident:
    event = {
        "routing_key": credentials.PAGERDUTY_ROUTING_KEY,
        "event_action": "trigger",
        "dedup_key": "key-1",
        "client": "Alert Bridge",
        "client_url": "https://bridge.example/1",
        "payload": {"summary": "CPU above 90%", "source": "web-1", "severity": "critical"},
    }
    sandbox.pagerduty.apply(event)
    return sandbox.pagerduty.incidents[-1]


def deeds(receiver: Receiver) -> list[Deed | Apology]:
    return [slack.read(body, NOW) for source, _, _, body in receiver.stored() if source == "slack"]


def events(receiver: Receiver) -> list[IncidentEvent | None]:
    return [pagerduty.read(body, NOW) for source, _, _, body in receiver.stored() if source == "pagerduty"]


def test_a_click_on_a_message_is_a_deed(receiver: Receiver, sandbox: Sandbox, message: Message) -> None:
    reply = sandbox.slack_hand.click(message, "acknowledge", BRUNO)
    assert (reply.status, reply.problem) == (200, None)
    [done] = deeds(receiver)
    assert isinstance(done, Deed)
    assert (done.verb, done.actor.id, done.alert_id, done.occurrence, done.place) == (
        Verb.ACKNOWLEDGE,
        BRUNO.slack_id,
        ALERT,
        2,
        credentials.SLACK_CHANNEL,
    )
    assert done.occurred_at is not None


def test_a_note_goes_from_the_menu_through_the_modal(
    receiver: Receiver, sandbox: Sandbox, message: Message
) -> None:
    reply = sandbox.slack_hand.choose(message, "more", f"note:{ALERT}:2")
    assert (reply.status, reply.problem, receiver.rows()) == (200, None, 0)
    [modal] = sandbox.slack_hand.views
    reply = sandbox.slack_hand.submit(modal, {"note": "looking at the load balancer"})
    assert (reply.status, reply.problem, sandbox.slack_hand.views) == (200, None, [])
    [done] = deeds(receiver)
    assert isinstance(done, Deed)
    assert (done.verb, done.text, done.actor.id, done.occurrence, done.place) == (
        Verb.NOTE,
        "looking at the load balancer",
        ADA.slack_id,
        2,
        credentials.SLACK_CHANNEL,
    )


def test_a_blank_note_keeps_the_modal_open(receiver: Receiver, sandbox: Sandbox, message: Message) -> None:
    sandbox.slack_hand.choose(message, "more", f"note:{ALERT}:2")
    [modal] = sandbox.slack_hand.views
    sandbox.slack_hand.submit(modal, {"note": " \n "})
    assert (sandbox.slack_hand.views, receiver.rows()) == ([modal], 0)


def test_a_note_that_slack_refuses_to_open_is_an_apology(
    receiver: Receiver, sandbox: Sandbox, message: Message
) -> None:
    sandbox.slack.token_revoked = True
    assert sandbox.slack_hand.choose(message, "more", f"note:{ALERT}:2", CHIDI).problem is None
    [said] = deeds(receiver)
    assert isinstance(said, Apology)
    assert (said.actor.id, said.place) == (CHIDI.slack_id, credentials.SLACK_CHANNEL)


def test_slacks_other_requests_are_answered_as_slack_wants(receiver: Receiver, sandbox: Sandbox) -> None:
    hand = sandbox.slack_hand
    replies = [
        hand.url_verification(),
        hand.ssl_check(),
        hand.event({"type": "message"}),
        hand.command("/alerts"),
    ]
    assert [reply.problem for reply in replies] == [None] * 4
    assert receiver.rows() == 0


def test_what_happens_to_an_incident_arrives_in_its_words(
    receiver: Receiver, sandbox: Sandbox, incident: Incident
) -> None:
    account = sandbox.pagerduty
    account.acknowledge(incident, ADA)
    account.annotate(incident, ADA, "größer ✓")
    account.reassign(incident, ADA, BRUNO)
    account.set_priority(incident, ADA, "P1")
    account.add_responder(incident, ADA, CHIDI)
    account.responder_replied(incident, CHIDI)
    account.resolve(incident, ADA)
    sandbox.settle()
    arrived = [event for event in events(receiver) if event]
    assert [(event.what, event.text) for event in arrived] == [
        ("triggered", ""),
        ("acknowledged", ""),
        ("noted", "größer ✓"),
        ("reassigned", "reassigned it to Bruno Sample"),
        ("priority_changed", "set its priority to P1"),
        ("responder_added", "asked Chidi Placeholder to help"),
        ("responder_replied", "answered the request for help: accepted"),
        ("resolved", ""),
    ]
    assert {event.incident_id for event in arrived} == {incident.id}
    assert (arrived[0].client_url, arrived[0].by_integration) == ("https://bridge.example/1", True)
    assert arrived[1].actor.id == ADA.pagerduty_id


def test_pagerdutys_ping_is_answered(receiver: Receiver, sandbox: Sandbox) -> None:
    sandbox.webhooks.ping()
    sandbox.settle()
    assert (receiver.rows(), sandbox.webhooks.enabled) == (0, True)
