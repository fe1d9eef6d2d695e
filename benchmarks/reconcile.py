"""What it costs to compare 10,000 open alerts with a real Alertmanager's 10,000, while nothing has changed.

The other side is reading and parsing the very same answer, which nobody who compares can do without. Statements are
those of one comparison; memory is the peak of what Python allocates, measured in a turn of its own, since it slows.
"""

import statistics
import time
import tracemalloc
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import event

from benchmarks.ingest import logged
from benchmarks.report import Result, spread
from core.bridge import Bridge
from core.domain.change import Policy
from core.domain.compare import Rules
from core.ingest import drain
from core.reconcile import Outcome, reconcile
from core.store import bodies, inbox, leases
from core.store.clock import clock_of
from core.store.engine import Store, open_sqlite
from core.store.migrate import migrate
from core.targets.alertmanager_client import Members
from tests.servers import Alertmanager, alertmanager

ALERTS = 10_000
_LANE = "alertmanager:default"
_NOWHERE = "http://127.0.0.1:1/"
_AT_ONCE = 500
_RULES = Rules(restart_grace=timedelta())


def measure(folder: Path, *, quick: bool) -> list[Result]:
    rounds = 3 if quick else 9
    place = folder / "reconcile"
    place.mkdir()
    store = open_sqlite(str(place / "reconcile.db"))
    migrate(store)
    # Groups that wait for hours: what is measured is not to be told of meanwhile.
    with (
        closing(store),
        logged(place / "log"),
        alertmanager(_NOWHERE, group_wait="3h", group_interval="3h") as server,
    ):
        bridge = _fill(store, server)
        members = Members([server.url], timeout=(2.0, 60.0))
        _once(bridge, members)
        read = [_seconds(lambda: _read(members)) for _ in range(rounds)]
        whole = [_seconds(lambda: _once(bridge, members)) for _ in range(rounds)]
        statements = _statements(store, lambda: _once(bridge, members))
        peaks = [_peak(lambda: _read(members)), _peak(lambda: _once(bridge, members))]
    ratios = [one / statistics.median(read) for one in whole]
    return [
        Result(
            what=f"reconcile, {ALERTS:,} alerts",
            measured=f"{statistics.median(whole) * 1000:,.0f} ms",
            against=f"{statistics.median(read) * 1000:,.0f} ms, reading and parsing the list",
            ratio=statistics.median(ratios),
            notes=(
                f"ratios {spread(ratios)}",
                f"{statements} statements",
                f"peak memory {peaks[1]:.0f} MiB, {peaks[0]:.0f} MiB of reading and parsing alone",
            ),
        )
    ]


def _fill(store: Store, server: Alertmanager) -> Bridge:
    """The same alerts there and here."""
    bridge = Bridge(store, clock_of(store), Policy(timedelta(), timedelta()), {}, "benchmark:1:")
    with store.begin() as connection:
        leases.ensure_lane(connection, _LANE)
    for first in range(0, ALERTS, _AT_ONCE):
        some = [_alert(number) for number in range(first, first + _AT_ONCE)]
        server.post_alerts(some)
        payload = {
            "version": "4",
            "receiver": "alert-bridge",
            "alerts": [{"status": "firing", **one} for one in some],
        }
        with store.begin() as connection:
            row = inbox.Incoming("default", _LANE, bodies.pack(orjson.dumps(payload)))
            inbox.put(connection, [row], bridge.clock())
    drain(bridge, _LANE)
    deadline = time.monotonic() + 60
    while len(server.alerts()) < ALERTS:
        assert time.monotonic() < deadline, "Alertmanager does not list what was posted"
        time.sleep(0.5)
    return bridge


def _alert(number: int) -> dict[str, Any]:
    labels = {
        "alertname": f"HighLatency{number % 50}",
        "instance": f"bench-{number}:9100",
        "severity": "critical",
        "job": "node",
        "cluster": "eu-1",
        "team": "platform",
    }
    annotations = {
        "summary": f"Requests to bench-{number} are slow",
        "description": "The 99th percentile has been above its objective for ten minutes. " * 3,
        "runbook_url": f"https://runbooks.example/HighLatency{number % 50}",
    }
    return {
        "labels": labels,
        "annotations": annotations,
        "startsAt": "2026-11-23T10:00:00Z",
        "generatorURL": "http://prometheus.example:9090/graph?g0.expr=up",
    }


def _read(members: Members) -> None:
    assert len(members.any("/alerts")) == ALERTS


def _once(bridge: Bridge, members: Members) -> None:
    outcome = reconcile(bridge, "default", members, _RULES)
    assert outcome == Outcome(), outcome


def _seconds(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _statements(store: Store, work: Callable[[], None]) -> int:
    seen: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        seen.append(statement)

    engines = (store.reader, store.writer)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        work()
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)
    return len(seen)


def _peak(work: Callable[[], None]) -> float:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()
