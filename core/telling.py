"""Telling: one target is brought up to date, row by row, most urgent first, as fast as its provider allows.

One pump per target (a lease). A row is claimed and its intent stored before the call, the outcome is recorded
after it, guarded by the claim; no call is made inside a transaction. Retry happens here and nowhere else. What is told,
alerts or silences, is the business of deliver_alerts and deliver_silences.
"""

import random
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

import structlog
from sqlalchemy import Connection

from core import metrics
from core.bridge import PEOPLE, Bridge
from core.domain.backoff import CEILING, delay
from core.domain.errors import Blocked, Conflict, Permanent, Transient, Verdict
from core.domain.pace import Pace, Rate
from core.store import deliveries, leases
from core.store import targets as target_rows
from core.store.tables import targets as targets_table
from core.store.trouble import Away
from core.targets.target import Converged, Remote

log = structlog.get_logger()

PROBE = timedelta(seconds=60)
_NAP = 0.5
TOO_LATE = 0.01
"""Seconds: somebody else was faster at this row, so look for another one at once."""

Thing = TypeVar("Thing")
Kept = TypeVar("Kept")


class Far(Protocol):
    """What every target has, whatever it is told of."""

    @property
    def name(self) -> str: ...

    @property
    def rates(self) -> Mapping[str, Rate]: ...

    @property
    def trouble(self) -> str | None: ...

    def identify(self, remote: Remote) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Job(Generic[Thing]):
    """One claimed row with what it is about, as it is now (None: gone meanwhile)."""

    delivery: deliveries.Delivery
    thing: Thing | None
    remote: Remote
    budget: str


