"""Who wants to see changes (the page) waits here; who makes one says only which thing changed.

The feed holds keys, never contents: a reader fetches the newest state itself, so a slow browser costs nothing and a
hundred changes of one message are one update.
"""

from __future__ import annotations

import threading
import uuid
from collections import OrderedDict
from dataclasses import dataclass

Key = tuple[str, str]


@dataclass(frozen=True)
class Changes:
    """What changed up to `revision`; `complete` is False when older keys were dropped and a reader must start over."""

    revision: int
    keys: tuple[Key, ...]
    complete: bool


class Feed:
    """Thread-safe, bounded list of recently changed keys in order of their last change."""

    def __init__(self, bound: int = 2000) -> None:
        self.epoch = uuid.uuid4().hex[:12]
        self._bound = bound
        self._revision = 0
        self._dropped = 0
        self._changed: OrderedDict[Key, int] = OrderedDict()
        self._condition = threading.Condition()
        self._closed = False

    @property
    def revision(self) -> int:
        with self._condition:
            return self._revision

    @property
    def closed(self) -> bool:
        return self._closed

    def touch(self, kind: str, key: str = "") -> None:
        with self._condition:
            self._revision += 1
            self._changed.pop((kind, key), None)
            self._changed[(kind, key)] = self._revision
            if len(self._changed) > self._bound:
                _, self._dropped = self._changed.popitem(last=False)
            self._condition.notify_all()

    def wait(self, revision: int, timeout: float) -> bool:
        """True when something changed after `revision`."""
        with self._condition:
            return (
                self._condition.wait_for(lambda: self._revision > revision or self._closed, timeout)
                and self._revision > revision
            )

    def pause(self, seconds: float) -> None:
        """Let changes gather, unless the feed closes meanwhile."""
        with self._condition:
            self._condition.wait_for(lambda: self._closed, seconds)

    def since(self, revision: int) -> Changes:
        with self._condition:
            keys: list[Key] = []
            for key, changed in reversed(self._changed.items()):
                if changed <= revision:
                    break
                keys.append(key)
            return Changes(self._revision, tuple(reversed(keys)), revision >= self._dropped)

    def start_over(self) -> None:
        """A new epoch: every reader throws away what it shows."""
        with self._condition:
            self.epoch = uuid.uuid4().hex[:12]
            self._revision += 1
            self._dropped = self._revision
            self._changed.clear()
            self._condition.notify_all()

    def open(self) -> None:
        self._closed = False

    def close(self) -> None:
        with self._condition:
            self._closed = True
            self._condition.notify_all()
