"""Every request in and out, as the page's log shows it and as tests count it.

The log is a bounded ring; the totals beside it are complete.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Exchange:
    """One request and what became of it; `status` None means that no answer was given."""

    number: int
    at: float
    direction: str  # "in": to the pretend services; "out": from them to the bridge
    service: str
    method: str
    path: str
    operation: str
    status: int | None
    outcome: str  # ok, refused (by our rules), fault, failed
    milliseconds: float
    check: str  # what was verified: "token", "bad token", "no token", "bearer", …
    fault: str | None
    summary: str

    @property
    def turn(self) -> str | None:
        """The same for every turn of what is asked over and over, such as a poll: one line is enough for them."""
        if self.service != "alertmanager_api" or self.method != "GET":
            return None
        return f"{self.operation} {self.status} {self.fault}"


class Traffic:
    """Thread-safe ring of the newest exchanges, with totals by (service, operation, outcome)."""

    def __init__(self, changed: Callable[[int], None] = lambda _: None, bound: int = 1000) -> None:
        self._changed = changed
        self._bound = bound
        self._ring: OrderedDict[int, Exchange] = OrderedDict()
        self._totals: Counter[tuple[str, str, str]] = Counter()
        self._next = 1
        self._lock = threading.Lock()

    def record(self, **facts: Any) -> None:
        with self._lock:
            exchange = Exchange(number=self._next, **facts)
            self._next += 1
            self._ring[exchange.number] = exchange
            self._totals[(exchange.service, exchange.operation, exchange.outcome)] += 1
            if len(self._ring) > self._bound:
                self._ring.popitem(last=False)
        self._changed(exchange.number)

    def calls(self, service: str | None = None, operation: str | None = None) -> list[Exchange]:
        """What the ring still holds, oldest first."""
        with self._lock:
            return [
                exchange
                for exchange in self._ring.values()
                if service in (None, exchange.service) and operation in (None, exchange.operation)
            ]

    def count(
        self, service: str | None = None, operation: str | None = None, outcome: str | None = None
    ) -> int:
        """How many there were in all, also those the ring has dropped."""
        with self._lock:
            return sum(
                number
                for (one, two, three), number in self._totals.items()
                if service in (None, one) and operation in (None, two) and outcome in (None, three)
            )

    def view(self, number: int) -> dict[str, Any] | None:
        with self._lock:
            exchange = self._ring.get(number)
        return _told(exchange) if exchange else None

    def newest(self, limit: int) -> list[dict[str, Any]]:
        """For the page: of what is asked over and over only the last."""
        with self._lock:
            seen: dict[str | int, Exchange] = {}
            for exchange in reversed(self._ring.values()):
                seen.setdefault(exchange.turn or exchange.number, exchange)
        return [_told(exchange) for exchange in list(seen.values())[:limit]][::-1]

    def totals(self) -> dict[str, int]:
        with self._lock:
            return {" ".join(key): number for key, number in sorted(self._totals.items())}

    def forget(self) -> None:
        with self._lock:
            self._ring.clear()
            self._totals.clear()


def _told(exchange: Exchange) -> dict[str, Any]:
    return {**asdict(exchange), "turn": exchange.turn}
