"""The bridge as its users run it: processes, a receiver, a worker; people in Slack, in PagerDuty and at a terminal."""

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from sandbox import Sandbox, alerts
from sandbox.credentials import ADA, BRUNO
from sandbox.pagerduty.model import Incident, Status
from sandbox.slack.world import Message
from tests.servers import wait_until
from tests.stories.running import API_TOKEN, ROOT, Running
from tests.stories.scene import said

FIRE = alerts.fire("critical")
ON_SQLITE = pytest.mark.parametrize("storage", ["sqlite"], indirect=True)


@pytest.fixture
def workspace() -> Iterator[Sandbox]:
    with Sandbox(rate_limits=False, webhook_delay=0.0, webhook_schedule=(0.2,)) as started:
        yield started


@pytest.fixture
def bridge(tmp_path: Path, workspace: Sandbox, storage: Mapping[str, Any]) -> Iterator[Running]:
    with Running(tmp_path, workspace, **storage) as running:
        workspace.bridge_url = running.url
        running.post(FIRE)
        wait_until(lambda: workspace.slack.messages and workspace.pagerduty.incidents, 20, "told")
        running.settle()
        yield running


def message(workspace: Sandbox) -> Message:
    return next(it for it in workspace.slack.messages if not it.is_reply)


def incident(workspace: Sandbox) -> Incident:
    return workspace.pagerduty.incidents[-1]


def ask(bridge: Running, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {API_TOKEN}", "Content-Type": "application/json"}
    status, answer = bridge.ask(method, f"/api/v1{path}", orjson.dumps(body or {}), headers)
    return status, orjson.loads(answer)


def type_in(bridge: Running, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "cli", *words, "--url", bridge.url],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "ALERT_BRIDGE_TOKEN": API_TOKEN, "NO_COLOR": "1"},
        text=True,
        capture_output=True,
        timeout=60,
        check=False,
    )


def test_what_is_done_in_one_place_shows_in_the_other(bridge: Running, workspace: Sandbox) -> None:
    hand = workspace.slack_hand
    assert hand.click(message(workspace), "acknowledge", ADA).problem is None
    wait_until(lambda: incident(workspace).status is Status.ACKNOWLEDGED, 20, "acknowledged in PagerDuty")
    wait_until(lambda: "Acknowledged by" in said(message(workspace)), 20, "shown in Slack")
    workspace.pagerduty.time_out(incident(workspace))
    wait_until(lambda: "Acknowledged by" not in said(message(workspace)), 20, "taken back in Slack")
    # PagerDuty's REST API tells times in whole seconds: of two changes within one nobody can say which was the last.
    time.sleep(1.1)
    workspace.pagerduty.acknowledge(incident(workspace), BRUNO)
    wait_until(lambda: f"<@{BRUNO.slack_id}>" in said(message(workspace)), 20, "shown in Slack by name")
    workspace.settle()
    bridge.settle()
    status, found = ask(bridge, "GET", "/alerts?state=acknowledged")
    assert status == 200
    (alert,) = found["alerts"]
    status, whole = ask(bridge, "GET", f"/alerts/{alert['id']}")
    assert status == 200
    told = [(it["what"], it.get("by")) for it in whole["timeline"] if it["what"] != "delivered"]
    assert told == [
        ("fired", None),
        ("acknowledged", ADA.name),
        ("unacknowledged", "PagerDuty"),
        ("acknowledged", BRUNO.name),
    ]


@ON_SQLITE
def test_the_api_and_the_terminal_act_with_the_name_of_their_token(
    bridge: Running, workspace: Sandbox
) -> None:
    (alert,) = ask(bridge, "GET", "/alerts")[1]["alerts"]
    status, answer = ask(bridge, "POST", f"/alerts/{alert['id']}/acknowledge")
    assert (status, answer["alert"]["state"]) == (200, "acknowledged")
    status, answer = ask(bridge, "POST", f"/alerts/{alert['id']}/acknowledge")
    assert status == 409
    assert answer["message"].startswith("You have acknowledged it already")
    wait_until(lambda: incident(workspace).status is Status.ACKNOWLEDGED, 5, "acknowledged in PagerDuty")
    wait_until(lambda: "night-shift through the API" in said(message(workspace)), 5, "shown in Slack")
    wait_until(
        lambda: (
            [note["content"] for note in incident(workspace).notes] == ["night-shift (API) acknowledged this"]
        ),
        10,
        "noted in PagerDuty",
    )
    shown = type_in(bridge, "alerts")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "HighCPU" in shown.stdout
    assert type_in(bridge, "note", alert["id"][:18], "the", "fan", "is", "broken").returncode == 0
    assert type_in(bridge, "resolve", alert["id"]).returncode == 0
    wait_until(lambda: incident(workspace).status is Status.RESOLVED, 5, "resolved in PagerDuty")
    again = type_in(bridge, "ack", alert["id"])
    assert again.returncode == 1
    assert "already resolved" in again.stderr


@ON_SQLITE
def test_slash_commands_are_answered_in_the_request(bridge: Running, workspace: Sandbox) -> None:
    hand = workspace.slack_hand
    for command, text, expected in (
        ("/alert-status", "", "HighCPU"),
        ("/alert-status", "info", "info"),
        ("/summary", "24h", "HighCPU"),
        ("/summary", "nonsense", "/summary"),
    ):
        reply = hand.command(command, text, ADA)
        assert (reply.status, reply.problem) == (200, None)
        assert expected in said(workspace.slack.ephemerals[-1])
        assert reply.milliseconds < 1500
    assert bridge.gauges().inbox_due == 0


def test_promise_1_a_click_that_was_answered_outlives_a_power_cut(
    bridge: Running, workspace: Sandbox
) -> None:
    workspace.faults.take_down("pagerduty")
    assert workspace.slack_hand.click(message(workspace), "acknowledge", ADA).status == 200
    bridge.kill9_all()
    workspace.faults.bring_up("pagerduty")
    bridge.start()
    wait_until(lambda: incident(workspace).status is Status.ACKNOWLEDGED, 30, "acknowledged in PagerDuty")
    bridge.settle()
    assert "Acknowledged by" in said(message(workspace))
    assert [agent.name for _, agent in incident(workspace).acknowledgers] == [ADA.name]


@ON_SQLITE
def test_a_click_during_a_storm_of_a_thousand_shows_within_three_seconds(
    bridge: Running, workspace: Sandbox
) -> None:
    for payload in alerts.storm(1000):
        assert bridge.post(payload) == 202
    hand = workspace.slack_hand
    began = workspace.clock()
    reply = hand.click(message(workspace), "acknowledge", ADA)
    assert reply.problem is None
    wait_until(lambda: "Acknowledged by" in said(message(workspace)), 20, "shown on the message")
    assert workspace.clock() - began < 3
    assert bridge.ask("GET", "/health")[0] == 200
