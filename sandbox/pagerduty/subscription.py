"""The one webhook subscription: whether it is on, which secrets sign, and when PagerDuty switches it off.

Three webhooks in a row that were dropped, and it is off for a day ("Webhooks: Behavior").
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from sandbox import credentials

MOST_DROPS = 3
DAY = 24 * 3600.0


class Verdict(StrEnum):
    """What an answer means to PagerDuty."""

    DELIVERED = "delivered"
    RETRY = "retry"
    DROPPED = "dropped"


def verdict(status: int | None) -> Verdict:
    """No answer, 429 and 5xx are tried again; any other refusal is not."""
    if status is None or status == 429 or status >= 500:
        return Verdict.RETRY
    return Verdict.DELIVERED if 200 <= status < 300 else Verdict.DROPPED


class Subscription:
    """Its state. `changed` is called whenever it goes on or off."""

    def __init__(self, clock: Callable[[], float], changed: Callable[[], None]) -> None:
        self._clock = clock
        self._changed = changed
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        self.secrets = [credentials.PAGERDUTY_WEBHOOK_SECRET]
        self.enable()

    @property
    def enabled(self) -> bool:
        with self._lock:
            return self._off_until is None or self._clock() >= self._off_until

    @property
    def temporarily_disabled(self) -> bool:
        """Switched off by PagerDuty itself, and not by a person."""
        return not self.enabled and self._off_until != float("inf")

    def enable(self) -> None:
        self._set(None)

    def disable(self) -> None:
        """By a person: until one switches it on again."""
        self._set(float("inf"))

    def delivered(self) -> None:
        self._drops = 0

    def dropped(self) -> bool:
        """Whether that was one too many."""
        with self._lock:
            self._drops += 1
            off = self._drops >= MOST_DROPS
        if off:
            self._set(self._clock() + DAY)
        return off

    def _set(self, off_until: float | None) -> None:
        with self._lock:
            self._off_until = off_until
            self._drops = 0
        self._changed()

    def answer(self, url: str) -> dict[str, Any]:
        """As the REST API tells it; the secret was told once, when the subscription was made."""
        return {
            "id": credentials.PAGERDUTY_SUBSCRIPTION_ID,
            "type": "webhook_subscription",
            "active": self._off_until != float("inf"),
            "description": "Alert Bridge",
            "events": ["incident.*"],
            "delivery_method": {
                "type": "http_delivery_method",
                "url": url,
                "custom_headers": [],
                "temporarily_disabled": self.temporarily_disabled,
            },
            "filter": {"type": "service_reference", "id": credentials.PAGERDUTY_SERVICE_ID},
        }
