"""The whole program as its users run it: `alert-bridge run` with a configuration, in processes that can be killed."""

import http.client
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import orjson
import yaml

from cli.database import open_store
from config import load
from core.store.clock import clock_of
from core.store.engine import Store
from core.store.gauges import Gauges, read
from sandbox import Sandbox, credentials
from tests.servers import MariaDB, Process, Redis, free_port, wait_until

ROOT = Path(__file__).parents[2]
TOKEN = "a-bearer-token-of-the-tests"
API_TOKEN = "an-api-token-of-the-tests-that-is-long"


class Running:
    """`with Running(folder, sandbox) as bridge:` is ready when it enters; start() again after kill9_all()."""

    def __init__(
        self, folder: Path, sandbox: Sandbox, *, port: int | None = None, **blocks: Mapping[str, Any]
    ) -> None:
        """`blocks` are laid over the blocks of the configuration."""
        self.port = port or free_port()
        self.hints = folder / "bridge.db.run" / "hints"
        self._config = folder / "config.yaml"
        self._config.write_text(yaml.safe_dump(self._settings(sandbox, folder, blocks)), encoding="utf-8")
        self.process = Process([sys.executable, "-m", "cli", "run", "--config", self._config], cwd=ROOT)

    def _settings(
        self, sandbox: Sandbox, folder: Path, blocks: Mapping[str, Mapping[str, Any]]
    ) -> dict[str, Any]:
        settings: dict[str, dict[str, Any]] = {
            "server": {"host": "127.0.0.1", "port": self.port, "shutdown_timeout": "10s"},
            "storage": {"type": "sqlite", "sqlite": {"path": str(folder / "bridge.db")}},
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
                "service_id": credentials.PAGERDUTY_SERVICE_ID,
                "from_email": credentials.PAGERDUTY_BOT.email,
                "webhook_secret": credentials.PAGERDUTY_WEBHOOK_SECRET,
                "api_url": sandbox.pagerduty_api_url,
                "events_api_url": sandbox.pagerduty_events_url,
                "events_per_minute": 100_000,
            },
            "alertmanager": {"bearer_token": TOKEN},
            "api": {"tokens": {"night-shift": API_TOKEN}},
        }
        for name, block in blocks.items():
            settings[name] = {**settings.get(name, {}), **block}
        return settings

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.process.__exit__()
            raise

    def __exit__(self, *_: object) -> None:
        self.process.__exit__()

    def start(self) -> Self:
        self.process.start()
        self.process.wait_until(lambda: self.ask("GET", "/ready")[0] == 200, 90)
        return self

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            # Who is refused before the body has been read finds the answer all the same.
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def post(self, payload: Mapping[str, Any]) -> int:
        """As Alertmanager posts; the status that came back."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"}
        return self.ask("POST", "/alertmanager/webhook", orjson.dumps(payload), headers)[0]

    @contextmanager
    def store(self) -> Iterator[Store]:
        """The database that it was configured with."""
        store = open_store(load(self._config, {}))
        try:
            yield store
        finally:
            store.close()

    def gauges(self) -> Gauges:
        """Read from the database itself, so that nobody's cache stands between."""
        with self.store() as store, store.read() as connection:
            return read(connection, clock_of(store)())

    def is_settled(self) -> bool:
        gauges = self.gauges()
        return gauges.inbox_due == 0 and all(target.due == 0 for target in gauges.targets)

    def settle(self, timeout: float = 90.0) -> None:
        """Until nothing is due any more."""
        self.process.wait_until(self.is_settled, timeout, "settled")

    def kill9_all(self) -> None:
        """Every process of it at the same moment: a power cut."""
        whole = [self.process.pid, *descendants(self.process.pid)]
        for pid in whole:
            # Nobody may start anybody again while the others are being killed.
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        for pid in whole:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        wait_until(lambda: not any(alive(pid) for pid in whole[1:]), 10, "every process gone")


def on_mariadb(server: MariaDB, broker: Redis) -> dict[str, Mapping[str, Any]]:
    """The blocks of a bridge on an empty database and with a broker of its own."""
    primary = {
        "host": "127.0.0.1",
        "port": server.port,
        "database": server.new_database(),
        "username": server.user,
        "password": server.password,
    }
    return {
        "storage": {"type": "mysql", "mysql": {"primary": primary}},
        "broker": {"url": broker.url},
    }


def descendants(pid: int) -> list[int]:
    """Its children and theirs, as /proc tells."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*"):
        with suppress(OSError):
            for child in (task / "children").read_text().split():
                found += [int(child), *descendants(int(child))]
    return found


def alive(pid: int) -> bool:
    """Whether any thread of it is left: the files, and the locks on them, are held until the last one has gone."""
    found = Path(f"/proc/{pid}/task").glob("*/status")
    return any(_runs(status) for status in found)


def _runs(status: Path) -> bool:
    try:
        return "\nState:\tZ" not in status.read_text()
    except OSError:
        return False
