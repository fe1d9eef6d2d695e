"""Rules that make a pretend service misbehave on purpose: refuse, answer late, act and lose the answer.

Each rule draws from its own seeded random numbers, so a story with "a third of the calls" runs the same every time.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What happens to a request that a rule catches."""

    REFUSE = "refuse"  # connection closed at once, nothing done
    STATUS = "status"  # this HTTP status, nothing done
    RATE_LIMIT = "rate_limit"  # 429 with Retry-After, nothing done
    ERROR = "error"  # the service's own way of saying no (Slack: HTTP 200 with ok:false); nothing done
    LOSE_ANSWER = "lose_answer"  # done, then the connection is closed without an answer
    LATE = "late"  # done, answered after `seconds`
    HANG = "hang"  # nothing done, no answer for `seconds`, then closed


# "pagerduty" is both of its APIs: taking PagerDuty down takes all of it down.
SERVICES: Mapping[str, frozenset[str]] = {
    "slack": frozenset({"slack"}),
    "pagerduty_events": frozenset({"pagerduty_events"}),
    "pagerduty_rest": frozenset({"pagerduty_rest"}),
    "pagerduty": frozenset({"pagerduty_events", "pagerduty_rest"}),
    "alertmanager": frozenset({"alertmanager_api"}),  # what it is asked; its webhooks go on
}


@dataclass(frozen=True)
class Fault:
    """One rule. `method` is a Slack method, an Events API action, `GET` or `GET /incidents`; None is every one."""

    service: str
    kind: Kind
    method: str | None = None
    share: float = 1.0
    times: int | None = None
    status: int = 500
    error: str = "internal_error"
    retry_after: int | None = 1
    empty_body: bool = False
    seconds: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.service not in SERVICES:
            raise ValueError(f"unknown service {self.service!r}: one of {', '.join(SERVICES)}")
        if not 0.0 <= self.share <= 1.0:
            raise ValueError("share must be between 0 and 1")
        if self.times is not None and self.times < 1:
            raise ValueError("times must be at least 1")
        if not 400 <= self.status <= 599:
            raise ValueError("status must be between 400 and 599")

    def covers(self, service: str, operation: str) -> bool:
        if service not in SERVICES[self.service]:
            return False
        return self.method is None or self.method in (operation, operation.partition(" ")[0])


@dataclass
class _Rule:
    fault: Fault
    draw: random.Random
    left: int | None
    hits: int = 0


class Faults:
    """The rules in force, oldest first; the first that covers a request and wins its draw applies."""

    def __init__(self, changed: Callable[[], None] = lambda: None) -> None:
        self._changed = changed
        self._rules: dict[str, _Rule] = {}
        self._next = 1
        self._condition = threading.Condition()

    def add(self, service: str, kind: Kind | str, *, name: str | None = None, **settings: Any) -> str:
        """Put a rule in force; returns the name to clear it by. A rule of the same name is replaced."""
        fault = Fault(service=service, kind=Kind(kind), **settings)
        with self._condition:
            if name is None:
                name, self._next = f"fault-{self._next}", self._next + 1
            self._rules[name] = _Rule(fault, random.Random(fault.seed), fault.times)
        self._changed()
        return name

    def clear(self, name: str | None = None) -> None:
        """Lift one rule, or all."""
        with self._condition:
            if name is None:
                self._rules.clear()
            else:
                self._rules.pop(name, None)
            self._condition.notify_all()
        self._changed()

    def take_down(self, service: str) -> None:
        self.add(service, Kind.REFUSE, name=f"{service} is down")

    def bring_up(self, service: str) -> None:
        self.clear(f"{service} is down")

    def is_down(self, service: str) -> bool:
        with self._condition:
            return f"{service} is down" in self._rules

    def pick(self, service: str, operation: str) -> Fault | None:
        """The fault that this request meets, if any; counts it."""
        with self._condition:
            for name, rule in list(self._rules.items()):
                if not rule.fault.covers(service, operation):
                    continue
                if rule.fault.share < 1.0 and rule.draw.random() >= rule.fault.share:
                    continue
                rule.hits += 1
                if rule.left is not None:
                    rule.left -= 1
                    if rule.left == 0:
                        del self._rules[name]
                return rule.fault
        return None

    def hold(self, seconds: float) -> None:
        """Keep a request hanging for `seconds`, or until any rule is lifted."""
        with self._condition:
            self._condition.wait(seconds)

    def release(self) -> None:
        """Let go of every request that hangs; the rules stay."""
        with self._condition:
            self._condition.notify_all()

    def listing(self) -> list[dict[str, Any]]:
        with self._condition:
            return [
                {"name": name, **asdict(rule.fault), "left": rule.left, "hits": rule.hits}
                for name, rule in self._rules.items()
            ]
