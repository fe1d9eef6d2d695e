"""Trigger ids: leave to open a modal in front of one person, for three seconds and once (Slack, "Modal views")."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.slack.errors import SlackError

SECONDS = 3.0
MOST_KEPT = 10_000


@dataclass
class Trigger:
    """Whose click it was, when, and in which modal if in one."""

    person: str
    issued_at: float
    view: str | None = None
    used: bool = False


class Triggers:
    """Every trigger id handed out, the oldest forgotten."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._issued: dict[str, Trigger] = {}
        self._lock = threading.Lock()

    def issue(self, person: str, view: str | None = None) -> str:
        with self._lock:
            now = self._clock()
            name = f"{int(now * 1000)}.{uuid.uuid4().int % 10**11:011d}.{uuid.uuid4().hex}"
            self._issued[name] = Trigger(person, now, view)
            if len(self._issued) > MOST_KEPT:
                del self._issued[next(iter(self._issued))]
            return name

    def exchange(self, name: str) -> Trigger:
        """The click behind this id; from now on the id is used, also when the view turns out to be refused."""
        with self._lock:
            trigger = self._issued.get(name)
            if trigger is None:
                raise SlackError("invalid_trigger_id")
            if trigger.used:
                raise SlackError("exchanged_trigger_id")
            if self._clock() - trigger.issued_at > SECONDS:
                raise SlackError("expired_trigger_id")
            trigger.used = True
            return trigger