class Pump(ABC, Generic[Thing]):
    """One lease's worth of telling one target."""

    def __init__(self, bridge: Bridge, far: Far) -> None:
        self.bridge = bridge
        self.far = far
        self.pace = Pace(dict(far.rates))
        self.blocked = False
        self._entered = False
        self._held = False
        self._well = False
        self._token = ""

    @abstractmethod
    def choose(self, connection: Connection, now: datetime) -> Any:
        """A Job, claimed, or what else `do` knows; seconds to wait for a rate token; None: nothing is due."""

    @abstractmethod
    def do(self, chosen: Any) -> None:
        """What was chosen."""

    @abstractmethod
    def learn(self, connection: Connection, job: Job[Thing], done: Converged, now: datetime) -> set[str]:
        """Keep what telling brought to light; the other targets that have something new to show."""

    @abstractmethod
    def sum_up(self, thing: Thing) -> tuple[str, int]:
        """What the target then agrees with, in a word, and the version."""

    def fell_behind(self, connection: Connection, job: Job[Thing], now: datetime) -> None:
        """The row has just begun to count as failing."""

    def run(self, stop: Callable[[], bool], deadline: float) -> bool:
        """False: somebody else is at this target, or it is blocked."""
        store = self.bridge.store
        self.bridge.pay()
        try:
            while not stop() and time.monotonic() < deadline and not self.blocked:
                following = store.transact(self._look)
                if following is None:
                    break
                if isinstance(following, float):
                    self.bridge.sleep(min(following, _NAP))
                else:
                    self.do(following)
        except (Conflict, Away):
            # Whether the claim was stored nobody knows; held by nobody it would keep the row for two minutes.
            self.bridge.owed.append(partial(self._give_back, token=self._token))
            self.bridge.pay()
            raise
        finally:
            if self._held:
                store.transact(self._let_go)
        return self._entered and not self.blocked

    def token(self) -> str:
        """For the next claim."""
        self._token = f"{self.bridge.holder}{uuid.uuid4().hex[:12]}"
        return self._token

    def _give_back(self, connection: Connection, token: str) -> None:
        target_rows.give_back(connection, self.far.name, token, self.bridge.clock())

    def attempt(self, job: Job[Thing], thing: Thing, converge: Callable[[], Converged]) -> None:
        """Make the call and record how it went."""
        started = time.monotonic()
        try:
            done = converge()
        except Verdict as verdict:
            self._fail(job, verdict, started)
        except (Conflict, Away):
            raise
        except Exception as bug:
            log.exception("delivery failed by a bug", target=self.far.name, **self._about(job))
            self._fail(job, Transient("bug", type(bug).__name__, retry_after=CEILING), started)
        else:
            self._record(job, thing, done, started)

    def _look(self, connection: Connection) -> Any:
        """What to do next; where nothing is due the lease is let go."""
        now, name = self.bridge.clock(), self.far.name
        self._held = leases.take_target(connection, name, self.bridge.holder, now)
        if not self._held:
            return None
        if not self._entered:
            self.pace.arrival = target_rows.rate(connection, name)
            self._entered = True
        found = self.choose(connection, now)
        if found is None:
            self._let_go(connection)
        return found

    def _let_go(self, connection: Connection) -> None:
        target_rows.leave(connection, self.far.name, self.pace.arrival, self.far.trouble)
        leases.release(connection, targets_table, self.far.name, self.bridge.holder)
        self._held = False

    def _record(self, job: Job[Thing], thing: Thing, done: Converged, started: float) -> None:
        delivery, name = job.delivery, self.far.name
        told, version = self.sum_up(thing)

        def step(connection: Connection) -> tuple[bool, set[str]]:
            now = self.bridge.clock()
            mine = deliveries.complete(
                connection,
                delivery,
                done.remote,
                remote_id=done.remote_id,
                again_at=done.again_at,
                now=now,
                told=told,
            )
            if not self._well:
                target_rows.unblock(connection, name)
            return mine, self.learn(connection, job, done, now)

        mine, repaint = self._keep(delivery, step)
        if done.found is not None:
            self.bridge.on_lane(PEOPLE)
        self._well = True
        metrics.DELIVERED.labels(name, "delivered" if mine else "claim_lost").inc()
        if delivery.since is not None:
            waited = (self.bridge.clock() - delivery.since).total_seconds()
            metrics.DELIVERY_SECONDS.labels(name).observe(waited)
        ms = _milliseconds(started)
        log.info("delivered", target=name, version=version, state=told, ms=ms, **self._about(job))
        for other in repaint:
            self.bridge.on_due(other)

    def _fail(self, job: Job[Thing], verdict: Verdict, started: float) -> None:
        delivery, name = job.delivery, self.far.name
        outcome, ms = type(verdict).__name__.lower(), _milliseconds(started)

        def step(connection: Connection) -> None:
            now = self.bridge.clock()
            self._settle(connection, delivery, verdict, job.budget, now)
            target_rows.note_attempt(
                connection,
                alert_id=delivery.id if delivery.of is deliveries.ALERTS else None,
                target=name,
                at=now,
                milliseconds=ms,
                outcome=outcome,
                reason=verdict.reason,
                error=verdict.detail,
            )
            if isinstance(verdict, Transient) and delivery.attempts == deliveries.FAILING:
                self.fell_behind(connection, job, now)

        self._keep(delivery, step)
        metrics.DELIVERED.labels(name, outcome).inc()
        metrics.FAILURES.labels(name, verdict.reason).inc()
        log.warning(
            "not delivered",
            target=name,
            version=self.sum_up(job.thing)[1] if job.thing else None,
            outcome=outcome,
            reason=verdict.reason,
            detail=verdict.detail,
            ms=ms,
            **self._about(job),
        )

    def _keep(self, delivery: deliveries.Delivery, step: Callable[[Connection], Kept]) -> Kept:
        """Record what has happened; where the database is away, as soon as it is back."""

        def later(connection: Connection) -> None:
            # Once only: the answer to a commit may be all that was lost.
            if deliveries.is_held(connection, delivery):
                step(connection)

        try:
            return self.bridge.store.transact(step)
        except (Conflict, Away):
            self.bridge.owed.append(later)
            raise

    def _settle(
        self,
        connection: Connection,
        delivery: deliveries.Delivery,
        verdict: Verdict,
        budget: str,
        now: datetime,
    ) -> None:
        error = str(verdict)
        learned = None
        if verdict.remote is not None:
            learned = (verdict.remote, self.far.identify(verdict.remote))
        if isinstance(verdict, Permanent):
            deliveries.park(connection, delivery, verdict.reason, error, learned)
        elif isinstance(verdict, Blocked):
            self.blocked = True
            target_rows.block(connection, self.far.name, verdict.until or now + PROBE, error)
            deliveries.put_off(connection, delivery, now, error, learned, blameless=True)
        elif isinstance(verdict, Transient):
            limited = verdict.budget is not None
            wait = delay(delivery.attempts, verdict.retry_after, random.random())  # noqa: S311 (jitter)
            if limited:
                self.pace.hold(verdict.budget or budget, now.timestamp(), verdict.retry_after or wait)
            due_at = now if limited else now + timedelta(seconds=min(wait, CEILING))
            deliveries.put_off(connection, delivery, due_at, error, learned, blameless=limited)

    def _about(self, job: Job[Thing]) -> dict[str, str]:
        return {job.delivery.of.key.removesuffix("_id"): job.delivery.id}


def _milliseconds(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
