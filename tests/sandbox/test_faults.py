"""Faults: each kind does what it says, to the share and the number of requests it says."""

from __future__ import annotations

import threading
import time
from http.client import RemoteDisconnected
from typing import Any

import pytest
import requests
from slack_sdk.errors import SlackApiError

from sandbox import Sandbox, credentials


def post(slack: Any) -> Any:
    return slack.client.chat_postMessage(channel=credentials.SLACK_CHANNEL, text="x")


def test_refused_is_closed_without_an_answer_and_nothing_is_done(slack: Any, sandbox: Sandbox) -> None:
    sandbox.faults.add("slack", "refuse", times=1)
    with pytest.raises(RemoteDisconnected):
        post(slack)
    assert sandbox.slack.messages == []
    assert post(slack)["ok"]


def test_a_lost_answer_was_done_all_the_same(slack: Any, sandbox: Sandbox) -> None:
    sandbox.faults.add("slack", "lose_answer", times=1)
    with pytest.raises(RemoteDisconnected):
        post(slack)
    assert len(sandbox.slack.messages) == 1


def test_a_status_comes_without_slacks_json(slack: Any, sandbox: Sandbox) -> None:
    sandbox.faults.add("slack", "status", status=503)
    with pytest.raises(SlackApiError, match="non-JSON"):
        post(slack)
    assert sandbox.slack.messages == []


def test_a_rate_limit_says_how_long(slack: Any, sandbox: Sandbox, pagerduty: Any) -> None:
    sandbox.faults.add("slack", "rate_limit", retry_after=7)
    with pytest.raises(SlackApiError) as caught:
        post(slack)
    assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, "7")
    assert caught.value.response["error"] == "ratelimited"
    sandbox.faults.add("pagerduty_events", "rate_limit", empty_body=True, retry_after=None)
    answer = pagerduty.event()
    assert (answer.status_code, answer.content, "Retry-After" in answer.headers) == (429, b"", False)


def test_an_error_is_slacks_own_way_of_saying_no(slack: Any, sandbox: Sandbox) -> None:
    sandbox.faults.add("slack", "error", error="fatal_error")
    assert slack.post() == {"ok": False, "error": "fatal_error"}


def test_late_is_done_at_once_and_answered_later(slack: Any, sandbox: Sandbox) -> None:
    sandbox.faults.add("slack", "late", seconds=0.15)
    began = time.monotonic()
    assert post(slack)["ok"]
    assert time.monotonic() - began >= 0.15


def test_a_hanging_request_is_let_go_when_the_fault_is_lifted(slack: Any, sandbox: Sandbox) -> None:
    name = sandbox.faults.add("slack", "hang", seconds=30)
    caught: list[Exception] = []

    def hang() -> None:
        try:
            post(slack)
        except (OSError, RemoteDisconnected) as error:
            caught.append(error)

    thread = threading.Thread(target=hang)
    thread.start()
    end = time.monotonic() + 5
    while sandbox.faults.listing()[0]["hits"] == 0 and time.monotonic() < end:
        time.sleep(0.005)
    sandbox.faults.clear(name)
    thread.join(5)
    assert len(caught) == 1
    assert sandbox.slack.messages == []


def test_a_rule_can_be_for_one_method(slack: Any, sandbox: Sandbox, pagerduty: Any) -> None:
    sandbox.faults.add("slack", "error", method="chat.update")
    sandbox.faults.add("pagerduty_events", "status", method="resolve")
    sandbox.faults.add("pagerduty_rest", "status", method="GET /incidents/{id}")
    assert slack.post()["ok"]
    assert slack.update("1800000000.000001", text="x")["error"] == "internal_error"
    assert [pagerduty.event(action).status_code for action in ("trigger", "resolve")] == [202, 500]
    incident = sandbox.pagerduty.incidents[0]
    assert pagerduty.call("GET", "/incidents").status_code == 200
    assert pagerduty.call("GET", f"/incidents/{incident.id}").status_code == 500
    sandbox.faults.add("pagerduty_rest", "status", method="PUT", status=502)
    assert pagerduty.put(incident.id, "acknowledged").status_code == 502


def test_a_share_is_a_share_and_the_same_one_every_time(sandbox: Sandbox) -> None:
    def hits() -> list[bool]:
        sandbox.faults.clear()
        sandbox.faults.add("slack", "rate_limit", share=1 / 3, seed=4)
        return [sandbox.faults.pick("slack", "chat.postMessage") is not None for _ in range(300)]

    first = hits()
    assert first == hits()
    assert 70 <= sum(first) <= 130


def test_rules_end_after_their_number_of_times(slack: Any, sandbox: Sandbox) -> None:
    sandbox.faults.add("slack", "error", times=2)
    assert [slack.post()["ok"] for _ in range(3)] == [False, False, True]
    assert sandbox.faults.listing() == []


def test_taking_pagerduty_down_takes_both_of_its_apis(pagerduty: Any, sandbox: Sandbox) -> None:
    sandbox.faults.take_down("pagerduty")
    for call in (pagerduty.event, lambda: pagerduty.call("GET", "/users")):
        with pytest.raises(requests.ConnectionError):
            call()
    sandbox.faults.bring_up("pagerduty")
    assert pagerduty.event().status_code == 202


@pytest.mark.parametrize(
    "rule",
    [{"service": "teams", "kind": "refuse"}, {"service": "slack", "kind": "explode"},
     {"service": "slack", "kind": "refuse", "share": 2}, {"service": "slack", "kind": "refuse", "times": 0},
     {"service": "slack", "kind": "status", "status": 200}, {"service": "slack", "kind": "refuse", "colour": "red"}],
)  # fmt: skip
def test_a_rule_that_makes_no_sense_is_refused(sandbox: Sandbox, rule: dict[str, Any]) -> None:
    answer = requests.post(f"{sandbox.url}/control/faults", json=rule, timeout=5)
    assert (answer.status_code, answer.json()["ok"]) == (400, False)


def test_every_request_is_on_record(slack: Any, sandbox: Sandbox) -> None:
    slack.post("CRITICAL HighCPU")
    slack.post(channel="C0NOWHERE")
    sandbox.faults.add("slack", "lose_answer", times=1)
    with pytest.raises(RemoteDisconnected):
        post(slack)
    calls = sandbox.traffic.calls("slack", "chat.postMessage")
    assert [(call.status, call.outcome, call.fault) for call in calls] == [
        (200, "ok", None), (200, "refused", None), (None, "fault", "lose_answer"),
    ]  # fmt: skip
    assert (calls[0].summary, calls[0].check) == ("#alerts CRITICAL HighCPU", "token")
    assert calls[1].summary == "channel_not_found"
    assert sandbox.traffic.count("slack", outcome="ok") == 1
