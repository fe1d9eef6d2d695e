"""What fires in the pretend Alertmanager, and what of it nobody has been told, silenced as it was from the start."""

from __future__ import annotations

import threading
from collections.abc import Collection

from sandbox.alerts import Item


class Firing:
    """Alerts by fingerprint, in memory only."""

    def __init__(self) -> None:
        self._items: dict[str, Item] = {}
        self._untold: set[str] = set()
        self._lock = threading.Lock()

    def listing(self) -> list[Item]:
        with self._lock:
            return list(self._items.values())

    def is_news(self, one: Item) -> bool:
        """Whether it is worth telling: the end of what was never told is not."""
        with self._lock:
            return one["status"] == "firing" or one["fingerprint"] not in self._untold

    def hold(self, items: Collection[Item], muted: Collection[str]) -> None:
        """Keep what fires, forget what is resolved; `muted` are the fingerprints of what is silenced now."""
        with self._lock:
            for one in items:
                self._hold(one, one["fingerprint"] in muted)

    def _hold(self, one: Item, is_muted: bool) -> None:
        name = one["fingerprint"]
        if one["status"] != "firing":
            self._items.pop(name, None)
            self._untold.discard(name)
            return
        if not is_muted:
            self._untold.discard(name)
        elif name not in self._items:
            self._untold.add(name)
        self._items[name] = one

    def forget(self) -> None:
        with self._lock:
            self._items.clear()
            self._untold.clear()
