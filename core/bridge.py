"""What the use cases work with, put together once per process by a composition root."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from core.domain.reduce import Policy
from core.store.clock import Clock
from core.store.engine import Store
from core.targets.target import Target


def _nobody(_: str) -> None:
    """Nobody to hint: the sweep will find it."""


@dataclass(frozen=True, slots=True)
class Bridge:
    """`holder` names this process in leases and claims. `on_due` is told a target that has something to be told.

    A process pumps a target in one thread at a time: `busy` holds a lock for each.
    """

    store: Store
    clock: Clock
    policy: Policy
    targets: Mapping[str, Target]
    holder: str
    on_due: Callable[[str], None] = _nobody
    busy: Mapping[str, threading.Lock] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "busy", {name: threading.Lock() for name in self.targets})
