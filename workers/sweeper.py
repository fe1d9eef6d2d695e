"""The sweep as a thread of every worker: of those with the same duties one is elected; it hints, and does the work
itself where hints fail. One of all lets timers go off, and sees to it that nothing is left because nobody may do it.
"""

import threading
import time
from collections.abc import Callable

import structlog

from core import metrics, sweep
from core.bridge import Bridge
from core.deliver import pump
from core.ingest import drain
from workers.duties import DELIVER, INGEST, Duties
from workers.hints import Hints
from workers.waiting import database_may_be_away

log = structlog.get_logger()

_PATIENCE = 3
_LAST_RESORT = 30
"""Looks, a minute: what nobody has been at for so long is done by a worker that is kept from it, and said."""

Key = tuple[str, str]


class Sweeper:
    """Every two seconds: timers, then whatever is due. `stopping` ends it and the work that it does itself.

    `beat` is called at each turn, whatever becomes of it.
    """

    def __init__(
        self,
        bridge: Bridge,
        hints: Hints,
        duties: Duties,
        stopping: threading.Event,
        *,
        every: float = sweep.EVERY,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self._bridge = bridge
        self._hints = hints
        self._duties = duties
        self._every = every
        self._stop = stopping
        self._beat = beat
        self._own: dict[Key, threading.Thread] = {}
        self._patience: dict[Key, int] = {}
        self._alone: dict[Key, int] = {}
        self._thread = threading.Thread(target=self._run, name="sweep", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, seconds: float) -> None:
        """Give what is in hand so long to finish."""
        self._stop.set()
        deadline = time.monotonic() + seconds
        for thread in (self._thread, *self._own.values()):
            if thread.is_alive():
                thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self) -> None:
        while not self._stop.is_set():
            self._beat()
            try:
                with database_may_be_away():
                    self.once()
            except Exception:
                log.exception("sweep failed")
            self._stop.wait(self._every)

    def once(self) -> None:
        self._bridge.pay()
        elected = sweep.elected(self._bridge, sweep.OF_ALL, self._duties.lease)
        if sweep.OF_ALL in elected:
            sweep.wake(self._bridge)
        if not elected:
            return
        due = sweep.find(self._bridge)
        if self._duties.lease in elected:
            self._look_after({key for key in _keys(due) if self._duties.include(*key)})
        if sweep.OF_ALL in elected:
            lanes = [name for name in due.lanes if not self._duties.include(INGEST, name)]
            targets = [name for name in due.targets if not self._duties.include(DELIVER, name)]
            self._leave_nothing(sweep.left_alone(self._bridge, sweep.Due(lanes, targets)))

    def _look_after(self, waiting: set[Key]) -> None:
        self._patience = _counted(self._patience, waiting)
        for key in sorted(waiting):
            hinted = self._hints.publish(*key)
            metrics.SWEPT.labels("hinted" if hinted else "done").inc()
            # Hints that go out and change nothing: nobody listens, so do it here too. The lease keeps it to one.
            if not hinted or self._patience[key] > _PATIENCE:
                self._do(*key)

    def _leave_nothing(self, alone: sweep.Due) -> None:
        """Late, and by somebody who was told not to, is better than never."""
        waiting = _keys(alone)
        self._alone = _counted(self._alone, waiting)
        for task, name in sorted(waiting):
            if self._alone[task, name] > _LAST_RESORT:
                log.warning(
                    "no worker has been at this for a minute, so one does it that is kept from it", name=name
                )
                metrics.SWEPT.labels("done").inc()
                self._do(task, name)

    def _do(self, task: str, name: str) -> None:
        running = self._own.get((task, name))
        if running is not None and running.is_alive():
            return
        work: Callable[[], object] = (
            (lambda: drain(self._bridge, name, self._stop.is_set))
            if task == INGEST
            else (lambda: pump(self._bridge, name, self._stop.is_set))
        )
        thread = threading.Thread(target=_guard, args=(work, task, name), name=f"{task} {name}", daemon=True)
        self._own[task, name] = thread
        thread.start()


def _keys(due: sweep.Due) -> set[Key]:
    return {(INGEST, name) for name in due.lanes} | {(DELIVER, name) for name in due.targets}


def _counted(looks: dict[Key, int], waiting: set[Key]) -> dict[Key, int]:
    """In how many looks on end each of these has been waiting."""
    return {key: looks.get(key, 0) + 1 for key in waiting}


def _guard(work: Callable[[], object], task: str, name: str) -> None:
    try:
        with database_may_be_away(task=task, name=name):
            work()
    except Exception:
        log.exception("swept work failed", task=task, name=name)
