"""Telling an Alertmanager of silences."""

from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection

from core.bridge import Bridge
from core.choosing import choose_silence
from core.domain.silence import Silence
from core.findings import report
from core.store import deliveries, silences
from core.store.deliveries import SILENCES
from core.targets.target import Converged, SilenceTarget
from core.telling import TOO_LATE, Job, Pump

log = structlog.get_logger()


class SilencePump(Pump[Silence]):
    """One lease's worth of telling one Alertmanager of silences."""

    def __init__(self, bridge: Bridge, target: SilenceTarget) -> None:
        super().__init__(bridge, target)
        self.target = target

    def choose(self, connection: Connection, now: datetime) -> Job[Silence] | float | None:
        following = choose_silence(connection, self.target, self.pace, now)
        if not isinstance(following, deliveries.Due):
            return following
        target = self.target
        delivery = deliveries.claim(connection, target.name, following.id, self.token(), now, of=SILENCES)
        if delivery is None:
            return TOO_LATE
        silence = silences.load(connection, [delivery.id]).get(delivery.id)
        remote = dict(delivery.remote)
        if silence is not None:
            remote = target.intend(silence, dict(delivery.remote), now)
            if remote != delivery.remote:
                deliveries.intend(connection, delivery, remote)
        budget = target.budget(delivery.remote_id)
        self.pace.take(budget, now.timestamp())
        return Job(delivery, silence, remote, budget)

    def do(self, chosen: Any) -> None:
        job: Job[Silence] = chosen
        silence = job.thing
        if silence is None:
            return
        before, remote = dict(job.delivery.remote), dict(job.remote)
        self.attempt(job, silence, lambda: self.target.converge(silence, before, remote, self.bridge.clock()))

    def sum_up(self, thing: Silence) -> tuple[str, int]:
        return f"v{thing.version}", thing.version

    def learn(self, connection: Connection, job: Job[Silence], done: Converged, now: datetime) -> set[str]:
        if done.found is not None:
            report(connection, done.found, now)
        elif job.delivery.attempts > deliveries.FAILING:
            log.info("an Alertmanager answers again", target=self.target.name)
        return set()
