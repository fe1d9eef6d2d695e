"""The sweep as a thread of every worker: one is elected; it hints, and does the work itself where hints fail."""

import threading
import time
from collections.abc import Callable

import structlog

from core import metrics, sweep
from core.bridge import Bridge
from core.deliver import pump
from core.ingest import drain
from workers.app import DELIVER, INGEST
from workers.hints import Hints

log = structlog.get_logger()

_PATIENCE = 3


class Sweeper:
    """Every two seconds: timers, then whatever is due. `stopping` ends it and the work that it does itself.

    `beat` is called at each turn, whatever becomes of it.
    """

    def __init__(
        self,
        bridge: Bridge,
        hints: Hints,
        stopping: threading.Event,
        every: float = sweep.EVERY,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self._bridge = bridge
        self._hints = hints
        self._every = every
        self._stop = stopping
        self._beat = beat
        self._own: dict[tuple[str, str], threading.Thread] = {}
        self._patience: dict[tuple[str, str], int] = {}
        self._thread = threading.Thread(target=self._run, name="sweep", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, seconds: float) -> None:
        """Give what is in hand so long to finish."""
        self._stop.set()
        deadline = time.monotonic() + seconds
        for thread in (self._thread, *self._own.values()):
            thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self) -> None:
        while not self._stop.is_set():
            self._beat()
            try:
                self.once()
            except Exception:
                log.exception("sweep failed")
            self._stop.wait(self._every)

    def once(self) -> None:
        if not sweep.elected(self._bridge):
            return
        sweep.wake(self._bridge)
        due = sweep.find(self._bridge)
        waiting = {(INGEST, name) for name in due.lanes} | {(DELIVER, name) for name in due.targets}
        self._patience = {key: count for key, count in self._patience.items() if key in waiting}
        for key in sorted(waiting):
            self._patience[key] = self._patience.get(key, 0) + 1
            hinted = self._hints.publish(*key)
            metrics.SWEPT.labels("hinted" if hinted else "done").inc()
            # Hints that go out and change nothing: nobody listens, so do it here too. The lease keeps it to one.
            if not hinted or self._patience[key] > _PATIENCE:
                self._do(*key)

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


def _guard(work: Callable[[], object], task: str, name: str) -> None:
    try:
        work()
    except Exception:
        log.exception("swept work failed", task=task, name=name)
