"""Prune: what is over and old goes, in small transactions with rests between them, so that nobody waits for it."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from core import metrics
from core.store import aged
from core.store.aged import Batch
from core.store.engine import Store

_LEAST_REST = 0.02

Rest = Callable[[float], bool]
"""Let others at the database for so many seconds; whether it is time to end."""


class Kind(StrEnum):
    """What grows old, in the order in which it goes: what goes with an alert is fewer rows by then."""

    ATTEMPTS = "attempts"
    DIGESTS = "digests"
    RESOLVED_ALERTS = "resolved_alerts"
    EXPIRED_SILENCES = "expired_silences"
    EVENTS = "events"
    EVENT_BODIES = "event_bodies"


@dataclass(frozen=True, slots=True)
class _Way:
    find: Callable[[Connection, datetime, Any, Collection[str]], Batch]
    remove: Callable[[Connection, Sequence[Any], datetime, Collection[str]], int]


_WAYS = {
    Kind.ATTEMPTS: _Way(aged.old_attempts, aged.remove_attempts),
    Kind.DIGESTS: _Way(aged.old_digests, aged.remove_digests),
    Kind.RESOLVED_ALERTS: _Way(aged.old_alerts, aged.remove_alerts),
    Kind.EXPIRED_SILENCES: _Way(aged.old_silences, aged.remove_silences),
    Kind.EVENTS: _Way(aged.old_events, aged.remove_events),
    Kind.EVENT_BODIES: _Way(aged.old_bodies, aged.remove_bodies),
}


@dataclass(frozen=True, slots=True)
class Prune:
    """`keep` says how long each kind stays, zero: for ever. `told` are the targets that there are.

    Bodies go long before their rows, so where the last turn ended is where the next one begins.
    """

    store: Store
    keep: Mapping[Kind, timedelta]
    told: Collection[str]
    _reached: dict[Kind, Any] = field(default_factory=dict)

    def count(self, now: datetime) -> dict[Kind, int]:
        """How much of each would go, as far as can be told beforehand."""
        found: dict[Kind, int] = {}
        reached: dict[Kind, Any] = {}
        for kind in self._kinds():
            found[kind] = 0
            # A row that goes takes its content along.
            start = reached.get(Kind.EVENTS) if kind is Kind.EVENT_BODIES else None
            for batch in self._walk(kind, now - self.keep[kind], start):
                found[kind] += len(batch.ids)
                reached[kind] = batch.after
        return found

    def run(self, now: datetime, rest: Rest, on_gone: Callable[[int], object] = int) -> dict[Kind, int]:
        """How much of each has gone. `on_gone` hears of each batch."""
        gone = dict.fromkeys(self._kinds(), 0)
        for kind, ids in self._portions(now):
            began = time.monotonic()
            rows = self._remove(kind, ids, now - self.keep[kind])
            gone[kind] += rows
            on_gone(rows)
            # As long as it worked, so that it never takes more than half of the database.
            if rest(max(_LEAST_REST, time.monotonic() - began)):
                break
        return gone

    def _kinds(self) -> list[Kind]:
        return [kind for kind in Kind if self.keep.get(kind)]

    def _portions(self, now: datetime) -> Iterator[tuple[Kind, Sequence[Any]]]:
        for kind in self._kinds():
            for batch in self._walk(kind, now - self.keep[kind], self._reached.get(kind)):
                for ids in self._divided(kind, batch):
                    yield kind, ids
                if kind is Kind.EVENT_BODIES:
                    self._reached[kind] = batch.after

    def _divided(self, kind: Kind, batch: Batch) -> list[list[Any]]:
        if kind is not Kind.RESOLVED_ALERTS:
            return [batch.ids] if batch.ids else []
        with self.store.read() as connection:
            return aged.portions(connection, batch.ids)

    def _walk(self, kind: Kind, before: datetime, after: Any) -> Iterator[Batch]:
        more = True
        while more:
            with self.store.read() as connection:
                batch = _WAYS[kind].find(connection, before, after, self.told)
            yield batch
            after, more = batch.after, batch.more

    def _remove(self, kind: Kind, ids: Sequence[Any], before: datetime) -> int:
        remove = _WAYS[kind].remove
        rows = self.store.transact(lambda c: remove(c, ids, before, self.told))
        metrics.PRUNED.labels(kind.value).inc(rows)
        return rows
