"""Silences: one row each, written only with the version that was read; and the record of what was done to them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from core.domain.alert import Alert
from core.domain.errors import Conflict
from core.domain.matcher import from_json, to_json
from core.domain.silence import Silence
from core.store import insert_once
from core.store.tables import silence_deliveries, silence_events, silences

_NAME = 255
_KEY = 160
_TEXT = 16_000
# How far back a silence may have ended and still be what somebody has to be told of.
LATELY = timedelta(hours=24)
_PART = 500
_MOST_READ = 10_000
_read: dict[tuple[str, int], Silence] = {}
"""By id and version, which together never stand for anything else."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the record of silences. `end_at` is the end that was then agreed on."""

    silence_id: str
    action: str
    at: datetime
    by: str
    by_name: str
    source: str
    end_at: datetime
    reason: str | None
    event_id: str


def load(connection: Connection, ids: Collection[str], *, to_change: bool = False) -> dict[str, Silence]:
    statement = select(silences).where(silences.c.id.in_(ids))
    rows = connection.execute(statement.with_for_update() if to_change else statement)
    return {row.id: _silence(row) for row in rows}


def begins_with(connection: Connection, prefix: str, limit: int) -> list[Silence]:
    """Silences whose id begins so, newest first."""
    rows = connection.execute(
        select(silences)
        .where(silences.c.id >= prefix, silences.c.id < prefix + "g")
        .order_by(silences.c.id.desc())
        .limit(limit)
    )
    return [_silence(row) for row in rows]


def add(connection: Connection, silence: Silence, now: datetime) -> None:
    """Store a new one. Raises Conflict where its id is taken."""
    connection.execute(insert(silences).values(**_row(silence, now), created_at=silence.created_at))


def change(connection: Connection, silence: Silence, now: datetime) -> None:
    """Store a new version over the one before it. Raises Conflict where it has moved on meanwhile."""
    values = {name: value for name, value in _row(silence, now).items() if name != "id"}
    mine = (silences.c.id == silence.id, silences.c.version == silence.version - 1)
    if connection.execute(update(silences).where(*mine).values(values)).rowcount != 1:
        raise Conflict("a silence has moved on since it was read")


def rest(
    connection: Connection, silence: Silence, wake_at: datetime | None, asked_for: datetime | None
) -> bool:
    """What was due about this version is done; False where it has moved on, and something may be due again."""
    mine = (silences.c.id == silence.id, silences.c.version == silence.version)
    done = update(silences).where(*mine).values(wake_at=wake_at, asked_for=asked_for)
    return connection.execute(done).rowcount == 1


def lasting(connection: Connection, now: datetime) -> list[Silence]:
    """Those that hide something now, the last to end first. What goes with an acknowledgement hides nothing here.

    Every delivery asks for them, so of those that are known by now only the version is read. That says nothing of
    `wake_at` and `asked_for`, which are those of some earlier moment.
    """
    found = connection.execute(
        select(silences.c.id, silences.c.version)
        .where(silences.c.end_at > now, silences.c.start_at <= now, silences.c.acknowledges.is_(False))
        .order_by(silences.c.end_at.desc(), silences.c.id)
    ).all()
    known = _known(connection, [(id_, version) for id_, version in found])
    return [known[id_] for id_, _ in found if id_ in known]


def _known(connection: Connection, versions: Sequence[tuple[str, int]]) -> dict[str, Silence]:
    """Each of them, of which only those are read that have not been read in this version."""
    known = {key[0]: _read[key] for key in versions if key in _read}
    missing = [id_ for id_, _ in versions if id_ not in known]
    for start in range(0, len(missing), _PART):
        # Changed since its version was read: then it is newer, and as good.
        known |= load(connection, missing[start : start + _PART])
    if len(_read) > _MOST_READ:
        _read.clear()
    _read.update({(silence.id, silence.version): silence for silence in known.values()})
    return known


def ended(connection: Connection, since: datetime, now: datetime) -> list[Silence]:
    """Those that have ended since then, the last first."""
    rows = connection.execute(
        select(silences)
        .where(
            silences.c.end_at > max(since, now - LATELY),
            silences.c.end_at <= now,
            silences.c.acknowledges.is_(False),
        )
        .order_by(silences.c.end_at.desc())
    )
    return [_silence(row) for row in rows]


def overlapping(connection: Connection, since: datetime, until: datetime, limit: int) -> list[Silence]:
    """Those that lasted at some moment of that time, newest first."""
    rows = connection.execute(
        select(silences)
        .where(silences.c.end_at > since, silences.c.start_at <= until)
        .order_by(silences.c.end_at.desc())
        .limit(limit)
    )
    return [_silence(row) for row in rows]


def listed(connection: Connection, now: datetime, *, expired: bool, limit: int) -> list[Silence]:
    """Those that have not ended, the first to end first; or those that have, the last first."""
    end_at = silences.c.end_at
    # In one direction each: MySQL sorts all that ever ended for an order in two.
    where, order = (
        (end_at <= now, (end_at.desc(), silences.c.id.desc()))
        if expired
        else (end_at > now, (end_at.asc(), silences.c.id.asc()))
    )
    rows = connection.execute(select(silences).where(where).order_by(*order).limit(limit))
    return [_silence(row) for row in rows]


