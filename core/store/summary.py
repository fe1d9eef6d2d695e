"""What a period was like: what fired, what is open, how soon people answered and how long it burned.

Everything is read along the time of the record, so an hour costs an hour's rows, whatever is stored beside them.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, exists, func, select

from core.domain.alert import State
from core.store.elapsed import seconds_between
from core.store.tables import ack_events, alerts, history

MOST_NAMED = 10
OPEN = (State.FIRING, State.ACKNOWLEDGED)
_FIRED = ("fired", "fired_again")


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` to before `until`; None is without that end."""

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, at: Column[datetime]) -> list[ColumnElement[bool]]:
        bounds = [] if self.since is None else [at >= self.since]
        return bounds if self.until is None else [*bounds, at < self.until]


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are of what is called so."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean time and of how many it is; None of none."""

    count: int
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Summary:
    """`fired` counts occurrences. `acknowledged` is reckoned from the firing to the first acknowledgement of each."""

    fired: int
    fired_by_severity: Sequence[Count]
    fired_by_name: Sequence[Count]
    open_by_severity: Sequence[Count]
    acknowledged: Mean
    resolved: Mean
    acknowledged_by: Sequence[Count]


def summarise(connection: Connection, period: Period) -> Summary:
    fired = _fired(connection, period)
    return Summary(
        fired=sum(row.fired for row in fired),
        fired_by_severity=_added((row.severity, row.fired) for row in fired),
        fired_by_name=_added((row.name, row.fired) for row in fired)[:MOST_NAMED],
        open_by_severity=open_by_severity(connection),
        acknowledged=_acknowledged(connection, period),
        resolved=_resolved(connection, period),
        acknowledged_by=_acknowledgers(connection, period),
    )


def open_by_severity(connection: Connection) -> list[Count]:
    """What is open now, the most frequent severity first."""
    return _counts(
        connection.execute(
            select(alerts.c.severity, func.count())
            .where(alerts.c.state.in_([state.value for state in OPEN]))
            .group_by(alerts.c.severity)
        )
    )


def _fired(connection: Connection, period: Period) -> Sequence[Any]:
    """By severity and name, of which there are few: twice over the record would cost twice as much."""
    rows = (
        select(alerts.c.severity, alerts.c.name, func.count().label("fired"))
        .select_from(history.join(alerts, alerts.c.id == history.c.alert_id))
        .where(history.c.what.in_(_FIRED), *period.holds(history.c.at))
        .group_by(alerts.c.severity, alerts.c.name)
    )
    return connection.execute(rows).all()


def _acknowledged(connection: Connection, period: Period) -> Mean:
    """Of each occurrence that was acknowledged in the period for the first time."""
    earlier = ack_events.alias()
    again = exists().where(
        earlier.c.alert_id == ack_events.c.alert_id,
        earlier.c.occurrence == ack_events.c.occurrence,
        earlier.c.action == "acknowledged",
        earlier.c.id < ack_events.c.id,
    )
    seconds = seconds_between(ack_events.c.fired_at, ack_events.c.acknowledged_at)
    return _mean(
        connection.execute(
            select(func.count(), func.avg(seconds)).where(
                ack_events.c.action == "acknowledged", *period.holds(ack_events.c.acknowledged_at), ~again
            )
        )
    )


def _resolved(connection: Connection, period: Period) -> Mean:
    return _mean(
        connection.execute(
            select(func.count(history.c.seconds), func.avg(history.c.seconds)).where(
                history.c.what == "resolved", *period.holds(history.c.at)
            )
        )
    )


def _acknowledgers(connection: Connection, period: Period) -> list[Count]:
    """One human is one line, wherever they acted: the e-mail joins them."""
    who = func.lower(func.coalesce(ack_events.c.acknowledged_by_email, ack_events.c.acknowledged_by_id))
    return _counts(
        connection.execute(
            select(func.max(ack_events.c.acknowledged_by_name), func.count())
            .where(ack_events.c.action == "acknowledged", *period.holds(ack_events.c.acknowledged_at))
            .group_by(who)
            .order_by(func.count().desc(), func.max(ack_events.c.acknowledged_by_name))
            .limit(MOST_NAMED)
        )
    )


def _added(counted: Iterable[tuple[str, int]]) -> list[Count]:
    total: Counter[str] = Counter()
    for name, count in counted:
        total[name] += count
    return _counts(total.items())


def _counts(rows: Any) -> list[Count]:
    return sorted((Count(name, count) for name, count in rows), key=lambda each: (-each.count, each.name))


def _mean(rows: Any) -> Mean:
    count, seconds = rows.one()
    return Mean(count, None if seconds is None else float(seconds))
