"""Rate limits as the vendors enforce them, and one knob that scales or switches them off for a test.

Never kinder than the vendor: windows slide, so nobody gets two bursts around a full minute.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Limit:
    """At most `count` requests in any `seconds`."""

    count: int
    seconds: float


@dataclass(frozen=True)
class Verdict:
    """Whether a request may pass; if not, after how many seconds it may."""

    allowed: bool
    wait: float
    remaining: int

    @property
    def retry_after(self) -> int:
        """Vendors say whole seconds, and never 0."""
        return max(1, math.ceil(self.wait))


class Limits:
    """Sliding windows by name. `scale` 10 allows ten times as much per second; 0 switches limits off."""

    def __init__(self, clock: Callable[[], float], scale: float = 1.0) -> None:
        self._clock = clock
        self._scale = scale
        self._seen: dict[tuple[str, Limit], deque[float]] = {}
        self._lock = threading.Lock()

    @property
    def scale(self) -> float:
        return self._scale

    def set_scale(self, scale: float) -> None:
        if not 0 <= scale <= 10_000:
            raise ValueError("scale must be between 0 (off) and 10000")
        with self._lock:
            self._scale = scale
            self._seen.clear()

    def take(self, name: str, *limits: Limit) -> Verdict:
        """Count one request under `name`, unless one of its limits says no; a refused request is not counted."""
        with self._lock:
            if self._scale == 0:
                return Verdict(True, 0.0, limits[0].count if limits else 0)
            now = self._clock()
            windows = [(limit, self._window(name, limit, now)) for limit in limits]
            waits = [
                window[0] + limit.seconds / self._scale - now
                for limit, window in windows
                if len(window) >= limit.count
            ]
            if waits:
                return Verdict(False, max(waits), 0)
            for _, window in windows:
                window.append(now)
            return Verdict(
                True, 0.0, min((limit.count - len(window) for limit, window in windows), default=0)
            )

    def forget(self) -> None:
        with self._lock:
            self._seen.clear()

    def _window(self, name: str, limit: Limit, now: float) -> deque[float]:
        window = self._seen.setdefault((name, limit), deque())
        while window and window[0] + limit.seconds / self._scale <= now:
            window.popleft()
        return window
