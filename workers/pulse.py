"""Whether workers live: each says so every two seconds, and what one that has fallen silent held is free for others.

Silence is measured on the watcher's own watch, between two words that it has read itself: neither a clock that is
wrong nor a database that was away makes anybody dead.
"""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from core.bridge import Bridge
from core.store import leases

log = structlog.get_logger()

_EVERY = 2.0
_SILENT = 10.0
# A look that comes so late says nothing: this process or the database was away.
_LATE = 3 * _EVERY
# Who is silent may still be waiting for a target to answer, though for no longer than this.
_SENDING = timedelta(seconds=30)


class Pulse:
    """A thread of every worker. `stop` takes leave: what this one still holds is free at once.

    `watch` tells seconds, of which only differences mean anything.
    """

    def __init__(
        self,
        bridge: Bridge,
        every: float = _EVERY,
        silent: float = _SILENT,
        watch: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bridge = bridge
        self._watch = watch
        self._every = every
        self._silent = silent
        self._heard: dict[str, tuple[datetime, float]] = {}
        self._looked = -float("inf")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Raises what the database raises: then the leases and claims run out by themselves."""
        self._stop.set()
        self._thread.join()
        bridge = self._bridge
        bridge.store.transact(lambda c: leases.forget(c, bridge.holder, bridge.clock()))

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.once()
            except Exception as error:  # noqa: BLE001 (whatever it is, the next beat may go well)
                log.warning("no pulse", error=type(error).__name__)
            self._stop.wait(self._every)

    def once(self) -> None:
        store, holder = self._bridge.store, self._bridge.holder
        store.transact(lambda c: leases.beat(c, holder, self._bridge.clock()))
        with store.read() as connection:
            beats = leases.beats(connection)
        for silent in self._silent_ones(beats):
            log.warning("a worker has fallen silent; what it held is free", holder=silent)
            store.transact(lambda c, who=silent: leases.forget(c, who, self._bridge.clock(), _SENDING))  # type: ignore[misc]

    def _silent_ones(self, beats: dict[str, datetime]) -> list[str]:
        now, heard = self._watch(), self._heard
        if now - self._looked > max(_LATE, 3 * self._every):
            heard = {}
        self._looked = now
        self._heard = {
            holder: heard[holder] if holder in heard and heard[holder][0] == word else (word, now)
            for holder, word in beats.items()
        }
        others = [holder for holder in self._heard if holder != self._bridge.holder]
        return [holder for holder in others if now - self._heard[holder][1] > self._silent]
