"""The record: what people did (`ack_events`) and what happened by itself (`history`). Append-only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, insert, select

from core.domain.event import Deed
from core.domain.person import Person
from core.store import insert_once
from core.store.tables import ack_events, history

_NAME = 255
_KEY = 160
# MySQL's TEXT holds 65,535 bytes.
_NOTE = 16_000


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of an alert's story: `seconds` is how long it took where it took time."""

    alert_id: str
    occurrence: int
    at: datetime
    what: str
    target: str | None = None
    took: timedelta | None = None


def add(connection: Connection, deed: Deed, person: Person, fired_at: datetime) -> None:
    """Put a deed on record; one that is there already stays as it is."""
    insert_once.into(
        connection,
        ack_events,
        {
            "alert_id": deed.alert_id,
            "occurrence": deed.occurrence,
            "action": deed.what,
            "source": deed.actor.provider.value,
            "acknowledged_by_name": person.name[:_NAME],
            "acknowledged_by_email": person.email[:_NAME] if person.email else None,
            "acknowledged_by_id": deed.actor.key[:_KEY],
            "note": deed.text[:_NOTE] or None,
            "acknowledged_at": deed.at,
            "fired_at": fired_at,
            "source_event_id": deed.event_id,
        },
    )


def is_known(connection: Connection, event_id: str) -> bool:
    """Whether this very event is on record: inbox rows do not stay for ever, and a replay may come later."""
    found = connection.execute(select(ack_events.c.id).where(ack_events.c.source_event_id == event_id))
    return found.first() is not None


def fired_at(connection: Connection, alert_id: str, occurrence: int) -> datetime | None:
    """When that occurrence fired, by the alert's story."""
    return connection.execute(
        select(func.min(history.c.at)).where(
            history.c.alert_id == alert_id,
            history.c.occurrence == occurrence,
            history.c.what.in_(("fired", "fired_again")),
        )
    ).scalar()


def with_deeds(connection: Connection, alert_ids: Sequence[str]) -> set[str]:
    """Those of these alerts that people did something to."""
    if not alert_ids:
        return set()
    rows = connection.execute(
        select(ack_events.c.alert_id).where(ack_events.c.alert_id.in_(alert_ids)).distinct()
    )
    return set(rows.scalars())


def tell(connection: Connection, lines: Sequence[Happened]) -> None:
    if lines:
        connection.execute(
            insert(history),
            [
                {
                    "alert_id": line.alert_id,
                    "occurrence": line.occurrence,
                    "at": line.at,
                    "what": line.what,
                    "target": line.target,
                    "seconds": int(line.took.total_seconds()) if line.took is not None else None,
                }
                for line in lines
            ],
        )
