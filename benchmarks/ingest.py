"""How much of its database ingest uses: alerts a second, against bare inserts of the very rows that it wrote.

One round: notifications of 100 new alerts each lie in the inbox, and `core.ingest.drain` takes them up, with two
targets and with the log at its default level, written to a file. The other side is SQLAlchemy Core's executemany of
the same alert and delivery rows into the same tables, indexes and all, of a fresh file opened in the same way; it
commits as often as ingest does for its chunks (500 alerts), so both wait for the disk about equally often. What ingest
does beyond that is its price: the inbox, the lease, decoding, comparing, deciding, logging. In both a first
notification that is not counted warms up what is compiled once.
"""

import logging
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, redirect_stderr
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from benchmarks import webhook
from benchmarks.report import Result, spread
from core import log
from core.bridge import Bridge
from core.domain.change import Policy
from core.ingest import drain
from core.ingest_reports import CHUNK
from core.store import bodies, inbox, leases, tables
from core.store.clock import clock_of
from core.store.engine import Store, open_sqlite
from core.store.migrate import migrate
from core.targets.pagerduty import PagerDutyTarget
from core.targets.slack import SlackTarget
from core.targets.target import Target

GOAL = 0.2
GROUP = 100
_LANE = "alertmanager:default"
_NOWHERE = "http://127.0.0.1:1/"

Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Round:
    """Alerts a second."""

    ingested: float
    inserted: float

    @property
    def ratio(self) -> float:
        return self.ingested / self.inserted


def measure(folder: Path, *, quick: bool) -> list[Result]:
    groups, rounds = (10, 3) if quick else (30, 7)
    place = folder / "ingest"
    place.mkdir()
    with logged(place / "log"):
        waiting = [incoming(number) for number in range(groups + 1)]
        done = [_round(place / str(number), waiting) for number in range(rounds)]
    return [_result(done)]


@contextmanager
def logged(path: Path) -> Iterator[None]:
    """What is said meanwhile goes into a file, at the default level."""
    handlers, level = logging.root.handlers[:], logging.root.level
    try:
        with path.open("w", encoding="utf-8") as file:
            with redirect_stderr(file):
                log.configure("info", "json", ())
            yield
    finally:
        logging.root.handlers[:] = handlers
        logging.root.setLevel(level)


def _round(folder: Path, waiting: Sequence[inbox.Incoming]) -> _Round:
    folder.mkdir()
    with closing(_store(folder / "ingest.db")) as store:
        ingested = ingest(store, waiting)
        alerts, deliveries = rows(store)
    assert len(alerts) == len(waiting) * GROUP, f"{len(alerts)} alerts came of {len(waiting)} groups"
    with closing(_store(folder / "insert.db")) as store:
        inserted = insert_bare(store, alerts, deliveries)
    return _Round(ingested, inserted)


def _store(path: Path) -> Store:
    store = open_sqlite(str(path))
    migrate(store)
    return store


def ingest(store: Store, waiting: Sequence[inbox.Incoming]) -> float:
    """Alerts a second."""
    bridge = _bridge(store)
    _put(bridge, waiting[:1])
    drain(bridge, _LANE)
    _put(bridge, waiting[1:])
    started = time.perf_counter()
    drain(bridge, _LANE)
    took = time.perf_counter() - started
    with store.read() as connection:
        assert not inbox.is_waiting(connection, _LANE), "somebody else held the lane"
    return (len(waiting) - 1) * GROUP / took


def _bridge(store: Store) -> Bridge:
    slack = SlackTarget("C0BENCHMARK", "xoxb-benchmark", _NOWHERE)
    pagerduty = PagerDutyTarget("R0BENCHMARK")
    targets: dict[str, Target] = {slack.name: slack, pagerduty.name: pagerduty}
    with store.begin() as connection:
        leases.ensure_lane(connection, _LANE)
        for name in targets:
            leases.ensure_target(connection, name)
    policy = Policy(timedelta(minutes=5), timedelta(minutes=30))
    return Bridge(store, clock_of(store), policy, targets, "benchmark:1:")


def incoming(number: int) -> inbox.Incoming:
    body = webhook.group([f"{number}-{each}" for each in range(GROUP)])
    return inbox.Incoming("default", _LANE, bodies.pack(body))


def _put(bridge: Bridge, rows: Sequence[inbox.Incoming]) -> None:
    with bridge.store.begin() as connection:
        inbox.put(connection, rows, bridge.clock())


def rows(store: Store) -> tuple[Rows, Rows]:
    """What ingest has written, in its order."""
    with store.read() as connection:
        alerts = connection.execute(select(tables.alerts).order_by(tables.alerts.c.id)).mappings().all()
        deliveries = (
            connection.execute(select(tables.deliveries).order_by(tables.deliveries.c.alert_id))
            .mappings()
            .all()
        )
    return [dict(row) for row in alerts], [dict(row) for row in deliveries]


def insert_bare(store: Store, alerts: Rows, deliveries: Rows) -> float:
    """Alerts a second."""
    each = len(deliveries) // len(alerts)
    _insert_some(store, alerts[:GROUP], deliveries[: GROUP * each])
    started = time.perf_counter()
    for first in range(GROUP, len(alerts), CHUNK):
        last = first + CHUNK
        _insert_some(store, alerts[first:last], deliveries[first * each : last * each])
    return (len(alerts) - GROUP) / (time.perf_counter() - started)


def _insert_some(store: Store, alerts: Rows, deliveries: Rows) -> None:
    with store.begin() as connection:
        connection.execute(insert(tables.alerts), alerts)
        connection.execute(insert(tables.deliveries), deliveries)


def _result(rounds: list[_Round]) -> Result:
    ratios = [one.ratio for one in rounds]
    ratio = statistics.median(ratios)
    return Result(
        what=f"ingest, groups of {GROUP}",
        measured=f"{statistics.median(one.ingested for one in rounds):,.0f} alerts/s",
        against=f"{statistics.median(one.inserted for one in rounds):,.0f}/s, bare inserts",
        ratio=ratio,
        goal=f">= {GOAL}",
        met=ratio >= GOAL,
        notes=(f"ratios {spread(ratios)}",),
    )
