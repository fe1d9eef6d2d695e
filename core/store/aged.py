"""What is old enough to go, a batch at a time: found along an index, looked at again under its lock, then removed.

Nothing goes that somebody has yet to be told of, that is put aside for an operator, or that is open. `told` are the
targets there are: what another one was still to be told nobody waits for.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, and_, delete, func, or_, select, true, update

from core.domain.alert import State
from core.store.tables import (
    ack_events,
    alerts,
    deliveries,
    delivery_attempts,
    history,
    inbox,
    notices,
    silence_deliveries,
    silences,
)

ROWS = 500
"""So many rows one transaction removes, those that go with them counted; more only where one alert has more."""

Told = Collection[str]


@dataclass(frozen=True, slots=True)
class Batch:
    """`ids` may go. What lies beyond `after` has not been looked at; `more` says whether that may be old too."""

    ids: list[Any]
    after: Any
    more: bool


def old_alerts(connection: Connection, before: datetime, after: Any, told: Told) -> Batch:
    """Over since before then."""
    old = and_(alerts.c.state == State.RESOLVED, alerts.c.updated_at < before)
    rows = _next(connection, alerts.c.updated_at, old, _is_closed(), after)
    return _past(rows, _unfinished(connection, [row.id for row in rows], told), after)


def portions(connection: Connection, ids: Sequence[str]) -> list[list[str]]:
    """Alerts that go together: no more than that many rows with all that is about them, or one alert alone."""
    found: list[list[str]] = []
    room = 0
    for id_, rows in _sizes(connection, ids).items():
        room -= rows
        if room < 0:
            found.append([])
            room = ROWS - rows
        found[-1].append(id_)
    return found


def remove_alerts(connection: Connection, ids: Sequence[str], before: datetime, told: Told) -> int:
    """With all that is about them, unless somebody has touched them since they were found."""
    over = _still(
        connection,
        alerts,
        ids,
        and_(alerts.c.state == State.RESOLVED, alerts.c.updated_at < before, _is_closed()),
    )
    return _delete(connection, alerts, over - _unfinished(connection, ids, told))


def old_silences(connection: Connection, before: datetime, after: Any, told: Told) -> Batch:
    """Ended before then."""
    rows = _next(connection, silences.c.end_at, silences.c.end_at < before, _is_attended(), after)
    behind = _behind(connection, silence_deliveries.c.silence_id, [row.id for row in rows], told)
    return _past(rows, behind, after)


def remove_silences(connection: Connection, ids: Sequence[str], before: datetime, told: Told) -> int:
    ended = _still(connection, silences, ids, and_(silences.c.end_at < before, _is_attended()))
    behind = _behind(connection, silence_deliveries.c.silence_id, ids, told)
    return _delete(connection, silences, ended - behind)


def old_attempts(connection: Connection, before: datetime, after: Any, _: Told) -> Batch:
    return _oldest(connection, delivery_attempts.c.at, true(), before, after)


def remove_attempts(connection: Connection, ids: Sequence[int], _: datetime, __: Told) -> int:
    return _delete(connection, delivery_attempts, ids)


def old_digests(connection: Connection, before: datetime, after: Any, _: Told) -> Batch:
    """Words about no alert in particular, which go with none."""
    return _oldest(connection, notices.c.created_at, _is_said(), before, after, notices.c.alert_id.is_(None))


def remove_digests(connection: Connection, ids: Sequence[int], _: datetime, __: Told) -> int:
    return _delete(connection, notices, ids, _is_said())


def old_events(connection: Connection, before: datetime, after: Any, _: Told) -> Batch:
    """Rows of the inbox, done and not put aside."""
    return _oldest(connection, inbox.c.received_at, _is_done(), before, after)


def remove_events(connection: Connection, ids: Sequence[int], _: datetime, __: Told) -> int:
    return _delete(connection, inbox, ids, _is_done())


def old_bodies(connection: Connection, before: datetime, after: Any, _: Told) -> Batch:
    """What came in, of rows that stay."""
    fit = and_(inbox.c.body.is_not(None), _is_done())
    return _oldest(connection, inbox.c.received_at, fit, before, after)


def remove_bodies(connection: Connection, ids: Sequence[int], _: datetime, __: Told) -> int:
    gone = update(inbox).where(inbox.c.id.in_(ids), _is_done()).values(body=None)
    return connection.execute(gone).rowcount


def _next(
    connection: Connection, at: Column[Any], old: ColumnElement[bool], fit: ColumnElement[bool], after: Any
) -> Sequence[Any]:
    """Along the index on that time: the next rows behind the last one, (time, id), that was looked at.

    What else they have to be is asked of them as they come, or a database might take another index for it.
    """
    id_ = at.table.c.id
    rows = select(id_, at.label("at"), fit.label("fit")).where(old).order_by(at, id_).limit(ROWS)
    if after is not None:
        rows = rows.where(at >= after[0], or_(at > after[0], id_ > after[1]))
    return connection.execute(rows).all()


def _still(connection: Connection, table: Table, ids: Sequence[str], fit: ColumnElement[bool]) -> set[str]:
    """Locked, and by their ids alone for the same reason: SQLite takes "no key" for rarer than these ids."""
    rows = select(table.c.id, fit.label("fit")).where(table.c.id.in_(ids)).with_for_update()
    return {row.id for row in connection.execute(rows) if row.fit}


def _past(rows: Sequence[Any], busy: Collection[str], after: Any) -> Batch:
    last = (rows[-1].at, rows[-1].id) if rows else after
    return Batch([row.id for row in rows if row.fit and row.id not in busy], last, len(rows) == ROWS)


def _oldest(
    connection: Connection,
    at: Column[Any],
    fit: ColumnElement[bool],
    before: datetime,
    after: Any,
    *only: ColumnElement[bool],
) -> Batch:
    """Along the ids, which are given in the order of time: as far as they are old."""
    id_ = at.table.c.id
    found = select(id_, at.label("at"), fit.label("fit")).where(id_ > (after or 0), *only)
    rows = connection.execute(found.order_by(id_).limit(ROWS)).all()
    old = list(takewhile(lambda row: row.at < before, rows))
    return Batch([row.id for row in old if row.fit], old[-1].id if old else after, len(old) == ROWS)


def _is_closed() -> ColumnElement[bool]:
    """What somebody closed by hand while it burns on is resolved too, and keeps its key."""
    return and_(alerts.c.open_key.is_(None), alerts.c.wake_at.is_(None))


def _is_attended() -> ColumnElement[bool]:
    """Its end has been told."""
    return silences.c.wake_at.is_(None)


def _is_done() -> ColumnElement[bool]:
    return and_(inbox.c.due_at.is_(None), inbox.c.parked_at.is_(None))


def _is_said() -> ColumnElement[bool]:
    return and_(notices.c.due_at.is_(None), notices.c.parked_reason.is_(None))


def _unfinished(connection: Connection, ids: Sequence[str], told: Told) -> set[str]:
    """Of which alerts somebody has yet to be told something, or could not be."""
    rows = (deliveries.c.alert_id, notices.c.alert_id)
    return set().union(*(_behind(connection, of, ids, told) for of in rows))


def _behind(connection: Connection, of: Column[Any], ids: Sequence[str], told: Told) -> set[str]:
    rows = of.table.c
    waits = or_(rows.due_at.is_not(None), rows.parked_reason.is_not(None))
    found = connection.execute(select(of.label("id"), rows.target).where(of.in_(ids), waits))
    return {row.id for row in found if row.target in told}


def _sizes(connection: Connection, ids: Sequence[str]) -> dict[str, int]:
    """How many rows each is, with those that go with it."""
    sizes = dict.fromkeys(ids, 1)
    for table in (history, ack_events, notices, delivery_attempts):
        of = table.c.alert_id
        for id_, rows in connection.execute(select(of, func.count()).where(of.in_(ids)).group_by(of)):
            sizes[id_] += rows
    return sizes


def _delete(connection: Connection, table: Table, ids: Collection[Any], *still: ColumnElement[bool]) -> int:
    if not ids:
        return 0
    return connection.execute(delete(table).where(table.c.id.in_(sorted(ids)), *still)).rowcount
