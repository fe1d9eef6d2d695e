"""`run --sandbox` and `demo`: what somebody sees who has no Slack and no PagerDuty yet."""

import re
import signal
import socket
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from typing import Any

import orjson
import pytest

from tests.cli.command import RUNNING, Home, alert, alive, children
from tests.servers import Process, wait_until


@pytest.fixture(autouse=True)
def usual_ports_are_taken() -> Iterator[None]:
    """By somebody's other programs, as on many a machine. So no two of these want the same port either."""
    with ExitStack() as stack:
        for port in (8080, 8090):
            other = stack.enter_context(closing(socket.socket()))
            with suppress(OSError):  # another test has it, which is as good
                other.bind(("127.0.0.1", port))
                other.listen()
        yield


def address(run: Process, of: str) -> str:
    """Where it says that something is."""
    found = re.search(rf"^  {of} +(http://127\.0\.0\.1:\d+)/", run.output(), re.MULTILINE)
    assert found, run.output()
    return found[1]


def read(url: str) -> tuple[str, bytes]:
    with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 our own two servers
        return str(answer.headers.get_content_type()), answer.read()


def state(run: Process) -> dict[str, Any]:
    seen: dict[str, Any] = orjson.loads(read(f"{address(run, 'look here')}/control/state")[1])
    return seen


def test_the_sandbox_comes_with_the_bridge_and_goes_with_it(home: Home) -> None:
    """It says where to look, where alerts go and that nothing of it is real; a kill leaves none of it behind."""
    with home.command("run", "--sandbox", config=None) as run:
        run.wait_until(lambda: RUNNING in run.output(), 30)
        assert "a pretend Slack channel and PagerDuty account" in run.output()
        assert "it tells     slack:C0SANDBOX1, pagerduty:default (pretend)" in run.output()
        assert "it keeps     memory: gone when this stops" in run.output()
        kind, page = read(f"{address(run, 'look here')}/")
        assert kind == "text/html"
        assert b"<title>" in page
        port = int(address(run, "alerts go to").rpartition(":")[2])
        assert home.ask("/alertmanager/webhook", alert("Pretend"), port=port, token=None).status == 202
        run.wait_until(lambda: state(run)["messages"] and state(run)["incidents"], 20, "shown")
        below = children(run.pid)
        assert len(below) >= 4
        run.kill9()
        wait_until(lambda: not any(alive(pid) for pid in below), 20, "children gone")


def test_the_demo_shows_a_night_and_goes_on_until_it_is_stopped(home: Home) -> None:
    """Alerts fire, get worse and are resolved; with Ctrl-C everything is gone, in order."""
    with home.command("demo", config=None) as demo:
        demo.wait_until(lambda: RUNNING in demo.output(), 30)
        demo.wait_until(lambda: "HighCPU fires on web-1" in demo.output(), 20)
        demo.wait_until(
            lambda: any(one["status"] == "resolved" for one in state(demo)["incidents"]), 60, "resolved"
        )
        demo.wait_until(lambda: "That is all" in demo.output(), 20)
        assert len(state(demo)["incidents"]) >= 10
        assert "did not work" not in demo.output()
        below = children(demo.pid)
        demo.signal(signal.SIGINT)
        assert demo.wait(15) == 0
        assert not [pid for pid in below if alive(pid)]
        assert "Traceback" not in demo.output()
