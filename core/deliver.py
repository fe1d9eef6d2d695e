"""Deliver: bring one target up to date, row by row, most urgent first, as fast as its provider allows.

One pump per target (a lease). A row is claimed and its intent stored before the call, the outcome is recorded
after it, guarded by the claim; no call is made inside a transaction. Retry happens here and nowhere else.
"""

import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from core import metrics, people
from core.bridge import PEOPLE, Bridge
from core.changes import COSMETIC
from core.choosing import choose
from core.domain.alert import Alert
from core.domain.backoff import CEILING, delay
from core.domain.errors import Blocked, Permanent, Transient, Verdict
from core.domain.incident import Held
from core.domain.pace import Pace
from core.findings import learn, tell_delivered
from core.say import say_next
from core.store import alerts, deliveries, incidents, leases, notices
from core.store import targets as target_rows
from core.store.tables import targets as targets_table
from core.targets.target import Converged, Glance, Target

log = structlog.get_logger()

PROBE = timedelta(seconds=60)
_NAP = 0.5


def pump(bridge: Bridge, name: str, stop: Callable[[], bool] = lambda: False, seconds: float = 20.0) -> bool:
    """Tell the target what is due, for at most `seconds`. True: there is more to do."""
    target = bridge.targets.get(name)
    deadline = time.monotonic() + seconds
    while target is not None:
        with bridge.busy.at(f"target {name}") as mine:
            if not mine or not _Pump(bridge, target).run(stop, deadline):
                return False
        # What became due between the last look and the release had its hint turned away: look once more.
        with bridge.store.read() as connection:
            if not target_rows.due(connection, [name], bridge.clock()):
                return False
        if stop() or time.monotonic() >= deadline:
            return True
    return False


@dataclass(frozen=True, slots=True)
class _Job:
    delivery: deliveries.Delivery
    alert: Alert | None
    before: dict[str, object]
    remote: dict[str, object]
    others: list[Glance]
    budget: str


