"""What one worker of all does every so often: reading back from Alertmanager, tidying up. Each job has its own
thread.

A lease says whose turn it is, for a few turns, so that the same worker goes on while it can. One that fails lets it go:
perhaps another reaches what this one does not.
"""

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import Connection

from core.bridge import Bridge
from core.store import leases
from core.store.tables import lanes
from workers.waiting import database_may_be_away

log = structlog.get_logger()

_TURNS = 3
_JITTER = 0.1


@dataclass(frozen=True, slots=True)
class Job:
    """`run` says whether it went well; `name` is shared by all workers, and no lane of the inbox is called so."""

    name: str
    every: timedelta
    run: Callable[[], bool]


class Watcher:
    """`stopping` ends it. A job that hangs or fails holds back no other, and none runs twice at once here."""

    def __init__(self, bridge: Bridge, jobs: Sequence[Job], stopping: threading.Event) -> None:
        self._bridge = bridge
        self._stop = stopping
        self._threads = {
            job: threading.Thread(target=self._run, args=(job,), name=job.name, daemon=True) for job in jobs
        }

    def start(self) -> None:
        for thread in self._threads.values():
            thread.start()

    def stop(self, seconds: float) -> None:
        """Give what is in hand so long to finish; what does finish leaves its turn to others."""
        self._stop.set()
        deadline = time.monotonic() + seconds
        for thread in self._threads.values():
            thread.join(max(0.0, deadline - time.monotonic()))

    def once(self, job: Job) -> None:
        """Do it if it is this worker's turn."""
        well = False
        try:
            with database_may_be_away(job=job.name):
                if not self._bridge.store.transact(lambda c: self._take(c, job)):
                    return
                well = job.run()
        except Exception:
            log.exception("watching failed", job=job.name)
        if not well:
            self._let_go(job)

    def _run(self, job: Job) -> None:
        while not self._stop.is_set():
            self.once(job)
            # Never all workers, nor all clusters, at the same moment.
            apart = random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 (no secret)
            self._stop.wait(job.every.total_seconds() * apart)
        self._let_go(job)

    def _take(self, connection: Connection, job: Job) -> bool:
        leases.ensure_lane(connection, job.name)
        bridge = self._bridge
        return leases.take_lane(connection, job.name, bridge.holder, bridge.clock(), job.every * _TURNS)

    def _let_go(self, job: Job) -> None:
        try:
            self._bridge.store.transact(lambda c: leases.release(c, lanes, job.name, self._bridge.holder))
        except Exception as error:  # noqa: BLE001 (it runs out by itself)
            log.warning("turn not given back", job=job.name, error=type(error).__name__)
