"""What is still to be sent, in one lane per incident: within a lane strictly one after the other, lanes side by side.

No thread and no clock in here; who uses it holds a lock and says what time it is.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from dataclasses import dataclass

from sandbox.pagerduty.model import AccountEvent


@dataclass(eq=False)
class Delivery:
    """One webhook on its way: how many times it is still to arrive, and what was tried since when."""

    event: AccountEvent
    lane: str
    number: int
    left: int = 1
    attempts: int = 0
    since: float = 0.0
    due: float = 0.0


class Lanes:
    """A lane whose first delivery is out stands still until that one is done or comes again."""

    def __init__(self) -> None:
        self._lanes: dict[str, deque[Delivery]] = {}
        self._due: list[tuple[float, int, Delivery]] = []
        self._turns = itertools.count()

    def __len__(self) -> int:
        return sum(map(len, self._lanes.values()))

    def put(self, delivery: Delivery) -> None:
        lane = self._lanes.setdefault(delivery.lane, deque())
        lane.append(delivery)
        if len(lane) == 1:
            self._wait(delivery)

    def take(self, now: float) -> Delivery | None:
        """One whose time has come; it stays first in its lane."""
        return heapq.heappop(self._due)[2] if self._due and self._due[0][0] <= now else None

    def next_due(self) -> float | None:
        return self._due[0][0] if self._due else None

    def done(self, delivery: Delivery) -> None:
        lane = self._lanes.get(delivery.lane)
        if not lane or lane[0] is not delivery:
            return  # forgotten meanwhile
        lane.popleft()
        if lane:
            self._wait(lane[0])
        else:
            del self._lanes[delivery.lane]

    def again(self, delivery: Delivery, due: float) -> None:
        lane = self._lanes.get(delivery.lane)
        if lane and lane[0] is delivery:
            delivery.due = due
            self._wait(delivery)

    def all(self) -> list[Delivery]:
        """In the order in which they came."""
        return sorted(itertools.chain(*self._lanes.values()), key=lambda one: one.number)

    def clear(self) -> None:
        self._lanes.clear()
        self._due.clear()

    def _wait(self, delivery: Delivery) -> None:
        heapq.heappush(self._due, (delivery.due, next(self._turns), delivery))
