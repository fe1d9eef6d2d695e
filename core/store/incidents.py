"""Which occurrences of our alerts PagerDuty's incidents hold: learned, never guessed. Several may be in one."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from core.domain.incident import Held
from core.store import insert_once
from core.store.tables import alerts, incidents


def learn(connection: Connection, held: Sequence[Held], now: datetime) -> None:
    """Note what is not known yet. An alert that is gone, or never was ours, is left out."""
    ids = {one.alert_id for one in held}
    there = set(connection.execute(select(alerts.c.id).where(alerts.c.id.in_(ids))).scalars())
    insert_once.into(
        connection,
        incidents,
        [
            {
                "incident_id": one.incident_id,
                "alert_id": one.alert_id,
                "occurrence": one.occurrence,
                "number": one.number,
                "url": one.url,
                "learned_at": now,
            }
            for one in held
            if one.alert_id in there and len(one.incident_id) <= 64 and one.incident_id.isascii()
        ],
    )


def holds(connection: Connection, incident_id: str) -> dict[str, int]:
    """{alert id: its newest occurrence in this incident}."""
    rows = connection.execute(
        select(incidents.c.alert_id, func.max(incidents.c.occurrence))
        .where(incidents.c.incident_id == incident_id)
        .group_by(incidents.c.alert_id)
    )
    return {row[0]: row[1] for row in rows}


def move(connection: Connection, from_: str, into: str, now: datetime) -> None:
    """A merge: what one incident held is now in the other, whose number and address may be known already."""
    named = select(incidents.c.number, incidents.c.url).where(
        incidents.c.incident_id == into, incidents.c.url != ""
    )
    known = connection.execute(named.limit(1)).first()
    number, url = known or (None, "")
    rows = connection.execute(select(incidents).where(incidents.c.incident_id == from_)).all()
    learn(connection, [Held(into, row.alert_id, row.occurrence, number, url) for row in rows], now)


def newest(connection: Connection, alert_id: str) -> Held | None:
    """The incident to show for an alert."""
    row = connection.execute(
        select(incidents)
        .where(incidents.c.alert_id == alert_id)
        .order_by(incidents.c.occurrence.desc(), incidents.c.learned_at.desc())
        .limit(1)
    ).first()
    return Held(row.incident_id, row.alert_id, row.occurrence, row.number, row.url) if row else None
