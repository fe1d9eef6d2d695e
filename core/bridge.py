"""What the use cases work with, put together once per process by a composition root."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from core.domain.change import Policy
from core.store.clock import Clock
from core.store.engine import Store
from core.targets.target import Target


def _nobody(_: str) -> None:
    """Nobody to hint: the sweep will find it."""


class Busy:
    """Which lanes and targets this process is at. A lease keeps other processes away, this its other threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._names: set[str] = set()

    @contextmanager
    def at(self, name: str) -> Iterator[bool]:
        """False where another thread is at it already."""
        with self._lock:
            mine = name not in self._names
            self._names.add(name)
        try:
            yield mine
        finally:
            if mine:
                with self._lock:
                    self._names.discard(name)


@dataclass(frozen=True, slots=True)
class Bridge:
    """`holder` names this process in leases and claims. `on_due` is told a target that has something to be told.

    `sleep` takes seconds and goes with `clock`: who puts the one forward does so with the other.
    """

    store: Store
    clock: Clock
    policy: Policy
    targets: Mapping[str, Target]
    holder: str
    on_due: Callable[[str], None] = _nobody
    sleep: Callable[[float], None] = time.sleep
    busy: Busy = field(default_factory=Busy)