class _Pump:
    """One lease's worth of telling one target."""

    def __init__(self, bridge: Bridge, target: Target) -> None:
        self.bridge = bridge
        self.target = target
        self.pace = Pace(dict(target.rates))
        self.entered = False
        self.held = False
        self.blocked = False
        self.well = False

    def run(self, stop: Callable[[], bool], deadline: float) -> bool:
        """False: somebody else is at this target, or it is blocked."""
        store = self.bridge.store
        try:
            while not stop() and time.monotonic() < deadline and not self.blocked:
                following = store.transact(self._look)
                if following is None:
                    break
                if isinstance(following, float):
                    self.bridge.sleep(min(following, _NAP))
                elif isinstance(following, _Job):
                    self._deliver(following)
                else:
                    self.blocked = say_next(self.bridge, self.target, following, self.pace)
        finally:
            if self.held:
                store.transact(self._let_go)
        return self.entered and not self.blocked

    def _look(self, connection: Connection) -> "_Job | notices.Claimed | float | None":
        """What to do next, claimed; seconds to wait for a rate token; None, with the lease let go: nothing is due."""
        now, name = self.bridge.clock(), self.target.name
        self.held = leases.take_target(connection, name, self.bridge.holder, now)
        if not self.held:
            return None
        if not self.entered:
            self.pace.arrival = target_rows.rate(connection, name)
            self.entered = True
        found = self._choose(connection, now)
        if found is None:
            self._let_go(connection)
        return found

    def _let_go(self, connection: Connection) -> None:
        target_rows.leave(connection, self.target.name, self.pace.arrival, self.target.trouble)
        leases.release(connection, targets_table, self.target.name, self.bridge.holder)
        self.held = False

    def _choose(self, connection: Connection, now: datetime) -> "_Job | notices.Claimed | float | None":
        following = choose(connection, self.target, self.pace, now)
        if isinstance(following, notices.Best):
            return notices.claim(connection, following.id, self._token(), now)
        if isinstance(following, deliveries.Due):
            return self._claim(connection, following.id, now)
        return following

    def _token(self) -> str:
        return f"{self.bridge.holder}{uuid.uuid4().hex[:12]}"

    def _claim(self, connection: Connection, alert_id: str, now: datetime) -> "_Job | float":
        target = self.target
        delivery = deliveries.claim(connection, target.name, alert_id, self._token(), now)
        if delivery is None:
            return 0.01
        alert = alerts.load(connection, [alert_id]).get(alert_id)
        remote = dict(delivery.remote)
        held = incidents.newest(connection, alert_id)
        if alert is not None:
            remote = target.intend(alert, dict(delivery.remote), now, held)
            if remote != delivery.remote:
                deliveries.intend(connection, delivery, remote)
        budget = target.budget(delivery.remote_id)
        self.pace.take(budget, now.timestamp())
        others = self._glances(connection, alert_id, held, now)
        return _Job(delivery, alert, delivery.remote, remote, others, budget)

    def _glances(
        self, connection: Connection, alert_id: str, held: Held | None, now: datetime
    ) -> list[Glance]:
        found = []
        for other in deliveries.others(connection, alert_id, self.target.name, now):
            theirs = self.bridge.targets.get(other.target)
            if theirs is not None:
                seen = theirs.glance(other.remote, held)
                found.append(Glance(other.target, seen.label, seen.link, other.behind, other.failing))
        return found

    def _deliver(self, job: _Job) -> None:
        if job.alert is None:
            return
        started = time.monotonic()
        try:
            converged = self.target.converge(
                self._acquaint(job.alert), dict(job.before), dict(job.remote), job.others, self.bridge.clock()
            )
        except Verdict as verdict:
            self._fail(job, verdict, started)
        except Exception as bug:
            log.exception("delivery failed by a bug", alert=job.alert.id, target=self.target.name)
            self._fail(job, Transient("bug", type(bug).__name__, retry_after=CEILING), started)
        else:
            self._record(job, job.alert, converged, started)

    def _acquaint(self, alert: Alert) -> Alert:
        """The alert with the people in it as this target knows them."""
        named = [person for person in (alert.acknowledger, alert.closer, alert.actor) if person]
        if not named:
            return alert
        known = {it.key: people.complete(self.bridge, it, self.target.provider) for it in named}
        return replace(alert, people={**alert.people, **known})

    def _record(self, job: _Job, alert: Alert, done: Converged, started: float) -> None:
        delivery, name = job.delivery, self.target.name
        recovered = delivery.attempts > deliveries.FAILING

        def step(connection: Connection) -> tuple[bool, set[str]]:
            now = self.bridge.clock()
            told = f"{alert.state}:{alert.facts.occurrence}"
            mine = deliveries.complete(
                connection,
                delivery,
                done.remote,
                remote_id=done.remote_id,
                again_at=done.again_at,
                now=now,
                told=told,
            )
            if not self.well:
                target_rows.unblock(connection, name)
            if told != delivery.told and done.remote:
                tell_delivered(connection, delivery, alert, now)
            learn(connection, name, done, alert, now)
            return mine, self._repaint(connection, alert.id, now) if done.news or recovered else set()

        mine, repaint = self.bridge.store.transact(step)
        if done.found is not None:
            self.bridge.on_lane(PEOPLE)
        self.well = True
        metrics.DELIVERED.labels(name, "delivered" if mine else "claim_lost").inc()
        if delivery.since is not None:
            waited = (self.bridge.clock() - delivery.since).total_seconds()
            metrics.DELIVERY_SECONDS.labels(name).observe(waited)
        log.info(
            "delivered",
            alert=alert.id,
            target=name,
            version=alert.facts.version,
            state=alert.state.value,
            ms=round((time.monotonic() - started) * 1000),
        )
        for other in repaint:
            self.bridge.on_due(other)

    def _repaint(self, connection: Connection, alert_id: str, now: datetime) -> set[str]:
        deliveries.want(connection, [alert_id], now, new=COSMETIC, edit=COSMETIC, but=self.target.name)
        return deliveries.targets_of(connection, [alert_id]) - {self.target.name}

    def _fail(self, job: _Job, verdict: Verdict, started: float) -> None:
        delivery, name = job.delivery, self.target.name
        outcome = type(verdict).__name__.lower()
        ms = round((time.monotonic() - started) * 1000)

        def step(connection: Connection) -> None:
            now = self.bridge.clock()
            self._settle(connection, delivery, verdict, job.budget, now)
            target_rows.note_attempt(
                connection,
                alert_id=delivery.id,
                target=name,
                at=now,
                milliseconds=ms,
                outcome=outcome,
                reason=verdict.reason,
                error=verdict.detail,
            )
            if isinstance(verdict, Transient) and delivery.attempts == deliveries.FAILING:
                self._repaint(connection, delivery.id, now)

        self.bridge.store.transact(step)
        metrics.DELIVERED.labels(name, outcome).inc()
        metrics.FAILURES.labels(name, verdict.reason).inc()
        log.warning(
            "not delivered",
            alert=delivery.id,
            target=name,
            version=job.alert.facts.version if job.alert else None,
            outcome=outcome,
            reason=verdict.reason,
            detail=verdict.detail,
            ms=ms,
        )

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
            learned = (verdict.remote, self.target.identify(verdict.remote))
        if isinstance(verdict, Permanent):
            deliveries.park(connection, delivery, verdict.reason, error, learned)
        elif isinstance(verdict, Blocked):
            self.blocked = True
            target_rows.block(connection, self.target.name, verdict.until or now + PROBE, error)
            deliveries.put_off(connection, delivery, now, error, learned, blameless=True)
        elif isinstance(verdict, Transient):
            limited = verdict.budget is not None
            wait = delay(delivery.attempts, verdict.retry_after, random.random())  # noqa: S311 (jitter)
            if limited:
                self.pace.hold(verdict.budget or budget, now.timestamp(), verdict.retry_after or wait)
            due_at = now if limited else now + timedelta(seconds=min(wait, CEILING))
            deliveries.put_off(connection, delivery, due_at, error, learned, blameless=limited)
