"""Rows of the record and of the history, as ingest and deliver write them."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert

from core.domain.alert import Alert
from core.store.engine import Store
from core.store.tables import ack_events, delivery_attempts, history
from tests.store.rows import NOW, SLACK, after


def did(store: Store, alert: Alert, seconds: float, action: str = "acknowledged", **changed: Any) -> None:
    """Ada Example did this to the alert so many seconds after noon."""
    row: dict[str, Any] = {
        "alert_id": alert.id,
        "occurrence": 1,
        "action": action,
        "source": "slack",
        "acknowledged_by_name": "Ada Example",
        "acknowledged_by_email": "ada@example.org",
        "acknowledged_by_id": "slack:U0ADA",
        "acknowledged_at": after(seconds),
        "fired_at": NOW,
        "source_event_id": f"{alert.id}:{action}:{seconds}",
    }
    with store.begin() as connection:
        connection.execute(insert(ack_events).values(row | changed))


def happened(store: Store, alert: Alert, moment: float, what: str, **changed: Any) -> None:
    row = {"alert_id": alert.id, "occurrence": 1, "at": after(moment), "what": what}
    with store.begin() as connection:
        connection.execute(insert(history).values(row | changed))


def failed(store: Store, alert: Alert, at: datetime, reason: str, error: str = "") -> None:
    row = {"alert_id": alert.id, "target": SLACK, "at": at, "milliseconds": 5, "outcome": "transient"}
    with store.begin() as connection:
        connection.execute(insert(delivery_attempts).values(row | {"reason": reason, "error": error}))
