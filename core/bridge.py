"""What the use cases work with, put together once per process by a composition root."""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from core.domain.change import Policy
from core.domain.errors import Conflict
from core.domain.person import Provider
from core.domain.silence_rules import Rules
from core.store.clock import Clock
from core.store.engine import Store
from core.store.trouble import Away
from core.targets.alertmanager import AlertmanagerTarget
from core.targets.directory import Directory, Incidents
from core.targets.target import Target

log = structlog.get_logger()

PEOPLE = "people"
"""The lane of what people do: Slack, PagerDuty, the API."""
LOOKUP = "lookup"
"""The lane of PagerDuty's events whose incident has to be asked about first."""

_STRANGE = timedelta(minutes=10)
_MOST_STRANGERS = 10_000
_PAUSE = timedelta(seconds=30)


def _nobody(_: str) -> None:
    """Nobody to hint: the sweep will find it."""


class Busy:
    """Which lanes and targets this process is at. A lease keeps other processes away, this its other threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._names: set[str] = set()

    def __bool__(self) -> bool:
        with self._lock:
            return bool(self._names)

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


class Strangers:
    """Incidents that were found not to be ours. In memory: a restart asks again, and nothing else is lost."""

    def __init__(self) -> None:
        self._until: OrderedDict[str, datetime] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, incident_id: str, now: datetime) -> None:
        with self._lock:
            self._until[incident_id] = now + _STRANGE
            while len(self._until) > _MOST_STRANGERS:
                self._until.popitem(last=False)

    def knows(self, incident_id: str, now: datetime) -> bool:
        with self._lock:
            until = self._until.get(incident_id)
        return until is not None and until > now


class Patience:
    """Whom not to ask for a while. A provider that hangs must not hold up each click for its own time-out."""

    def __init__(self) -> None:
        self._until: dict[Provider, datetime] = {}

    def lose(self, provider: Provider, now: datetime) -> None:
        self._until[provider] = now + _PAUSE

    def allows(self, provider: Provider, now: datetime) -> bool:
        return self._until.get(provider, now) <= now


@dataclass(frozen=True, slots=True)
class Bridge:
    """`holder` names this process in leases and claims. `on_due` is told a target that has something to be told,
    `on_lane` a lane that has something to be ingested. `directories` say who people are; `incidents` is None where
    PagerDuty cannot be asked what its incidents hold. `alertmanagers` hold silences, `rules` say what may be silenced;
    with `ack_silences` each acknowledgement makes one.

    `owed` is what could not be recorded or given back because the database was away: see pay().

    `receivers` are those of a source's webhooks, (source, receiver), that are known to be written down.

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
    on_lane: Callable[[str], None] = _nobody
    directories: Mapping[Provider, Directory] = field(default_factory=dict)
    incidents: Incidents | None = None
    strangers: Strangers = field(default_factory=Strangers)
    patience: Patience = field(default_factory=Patience)
    alertmanagers: Mapping[str, AlertmanagerTarget] = field(default_factory=dict)
    rules: Rules = field(default_factory=Rules)
    ack_silences: bool = False
    receivers: set[tuple[str, str]] = field(default_factory=set)
    owed: deque[Callable[[Connection], object]] = field(default_factory=deque)
    paying: threading.Lock = field(default_factory=threading.Lock)

    @property
    def far_sides(self) -> list[str]:
        """Everybody who is told something, by name."""
        return [*self.targets, *self.alertmanagers]

    def pay(self) -> None:
        """Do what is owed, in order; whoever meets the database again does so first. Raises Conflict and Away."""
        with self.paying:
            while self.owed:
                try:
                    self.store.transact(self.owed[0])
                except (Conflict, Away):
                    raise
                except Exception:
                    # It must not stand in the way of the others; its claim runs out by itself.
                    log.exception("what was owed failed by a bug")
                self.owed.popleft()
