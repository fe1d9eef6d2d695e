"""What was put aside because of its own content, for the operator who decides about it: once more, or never mind.

The bridge itself never touches such a row again, except that a change of its alert tells the target anew.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, select, update

from core.store.tables import deliveries, inbox, notices, silence_deliveries

_MOST = 1000
# In other lanes it is a part of a request, or a request that cannot be read: Alertmanager sends what still fires again,
# and its list tells of the rest.
_WHOLE = "people"
_EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Parked:
    """`where` is a lane or a target; `about` the alert, the silence, or the row of the inbox."""

    what: str
    where: str
    about: str
    why: str


def listed(connection: Connection, where: str | None) -> list[Parked]:
    """At most a thousand of each kind, the oldest first."""
    return [*_inbox(connection, where), *_told(connection, where)]


def again(connection: Connection, where: str | None, now: datetime) -> int:
    """Make due what may come out otherwise this time; how many rows. Words that came too late stay unsaid."""
    due = {"due_at": now, "attempts": 0, "claim": None}
    event = inbox.c.parked_at.is_not(None) & (inbox.c.lane == _WHOLE)
    rows = _set(connection, inbox, event & _at(inbox.c.lane, where), due | {"parked_at": None})
    for table in (deliveries, silence_deliveries):
        late = due | {"since": now, "parked_reason": None}
        rows += _set(connection, table, _refused(table, where), late)
    word = _refused(notices, where) & (notices.c.parked_reason != _EXPIRED)
    return rows + _set(connection, notices, word, due | {"parked_reason": None})


def forget(connection: Connection, where: str | None) -> int:
    """Leave it at that, so that it grows old as all else does; how many rows. Reasons stay where they are."""
    event = inbox.c.parked_at.is_not(None) & _at(inbox.c.lane, where)
    rows = _set(connection, inbox, event, {"parked_at": None})
    for table in (deliveries, silence_deliveries, notices):
        rows += _set(connection, table, _refused(table, where), {"parked_reason": None})
    return rows


def _inbox(connection: Connection, where: str | None) -> Iterator[Parked]:
    wanted = inbox.c.parked_at.is_not(None) & _at(inbox.c.lane, where)
    rows = select(inbox.c.id, inbox.c.lane, inbox.c.error).where(wanted).order_by(inbox.c.id).limit(_MOST)
    for row in connection.execute(rows):
        yield Parked("inbox", row.lane, str(row.id), row.error or "")


def _told(connection: Connection, where: str | None) -> Iterator[Parked]:
    for what, table, about in (
        ("deliveries", deliveries, deliveries.c.alert_id),
        ("silences", silence_deliveries, silence_deliveries.c.silence_id),
        ("notices", notices, notices.c.alert_id),
    ):
        columns = (table.c.target, about.label("about"), table.c.parked_reason, table.c.last_error)
        rows = select(*columns).where(_refused(table, where)).order_by(about).limit(_MOST)
        for row in connection.execute(rows):
            yield Parked(what, row.target, row.about or "", row.last_error or row.parked_reason)


def _refused(table: Table, where: str | None) -> ColumnElement[bool]:
    return table.c.parked_reason.is_not(None) & _at(table.c.target, where)


def _at(column: ColumnElement[str], where: str | None) -> ColumnElement[bool]:
    return column.is_not(None) if where is None else column == where


def _set(connection: Connection, table: Table, wanted: ColumnElement[bool], values: dict[str, Any]) -> int:
    return connection.execute(update(table).where(wanted).values(values)).rowcount
