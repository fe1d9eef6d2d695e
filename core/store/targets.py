"""Targets as rows: whether they are blocked, and how their rate budgets stand."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, update

from core.store.notices import in_turn
from core.store.tables import deliveries, delivery_attempts, notices, silence_deliveries, targets
from core.store.types import FIRST


@dataclass(frozen=True, slots=True)
class Standing:
    """How one target stands, for `/ready` and the metrics. `oldest` is since when something has waited."""

    name: str
    blocked_reason: str | None
    trouble: str | None
    due: int
    parked: int
    oldest: datetime | None


def give_back(connection: Connection, target: str, token: str, now: datetime) -> None:
    """What this claim holds at the target, if anything, is due at once, as if never tried."""
    for table in (deliveries, silence_deliveries, notices):
        connection.execute(
            update(table)
            .where(table.c.target == target, table.c.due_at.is_not(None), table.c.claim == token)
            .values(claim=None, due_at=now, attempts=table.c.attempts - 1)
        )


def rate(connection: Connection, name: str) -> dict[str, float]:
    found = connection.execute(select(targets.c.rate).where(targets.c.name == name)).scalar()
    return dict(found or {})


def leave(connection: Connection, name: str, arrival: dict[str, float], trouble: str | None) -> None:
    """What the next pump of this target, and whoever looks, should know."""
    connection.execute(update(targets).where(targets.c.name == name).values(rate=arrival, trouble=trouble))


def block(connection: Connection, name: str, until: datetime, reason: str) -> None:
    connection.execute(
        update(targets).where(targets.c.name == name).values(blocked_until=until, blocked_reason=reason)
    )


def unblock(connection: Connection, name: str) -> None:
    connection.execute(
        update(targets)
        .where(targets.c.name == name, targets.c.blocked_reason.is_not(None))
        .values(blocked_until=FIRST, blocked_reason=None)
    )


def blocked_reason(connection: Connection, name: str) -> str | None:
    return connection.execute(select(targets.c.blocked_reason).where(targets.c.name == name)).scalar()


def due(connection: Connection, names: Sequence[str], now: datetime) -> list[str]:
    """Those of these targets that have something to be told now and are not blocked."""
    free = select(targets.c.name).where(targets.c.name.in_(names), targets.c.blocked_until <= now)
    return [name for name in connection.execute(free).scalars().all() if _has_due(connection, name, now)]


def _has_due(connection: Connection, target: str, now: datetime) -> bool:
    # Target by target: joined with the targets MySQL reads all that each was ever told.
    waiting = [
        select(rows.c.target).where(rows.c.target == target, rows.c.due_at <= now)
        for rows in (deliveries, silence_deliveries)
    ]
    words = select(notices.c.target).where(notices.c.target == target, notices.c.due_at <= now, in_turn())
    return any(connection.execute(each.limit(1)).first() for each in (*waiting, words))


def standings(connection: Connection) -> list[Standing]:
    """Every target that has ever been configured, by name."""
    rows = connection.execute(
        select(targets.c.name, targets.c.blocked_reason, targets.c.trouble).order_by(targets.c.name)
    ).all()
    waiting: dict[str, Any] = {}
    parked: dict[str, int] = {}
    for table in (deliveries, silence_deliveries):
        waiting |= _waiting(connection, table, [row.name for row in rows])
        parked |= _parked(connection, table)
    return [
        Standing(
            row.name,
            row.blocked_reason,
            row.trouble,
            waiting[row.name].due if row.name in waiting else 0,
            parked.get(row.name, 0),
            waiting[row.name].oldest if row.name in waiting else None,
        )
        for row in rows
    ]


def _waiting(connection: Connection, rows: Table, names: Sequence[str]) -> dict[str, Any]:
    """By target. One is told of alerts or of silences, never of both."""
    due = connection.execute(
        select(rows.c.target, func.count().label("due"), func.min(rows.c.since).label("oldest"))
        .where(rows.c.target.in_(names), rows.c.due_at.is_not(None))
        .group_by(rows.c.target)
    )
    return {row.target: row for row in due}


def _parked(connection: Connection, rows: Table) -> dict[str, int]:
    # By the reason first, as the index has them: grouped by target alone SQLite reads all that was ever told.
    reasons = connection.execute(
        select(rows.c.target, func.count().label("parked"))
        .where(rows.c.parked_reason.is_not(None))
        .group_by(rows.c.parked_reason, rows.c.target)
    )
    parked: Counter[str] = Counter()
    for row in reasons:
        parked[row.target] += row.parked
    return parked


def note_attempt(
    connection: Connection,
    *,
    alert_id: str | None,
    target: str,
    at: datetime,
    milliseconds: int,
    outcome: str,
    reason: str,
    error: str,
) -> None:
    """Keep what did not go plainly well, for whoever asks a week later."""
    values: dict[str, Any] = {
        "alert_id": alert_id,
        "target": target,
        "at": at,
        "milliseconds": milliseconds,
        "outcome": outcome,
        "reason": reason,
        "error": error[:2000],
    }
    connection.execute(insert(delivery_attempts).values(values))
