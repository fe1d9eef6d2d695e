"""The story of one alert: what happened to it, what people did to it and to what silenced it, and what went wrong."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, Select, select

from core.domain.alert import Facts
from core.store import alerts, record, silences
from core.store.tables import ack_events, delivery_attempts, history

MOST = 500
# So many silences of an alert's time are looked at, the last to end first.
_MOST_SILENCES = 1000
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
    until: datetime | None = None


def timeline(connection: Connection, alert_id: str, now: datetime) -> list[Entry]:
    """Oldest first; of each kind the newest 500."""
    told = [
        *_history(connection, alert_id),
        *_deeds(connection, alert_id),
        *_silences(connection, alert_id, now),
        *_failures(connection, alert_id),
    ]
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


def _silences(connection: Connection, alert_id: str, now: datetime) -> Iterator[Entry]:
    """What was done, until the alert ended, to silences that hid it while it burned: theirs, and never copied."""
    alert = alerts.load(connection, [alert_id]).get(alert_id)
    if alert is None:
        return
    began, ended = _life(connection, alert.facts)
    lasted = silences.overlapping(connection, began, ended or now, _MOST_SILENCES)
    about = [it.id for it in lasted if it.is_about(alert.facts.source, alert.content.labels)]
    told = [line for line in silences.record(connection, about) if ended is None or line.at <= ended]
    for line in told[-MOST:]:
        yield Entry(
            line.at,
            line.action,
            0,
            # What runs out by itself is nobody's doing.
            by=line.by_name or None,
            via=line.source if line.by_name else None,
            note=line.reason or None,
            until=line.end_at if line.end_at > line.at else None,
        )


def _life(connection: Connection, facts: Facts) -> tuple[datetime, datetime | None]:
    """From its first firing to its end, if it has ended."""
    first = record.fired_at(connection, facts.id, 1)
    return first or facts.fired_at, facts.resolved_at


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
