"""`run --sandbox` and `demo`: what somebody sees who has no Slack and no PagerDuty yet."""

import re
import signal
import socket
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from cli.demo import STORY, play
from cli.pretend import write_configuration
from cli.stage import incident_of, message_of
from config.loading import load
from sandbox import Sandbox
from sandbox.credentials import ADA, BRUNO
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
        assert "a pretend Slack channel, PagerDuty account and Alertmanager" in run.output()
        assert (
            "it tells     slack:C0SANDBOX1, pagerduty:default, alertmanager:default (pretend)" in run.output()
        )
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


def test_the_bridge_knows_where_the_pretend_alertmanager_is(sandbox: Sandbox, tmp_path: Path) -> None:
    """And asks it often enough to be watched."""
    found = load(write_configuration(tmp_path, 8080, sandbox.url, "info"), {}).alertmanager
    assert [cluster.urls for cluster in found.clusters] == [(sandbox.alertmanager_url,)]
    assert (timedelta(seconds=2), timedelta(seconds=15)) == (found.poll_interval, found.reconcile_interval)


def test_a_step_of_the_demo_that_fails_says_so_and_the_story_goes_on_until_it_is_stopped(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing fires, as no bridge is there; the next step is told, and waiting for it ends with Ctrl-C."""
    go_on = iter([True, True, False])
    play("", sandbox.url, lambda _: next(go_on))
    first, why, second = [line[10:] for line in capsys.readouterr().out.splitlines()]
    assert [words for words, _ in STORY[:2]] == [first, second]
    assert why == "  that did not come off: No bridge to tell: start the sandbox with a bridge's address."


def test_the_demo_shows_a_night_and_goes_on_until_it_is_stopped(home: Home) -> None:
    """Every step comes off, one line each, and leaves what it told of; with Ctrl-C everything is gone, in order."""
    with home.command("demo", config=None) as demo:
        demo.wait_until(lambda: RUNNING in demo.output(), 30)
        demo.wait_until(lambda: "That is all" in demo.output(), 120)
        story = re.findall(r"^\d\d:\d\d:\d\d  (.*)$", demo.output(), re.MULTILINE)
        assert [words for words, _ in STORY] == story
        seen = state(demo)
        assert message_of(seen, "HighCPU on web-1")["text"].startswith("RESOLVED HighCPU on web-1")
        assert [note["by"] for note in incident_of(seen, "HighCPU on web-1")["notes"]] == [BRUNO.name]
        assert incident_of(seen, "HighCPU on web-100")["acknowledged_by"] == [ADA.name]
        assert incident_of(seen, "DiskWillFill on db-1")["status"] == "resolved"
        assert len(seen["incidents"]) == 11
        assert incident_of(seen, "PaymentErrors on payments-1")["status"] == "triggered"
        below = children(demo.pid)
        demo.signal(signal.SIGINT)
        assert demo.wait(15) == 0
        assert not [pid for pid in below if alive(pid)]
        assert "Traceback" not in demo.output()
