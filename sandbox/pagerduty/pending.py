"""Events between their 202 and their effect: worked off in order by one thread, each after the account's delay."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Any

from sandbox.pagerduty.world import PagerDutyWorld


class Pending:
    """The queue in front of the account. Without a delay an event takes effect before its 202."""

    def __init__(self, world: PagerDutyWorld) -> None:
        self._world = world
        self._queue: deque[tuple[float, dict[str, Any]]] = deque()
        self._busy = False
        self._condition = threading.Condition()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._work, name="sandbox-pagerduty", daemon=True)
        self._thread.start()

    def put(self, event: dict[str, Any]) -> None:
        with self._condition:
            if self._world.delay > 0 or self._queue or self._busy:
                self._queue.append((time.monotonic() + self._world.delay, event))
                self._condition.notify_all()
                return
        self._world.apply(event)

    def forget(self) -> None:
        with self._condition:
            self._queue.clear()

    def settle(self, timeout: float = 5.0) -> bool:
        """Wait until every event taken so far has had its effect."""
        with self._condition:
            return self._condition.wait_for(lambda: not self._queue and not self._busy, timeout)

    def stop(self) -> None:
        """What is waiting still happens, at once: the account was told, and outlives our server."""
        thread, self._thread = self._thread, None
        if thread is not None:
            with self._condition:
                self._condition.notify_all()
            thread.join()

    def _work(self) -> None:
        while (event := self._next()) is not None:
            self._world.apply(event)
            with self._condition:
                self._busy = False
                self._condition.notify_all()

    def _next(self) -> dict[str, Any] | None:
        with self._condition:
            while True:
                stopping = self._thread is None
                wait = self._queue[0][0] - time.monotonic() if self._queue else None
                if wait is not None and (wait <= 0 or stopping):
                    self._busy = True
                    return self._queue.popleft()[1]
                if stopping:
                    return None
                self._condition.wait(wait)
