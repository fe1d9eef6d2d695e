"""A stand-in for the ingester of what people do: the API is tested without a worker."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import insert, select, update

from core.store import tables
from core.store.bodies import unpack
from core.store.engine import Store
from tests.store.rows import NOW

ACTIONS = {
    "acknowledge": "acknowledged",
    "unacknowledge": "unacknowledged",
    "resolve": "resolved",
    "note": "noted",
}


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
