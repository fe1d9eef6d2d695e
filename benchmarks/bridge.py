"""A bridge and a sandbox as processes of their own, with a private database, and what they look like from outside."""

import http.client
import json
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmarks.webhook import PATH, TOKEN, instance_in
from sandbox import credentials
from tests.servers import MariaDB, Process, Redis, free_port

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
NOWHERE = "http://127.0.0.1:1"
_API_TOKEN = "benchmark-api-token-0123456789"  # noqa: S105 (made up, for a bridge that lives for a minute)
_START = 60.0


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The pretend Slack and PagerDuty, with rate limits off: what is measured is the bridge."""

    url: str

    def messages(self) -> list[tuple[str, float]]:
        """The instance that each message is about, and when Slack had it."""
        found = [(instance_in(one["text"]), float(one["ts"])) for one in self.state()["messages"]]
        return [(instance, at) for instance, at in found if instance is not None]

    def state(self) -> Any:
        """Everything there is, which takes a while after a storm."""
        with _OPENER.open(f"{self.url}/control/state", timeout=60) as answer:
            return json.load(answer)

    def forget(self) -> None:
        """As new, for the next round."""
        self.post("/control/reset", {})

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """What a control door answers."""
        return _talk(f"{self.url}{path}", body)


@contextmanager
def sandbox(bridge_port: int | None = None) -> Iterator[Sandbox]:
    """With the port of a bridge, that is told what is clicked and typed in it."""
    port = free_port()
    argv = [sys.executable, "-m", "sandbox", "--port", str(port), "--rate-limits", "0"]
    if bridge_port is not None:
        argv += ["--bridge-url", f"http://127.0.0.1:{bridge_port}"]
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
def bridge(
    folder: Path,
    url: str,
    command: Sequence[str] = ("cli", "run", "--config"),
    blocks: Mapping[str, Any] | None = None,
    port: int | None = None,
) -> Iterator[Program]:
    """The whole bridge, ready, with its database in `folder` and the sandbox at `url`."""
    module, *words = command
    with program(module, write_configuration(folder, url, blocks, port=port), *words) as it:
        wait_ready(it)
        yield it


def restarts(it: Program) -> tuple[str, ...]:
    """What `run` said about children that ended by themselves: figures with such a pause in them need a word."""
    return tuple(line for line in it.process.output(10_000_000).splitlines() if "; starting it again" in line)


def ask(port: int, path: str, body: Mapping[str, Any] | None = None) -> Any:
    """What the bridge's API answers; with a body it is a POST."""
    headers = {"Authorization": f"Bearer {_API_TOKEN}"}
    return _talk(f"http://127.0.0.1:{port}/api/v1{path}", body, headers)


def cluster(mariadb: MariaDB, redis: Redis, database: str | None = None) -> dict[str, Any]:
    """The blocks of a bridge on these servers, in a new database unless one is named."""
    primary = {
        "host": "127.0.0.1",
        "port": mariadb.port,
        "database": database or mariadb.new_database(),
        "username": mariadb.user,
        "password": mariadb.password,
    }
    return {
        "storage": {"type": "mysql", "mysql": {"primary": primary}},
        "broker": {"url": redis.url},
    }


def write_configuration(
    folder: Path, url: str = NOWHERE, blocks: Mapping[str, Any] | None = None, *, port: int | None = None
) -> Path:
    """SQLite, both targets, and rates that never hold anything back, since the sandbox has no limits either.

    `blocks` stand in place of those of the same name.
    """
    settings: dict[str, Any] = {
        "server": {"host": "127.0.0.1", "port": port or free_port(), "shutdown_timeout": "5s"},
        "storage": {"type": "sqlite", "sqlite": {"path": str(folder / "bridge.db")}},
        "alertmanager": {"bearer_token": TOKEN},
        "api": {"tokens": {"benchmark": _API_TOKEN}},
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
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "bridge.yaml"
    path.write_text(yaml.safe_dump({**settings, **(blocks or {})}), encoding="utf-8")
    return path


def _talk(url: str, body: Mapping[str, Any] | None, headers: Mapping[str, str] | None = None) -> Any:
    request = urllib.request.Request(  # noqa: S310 (this machine)
        url,
        None if body is None else json.dumps(body).encode(),
        {"Content-Type": "application/json", **(headers or {})},
    )
    with _OPENER.open(request, timeout=60) as answer:
        return json.load(answer)


def _answers(port: int, method: str, path: str, status: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request(method, path)
        return connection.getresponse().status == status
    finally:
        connection.close()
