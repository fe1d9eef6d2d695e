"""The story of one alert: what happened to it, what people did, and what did not go well, in the order of time."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, Select, select

from core.store.tables import ack_events, delivery_attempts, history

MOST = 500
NOT_DELIVERED = "not_delivered"


@dataclass(frozen=True, slots=True)
class Entry:
    """`what` is the record's word. `via` says where somebody acted; `seconds` how long it burned or had been behind."""

    at: datetime
    what: str
    occurrence: int
    by: str | None = None
    via: str | None = None
    note: str | None = None
    target: str | None = None
    seconds: int | None = None
    error: str | None = None


def timeline(connection: Connection, alert_id: str) -> list[Entry]:
    """Oldest first; of each kind the newest 500."""
    told = [*_history(connection, alert_id), *_deeds(connection, alert_id), *_failures(connection, alert_id)]
    # Stable: at one moment it fires before anybody acts.
    return list(_with_occurrences(sorted(told, key=lambda entry: entry.at)))


def _history(connection: Connection, alert_id: str) -> Iterator[Entry]:
    newest = (
        select(history)
        .where(history.c.alert_id == alert_id)
        .order_by(history.c.at.desc(), history.c.id.desc())
    )
    for row in reversed(connection.execute(_limited(newest)).all()):
        yield Entry(row.at, row.what, row.occurrence, target=row.target, seconds=row.seconds)


def _deeds(connection: Connection, alert_id: str) -> Iterator[Entry]:
    newest = (
        select(ack_events)
        .where(ack_events.c.alert_id == alert_id)
        .order_by(ack_events.c.acknowledged_at.desc(), ack_events.c.id.desc())
    )
    for row in reversed(connection.execute(_limited(newest)).all()):
        yield Entry(
            row.acknowledged_at,
            row.action,
            row.occurrence,
            by=row.acknowledged_by_name,
            via=row.source,
            note=row.note,
        )


def _failures(connection: Connection, alert_id: str) -> Iterator[Entry]:
    newest = (
        select(delivery_attempts)
        .where(delivery_attempts.c.alert_id == alert_id)
        .order_by(delivery_attempts.c.at.desc())
    )
    for row in reversed(connection.execute(_limited(newest)).all()):
        error = f"{row.reason}: {row.error}" if row.error else row.reason
        yield Entry(row.at, NOT_DELIVERED, 0, target=row.target, error=error)


def _limited(statement: Select[tuple[object, ...]]) -> Select[tuple[object, ...]]:
    return statement.limit(MOST)


def _with_occurrences(entries: list[Entry]) -> Iterator[Entry]:
    """An attempt is about the occurrence that was on when it was made."""
    occurrence = 1
    for entry in entries:
        occurrence = entry.occurrence or occurrence
        yield entry if entry.occurrence else replace(entry, occurrence=occurrence)
