"""How a worker ends: what is in hand is finished; what cannot be finished in time is given back, to be due at once.

Neither a broker that hangs at goodbye, nor a target that does not answer, nor a dead database holds it longer than it
was given. What is not given back is due again once its leases and claims have run out.
"""

import os
import sys
import threading
import time
from collections.abc import Callable

import structlog

from core.bridge import Bridge
from workers.hints import Hints
from workers.pulse import Pulse
from workers.sweeper import Sweeper
from workers.watcher import Watcher

log = structlog.get_logger()

# What the broker's goodbye may take, and again giving back: kept of the time for an end, with as much to spare.
_GOODBYE = 0.8
_LOOK = 0.02


class Shift:
    """Everything that runs beside Celery's consumer."""

    def __init__(
        self, bridge: Bridge, pulse: Pulse, sweeper: Sweeper, watcher: Watcher, hints: Hints
    ) -> None:
        self._bridge = bridge
        self._pulse = pulse
        self._sweeper = sweeper
        self._watcher = watcher
        self._hints = hints
        self._consumer_left = threading.Event()
        self._over = threading.Event()
        self._ending = threading.Lock()

    def begin(self) -> None:
        self._pulse.start()
        self._sweeper.start()
        self._watcher.start()

    def end_when(self, asked: threading.Event, patience: float) -> None:
        """Beside the consumer, which may not come back from its goodbye: then the process ends without it."""

        def wait() -> None:
            asked.wait()
            self._end(patience)
            # A goodbye to a broker that hangs, and tasks that wait for their target, are beyond asking; and the
            # interpreter would wait for either.
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(0)

        threading.Thread(target=wait, name="ending", daemon=True).start()

    def end(self, patience: float) -> None:
        """The consumer has returned."""
        self._consumer_left.set()
        self._end(patience)

    def _end(self, patience: float) -> None:
        with self._ending:
            if not self._over.is_set():
                self._finish(patience)
                self._over.set()

    def _finish(self, patience: float) -> None:
        goodbye = min(_GOODBYE, patience / 6)
        deadline = time.monotonic() + patience - 3 * goodbye
        self._sweeper.stop(max(0.0, deadline - time.monotonic()))
        # What is read back from an Alertmanager can be read again: nobody waits long for one that hangs.
        self._watcher.stop(min(_GOODBYE, max(0.0, deadline - time.monotonic())))
        while self._bridge.busy and time.monotonic() < deadline:
            time.sleep(_LOOK)
        self._consumer_left.wait(goodbye)
        self._hints.stop()
        finished = not self._bridge.busy
        given_back = _within(goodbye, self._leave)
        log.info(
            "worker stopped",
            holder=self._bridge.holder,
            finished=finished,
            given_back=given_back,
            broker_heard=self._consumer_left.is_set(),
        )

    def _leave(self) -> None:
        self._pulse.stop()
        self._bridge.store.close()


def _within(seconds: float, step: Callable[[], None]) -> bool:
    """Whether it was done, and in time."""
    done = threading.Event()

    def run() -> None:
        try:
            step()
            done.set()
        except Exception as error:  # noqa: BLE001 (what is held runs out by itself)
            log.warning("nothing given back", error=type(error).__name__)

    thread = threading.Thread(target=run, name="giving back", daemon=True)
    thread.start()
    thread.join(seconds)
    return done.is_set()
