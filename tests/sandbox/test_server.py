"""The server as a whole: starting, stopping, steering it from outside, and its live stream."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from typing import Any

import pytest
import requests

from sandbox import Sandbox


def state(url: str) -> dict[str, Any]:
    told: dict[str, Any] = requests.get(f"{url}/control/state", timeout=5).json()
    return told


def test_stopping_closes_the_port_and_starting_again_keeps_address_and_messages(slack: Any) -> None:
    from tests.sandbox.conftest import Slack  # noqa: PLC0415 this sandbox is not the fixture's

    own = Sandbox(rate_limits=False)
    with own:
        url = own.url
        assert Slack(own).post()["ok"]
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=5)
    with own:
        assert own.url == url
        assert len(own.slack.messages) == 1
        assert Slack(own).post()["ok"]
    own.stop()


def test_a_taken_port_is_an_error_that_can_be_caught(sandbox: Sandbox) -> None:
    port = int(sandbox.url.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        Sandbox(port=port).start()


def test_as_a_process_it_says_where_it_is_and_stops_when_told() -> None:
    command = [sys.executable, "-m", "sandbox", "--rate-limits", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert state(url)["rate_limits"] == 0
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=10)
        assert (process.returncode, out, err) == (0, "", "")


def test_its_links_lead_to_where_people_reach_it() -> None:
    """In a container that is another address than the one it listens at."""
    with Sandbox(rate_limits=False, public_url="http://sandbox.example/") as own:
        assert state(own.url)["team_url"] == "http://sandbox.example/"
        own.reset()
        assert state(own.url)["team_url"] == "http://sandbox.example/"
        assert own.pagerduty.url == "http://sandbox.example"


def test_the_stream_begins_with_a_snapshot_and_goes_on_with_changes(sandbox: Sandbox, slack: Any) -> None:
    slack.post("before")
    with requests.get(f"{sandbox.url}/stream", stream=True, timeout=5) as stream:
        lines = stream.iter_lines()

        def event() -> tuple[str, dict[str, Any]]:
            name = next(line for line in lines if line.startswith(b"event: "))
            data: dict[str, Any] = json.loads(next(lines).removeprefix(b"data: "))
            return name.decode().removeprefix("event: "), data

        name, snapshot = event()
        assert (name, [message["text"] for message in snapshot["messages"]]) == ("snapshot", ["before"])
        slack.post("after")
        name, changes = event()
        assert (name, [message["text"] for message in changes["messages"]]) == ("changes", ["after"])
        sandbox.reset()
        name, snapshot = event()
        assert (name, snapshot["messages"]) == ("snapshot", [])


def test_the_page_runs_no_script_but_its_own(sandbox: Sandbox) -> None:
    policy = requests.get(sandbox.url, timeout=5).headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert requests.get(f"{sandbox.url}/page/../server.py", timeout=5).status_code == 404
