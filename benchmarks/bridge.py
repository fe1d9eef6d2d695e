"""A bridge and a sandbox as processes of their own, with a private database, and what they look like from outside."""

import http.client
import json
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmarks.webhook import PATH, TOKEN, instance_in
from sandbox import credentials
from tests.servers import Process, free_port

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_NOWHERE = "http://127.0.0.1:1"
_START = 60.0


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The pretend Slack and PagerDuty, with rate limits off: what is measured is the bridge."""

    url: str

    def messages(self) -> list[tuple[str, float]]:
        """The instance that each message is about, and when Slack had it."""
        with _OPENER.open(f"{self.url}/control/state", timeout=30) as answer:
            state = json.load(answer)
        found = [(instance_in(one["text"]), float(one["ts"])) for one in state["messages"]]
        return [(instance, at) for instance, at in found if instance is not None]

    def forget(self) -> None:
        """As new, for the next round."""
        request = urllib.request.Request(  # noqa: S310 (the sandbox, on this machine)
            f"{self.url}/control/reset", b"{}", {"Content-Type": "application/json"}
        )
        _OPENER.open(request, timeout=30).close()


@contextmanager
def sandbox() -> Iterator[Sandbox]:
    port = free_port()
    argv = [sys.executable, "-m", "sandbox", "--port", str(port), "--rate-limits", "0"]
    with Process(argv) as process:
        url = f"http://127.0.0.1:{port}"
        process.wait_until(lambda: _answers(port, "GET", "/", 200), _START)
        yield Sandbox(url)


@dataclass(frozen=True, slots=True)
class Program:
    """A program that listens on `port`, started at `began` on the monotonic clock."""

    process: Process
    port: int
    began: float


@contextmanager
def program(module: str, config: Path, *words: str) -> Iterator[Program]:
    """`python -m module words… config`, not yet ready."""
    port = int(yaml.safe_load(config.read_text(encoding="utf-8"))["server"]["port"])
    began = time.monotonic()
    with Process([sys.executable, "-m", module, *words, str(config)]) as process:
        yield Program(process, port, began)


def wait_ready(it: Program) -> None:
    it.process.wait_until(lambda: _answers(it.port, "GET", "/ready", 200), _START)


def wait_empty_ready(it: Program) -> None:
    """The empty application has no /ready."""
    it.process.wait_until(lambda: _answers(it.port, "POST", PATH, 202), _START)


@contextmanager
def bridge(folder: Path, url: str, command: Sequence[str] = ("cli", "run", "--config")) -> Iterator[Program]:
    """The whole bridge, ready, with its database in `folder` and the sandbox at `url`."""
    folder.mkdir(parents=True, exist_ok=True)
    module, *words = command
    with program(module, write_configuration(folder, url), *words) as it:
        wait_ready(it)
        yield it


def restarts(it: Program) -> tuple[str, ...]:
    """What `run` said about children that ended by themselves: figures with such a pause in them need a word."""
    return tuple(line for line in it.process.output(10_000_000).splitlines() if "; starting it again" in line)


def write_configuration(folder: Path, url: str = _NOWHERE) -> Path:
    """SQLite, both targets, and rates that never hold anything back, since the sandbox has no limits either."""
    settings: dict[str, Any] = {
        "server": {"host": "127.0.0.1", "port": free_port(), "shutdown_timeout": "5s"},
        "storage": {"type": "sqlite", "sqlite": {"path": str(folder / "bridge.db")}},
        "alertmanager": {"bearer_token": TOKEN},
        "slack": {
            "enabled": True,
            "bot_token": credentials.SLACK_BOT_TOKEN,
            "signing_secret": credentials.SLACK_SIGNING_SECRET,
            "channel_id": credentials.SLACK_CHANNEL,
            "api_url": f"{url}/slack/api/",
            "posts_per_second": 1000,
            "updates_per_minute": 100_000,
        },
        "pagerduty": {
            "enabled": True,
            "routing_key": credentials.PAGERDUTY_ROUTING_KEY,
            "api_token": credentials.PAGERDUTY_API_TOKEN,
            "service_id": credentials.PAGERDUTY_SERVICE_ID,
            "webhook_secret": credentials.PAGERDUTY_WEBHOOK_SECRET,
            "api_url": f"{url}/pagerduty",
            "events_api_url": f"{url}/pagerduty",
            "events_per_minute": 100_000,
        },
    }
    path = folder / "bridge.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return path


def _answers(port: int, method: str, path: str, status: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request(method, path)
        return connection.getresponse().status == status
    finally:
        connection.close()
