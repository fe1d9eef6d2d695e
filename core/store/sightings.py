"""Sightings: what Alertmanager's list last said of alerts that are open here. No row: nothing worth a word."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, insert, or_, select

from core.domain.compare import Ended, Held, Mark, Sighting, Suppression
from core.store.tables import alerts, inbox, sightings


def held(connection: Connection, source: str) -> list[Held]:
    """Every alert of the source that Alertmanager has not said to be over."""
    # Along the unique key, in which a colon follows the source; ";" is what follows a colon.
    rows = connection.execute(
        select(
            alerts.c.id,
            alerts.c.fingerprint,
            alerts.c.seq,
            alerts.c.fired_at,
            inbox.c.received_at,
            alerts.c.closed_at,
            sightings.c.seen_at,
            sightings.c.suppressed,
            sightings.c.suppressed_by,
            sightings.c.absent_since,
        )
        .join(inbox, inbox.c.id == alerts.c.seq, isouter=True)
        .join(sightings, sightings.c.alert_id == alerts.c.id, isouter=True)
        .where(
            alerts.c.open_key >= f"{source}:",
            alerts.c.open_key < f"{source};",
            alerts.c.source == source,
        )
    )
    return [_held(row) for row in rows]


def ended(
    connection: Connection, source: str, fingerprints: Collection[str], since: datetime
) -> dict[str, Ended]:
    """The newest episode of each that is open, or was until lately."""
    rows = connection.execute(
        select(alerts.c.fingerprint, alerts.c.seq, alerts.c.resolved_at, alerts.c.open_key)
        .where(
            alerts.c.source == source,
            alerts.c.fingerprint.in_(fingerprints),
            or_(alerts.c.open_key.is_not(None), alerts.c.resolved_at >= since),
        )
        .order_by(alerts.c.fired_at)
    )
    return {row.fingerprint: Ended(row.seq, None if row.open_key else row.resolved_at) for row in rows}


def suppressed(connection: Connection, alert_id: str) -> str | None:
    """Why Alertmanager keeps quiet about it, as far as it has said so."""
    found = select(sightings.c.suppressed).where(sightings.c.alert_id == alert_id)
    return connection.execute(found).scalar()


def put(connection: Connection, seen: Mapping[str, Sighting | None]) -> None:
    """What is to be kept of each, in place of what was; an alert that is gone by now has nothing to keep."""
    there = select(alerts.c.id).where(alerts.c.id.in_(seen), alerts.c.open_key.is_not(None))
    # Who holds the alerts' rows is alone: nobody else puts the same ones in between.
    open_ = connection.execute(there.with_for_update()).scalars().all()
    connection.execute(delete(sightings).where(sightings.c.alert_id.in_(seen)))
    rows = [
        {
            "alert_id": id_,
            "seen_at": sighting.seen_at,
            "suppressed": sighting.mark.suppressed,
            "suppressed_by": list(sighting.mark.by),
            "absent_since": sighting.absent_since,
        }
        for id_ in open_
        if (sighting := seen[id_]) is not None
    ]
    if rows:
        connection.execute(insert(sightings), rows)


def outlived(connection: Connection, limit: int) -> list[str]:
    """Alerts that are over and still have one."""
    # Not joined with what is over: that would be all the past to SQLite.
    is_open = exists().where(alerts.c.id == sightings.c.alert_id, alerts.c.open_key.is_not(None))
    return list(connection.execute(select(sightings.c.alert_id).where(~is_open).limit(limit)).scalars())


def _held(row: Row[*tuple[Any, ...]]) -> Held:
    sighting = None
    if row.seen_at is not None:
        suppressed = Suppression(row.suppressed) if row.suppressed else None
        sighting = Sighting(row.seen_at, Mark(suppressed, tuple(row.suppressed_by)), row.absent_since)
    return Held(
        row.id, row.fingerprint, row.seq, row.fired_at, row.received_at, row.closed_at is not None, sighting
    )
