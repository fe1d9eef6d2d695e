"""How the whole bridge stands, asked of the database at most every five seconds however often it is looked at.

The question is put by a thread of its own, so that a database which takes the connection and never answers costs
whoever looks two seconds once and nothing after, and never more than one connection.
"""

import math
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from sqlalchemy import Connection, func, select

from core.store import inbox, sources, targets
from core.store.clock import Clock
from core.store.engine import Store
from core.store.tables import notices

Result = TypeVar("Result")

_FRESH = 5.0
# A failure is asked about again sooner: whoever waits for the database waits for this.
_FRESH_FAILURE = 1.0
_PATIENCE = 2.0


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
    """`oldest_undelivered_seconds` is how long the oldest event has waited, in the inbox or for its target."""

    oldest_undelivered_seconds: float
    inbox_due: int
    parked_inbox: int
    parked_deliveries: int
    parked_notices: int
    targets: tuple[Standing, ...]
    sources: tuple[Reconciled, ...]


class Cached(Generic[Result]):
    """The last answer of a question that may hang or fail; None where there is none."""

    def __init__(self, ask: Callable[[], Result], fresh: float = _FRESH, patience: float = _PATIENCE) -> None:
        self._ask = ask
        self._fresh = fresh
        self._patience = patience
        self._changed = threading.Condition()
        self._answer: Result | None = None
        self._good_until = 0.0
        self._asked_at: float | None = None

    def get(self) -> Result | None:
        with self._changed:
            now = time.monotonic()
            if now < self._good_until:
                return self._answer
            if self._asked_at is None:
                self._asked_at = now
                threading.Thread(target=self._refresh, name="gauges", daemon=True).start()
            # Only who comes while the question is new waits for it.
            left = self._asked_at + self._patience - now
            self._changed.wait_for(lambda: self._asked_at is None, max(0.0, left))
            return self._answer if self._asked_at is None else None

    def _refresh(self) -> None:
        answer: Result | None = None
        fresh = _FRESH_FAILURE
        try:
            answer = self._ask()
            fresh = self._fresh
        except Exception:  # noqa: BLE001, S110 None is the answer, and both who show it say so
            pass
        finally:
            with self._changed:
                self._answer = answer
                self._good_until = time.monotonic() + fresh
                self._asked_at = None
                self._changed.notify_all()


def cached(store: Store, clock: Clock, reconciled: Collection[str] = ()) -> Cached[Gauges]:
    """`reconciled` are the sources that are to be compared with Alertmanager's list."""

    def ask() -> Gauges:
        with store.read() as connection:
            return read(connection, clock(), reconciled)

    return Cached(ask)


def read(connection: Connection, now: datetime, reconciled: Collection[str] = ()) -> Gauges:
    inbox_due, parked_inbox, oldest_received = inbox.counts(connection)
    standings = targets.standings(connection)
    words = _waiting_notices(connection)
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
    )


def _age(at: datetime | None, now: datetime) -> float:
    """What has never been is older than anything, so that a rule about its age goes off."""
    return math.inf if at is None else max(0.0, (now - at).total_seconds())


def _waiting_notices(connection: Connection) -> dict[str, tuple[int, datetime | None]]:
    rows = connection.execute(
        select(notices.c.target, func.count().label("due"), func.min(notices.c.created_at).label("oldest"))
        .where(notices.c.due_at.is_not(None))
        .group_by(notices.c.target)
    )
    return {row.target: (row.due, row.oldest) for row in rows}


def _parked_notices(connection: Connection) -> int:
    parked = select(func.count()).select_from(notices).where(notices.c.parked_reason.is_not(None))
    return connection.execute(parked).scalar_one()
