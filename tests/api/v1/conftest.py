"""The API on real HTTP, with some alerts behind it."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from api.authentication import Authentication
from core.bridge import PEOPLE, Bridge
from core.domain.alert import Alert
from core.domain.change import Policy
from core.domain.severity import Severity
from core.domain.silence_rules import Rules
from core.ingest import drain
from core.store import alerts, tables
from core.store.clock import system_clock
from core.store.engine import Store
from tests.api.conftest import Receiver, Reply, Start
from tests.api.v1.ingester import Ingester
from tests.store.rows import NOW, episode

TOKEN = "a-token-of-the-release-bot"
OTHER = "a-token-of-somebody-else"


@dataclass
class Api:
    receiver: Receiver

    @property
    def store(self) -> Store:
        return self.receiver.store

    def get(self, path: str, token: str | None = TOKEN) -> Reply:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.receiver.ask("GET", f"/api/v1{path}", headers=headers)

    def post(self, path: str, body: Any = None, token: str = TOKEN, **headers: str) -> Reply:
        return self.ask("POST", path, body, token, **headers)

    def ask(self, method: str, path: str, body: Any = None, token: str = TOKEN, **headers: str) -> Reply:
        """JSON, or bytes as they are."""
        sent = body if isinstance(body, bytes) or body is None else orjson.dumps(body)
        told = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.receiver.ask(method, f"/api/v1{path}", sent, told | names)

    def keep(self, *kept: Alert) -> None:
        with self.store.begin() as connection:
            alerts.add(connection, kept, NOW)

    def inbox(self) -> list[Any]:
        with self.store.read() as connection:
            return list(connection.execute(select(tables.inbox).order_by(tables.inbox.c.id)).all())


RULES = Rules({Severity.CRITICAL: timedelta(hours=24)}, {"purpose": ("watchdog",)})


@pytest.fixture
def api(start: Start) -> Api:
    tokens = Authentication(source_tokens=(("release-bot", TOKEN), ("somebody", OTHER)))
    return Api(start(api=tokens, rules=RULES))


@pytest.fixture
def ingester(api: Api) -> Iterator[Ingester]:
    ingester = Ingester(api.store)
    thread = threading.Thread(target=ingester.work)
    thread.start()
    yield ingester
    ingester.stop()
    thread.join()


@pytest.fixture
def worker(api: Api) -> Iterator[None]:
    """What people do is ingested, by the bridge itself."""
    bridge = Bridge(api.store, system_clock, Policy(timedelta(), timedelta()), {}, "one:1:", rules=RULES)
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.01):
            drain(bridge, PEOPLE)

    thread = threading.Thread(target=work)
    thread.start()
    yield
    stop.set()
    thread.join()


@pytest.fixture
def alert(api: Api) -> Alert:
    """One that fires."""
    alert = episode()
    api.keep(alert)
    return alert
