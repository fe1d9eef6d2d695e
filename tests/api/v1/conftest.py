"""The API on real HTTP, with some alerts behind it, and a stand-in for the ingester of what people do."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from sqlalchemy import insert, select, update

from api.authentication import Authentication
from core.domain.alert import Alert
from core.store import alerts, tables
from core.store.bodies import unpack
from core.store.engine import Store
from tests.api.conftest import Receiver, Reply, Start
from tests.store.rows import NOW, episode

TOKEN = "a-token-of-the-release-bot"
OTHER = "a-token-of-somebody-else"
ACTIONS = {
    "acknowledge": "acknowledged",
    "unacknowledge": "unacknowledged",
    "resolve": "resolved",
    "note": "noted",
}


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
        """JSON, or bytes as they are."""
        sent = body if isinstance(body, bytes) or body is None else orjson.dumps(body)
        told = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.receiver.ask("POST", f"/api/v1{path}", sent, told | names)

    def keep(self, *kept: Alert) -> None:
        with self.store.begin() as connection:
            alerts.add(connection, kept, NOW)

    def inbox(self) -> list[Any]:
        with self.store.read() as connection:
            return list(connection.execute(select(tables.inbox).order_by(tables.inbox.c.id)).all())


@dataclass
class Ingester:
    """Finishes what lies in the inbox as ingest would. `refuses` gives a reason to do nothing."""

    store: Store
    refuses: str | None = None
    done: list[dict[str, Any]] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def work(self) -> None:
        while not self._stop.wait(0.01):
            with self.store.begin() as connection:
                due = select(tables.inbox).where(tables.inbox.c.due_at.is_not(None))
                for row in connection.execute(due).all():
                    deed = orjson.loads(unpack(row.body))
                    finish = update(tables.inbox).where(tables.inbox.c.id == row.id)
                    connection.execute(finish.values(due_at=None, error=self.refuses))
                    if self.refuses is None:
                        self._apply(connection.execute, deed)
                    self.done.append(deed)

    def _apply(self, execute: Callable[[Any], object], deed: dict[str, Any]) -> None:
        if deed["verb"] == "acknowledge":
            values = {"state": "acknowledged", "acknowledged_at": NOW, "acknowledged_by_name": deed["name"]}
            execute(update(tables.alerts).where(tables.alerts.c.id == deed["alert_id"]).values(values))
        execute(
            insert(tables.ack_events).values(
                alert_id=deed["alert_id"],
                occurrence=deed["occurrence"],
                action=ACTIONS[deed["verb"]],
                source="api",
                acknowledged_by_name=deed["name"],
                acknowledged_by_id=f"api:{deed['name']}",
                note=deed["text"] or None,
                acknowledged_at=NOW,
                fired_at=NOW,
                source_event_id=deed["event_id"],
            )
        )

    def stop(self) -> None:
        self._stop.set()


@pytest.fixture
def api(start: Start) -> Api:
    tokens = Authentication(source_tokens=(("release-bot", TOKEN), ("somebody", OTHER)))
    return Api(start(api=tokens))


@pytest.fixture
def ingester(api: Api) -> Iterator[Ingester]:
    ingester = Ingester(api.store)
    thread = threading.Thread(target=ingester.work)
    thread.start()
    yield ingester
    ingester.stop()
    thread.join()


@pytest.fixture
def alert(api: Api) -> Alert:
    """One that fires."""
    alert = episode()
    api.keep(alert)
    return alert
