"""What became of something that was put into the inbox under a key of its sender's."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from core.store.tables import ack_events, inbox


@dataclass(frozen=True, slots=True)
class Outcome:
    """`done`: nothing is due any more. `body` is None once it has been dropped, `error` what came in the way."""

    done: bool
    error: str | None
    body: bytes | None


@dataclass(frozen=True, slots=True)
class Record:
    """One row of the record of what people did."""

    id: int
    alert_id: str
    occurrence: int
    action: str
    source: str
    acknowledged_by_name: str
    acknowledged_by_id: str
    note: str | None
    acknowledged_at: datetime


_RECORD = tuple(ack_events.c[name] for name in Record.__dataclass_fields__)


def outcome(connection: Connection, dedup_key: str) -> Outcome | None:
    """None where nothing came in under this key."""
    row = connection.execute(
        select(inbox.c.due_at, inbox.c.error, inbox.c.body).where(inbox.c.dedup_key == dedup_key)
    ).first()
    return None if row is None else Outcome(row.due_at is None, row.error, row.body)


def record(connection: Connection, event_id: str) -> Record | None:
    """What stands on record of one event; None where it changed nothing."""
    row = connection.execute(select(*_RECORD).where(ack_events.c.source_event_id == event_id)).first()
    return Record(*row) if row else None
