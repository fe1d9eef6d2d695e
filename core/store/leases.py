"""Leases: one ingester per lane, one pump per target, one sweep, however many workers there are.

A holder's name ends in a number that no other process shares, so a lease never passes to a namesake.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, Table, or_, select, update

from core.store import insert_once
from core.store.tables import deliveries, inbox, lanes, notices, silence_deliveries, targets
from core.store.types import FIRST

LANE = timedelta(seconds=30)
TARGET = timedelta(seconds=20)


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


def forget(connection: Connection, prefix: str, now: datetime) -> None:
    """Return what a holder that is known to be dead still holds: its leases, and its claims, due at once."""
    for table in (lanes, targets):
        connection.execute(
            update(table)
            .where(table.c.holder.startswith(prefix, autoescape=True))
            .values(holder=None, lease_until=FIRST)
        )
    for table in (inbox, deliveries, notices, silence_deliveries):
        connection.execute(
            update(table)
            .where(table.c.claim.startswith(prefix, autoescape=True))
            .values(claim=None, due_at=now)
        )
