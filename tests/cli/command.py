"""The command as somebody types it: in a folder with a configuration, in processes of its own, with what they say."""

import http.client
import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from sandbox import Sandbox, credentials
from tests.servers import Process, free_port

ROOT = Path(__file__).parents[2]
CONFIG = "bridge.yaml"
RUNNING = "Alert Bridge is running. Ctrl-C stops it."
TOKEN = "a-bearer-token-of-the-tests"
SLACK = f"slack:{credentials.SLACK_CHANNEL}"
PAGERDUTY = "pagerduty:default"

Blocks = Mapping[str, Mapping[str, Any]]


@dataclass
class Answer:
    status: int
    type: str
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class Home:
    """A folder with a configuration in it, in which commands are typed."""

    folder: Path
    port: int = field(default_factory=free_port)

    def configure(self, sandbox: Sandbox, **blocks: Mapping[str, Any]) -> None:
        """Write the configuration of a bridge to this sandbox; `blocks` are laid over its blocks."""
        settings: dict[str, dict[str, Any]] = {
            "server": {"host": "127.0.0.1", "port": self.port, "shutdown_timeout": "10s"},
            "storage": {"type": "sqlite", "sqlite": {"path": "data/bridge.db"}},
            "slack": {
                "enabled": True,
                "bot_token": credentials.SLACK_BOT_TOKEN,
                "signing_secret": credentials.SLACK_SIGNING_SECRET,
                "channel_id": credentials.SLACK_CHANNEL,
                "api_url": sandbox.slack_api_url,
                "posts_per_second": 1000,
                "updates_per_minute": 100_000,
            },
            "pagerduty": {
                "enabled": True,
                "routing_key": credentials.PAGERDUTY_ROUTING_KEY,
                "api_token": credentials.PAGERDUTY_API_TOKEN,
                "from_email": credentials.PAGERDUTY_BOT.email,
                "service_id": credentials.PAGERDUTY_SERVICE_ID,
                "webhook_secret": credentials.PAGERDUTY_WEBHOOK_SECRET,
                "api_url": sandbox.pagerduty_api_url,
                "events_api_url": sandbox.pagerduty_events_url,
            },
            "alertmanager": {"bearer_token": TOKEN},
        }
        for name, block in blocks.items():
            settings[name] = {**settings.get(name, {}), **block}
        self.write(yaml.safe_dump(settings))

    def write(self, text: str) -> None:
        self.config.write_text(text, encoding="utf-8")

    @property
    def config(self) -> Path:
        return self.folder / CONFIG

    @property
    def database(self) -> Path:
        return self.folder / "data" / "bridge.db"

    @property
    def runtime(self) -> Path:
        """What `run` makes for its children and takes away."""
        return self.folder / "data" / "bridge.db.run"

    def command(
        self, *arguments: str, config: str | None = CONFIG, wrapped: Sequence[str] = (), **env: str
    ) -> Process:
        named = [] if config is None else ["--config", config]
        # -P: as the installed command does, which looks for itself where it is installed and not where it is typed.
        argv = [*wrapped, sys.executable, "-P", "-m", "cli", *arguments, *named]
        ours = {"PYTHONPATH": str(ROOT), "TMPDIR": str(self.folder), "CONFIG_PATH": None, "LOG_LEVEL": None}
        return Process(argv, cwd=self.folder, env={**ours, **env})

    def say(self, *arguments: str, status: int = 0, config: str | None = CONFIG) -> str:
        """What a command that ends by itself says; in words, whatever happens."""
        with self.command(*arguments, config=config) as command:
            ended = command.wait(30)
            said = command.output()
        assert ended == status, said
        assert "Traceback" not in said
        return said

    def ask(
        self,
        path: str,
        body: Any = None,
        token: str | None = TOKEN,
        port: int | None = None,
        host: str = "127.0.0.1",
    ) -> Answer:
        """GET, or POST where there is a body."""
        connection = http.client.HTTPConnection(host, port or self.port, timeout=15)
        headers = {"Content-Type": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        try:
            connection.request(
                "GET" if body is None else "POST", path, None if body is None else json.dumps(body), headers
            )
            answer = connection.getresponse()
            return Answer(answer.status, answer.getheader("Content-Type", ""), answer.read().decode())
        finally:
            connection.close()

    def post(self, alerts: Any) -> None:
        """As Alertmanager posts them."""
        answer = self.ask("/alertmanager/webhook", alerts)
        assert answer.status == 202, answer.text

    def is_ready(self) -> bool:
        return self.ask("/ready").status == 200

    def wait_ready(self, command: Process) -> None:
        command.wait_until(self.is_ready, 90)


def alert(name: str) -> dict[str, Any]:
    """A webhook's body with one firing alert of this name."""
    return {
        "version": "4",
        "groupKey": "{}:{}",
        "status": "firing",
        "alerts": [
            {
                "status": "firing",
                "labels": {"alertname": name, "severity": "critical", "instance": "host-1"},
                "annotations": {"summary": "it is slow"},
                "startsAt": "2026-11-23T10:00:00Z",
                "endsAt": "0001-01-01T00:00:00Z",
                "generatorURL": "http://prometheus.example/graph",
            }
        ],
    }


def shows(sandbox: Sandbox, name: str) -> bool:
    """Whether both places have it."""
    return any(name in one.text for one in sandbox.slack.messages) and any(
        name in one.title for one in sandbox.pagerduty.incidents
    )


def children(pid: int) -> list[int]:
    """All below it, as /proc tells, parents first."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*"):
        with suppress(OSError):
            for child in map(int, (task / "children").read_text().split()):
                found += [child, *children(child)]
    return found


def words(pid: int) -> list[str]:
    """What this process was started with."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").split("\0")
    return []


def alive(pid: int) -> bool:
    """A zombie that waits for a parent is not."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    return False


def entries(said: str) -> list[dict[str, Any]]:
    """The log's entries; each is one line of JSON."""
    return [json.loads(line) for line in said.splitlines() if line.startswith("{")]
