"""Alerts as whoever looks for them finds them: newest first, page by page, never more read than a page needs.

Every look goes along an index, one state at a time: three short walks that are merged cost the same whether a
thousand alerts are stored or a million.
"""

import heapq
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, func, not_, select

from core.domain.alert import State
from core.domain.errors import Malformed
from core.domain.matcher import Matcher, all_match
from core.store.tables import alerts

SHORTEST_ID = 8
# What labels alone can tell is told row by row; so many rows of one request are looked at, and the cursor goes on.
_BATCH = 500
_BATCHES = 10
_AFTER_HEX = "g"
_PART = 100


@dataclass(frozen=True, slots=True)
class Filter:
    """Which alerts are looked for; what is empty or None does not count. `since` and `until` are of the firing."""

    states: Collection[State] = ()
    severities: Collection[str] = ()
    matchers: Sequence[Matcher] = ()
    source: str | None = None
    name: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def admits(self, alert: "Listed") -> bool:
        """To the letter: MySQL's comparison, which has chosen the rows, takes `cpu` for `CPU`."""
        return (
            (not self.severities or alert.severity in self.severities)
            and self.name in (None, alert.name)
            and all_match(self.matchers, alert.labels)
        )


@dataclass(frozen=True, slots=True)
class Listed:
    """One alert as it is now, with all that a reader may want to know of it."""

    id: str
    source: str
    fingerprint: str
    name: str
    severity: str
    state: State
    instance: str
    summary: str
    description: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    generator_url: str
    occurrence: int
    starts_at: datetime
    ends_at: datetime | None
    fired_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by_name: str | None
    resolved_at: datetime | None
    closed_at: datetime | None
    closed_by_name: str | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place after one alert in the order of all lists: by `fired_at` and `id`, downwards."""

    fired_at: datetime
    id: str

    def write(self) -> str:
        return f"{self.fired_at:%Y%m%dT%H%M%S%f}_{self.id}"


@dataclass(frozen=True, slots=True)
class Page:
    """`more` is where the next page begins; None at the end."""

    alerts: Sequence[Listed]
    more: Cursor | None


_COLUMNS = tuple(alerts.c[name] for name in Listed.__dataclass_fields__)


def read_cursor(text: str) -> Cursor:
    """A cursor as it was written. Raises Malformed."""
    moment, _, id_ = text.partition("_")
    try:
        uuid.UUID(id_)
        at = datetime.strptime(moment, "%Y%m%dT%H%M%S%f").replace(tzinfo=UTC)
    except ValueError:
        raise Malformed("The cursor is not one that was given out.") from None
    return Cursor(at, id_)


def page(connection: Connection, wanted: Filter, after: Cursor | None, limit: int) -> Page:
    """At most `limit` alerts behind `after`. With matchers a page may be short and still have more behind it."""
    size = max(limit, _BATCH) if wanted.matchers else limit
    found: list[Listed] = []
    more: Cursor | None = None
    for _ in range(_BATCHES):
        batch = _batch(connection, wanted, after, size + 1)
        found += filter(wanted.admits, batch[:size])
        more = after = _place(batch[size - 1]) if len(batch) > size else None
        if more is None or len(found) >= limit:
            break
    if len(found) > limit:
        more = _place(found[limit - 1])
    return Page(found[:limit], more)


def one(connection: Connection, id_: str) -> Listed | None:
    row = connection.execute(select(*_COLUMNS).where(alerts.c.id == id_)).first()
    return _listed(row) if row else None


def begins_with(connection: Connection, prefix: str, limit: int) -> list[Listed]:
    """Alerts whose id begins so, newest first."""
    rows = connection.execute(
        select(*_COLUMNS)
        .where(alerts.c.id >= prefix, alerts.c.id < prefix + _AFTER_HEX)
        .order_by(alerts.c.id.desc())
        .limit(limit)
    )
    return [_listed(row) for row in rows]


def longest_open(connection: Connection, severities: Collection[str], limit: int) -> list[str]:
    """Ids of what is open with one of these severities: what nobody has acknowledged first, then the longest."""
    found: list[str] = []
    for state in (State.FIRING, State.ACKNOWLEDGED):
        where = (alerts.c.state == state.value, alerts.c.severity.in_(sorted(severities)))
        oldest = select(alerts.c.id).where(*where).order_by(alerts.c.fired_at, alerts.c.id)
        found += connection.execute(oldest.limit(limit - len(found))).scalars()
    return found


def short_ids(connection: Connection, ids: Collection[str], of: Table = alerts) -> dict[str, str]:
    """The shortest beginning of each id that no other row's id shares; its neighbours decide that."""
    wanted = list(ids)
    found: dict[str, str] = {}
    for start in range(0, len(wanted), _PART):
        part = wanted[start : start + _PART]
        # Each by its value: put to the rows of a table MySQL would walk through all ids for each of them.
        asked = [neighbour for id_ in part for neighbour in _neighbours(of, id_)]
        told = connection.execute(select(*asked)).one()
        pairs = zip(told[::2], told[1::2], strict=True)
        found |= {
            id_: _short(id_, [each for each in pair if each]) for id_, pair in zip(part, pairs, strict=True)
        }
    return found


def _neighbours(of: Table, id_: str) -> tuple[ColumnElement[str], ColumnElement[str]]:
    before = select(func.max(of.c.id)).where(of.c.id < id_).scalar_subquery()
    behind = select(func.min(of.c.id)).where(of.c.id > id_).scalar_subquery()
    return before.label(None), behind.label(None)


def _short(id_: str, neighbours: list[str]) -> str:
    length = SHORTEST_ID
    while any(each.startswith(id_[:length]) for each in neighbours):
        length += 1
    return id_[:length]


def _batch(connection: Connection, wanted: Filter, after: Cursor | None, limit: int) -> list[Listed]:
    walks = [_walk(connection, wanted, state, after, limit) for state in wanted.states or State]
    merged = heapq.merge(*walks, key=lambda alert: (alert.fired_at, alert.id), reverse=True)
    return list(merged)[:limit]


def _walk(
    connection: Connection, wanted: Filter, state: State, after: Cursor | None, limit: int
) -> list[Listed]:
    rows = connection.execute(
        select(*_COLUMNS)
        .where(alerts.c.state == state.value, *_where(wanted, after))
        .order_by(alerts.c.fired_at.desc(), alerts.c.id.desc())
        .limit(limit)
    )
    return [_listed(row) for row in rows]


def _where(wanted: Filter, after: Cursor | None) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if wanted.severities:
        where.append(alerts.c.severity.in_(sorted(wanted.severities)))
    if wanted.name is not None:
        where.append(alerts.c.name == wanted.name)
    if wanted.source is not None:
        where.append(alerts.c.source == wanted.source)
    if wanted.since is not None:
        where.append(alerts.c.fired_at >= wanted.since)
    if wanted.until is not None:
        where.append(alerts.c.fired_at < wanted.until)
    if after is not None:
        # Not (fired_at, id) < (…): MySQL does not walk its index for that.
        where.append(alerts.c.fired_at <= after.fired_at)
        where.append(not_(and_(alerts.c.fired_at == after.fired_at, alerts.c.id >= after.id)))
    return where


def _listed(row: Any) -> Listed:
    return Listed(**{**row._mapping, "state": State(row.state)})  # noqa: SLF001 (SQLAlchemy's public name)


def _place(alert: Listed) -> Cursor:
    return Cursor(alert.fired_at, alert.id)
