"""Silences and their record, as ingest and deliver write them."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert

from core.domain.matcher import parse
from core.domain.silence import Silence, silence_id
from core.store import silences, tables
from core.store.engine import Store
from core.store.silences import Line

HOUR = timedelta(hours=1)
_ALERTMANAGER = "alertmanager:default"


def silenced(store: Store, number: int, now: datetime, *matchers: str, **changed: Any) -> Silence:
    """By Ada Example in Slack, an hour ago and for another two; each id differs from the next in its last letters."""
    plain: dict[str, Any] = {
        "id": silence_id(f"event {number} {matchers}", now),
        "matchers": tuple(map(parse, matchers or ('alertname="HighLatency"',))),
        "start_at": now - HOUR,
        "end_at": now + 2 * HOUR,
        "created_by": "slack:U0ADA",
        "created_by_name": "Ada Example",
        "reason": "deploy",
        "source": "slack",
        "created_at": now - HOUR,
    }
    made = Silence(**{**plain, **changed})
    with store.begin() as connection:
        silences.add(connection, made, now)
    return made


def told(store: Store, silence: Silence, at: datetime, action: str = "silenced", **changed: Any) -> None:
    """Who made it did that as well."""
    plain: dict[str, Any] = {
        "silence_id": silence.id,
        "action": action,
        "at": at,
        "by": silence.created_by,
        "by_name": silence.created_by_name,
        "source": silence.source,
        "end_at": silence.end_at,
        "reason": silence.reason,
        "event_id": f"{silence.id}:{action}:{at.isoformat()}",
    }
    with store.begin() as connection:
        silences.tell(connection, Line(**{**plain, **changed}))


def stands(store: Store, silence: Silence, **changed: Any) -> None:
    """At the Alertmanager called default, where it has its newest state."""
    row: dict[str, Any] = {
        "silence_id": silence.id,
        "target": _ALERTMANAGER,
        "wanted": 1,
        "delivered": 1,
        "priority": 1,
        "remote": {},
        "remote_id": None,
    }
    with store.begin() as connection:
        connection.execute(insert(tables.silence_deliveries).values({**row, **changed}))
