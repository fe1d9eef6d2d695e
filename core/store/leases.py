"""Leases: one ingester per lane, one pump per target, one sweep, however many workers there are.

A holder's name ends in a number that no other process shares, so a lease never passes to a namesake.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, delete, or_, select, update

from core.store import insert_once
from core.store.deliveries import CLAIM as SEND
from core.store.tables import deliveries, inbox, lanes, notices, silence_deliveries, targets
from core.store.types import FIRST

LANE = timedelta(seconds=30)
TARGET = timedelta(seconds=20)
# A lane that nobody ingests: its time is when a worker was last known to live.
_BEAT = "worker:"


def ensure_lane(connection: Connection, name: str) -> None:
    insert_once.into(connection, lanes, {"name": name, "lease_until": FIRST})


def ensure_target(connection: Connection, name: str) -> None:
    insert_once.into(
        connection, targets, {"name": name, "lease_until": FIRST, "blocked_until": FIRST, "rate": {}}
    )


def take_lane(connection: Connection, name: str, holder: str, now: datetime, lease: timedelta = LANE) -> bool:
    """Take or renew the lease; False where somebody else holds it."""
    statement = (
        update(lanes)
        .where(lanes.c.name == name, or_(lanes.c.holder == holder, lanes.c.lease_until <= now))
        .values(holder=holder, lease_until=now + lease)
    )
    return connection.execute(statement).rowcount == 1


def take_target(connection: Connection, name: str, holder: str, now: datetime) -> bool:
    """As take_lane; False too while the target is blocked."""
    statement = (
        update(targets)
        .where(
            targets.c.name == name,
            targets.c.blocked_until <= now,
            or_(targets.c.holder == holder, targets.c.lease_until <= now),
        )
        .values(holder=holder, lease_until=now + TARGET)
    )
    return connection.execute(statement).rowcount == 1


def release(connection: Connection, table: Table, name: str, holder: str) -> None:
    connection.execute(
        update(table)
        .where(table.c.name == name, table.c.holder == holder)
        .values(holder=None, lease_until=FIRST)
    )


def is_held(connection: Connection, table: Table, name: str, now: datetime) -> bool:
    until = connection.execute(select(table.c.lease_until).where(table.c.name == name)).scalar()
    return until is not None and until > now


def beat(connection: Connection, holder: str, now: datetime) -> None:
    """Let the others see that this holder lives."""
    name = f"{_BEAT}{holder}"
    ensure_lane(connection, name)
    connection.execute(update(lanes).where(lanes.c.name == name).values(lease_until=now))


def beats(connection: Connection) -> dict[str, datetime]:
    """Every holder that has not taken its leave, with its last word."""
    rows = connection.execute(select(lanes.c.name, lanes.c.lease_until).where(lanes.c.name.startswith(_BEAT)))
    return {row.name.removeprefix(_BEAT): row.lease_until for row in rows}


def forget(connection: Connection, prefix: str, now: datetime, sending: timedelta = timedelta()) -> None:
    """Return what a holder that is dead still holds: its leases, and its claims, due at once.

    Where the dead may only be out of reach, what it was telling a target is due when it has told it for `sending`.
    """
    connection.execute(delete(lanes).where(lanes.c.name.startswith(f"{_BEAT}{prefix}", autoescape=True)))
    for table in (lanes, targets):
        connection.execute(
            update(table)
            .where(table.c.holder.startswith(prefix, autoescape=True))
            .values(holder=None, lease_until=FIRST)
        )
    for rows, whose in (
        (inbox, lanes),
        (deliveries, targets),
        (notices, targets),
        (silence_deliveries, targets),
    ):
        for claimed in _claimed(connection, rows, whose, prefix):
            due_at = now if rows is inbox else max(now, claimed.due_at - SEND + sending)
            connection.execute(
                update(rows)
                .where(
                    *(column == value for column, value in zip(rows.primary_key, claimed, strict=False)),
                    rows.c.claim == claimed.claim,
                )
                .values(claim=None, due_at=due_at)
            )


def _claimed(connection: Connection, rows: Table, whose: Table, prefix: str) -> Sequence[Any]:
    """By the index of what is due, of which there is little, and not by a look at every row there is."""
    owner = rows.c.lane if whose is lanes else rows.c.target
    names = connection.execute(select(whose.c.name)).scalars().all()
    held = select(*rows.primary_key, rows.c.claim, rows.c.due_at).where(
        owner.in_(names), rows.c.due_at.is_not(None), rows.c.claim.startswith(prefix, autoescape=True)
    )
    return connection.execute(held).all()
