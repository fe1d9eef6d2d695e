"""Carries deliveries out from a few threads: in order within a lane, lanes side by side, paused when told to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from sandbox.pagerduty.lanes import Delivery, Lanes

THREADS = 8  # one that waits for a silent receiver holds up a lane, not the others


class Courier:
    """`deliver` sends one and answers after how many seconds it comes again; None means that it is done with."""

    def __init__(self, deliver: Callable[[Delivery], float | None]) -> None:
        self._deliver = deliver
        self._lanes = Lanes()
        self._out: list[Delivery] = []
        self._paused = False
        self._condition = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._running = False

    def put(self, delivery: Delivery, wait: float) -> None:
        with self._condition:
            delivery.since = time.monotonic()
            delivery.due = delivery.since + wait
            self._lanes.put(delivery)
            self._condition.notify_all()

    # Holding back

    @property
    def paused(self) -> bool:
        return self._paused

    @property
    def waiting(self) -> list[Delivery]:
        with self._condition:
            return [one for one in self._lanes.all() if one not in self._out]

    def pause(self) -> None:
        with self._condition:
            self._paused = True
            self._condition.notify_all()

    def resume(self) -> None:
        with self._condition:
            self._paused = False
            self._condition.notify_all()

    def forget(self) -> None:
        """Nothing waits any more; what is out right now comes back to nobody."""
        with self._condition:
            self._lanes.clear()
            self._condition.notify_all()

    # Running

    def start(self) -> None:
        self._running = True
        self._threads = [
            threading.Thread(target=self._work, name=f"sandbox-webhooks-{number}", daemon=True)
            for number in range(THREADS)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self, break_off: Callable[[], None]) -> None:
        """`break_off` ends what is out. It and what waits go on waiting, for the next start."""
        with self._condition:
            self._running = False
            self._condition.notify_all()
        break_off()
        threads, self._threads = self._threads, []
        for thread in threads:
            thread.join()

    def settle(self, timeout: float) -> bool:
        """Until nothing is out and, unless paused, nothing waits."""
        with self._condition:
            return self._condition.wait_for(self._is_quiet, timeout)

    def _is_quiet(self) -> bool:
        return not self._out and (self._paused or not self._lanes)

    def _work(self) -> None:
        while (delivery := self._next()) is not None:
            again: float | None = None
            try:
                again = self._deliver(delivery)
            finally:
                self._back(delivery, again)

    def _next(self) -> Delivery | None:
        with self._condition:
            while self._running:
                delivery = None if self._paused else self._lanes.take(time.monotonic())
                if delivery is not None:
                    self._out.append(delivery)
                    return delivery
                due = None if self._paused else self._lanes.next_due()
                self._condition.wait(None if due is None else max(0.0, due - time.monotonic()))
            return None

    def _back(self, delivery: Delivery, again: float | None) -> None:
        with self._condition:
            self._out.remove(delivery)
            if again is None:
                self._lanes.done(delivery)
            else:
                self._lanes.again(delivery, time.monotonic() + again)
            self._condition.notify_all()
