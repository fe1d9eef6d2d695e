"""How a test steers the webhooks: hold, another order, repeats, hand-made requests; also from another process."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests

from sandbox import Sandbox, credentials
from sandbox.pagerduty.envelope import signature
from tests.sandbox.receiver import Receiver

ADA = credentials.ADA
LIFE = ["incident.triggered", "incident.acknowledged", "incident.resolved"]


def live(pagerduty: Any) -> None:
    for action in ("trigger", "acknowledge", "resolve"):
        pagerduty.event(action)


def wish(sandbox: Sandbox, **body: Any) -> requests.Response:
    return requests.post(f"{sandbox.url}/control/webhooks", json=body, timeout=5)


def test_what_is_held_goes_out_when_it_is_released(
    sandbox: Sandbox, bridge: Receiver, pagerduty: Any
) -> None:
    sandbox.webhooks.hold()
    live(pagerduty)
    sandbox.settle()
    assert (bridge.told, [one.event_type for one in sandbox.webhooks.held]) == ([], LIFE)
    sandbox.webhooks.release()
    sandbox.settle()
    assert (bridge.told, sandbox.webhooks.held) == (LIFE, [])


def test_it_goes_out_backwards_and_more_than_once_when_asked(
    sandbox: Sandbox, bridge: Receiver, pagerduty: Any
) -> None:
    sandbox.webhooks.hold()
    live(pagerduty)
    sandbox.webhooks.release("reversed", times=2)
    sandbox.settle()
    assert bridge.told == [one for one in reversed(LIFE) for _ in range(2)]
    assert len({one.headers["X-Webhook-Id"] for one in bridge.received}) == 3


def test_a_test_may_choose_any_order_and_lose_some(
    sandbox: Sandbox, bridge: Receiver, pagerduty: Any
) -> None:
    sandbox.webhooks.hold()
    live(pagerduty)
    sandbox.webhooks.release(lambda events: [events[2], events[0], events[2]])
    sandbox.settle()
    assert bridge.told == [LIFE[2], LIFE[0], LIFE[2]]


def test_what_is_tried_again_already_can_be_held_too(
    sandbox: Sandbox, bridge: Receiver, pagerduty: Any
) -> None:
    bridge.answer = lambda _: 503
    pagerduty.event()
    bridge.wait(1)
    sandbox.webhooks.hold()
    sandbox.settle()
    assert [one.event_type for one in sandbox.webhooks.held] == ["incident.triggered"]
    bridge.answer = lambda _: 202
    arrived = len(bridge.received)
    sandbox.webhooks.release()
    sandbox.settle()
    assert len(bridge.received) == arrived + 1


def test_releasing_what_was_not_held_loses_nothing(
    sandbox: Sandbox, bridge: Receiver, pagerduty: Any
) -> None:
    bridge.answer = lambda _: 503
    pagerduty.event()
    bridge.wait(1)
    sandbox.webhooks.release("reversed")
    bridge.answer = lambda _: 202
    sandbox.settle()
    assert sandbox.webhooks.log[-1].status == 202


def test_what_fails_while_it_is_released_is_not_lost(
    sandbox: Sandbox, bridge: Receiver, pagerduty: Any
) -> None:
    def slowly(_: Any) -> int:
        time.sleep(0.2)
        return 503 if len(bridge.received) == 1 else 202

    bridge.answer = slowly
    pagerduty.event()
    bridge.wait(1)
    sandbox.webhooks.hold()
    sandbox.webhooks.release()
    sandbox.settle()
    assert [one.status for one in sandbox.webhooks.log] == [503, 202]


def test_each_can_be_sent_several_times_with_one_id(
    sandbox: Sandbox, bridge: Receiver, pagerduty: Any
) -> None:
    sandbox.webhooks.duplicate = 3
    live(pagerduty)
    sandbox.settle()
    assert bridge.told == [one for one in LIFE for _ in range(3)]
    assert len({(one.headers["X-Webhook-Id"], one.body) for one in bridge.received}) == 3


def test_a_request_can_be_built_spoilt_and_sent_by_hand(
    sandbox: Sandbox, bridge: Receiver, incident: Any
) -> None:
    sandbox.settle()
    bridge.received.clear()
    path, headers, body = sandbox.webhooks.request(sandbox.pagerduty.events[0])
    assert headers["X-PagerDuty-Signature"] == signature(sandbox.webhooks.secrets, body)
    bridge.answer = lambda one: 403 if one.body == b"spoilt" else 202
    assert sandbox.webhooks.send((path, headers, b"spoilt")) == 403
    assert sandbox.webhooks.send((path, headers, body)) == 202
    assert sandbox.webhooks.log[-1].webhook_id == sandbox.webhooks.log[0].webhook_id
    assert sandbox.webhooks.log[-1].incident == incident.id


def test_sending_by_hand_needs_a_bridge(sandbox: Sandbox, incident: Any) -> None:
    with pytest.raises(RuntimeError, match="bridge_url"):
        sandbox.webhooks.send(sandbox.webhooks.request(sandbox.pagerduty.events[0]))


def test_events_of_any_type_can_be_sent(sandbox: Sandbox, bridge: Receiver, incident: Any) -> None:
    sandbox.webhooks.send_event("incident.workflow.started", incident, ADA)
    sandbox.webhooks.send_event("moon.landed", data={"id": "M1", "type": "moon"})
    sandbox.settle()
    told = {one.event["event_type"]: one.event for one in bridge.received}
    assert told["incident.workflow.started"]["data"]["id"] == incident.id
    assert told["incident.workflow.started"]["agent"]["summary"] == ADA.name
    landed = told["moon.landed"]
    assert (landed["resource_type"], landed["agent"], landed["data"]) == (
        "moon",
        None,
        {"id": "M1", "type": "moon"},
    )


def test_switching_it_off_drops_what_waits(sandbox: Sandbox, bridge: Receiver, pagerduty: Any) -> None:
    sandbox.webhooks.hold()
    pagerduty.event()
    sandbox.webhooks.enabled = False
    pagerduty.event("acknowledge")
    sandbox.webhooks.enabled = True
    pagerduty.event("resolve")
    sandbox.webhooks.release()
    sandbox.settle()
    assert bridge.told == ["incident.resolved"]


def test_other_processes_steer_it_too(sandbox: Sandbox, bridge: Receiver, pagerduty: Any) -> None:
    assert wish(sandbox, hold=True, duplicate=2, secrets=["s"]).json()["holding"]
    live(pagerduty)
    told = requests.get(f"{sandbox.url}/control/state", timeout=5).json()["webhooks"]
    assert (told["enabled"], told["holding"], told["held"]) == (True, True, 3)
    assert wish(sandbox, release="reversed").json() == {
        "ok": True,
        "enabled": True,
        "temporarily_disabled": False,
        "holding": False,
        "held": 0,
    }
    requests.post(f"{sandbox.url}/control/settle", json={}, timeout=5)
    assert bridge.told == [one for one in reversed(LIFE) for _ in range(2)]
    assert bridge.received[0].headers["X-PagerDuty-Signature"] == signature(["s"], bridge.received[0].body)
    assert not wish(sandbox, enabled=False).json()["enabled"]


@pytest.mark.parametrize(
    "body",
    [{"release": "somehow"}, {"duplicate": 0}, {"duplicate": True}, {"enabled": "no"}, {"schedule": []},
     {"secrets": "one"}, {"delay": -1}, {"colour": "red"}, {"hold": False}],
)  # fmt: skip
def test_a_wish_that_makes_no_sense_changes_nothing(sandbox: Sandbox, body: dict[str, Any]) -> None:
    answer = wish(sandbox, enabled=False, **body) if "enabled" not in body else wish(sandbox, **body)
    assert (answer.status_code, answer.json()["ok"]) == (400, False)
    assert sandbox.webhooks.enabled
