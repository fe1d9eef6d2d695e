"""Response addresses: who may answer which click or command, five times in thirty minutes.

The rules are Slack's ("Handling user interaction in your Slack apps"); the door over HTTP is in hooks_door.py.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from sandbox import credentials

SECONDS = 30 * 60
MOST_USES = 5
MOST_KEPT = 10_000
PATH = "/slack/hooks/"


@dataclass
class Hook:
    """What an address belongs to: a person in a channel, and the message that was clicked in, if any."""

    channel: str
    person: str
    message: str | None
    issued_at: float
    thread: str | None = None
    uses: int = 0


class Hooks:
    """Every address handed out, the oldest forgotten."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._issued: dict[str, Hook] = {}
        self._lock = threading.Lock()

    def issue(self, channel: str, person: str, message: str | None = None, thread: str | None = None) -> str:
        """The path of a new address below the sandbox's own."""
        kind = "actions" if message else "commands"
        path = f"{PATH}{kind}/{credentials.SLACK_TEAM_ID}/{uuid.uuid4().int % 10**13}/{uuid.uuid4().hex[:24]}"
        with self._lock:
            self._issued[path] = Hook(channel, person, message, self._clock(), thread)
            if len(self._issued) > MOST_KEPT:
                del self._issued[next(iter(self._issued))]
        return path

    def use(self, path: str) -> Hook | str:
        """The hook, with one use less; or why not, in the vendor's words."""
        with self._lock:
            hook = self._issued.get(path)
            if hook is None:
                return "no_service"
            if self._clock() - hook.issued_at > SECONDS:
                return "Expired url"
            if hook.uses >= MOST_USES:
                return "Used url"
            hook.uses += 1
            return hook
