"""Silences as users run them: in the bridge's own processes, with the real Alertmanager, a terminal and a power cut."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox
from sandbox.credentials import ADA
from sandbox.pagerduty.model import Status
from tests.servers import Alertmanager, alertmanager, free_port, wait_until
from tests.servers.alertmanager import bearer
from tests.stories.running import TOKEN, Running
from tests.stories.scene import said
from tests.stories.test_silences_with_amtool import LABELS, NOTES, amtool
from tests.stories.test_whole_program import incident, message, type_in, workspace

__all__ = ["workspace"]


@pytest.fixture
def port() -> int:
    """Where the bridge will be: Alertmanager has to know before there is one."""
    return free_port()


@pytest.fixture
def server(port: int) -> Iterator[Alertmanager]:
    url = f"http://127.0.0.1:{port}/alertmanager/webhook"
    with alertmanager(url, http_config=bearer(TOKEN)) as started:
        yield started


@pytest.fixture
def bridge(tmp_path: Path, workspace: Sandbox, server: Alertmanager, port: int) -> Iterator[Running]:
    told = {"alertmanager": {"bearer_token": TOKEN, "url": server.url, "poll_interval": "1s"}}
    with Running(tmp_path, workspace, port=port, **told) as running:
        workspace.bridge_url = running.url
        server.fire(LABELS, NOTES)
        wait_until(lambda: workspace.slack.messages and workspace.pagerduty.incidents, 20, "told")
        running.settle()
        yield running


def press(workspace: Sandbox, seconds: int = 3600) -> None:
    """Choose a length in the Silence menu of the message."""
    shown = message(workspace)
    elements = (
        element
        for part in shown.attachments
        for block in part["blocks"]
        for element in block.get("elements", ())
        if element.get("action_id") == "silence"
    )
    options = next(elements)["options"]
    value = next(it["value"] for it in options if it["value"].endswith(f":{seconds}"))
    reply = workspace.slack_hand.choose(shown, "silence", value, ADA)
    assert (reply.status, reply.problem) == (200, None)


def test_a_press_in_slack_is_in_amtool_and_an_end_with_amtool_is_in_slack(
    bridge: Running, workspace: Sandbox, server: Alertmanager
) -> None:
    press(workspace)
    wait_until(lambda: "Silenced by" in said(message(workspace)), 10, "shown")
    wait_until(lambda: amtool(server, "silence", "query", "-q"), 10, "made")
    wait_until(lambda: incident(workspace).status is Status.ACKNOWLEDGED, 10, "quiet in PagerDuty")
    amtool(server, "silence", "expire", amtool(server, "silence", "query", "-q"))
    wait_until(lambda: message(workspace).text.startswith("CRITICAL"), 15, "told again")
    wait_until(lambda: incident(workspace).status is Status.TRIGGERED, 10, "pages again")


def test_made_extended_and_ended_at_a_terminal(
    bridge: Running, workspace: Sandbox, server: Alertmanager
) -> None:
    made = type_in(bridge, "silence", 'alertname=~"High.*"', "--for", "1h", "--reason", "deploy", "--yes")
    assert (made.returncode, made.stderr) == (0, "")
    wait_until(lambda: ": deploy" in said(message(workspace)), 10, "shown")
    assert "night-shift" in said(message(workspace))
    wait_until(
        lambda: "night-shift (API)" in amtool(server, "silence", "query", "-o", "extended"), 10, "made"
    )
    listed = type_in(bridge, "silences").stdout
    short_id = next(line.split()[0] for line in listed.splitlines() if "active" in line)
    assert type_in(bridge, "extend", short_id, "2h").returncode == 0
    assert type_in(bridge, "unsilence", short_id).returncode == 0
    wait_until(lambda: not amtool(server, "silence", "query", "-q"), 10, "ended")
    wait_until(lambda: message(workspace).text.startswith("CRITICAL"), 10, "told again")


def test_a_power_cut_right_after_the_press_loses_nothing_and_makes_nothing_twice(
    bridge: Running, workspace: Sandbox, server: Alertmanager
) -> None:
    workspace.faults.add("slack", "late", seconds=2.0, times=1, method="chat.update")
    press(workspace)
    bridge.kill9_all()
    bridge.start()
    wait_until(lambda: "Silenced by" in said(message(workspace)), 30, "shown")
    bridge.settle()
    wait_until(lambda: len(amtool(server, "silence", "query", "-q").splitlines()) == 1, 10, "made once")
    rows: Any = type_in(bridge, "silences").stdout
    assert rows.count("active") == 1
