"""Rows that the tests of the store begin with, and the hands that reach for one at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any, TypeVar

from core.domain.alert import Alert, Content, Facts
from core.domain.ids import alert_id
from core.store import alerts, deliveries
from core.store.engine import Store

T = TypeVar("T")

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
SLACK, PAGERDUTY = "slack:C0123", "pagerduty:default"


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def episode(fingerprint: str = "ed211b8072107ede", *, seq: int = 1, **facts: Any) -> Alert:
    """A firing alert, changed in what `facts` names."""
    content = Content({"alertname": "HighLatency", "severity": "critical"}, {"summary": "slow 🐢"})
    plain = Facts(
        id=alert_id("default", fingerprint, seq, NOW),
        source="default",
        fingerprint=fingerprint,
        firing=True,
        starts_at=NOW,
        fired_at=NOW,
        occurrence=1,
        seq=seq,
        content_hash=content.digest(),
        version=1,
    )
    return Alert(replace(plain, **facts), content)


def keep(store: Store, *kept: Alert) -> None:
    with store.begin() as connection:
        alerts.add(connection, kept, NOW)


def keep_due(store: Store, *kept: Alert, target: str = SLACK, priority: int = 2) -> None:
    """The alerts, each with a delivery that is due."""
    keep(store, *kept)
    with store.begin() as connection:
        deliveries.add(connection, [(alert.id, target, priority) for alert in kept], NOW)


def at_once(hands: int, work: Callable[[int], T]) -> list[T]:
    """What each of so many threads got, all let go at the same moment."""
    start = Barrier(hands)

    def reach(hand: int) -> T:
        start.wait(10)
        return work(hand)

    with ThreadPoolExecutor(hands) as pool:
        return list(pool.map(reach, range(hands)))
