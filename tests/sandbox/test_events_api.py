"""Events API v2: what is refused, what an event does, and what is dropped without a word."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from sandbox import Sandbox, credentials
from sandbox.pagerduty.model import Status

PAYLOAD = {"summary": "s", "source": "web-1", "severity": "critical"}


def event(**changes: Any) -> dict[str, Any]:
    base = {
        "routing_key": credentials.PAGERDUTY_ROUTING_KEY,
        "event_action": "trigger",
        "dedup_key": "k",
        "payload": PAYLOAD,
    }
    return {name: value for name, value in {**base, **changes}.items() if value is not None}


def payload(**changes: Any) -> dict[str, Any]:
    return event(payload={**PAYLOAD, **changes})


def wait_for(condition: Callable[[], bool], seconds: float = 3.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.005)


@pytest.mark.parametrize(
    "good",
    [
        event(dedup_key="k" * 255),
        event(dedup_key=None),
        payload(summary="s" * 1024),
        payload(severity="info", component="c", group="g", custom_details={"a": {"b": 1}}),
        payload(timestamp="2026-11-23T09:00:00.123456Z"),
        event(
            links=[{"href": "https://a.example", "text": "t"}], images=[{"src": "https://a.example/i.png"}]
        ),
        event(client="Alert Bridge", client_url="https://a.example", something_new=1),
        event(event_action="resolve", payload=None),
        event(event_action="acknowledge", payload=None),
    ],
)
def test_what_is_within_the_rules_is_taken(pagerduty: Any, good: dict[str, Any]) -> None:
    answer = pagerduty.enqueue(good)
    assert answer.status_code == 202
    assert answer.json() == {
        "status": "success", "message": "Event processed", "dedup_key": answer.json()["dedup_key"],
    }  # fmt: skip
    assert answer.json()["dedup_key"] == good.get("dedup_key", answer.json()["dedup_key"])


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (event(routing_key=None), "'routing_key' is missing or blank"),
        (event(routing_key="x" * 31), "Length of 'routing_key' is incorrect (should be 32 characters)"),
        (event(routing_key="x" * 33), "Length of 'routing_key' is incorrect (should be 32 characters)"),
        (event(routing_key="-" * 32), "'routing_key' cannot contain non-alphanumeric characters."),
        (event(routing_key="x" * 32), "Invalid routing key"),
        (event(event_action=None), "'event_action' is missing or blank"),
        (event(event_action="shout"), "'event_action' is invalid"),
        (event(dedup_key="k" * 256), "'dedup_key' is too long"),
        (event(event_action="resolve", dedup_key=None), "'dedup_key' is missing or blank"),
        (event(payload=None), "'payload' is missing or blank"),
        (payload(summary=""), "'payload.summary' is missing or blank"),
        (payload(summary="s" * 1025), "'payload.summary' is too long"),
        (payload(source=" "), "'payload.source' is missing or blank"),
        (payload(severity="page"), "'payload.severity' is invalid"),
        (payload(custom_details="text"), "'payload.custom_details' must be an object"),
        (payload(timestamp="this morning"), "'payload.timestamp' must be in ISO 8601 format"),
        (event(links=[{"text": "t"}]), "'links[0].href' is missing or blank"),
        (event(images=[{"src": "http://a.example"}]), "'images[0].src' must be an https address"),
    ],
)
def test_what_breaks_a_rule_is_refused_with_a_sentence(
    pagerduty: Any, sandbox: Sandbox, bad: Any, words: str
) -> None:
    answer = pagerduty.enqueue(bad)
    assert answer.status_code == 400
    assert answer.json()["status"] == "invalid event"
    assert any(sentence.startswith(words) for sentence in answer.json()["errors"]), answer.json()
    assert sandbox.pagerduty.incidents == []


def test_a_body_of_512000_bytes_passes_and_one_more_is_too_large(pagerduty: Any) -> None:
    def sized(size: int) -> bytes:
        import orjson  # noqa: PLC0415 beside its only use

        empty = len(orjson.dumps(payload(custom_details={"x": ""})))
        return orjson.dumps(payload(custom_details={"x": "y" * (size - empty)}))

    assert pagerduty.enqueue(sized(512_000)).status_code == 202
    assert pagerduty.enqueue(sized(512_001)).status_code == 413


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"a": NaN}', b'"text"'])
def test_what_is_no_json_object_is_not_recognised(pagerduty: Any, body: bytes) -> None:
    answer = pagerduty.enqueue(body)
    assert (answer.status_code, answer.json()["message"]) == (400, "Event object format is unrecognized")


def test_a_trigger_opens_an_incident_and_the_same_key_joins_it(pagerduty: Any, sandbox: Sandbox) -> None:
    pagerduty.event()
    pagerduty.event()
    [incident] = sandbox.pagerduty.incidents
    assert (incident.status, incident.urgency, incident.dedup_keys) == (Status.TRIGGERED, "high", ["key-1"])
    assert incident.alerts[0].events == 2


def test_an_acknowledged_incident_stays_so_when_triggered_again(pagerduty: Any, sandbox: Sandbox) -> None:
    pagerduty.event()
    pagerduty.event("acknowledge")
    pagerduty.event()
    assert [one.status for one in sandbox.pagerduty.incidents] == [Status.ACKNOWLEDGED]


def test_after_a_resolve_the_same_key_opens_a_new_incident(pagerduty: Any, sandbox: Sandbox) -> None:
    for action in ("trigger", "resolve", "trigger"):
        pagerduty.event(action)
    assert [one.status for one in sandbox.pagerduty.incidents] == [Status.RESOLVED, Status.TRIGGERED]


def test_without_an_open_alert_acknowledge_and_resolve_are_dropped(pagerduty: Any, sandbox: Sandbox) -> None:
    assert pagerduty.event("resolve").status_code == 202
    assert pagerduty.event("acknowledge").status_code == 202
    assert (sandbox.pagerduty.incidents, sandbox.pagerduty.events) == ([], [])


def test_another_routing_key_cannot_resolve(pagerduty: Any, sandbox: Sandbox) -> None:
    pagerduty.event()
    other = pagerduty.event("resolve", routing_key=credentials.PAGERDUTY_ROUTING_KEY_SECOND)
    assert (other.status_code, sandbox.pagerduty.incidents[0].status) == (202, Status.TRIGGERED)


def test_an_unknown_key_can_also_be_dropped_in_silence(pagerduty: Any, sandbox: Sandbox) -> None:
    """Clients have seen both answers; the sandbox can give either."""
    sandbox.pagerduty.drop_unknown_keys = True
    assert pagerduty.event(routing_key="x" * 32).status_code == 202
    assert sandbox.pagerduty.incidents == []


def test_accepted_is_not_yet_an_incident() -> None:
    with Sandbox(rate_limits=False, incident_delay=0.2) as sandbox:
        from tests.sandbox.conftest import PagerDuty  # noqa: PLC0415 this sandbox is not the fixture's

        client = PagerDuty(sandbox)
        assert client.event().status_code == 202
        assert sandbox.pagerduty.incidents == []
        client.event("resolve")
        wait_for(lambda: [one.status for one in sandbox.pagerduty.incidents] == [Status.RESOLVED])
        client.session.close()


def test_the_account_remembers_what_happened_in_order(pagerduty: Any, sandbox: Sandbox) -> None:
    for action in ("trigger", "acknowledge", "resolve"):
        pagerduty.event(action)
    told = [(one.event_type, one.agent.name if one.agent else None) for one in sandbox.pagerduty.events]
    assert told == [
        ("incident.triggered", "Events API V2"),
        ("incident.acknowledged", "Events API V2"),
        ("incident.resolved", "Events API V2"),
    ]
