"""Tasks as adapters: a hint becomes a call of a use case. One thread is always left for what people do."""

import threading
from collections.abc import Callable
from typing import Any

from core.bridge import Bridge
from core.deliver import pump
from core.ingest import drain
from workers.duties import DELIVER, INGEST, PEOPLE
from workers.hints import Hints
from workers.waiting import database_may_be_away


class Seats:
    """Threads for work that nobody waits for in front of a screen: all but the one that is kept for people."""

    def __init__(self, free: int, again: Callable[[str, str], None]) -> None:
        self._free = free
        self._turned_away: dict[tuple[str, str], None] = {}
        self._again = again
        self._lock = threading.Lock()

    def use(self, task: str, name: str, work: Callable[[], None]) -> None:
        """Run `work` on a free seat; where there is none, hint it again once somebody has left."""
        with self._lock:
            if not self._free:
                self._turned_away[task, name] = None
                return
            self._free -= 1
        try:
            work()
        finally:
            with self._lock:
                self._free += 1
                waiting, self._turned_away = self._turned_away, {}
            for hint in waiting:
                self._again(*hint)


def register(celery: Any, bridge: Bridge, hints: Hints, seats: int, stopping: threading.Event) -> None:
    """Register both tasks; so many threads do what is not people's. What they do ends soon once `stopping` is set."""
    taken = Seats(seats, hints.mark)

    def ingest_one(lane: str) -> None:
        with database_may_be_away(lane=lane):
            drain(bridge, lane, stopping.is_set)

    def deliver_one(target: str) -> None:
        with database_may_be_away(target=target):
            if pump(bridge, target, stopping.is_set):
                hints.target(target)

    @celery.task(name=INGEST)  # type: ignore[untyped-decorator]
    def ingest(lane: str) -> None:
        if lane == PEOPLE:
            ingest_one(lane)
        else:
            taken.use(INGEST, lane, lambda: ingest_one(lane))

    @celery.task(name=DELIVER)  # type: ignore[untyped-decorator]
    def deliver(target: str) -> None:
        taken.use(DELIVER, target, lambda: deliver_one(target))