def acknowledging(connection: Connection, alert_ids: Collection[str], now: datetime) -> dict[str, Silence]:
    """By alert: the silence that goes with its acknowledgement and has not ended."""
    rows = connection.execute(
        select(silences).where(
            silences.c.alert_id.in_(alert_ids), silences.c.acknowledges.is_(True), silences.c.end_at > now
        )
    )
    return {row.alert_id: _silence(row) for row in rows}


def to_wake(connection: Connection, now: datetime, limit: int) -> list[Silence]:
    rows = connection.execute(
        select(silences).where(silences.c.wake_at <= now).order_by(silences.c.wake_at).limit(limit)
    )
    return [_silence(row) for row in rows]


def hiding(found: Iterable[Silence], alert: Alert) -> Silence | None:
    """The first of them that is about this alert."""
    source, labels = alert.facts.source, alert.content.labels
    return next((it for it in found if it.is_about(source, labels)), None)


def tell(connection: Connection, line: Line) -> None:
    """Put it on record; what is there already stays as it is."""
    insert_once.into(
        connection,
        silence_events,
        {
            "silence_id": line.silence_id,
            "action": line.action,
            "at": line.at,
            "by_name": line.by_name[:_NAME],
            "by_id": line.by[:_KEY],
            "source": line.source,
            "end_at": line.end_at,
            "reason": line.reason[:_TEXT] if line.reason else None,
            "source_event_id": line.event_id[-150:],
        },
    )


def is_known(connection: Connection, event_id: str) -> bool:
    found = select(silence_events.c.id).where(silence_events.c.source_event_id == event_id[-150:])
    return connection.execute(found).first() is not None


def record(connection: Connection, ids: Collection[str]) -> list[Line]:
    """What was done to them, oldest first."""
    rows = connection.execute(
        select(silence_events)
        .where(silence_events.c.silence_id.in_(ids))
        .order_by(silence_events.c.at, silence_events.c.id)
    )
    return [_line(row) for row in rows]


def line(connection: Connection, event_id: str) -> Line | None:
    """What one event put on record; None where it changed nothing."""
    found = select(silence_events).where(silence_events.c.source_event_id == event_id[-150:])
    row = connection.execute(found).first()
    return _line(row) if row else None


def standing(connection: Connection, ids: Collection[str]) -> dict[str, list[Row[Any]]]:
    """Of each of them, how each Alertmanager stands: rows of their deliveries."""
    rows = connection.execute(select(silence_deliveries).where(silence_deliveries.c.silence_id.in_(ids)))
    found: dict[str, list[Row[Any]]] = {id_: [] for id_ in ids}
    for row in rows:
        found[row.silence_id].append(row)
    return found


def expected(connection: Connection, target: str, now: datetime) -> dict[str, str]:
    """What has not ended and is held there: {its id there: its id here}."""
    # Told apart here: asked for the target SQLite would read all that it has ever held.
    rows = connection.execute(
        select(silence_deliveries.c.remote_id, silences.c.id, silence_deliveries.c.target)
        .join(silences, silences.c.id == silence_deliveries.c.silence_id)
        .where(silences.c.end_at > now, silence_deliveries.c.remote_id.is_not(None))
    )
    return {row.remote_id: row.id for row in rows if row.target == target}


def _line(row: Row[Any]) -> Line:
    return Line(
        silence_id=row.silence_id,
        action=row.action,
        at=row.at,
        by=row.by_id,
        by_name=row.by_name,
        source=row.source,
        end_at=row.end_at,
        reason=row.reason,
        event_id=row.source_event_id,
    )


def _row(silence: Silence, now: datetime) -> dict[str, Any]:
    return {
        "id": silence.id,
        "matchers": [to_json(matcher) for matcher in silence.matchers],
        "instance": silence.instance[:_NAME],
        "fingerprint": silence.fingerprint,
        "start_at": silence.start_at,
        "end_at": silence.end_at,
        "created_by": silence.created_by_name[:_NAME],
        "created_by_id": silence.created_by[:_KEY],
        "reason": silence.reason[:_TEXT],
        "source": silence.source,
        "scope": silence.scope,
        "alert_id": silence.alert_id,
        "acknowledges": silence.acknowledges,
        "changed_by": silence.changed_by_name[:_NAME] if silence.changed_by_name is not None else None,
        "changed_by_id": silence.changed_by[:_KEY] if silence.changed_by else None,
        "changed_at": silence.changed_at,
        "asked_for": silence.asked_for,
        "wake_at": silence.wake_at,
        "version": silence.version,
        "updated_at": now,
    }


def _silence(row: Row[Any]) -> Silence:
    return Silence(
        id=row.id,
        matchers=tuple(from_json(matcher) for matcher in row.matchers),
        start_at=row.start_at,
        end_at=row.end_at,
        created_by=row.created_by_id,
        created_by_name=row.created_by,
        reason=row.reason,
        source=row.source,
        created_at=row.created_at,
        version=row.version,
        scope=row.scope,
        alert_id=row.alert_id,
        fingerprint=row.fingerprint,
        acknowledges=row.acknowledges,
        changed_by=row.changed_by_id,
        changed_by_name=row.changed_by,
        changed_at=row.changed_at,
        asked_for=row.asked_for,
        wake_at=row.wake_at,
    )
