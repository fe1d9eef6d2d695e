"""The doors for tests in other processes: faults, switches, tokens and waiting, over HTTP."""

from __future__ import annotations

from http.client import HTTPException
from typing import Any

import pytest
import requests

from sandbox import Sandbox, credentials

KEYS = ("slack", "pagerduty_rest", "pagerduty_events")


def control(sandbox: Sandbox, door: str, body: Any = None) -> requests.Response:
    return requests.post(f"{sandbox.url}/control/{door}", json={} if body is None else body, timeout=5)


def state(sandbox: Sandbox) -> dict[str, Any]:
    told: dict[str, Any] = requests.get(f"{sandbox.url}/control/state", timeout=5).json()
    return told


def test_a_fault_is_set_seen_and_lifted_by_its_name(sandbox: Sandbox, slack: Any) -> None:
    rule = {"service": "slack", "kind": "error", "error": "fatal_error", "name": "mine"}
    assert control(sandbox, "faults", rule).json() == {"ok": True, "name": "mine"}
    assert slack.post()["error"] == "fatal_error"
    assert [(one["name"], one["hits"]) for one in state(sandbox)["faults"]] == [("mine", 1)]
    assert requests.delete(f"{sandbox.url}/control/faults", params={"name": "mine"}, timeout=5).json()["ok"]
    assert slack.post()["ok"]


def test_a_lost_answer_can_be_arranged_for_both_and_each_acts_once(
    sandbox: Sandbox, slack: Any, pagerduty: Any
) -> None:
    for service in ("slack", "pagerduty_events"):
        control(sandbox, "faults", {"service": service, "kind": "lose_answer", "times": 1})
    with pytest.raises((OSError, HTTPException)):
        slack.post()
    with pytest.raises(requests.ConnectionError):
        pagerduty.event()
    told = state(sandbox)
    assert (len(told["messages"]), len(told["incidents"]), told["faults"]) == (1, 1, [])


def test_a_service_is_taken_down_and_brought_back(sandbox: Sandbox, slack: Any) -> None:
    assert control(sandbox, "down", {"service": "slack", "down": True}).json()["ok"]
    assert state(sandbox)["slack_down"]
    with pytest.raises((OSError, HTTPException)):
        slack.post()
    assert control(sandbox, "down", {"service": "slack", "down": False}).json()["ok"]
    assert slack.post()["ok"]


def test_what_was_revoked_works_again_once_restored(sandbox: Sandbox, slack: Any, pagerduty: Any) -> None:
    def answers() -> list[Any]:
        return [
            slack.post()["ok"],
            pagerduty.call("GET", "/users").status_code,
            pagerduty.event().status_code,
        ]

    for service in KEYS:
        control(sandbox, "tokens", {"service": service, "revoked": True})
    assert answers() == [False, 401, 400]
    for service in KEYS:
        control(sandbox, "tokens", {"service": service, "revoked": False})
    assert answers() == [True, 200, 202]


def test_the_bot_is_taken_out_of_a_channel_and_invited_again(sandbox: Sandbox, slack: Any) -> None:
    channel = credentials.SLACK_CHANNEL
    control(sandbox, "channels", {"channel": channel, "member": False})
    assert slack.post()["error"] == "not_in_channel"
    control(sandbox, "channels", {"channel": channel, "member": True})
    assert slack.post()["ok"]


def test_settle_waits_for_what_was_answered_202() -> None:
    with Sandbox(rate_limits=False, incident_delay=0.2) as sandbox:
        event = {
            "routing_key": credentials.PAGERDUTY_ROUTING_KEY,
            "event_action": "trigger",
            "payload": {"summary": "x", "source": "y", "severity": "info"},
        }
        requests.post(f"{sandbox.pagerduty_events_url}/v2/enqueue", json=event, timeout=5)
        assert state(sandbox)["incidents"] == []
        assert control(sandbox, "settle").json()["ok"]
        assert len(state(sandbox)["incidents"]) == 1


@pytest.mark.parametrize(
    ("door", "body"),
    [
        ("down", ["slack"]),
        ("down", {"service": "mail", "down": True}),
        ("faults", {}),
        ("channels", {"channel": "C404"}),
        ("messages/delete", {"channel": credentials.SLACK_CHANNEL, "ts": "1.000000"}),
        ("storm", {"count": "many"}),
        ("limits", {"scale": "much"}),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(sandbox: Sandbox, door: str, body: Any) -> None:
    answer = control(sandbox, door, body)
    assert (answer.status_code, answer.json()["ok"]) == (400, False)
    assert answer.json()["message"]


def test_a_silence_is_made_extended_and_ended_through_doors(sandbox: Sandbox) -> None:
    wish = {"matchers": 'job="node"', "seconds": 60, "comment": "disks", "person": credentials.BRUNO.slack_id}
    assert control(sandbox, "alertmanager/silence", wish).json() == {"ok": True, "message": "Silenced."}
    [one] = state(sandbox)["silences"]
    assert (one["createdBy"], one["comment"]) == (credentials.BRUNO.name, "disks")
    assert control(sandbox, "alertmanager/extend", {"id": one["id"], "seconds": 3600}).json()["ok"]
    assert control(sandbox, "alertmanager/expire", {"id": one["id"]}).json()["ok"]
    assert [silence["status"]["state"] for silence in state(sandbox)["silences"]] == ["expired"]
    assert control(sandbox, "alertmanager/restart", {"with_data": False}).json()["ok"]
    assert state(sandbox)["silences"] == []


@pytest.mark.parametrize(
    ("door", "body", "status"),
    [
        ("silence", {"matchers": "nonsense", "seconds": 60}, 409),
        ("silence", {"matchers": 'a="b"'}, 400),
        ("silence", {"matchers": 'a="b"', "seconds": 60, "person": "U0NOBODY"}, 400),
        ("expire", {"id": "nobody"}, 409),
        ("extend", {"id": "nobody", "seconds": 60}, 409),
    ],
)
def test_a_silence_that_cannot_be_is_refused_through_the_door(
    sandbox: Sandbox, door: str, body: dict[str, Any], status: int
) -> None:
    answer = control(sandbox, f"alertmanager/{door}", body)
    assert (answer.status_code, answer.json()["ok"]) == (status, False)
    assert state(sandbox)["silences"] == []
