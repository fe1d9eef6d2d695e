"""Webhooks v3 out: what is said, how it is signed, in which order it comes, and what a refusal leads to."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from sandbox import Sandbox, credentials
from sandbox.pagerduty.envelope import signature
from tests.sandbox.receiver import Received, Receiver

ADA, BRUNO = credentials.ADA, credentials.BRUNO
BODY = b'{"event":{"id":"01TESTEVENT0000000000000001","event_type":"incident.acknowledged"}}'


@pytest.mark.parametrize(
    ("secret", "body", "expected"),
    [
        ("pd-test-secret-1", BODY, "2d90bdfad1c86c3e776b260be47c4c79c6895bd5e18ef27714e6848caa53f8dd"),
        ("pd-test-secret-2", BODY, "6f3bf1d76436c6cf0908f9b50a2efde37bc89d38b8aef83a88722527cdbd3585"),
        (
            "pd-test-secret-1",
            '{"note":"é✓"}'.encode(),
            "a9518d0f6b847e5b90b44b6aa7b66d03bab9b5cedc312fc0bb79dcf54797aff2",
        ),
    ],
)
def test_the_signature_is_that_of_pagerduty(secret: str, body: bytes, expected: str) -> None:
    assert f"v1={expected}" == signature([secret], body)


def test_a_trigger_is_told_as_pagerduty_tells_it(sandbox: Sandbox, bridge: Receiver, pagerduty: Any) -> None:
    pagerduty.event(client="Alert Bridge", client_url="https://bridge.example/1")
    sandbox.settle()
    [one] = bridge.received
    incident = sandbox.pagerduty.incidents[0]
    assert one.path == "/pagerduty/webhook"
    assert one.headers["Content-Type"] == "application/json"
    assert one.headers["User-Agent"] == "PagerDuty-Webhook/V3.0"
    assert one.headers["X-Webhook-Subscription"] == credentials.PAGERDUTY_SUBSCRIPTION_ID
    assert one.headers["X-PagerDuty-Signature"] == signature([credentials.PAGERDUTY_WEBHOOK_SECRET], one.body)
    event = one.event
    assert set(event) == {
        "id", "event_type", "resource_type", "occurred_at", "agent", "client", "data",
    }  # fmt: skip
    assert (event["event_type"], event["resource_type"]) == ("incident.triggered", "incident")
    assert len(event["occurred_at"]) == len("2026-01-01T00:00:00.000Z")
    assert event["occurred_at"].endswith("Z")
    assert (event["agent"]["type"], event["agent"]["summary"]) == (
        "inbound_integration_reference",
        "Events API V2",
    )
    assert event["client"] == {"name": "Alert Bridge", "url": "https://bridge.example/1"}
    data = event["data"]
    assert (data["type"], data["id"], data["number"]) == ("incident", incident.id, incident.number)
    assert (data["status"], data["incident_key"], data["resolve_reason"]) == ("triggered", None, None)
    assert data["html_url"] == f"{sandbox.url}/#incident-{incident.id}"


def test_a_person_is_a_reference_without_an_address(
    sandbox: Sandbox, bridge: Receiver, incident: Any
) -> None:
    sandbox.pagerduty.acknowledge(incident, ADA)
    sandbox.settle()
    one = bridge.received[-1]
    agent = one.event["agent"]
    assert (agent["type"], agent["id"], agent["summary"]) == ("user_reference", ADA.pagerduty_id, ADA.name)
    assert one.event["client"] is None
    assert str(ADA.email).encode() not in one.body


def test_automation_is_nobody(sandbox: Sandbox, bridge: Receiver, incident: Any) -> None:
    sandbox.pagerduty.acknowledge(incident, ADA)
    sandbox.pagerduty.time_out(incident)
    sandbox.settle()
    event = bridge.received[-1].event
    assert (event["event_type"], event["agent"]) == ("incident.unacknowledged", None)


def test_the_state_told_is_that_of_the_moment(sandbox: Sandbox, bridge: Receiver, incident: Any) -> None:
    sandbox.webhooks.hold()
    sandbox.pagerduty.acknowledge(incident, ADA)
    sandbox.pagerduty.resolve(incident, ADA)
    sandbox.webhooks.release()
    sandbox.settle()
    assert [one.event["data"]["status"] for one in bridge.received[-2:]] == ["acknowledged", "resolved"]


def test_a_note_is_told_in_utf_8(sandbox: Sandbox, bridge: Receiver, incident: Any) -> None:
    sandbox.pagerduty.annotate(incident, ADA, "größer ✓")
    sandbox.settle()
    one = bridge.received[-1]
    assert "größer ✓".encode() in one.body
    assert one.headers["X-PagerDuty-Signature"] == signature(sandbox.webhooks.secrets, one.body)
    data = one.event["data"]
    assert (one.event["event_type"], data["type"], data["incident"]["id"]) == (
        "incident.annotated",
        "incident_note",
        incident.id,
    )


def test_while_a_secret_is_replaced_both_sign(sandbox: Sandbox, bridge: Receiver, incident: Any) -> None:
    sandbox.webhooks.secrets = ["old-secret", "new-secret"]
    sandbox.pagerduty.acknowledge(incident, ADA)
    sandbox.settle()
    one = bridge.received[-1]
    expected = f"{signature(['old-secret'], one.body)},{signature(['new-secret'], one.body)}"
    assert expected == one.headers["X-PagerDuty-Signature"]


@pytest.mark.parametrize("status", [500, 503, 429])
def test_what_fails_is_tried_again_under_the_same_id(
    sandbox: Sandbox, bridge: Receiver, incident: Any, status: int
) -> None:
    sandbox.settle()
    answers = [status, status, 202]
    bridge.received.clear()
    bridge.answer = lambda _: answers.pop(0)
    sandbox.pagerduty.acknowledge(incident, ADA)
    sandbox.settle()
    assert bridge.told == ["incident.acknowledged"] * 3
    assert len({one.headers["X-Webhook-Id"] for one in bridge.received}) == 1
    assert len({one.event["id"] for one in bridge.received}) == 1
    log = sandbox.webhooks.log[-3:]
    assert [(one.attempt, one.status) for one in log] == [(1, status), (2, status), (3, 202)]


def test_different_webhooks_have_different_ids(sandbox: Sandbox, bridge: Receiver, incident: Any) -> None:
    sandbox.pagerduty.acknowledge(incident, ADA)
    sandbox.settle()
    assert len({one.headers["X-Webhook-Id"] for one in bridge.received}) == 2


def test_a_bridge_that_is_not_there_is_tried_until_it_is(
    sandbox: Sandbox, bridge: Receiver, pagerduty: Any
) -> None:
    sandbox.bridge_url = "http://127.0.0.1:1"
    pagerduty.event()
    with pytest.raises(TimeoutError):
        sandbox.webhooks.settle(0.2)
    sandbox.bridge_url = bridge.url
    sandbox.settle()
    assert sandbox.webhooks.log[0].status is None
    assert bridge.told == ["incident.triggered"]


def test_an_answer_that_comes_too_late_is_none(sandbox: Sandbox, bridge: Receiver, pagerduty: Any) -> None:
    again = threading.Event()

    def late(_: Received) -> int:
        if len(bridge.received) == 1:
            again.wait(5)
        again.set()
        return 202

    sandbox.webhooks.timeout = 0.3
    bridge.answer = late
    pagerduty.event()
    sandbox.settle()
    assert (sandbox.webhooks.log[0].status, sandbox.webhooks.log[-1].status) == (None, 202)


def test_a_failing_event_holds_back_its_own_incident_only(
    sandbox: Sandbox, bridge: Receiver, pagerduty: Any
) -> None:
    failing = True

    def answer(one: Received) -> int:
        return 503 if failing and one.incident == first.id else 202

    for key in ("first", "second"):
        pagerduty.event(key=key)
    first, second = sandbox.pagerduty.incidents
    sandbox.settle()
    bridge.received.clear()
    bridge.answer = answer
    for incident in (first, second):
        sandbox.pagerduty.acknowledge(incident, ADA)
        sandbox.pagerduty.annotate(incident, ADA, "looking")
        sandbox.pagerduty.resolve(incident, ADA)
    bridge.wait(6)
    everything = ["incident.acknowledged", "incident.annotated", "incident.resolved"]
    assert everything == bridge.of(second.id)
    assert {"incident.acknowledged"} == set(bridge.of(first.id))
    failing = False
    sandbox.settle()
    assert everything == list(dict.fromkeys(bridge.of(first.id)))
    assert len(bridge.of(second.id)) == 3


@pytest.mark.parametrize("status", [400, 403, 404, 413, 301])
def test_another_refusal_is_not_tried_again(
    sandbox: Sandbox, bridge: Receiver, pagerduty: Any, status: int
) -> None:
    bridge.answer = lambda _: status
    pagerduty.event()
    sandbox.settle()
    assert [(one.status, one.verdict) for one in sandbox.webhooks.log] == [(status, "dropped")]


def test_three_refusals_in_a_row_switch_the_subscription_off(
    sandbox: Sandbox, bridge: Receiver, pagerduty: Any
) -> None:
    bridge.answer = lambda _: 403
    for key in ("a", "b", "c", "d"):
        pagerduty.event(key=key)
        sandbox.settle()
    assert not sandbox.webhooks.enabled
    assert len(bridge.received) == 3
    url = f"/webhook_subscriptions/{credentials.PAGERDUTY_SUBSCRIPTION_ID}"
    told = pagerduty.call("GET", url).json()["webhook_subscription"]
    assert (told["active"], told["delivery_method"]["temporarily_disabled"]) == (True, True)

    bridge.answer = lambda _: 202
    answer = pagerduty.call("POST", f"{url}/enable").json()["webhook_subscription"]
    assert not answer["delivery_method"]["temporarily_disabled"]
    pagerduty.event(key="e")
    sandbox.settle()
    numbers = [one.event["data"]["number"] for one in bridge.received]
    assert numbers == [1001, 1002, 1003, 1005]


def test_an_acceptance_in_between_keeps_it_on(sandbox: Sandbox, bridge: Receiver, pagerduty: Any) -> None:
    answers = [403, 403, 202, 403, 403]
    bridge.answer = lambda _: answers.pop(0)
    for key in ("a", "b", "c", "d", "e"):
        pagerduty.event(key=key)
        sandbox.settle()
    assert sandbox.webhooks.enabled
    assert answers == []


def test_what_is_given_up_counts_as_refused(sandbox: Sandbox, bridge: Receiver, pagerduty: Any) -> None:
    sandbox.webhooks.patience = 0.0
    bridge.answer = lambda _: 503
    for key in ("a", "b", "c"):
        pagerduty.event(key=key)
        sandbox.settle()
    assert len(bridge.received) == 3
    assert not sandbox.webhooks.enabled


def test_switched_off_by_pagerduty_lasts_a_day_and_by_a_person_for_ever(limited: Sandbox, clock: Any) -> None:
    with Receiver() as bridge:
        limited.bridge_url = bridge.url
        bridge.answer = lambda _: 400
        for _ in range(3):
            limited.webhooks.ping()
        limited.settle()
        assert not limited.webhooks.enabled
        clock.now += 24 * 3600
        assert limited.webhooks.enabled
        limited.webhooks.enabled = False
        clock.now += 240 * 3600
        assert not limited.webhooks.enabled


def test_nothing_is_sent_without_a_bridge(sandbox: Sandbox, bridge: Receiver, pagerduty: Any) -> None:
    sandbox.bridge_url = None
    pagerduty.event()
    sandbox.settle()
    sandbox.bridge_url = bridge.url
    pagerduty.event("acknowledge")
    sandbox.settle()
    assert bridge.told == ["incident.acknowledged"]


def test_what_is_too_large_is_never_sent(sandbox: Sandbox, bridge: Receiver, incident: Any) -> None:
    sandbox.pagerduty.annotate(incident, ADA, "x" * 262_144)
    sandbox.pagerduty.acknowledge(incident, ADA)
    sandbox.settle()
    assert bridge.told == ["incident.triggered", "incident.acknowledged"]


def test_what_was_not_delivered_when_the_sandbox_stopped_comes_after_it_has_started_again() -> None:
    from tests.sandbox.conftest import PagerDuty  # noqa: PLC0415 this sandbox is not the fixture's

    with Receiver() as bridge:
        own = Sandbox(rate_limits=False, incident_delay=0, webhook_delay=0, webhook_schedule=(0.05,))
        own.bridge_url = bridge.url
        bridge.answer = lambda _: 503
        with own:
            client = PagerDuty(own)
            client.event()
            bridge.wait(1)
            client.session.close()
        bridge.answer = lambda _: 202
        with own:
            own.settle()
        assert {"incident.triggered"} == set(bridge.told)
        assert own.webhooks.log[-1].status == 202


def test_stopping_does_not_wait_for_a_bridge_that_is_silent() -> None:
    stopped = threading.Event()
    with Receiver() as bridge:
        own = Sandbox(rate_limits=False, webhook_delay=0)
        own.bridge_url = bridge.url
        bridge.answer = lambda _: 202 if stopped.wait(10) else 500
        with own:
            own.webhooks.ping()
            bridge.wait(1)
            began = time.monotonic()
        assert time.monotonic() - began < 4.0
        stopped.set()


def test_a_reset_forgets_what_was_on_its_way(sandbox: Sandbox, bridge: Receiver, pagerduty: Any) -> None:
    bridge.answer = lambda _: 503
    sandbox.webhooks.secrets = ["another"]
    pagerduty.event()
    bridge.wait(1)
    sandbox.reset()
    arrived = len(bridge.received)
    assert (sandbox.webhooks.log, sandbox.webhooks.secrets) == ([], [credentials.PAGERDUTY_WEBHOOK_SECRET])
    sandbox.settle()
    time.sleep(0.15)
    assert len(bridge.received) == arrived


def test_every_attempt_is_on_the_log_of_requests(sandbox: Sandbox, bridge: Receiver, incident: Any) -> None:
    answers = [503, 202]
    sandbox.settle()
    bridge.answer = lambda _: answers.pop(0)
    sandbox.pagerduty.acknowledge(incident, BRUNO)
    sandbox.settle()
    told = [
        (one.direction, one.status, one.outcome, one.check, one.summary)
        for one in sandbox.traffic.calls("pagerduty_webhooks", "incident.acknowledged")
    ]
    assert told == [
        ("out", 503, "refused", "signed", f"incident.acknowledged #{incident.number}"),
        ("out", 202, "ok", "signed", f"incident.acknowledged #{incident.number}, attempt 2"),
    ]


def test_a_ping_is_asked_for_over_rest(sandbox: Sandbox, bridge: Receiver, pagerduty: Any) -> None:
    [subscription] = pagerduty.call("GET", "/webhook_subscriptions").json()["webhook_subscriptions"]
    assert "secret" not in subscription["delivery_method"]
    assert pagerduty.call("POST", f"/webhook_subscriptions/{subscription['id']}/ping").status_code == 202
    sandbox.settle()
    event = bridge.received[0].event
    assert (event["event_type"], event["resource_type"], event["client"]) == ("pagey.ping", "pagey", None)
    assert event["agent"] == {"id": ADA.pagerduty_id, "type": "user_reference"}
    assert set(event["data"]) == {"message", "type"}
    assert pagerduty.call("POST", "/webhook_subscriptions/PNONE/ping").status_code == 404


def test_a_reset_brings_the_defaults_back(sandbox: Sandbox) -> None:
    sandbox.webhooks.schedule, sandbox.webhooks.duplicate = (9.0,), 4
    sandbox.reset()
    assert (sandbox.webhooks.schedule, sandbox.webhooks.duplicate) == ((1.0, 2.0, 5.0, 10.0, 30.0), 1)
