"""How the whole bridge stands, asked of the database at most every five seconds however often it is looked at."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, text

from core.store import inbox, sources, targets
from core.store.cached import Cached
from core.store.clock import Clock
from core.store.engine import Store
from core.store.tables import notices


@dataclass(frozen=True, slots=True)
class Standing:
    """One target: why it is blocked or in trouble, if it is, and how many deliveries and notices it was not told of."""

    name: str
    blocked_reason: str | None
    trouble: str | None
    due: int


@dataclass(frozen=True, slots=True)
class Reconciled:
    """When the alerts of one source were last compared with Alertmanager's list, None: not yet; and what ails it."""

    source: str
    at: datetime | None
    age_seconds: float
    trouble: str | None


@dataclass(frozen=True, slots=True)
class Gauges:
    """`oldest_undelivered_seconds` is how long the oldest event has waited, in the inbox or for its target.

    A database that is `read_only` answers, and nothing can be stored in it.
    """

    oldest_undelivered_seconds: float
    inbox_due: int
    parked_inbox: int
    parked_deliveries: int
    parked_notices: int
    targets: tuple[Standing, ...]
    sources: tuple[Reconciled, ...]
    read_only: bool = False


def cached(store: Store, clock: Clock, reconciled: Collection[str] = ()) -> Cached[Gauges]:
    """`reconciled` are the sources that are to be compared with Alertmanager's list."""

    def ask() -> Gauges:
        with store.read() as connection:
            gauges = read(connection, clock(), reconciled)
        if gauges.read_only:
            # After a fail-over a new connection may lead to a server that takes writes, and nobody else drops the old.
            store.reader.dispose()
        return gauges

    return Cached(ask)


def read(connection: Connection, now: datetime, reconciled: Collection[str] = ()) -> Gauges:
    inbox_due, parked_inbox, oldest_received = inbox.counts(connection)
    standings = targets.standings(connection)
    words = _waiting_notices(connection, [each.name for each in standings])
    oldest = [oldest_received, *(each.oldest for each in standings), *(since for _, since in words.values())]
    waiting = [(now - since).total_seconds() for since in oldest if since is not None]
    return Gauges(
        oldest_undelivered_seconds=max(0.0, *waiting) if waiting else 0.0,
        inbox_due=inbox_due,
        parked_inbox=parked_inbox,
        parked_deliveries=sum(each.parked for each in standings),
        parked_notices=_parked_notices(connection),
        targets=tuple(
            Standing(
                each.name,
                each.blocked_reason,
                each.trouble,
                each.due + words.get(each.name, (0, None))[0],
            )
            for each in standings
        ),
        sources=tuple(
            Reconciled(each.name, each.reconciled_at, _age(each.reconciled_at, now), each.trouble)
            for each in sources.standings(connection, reconciled)
        ),
        read_only=is_read_only(connection),
    )


def is_read_only(connection: Connection) -> bool:
    """Whether this is a MySQL server that takes no writes, as in a fail-over."""
    if connection.dialect.name == "sqlite":
        return False
    return str(connection.scalar(text("SELECT @@GLOBAL.read_only"))).upper() not in ("0", "OFF")


def _age(at: datetime | None, now: datetime) -> float:
    """What has never been is older than anything, so that a rule about its age goes off."""
    return math.inf if at is None else max(0.0, (now - at).total_seconds())


def _waiting_notices(
    connection: Connection, names: Collection[str]
) -> dict[str, tuple[int, datetime | None]]:
    rows = connection.execute(
        select(notices.c.target, func.count().label("due"), func.min(notices.c.created_at).label("oldest"))
        .where(notices.c.target.in_(names), notices.c.due_at.is_not(None))
        .group_by(notices.c.target)
    )
    return {row.target: (row.due, row.oldest) for row in rows}


def _parked_notices(connection: Connection) -> int:
    parked = select(func.count()).select_from(notices).where(notices.c.parked_reason.is_not(None))
    return connection.execute(parked).scalar_one()
