"""What a long past costs: the same reads and writes with 10,000 alerts stored and with a million.

The whole bridge as `alert-bridge run` starts it, on SQLite and on MariaDB with Redis; what is open, and what happened
in the last day, is the same in all of them (`past`). Flat is a growth of about 1.
"""

import math
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

from sqlalchemy.engine import make_url

from benchmarks import bridge, cluster, ingest, latency, past
from benchmarks.report import Result
from core.store.engine import Store, open_mysql, open_sqlite
from core.store.migrate import migrate
from sandbox import credentials
from tests.servers import MariaDB, Redis, free_port, redis_server

READ, WRITE, GROWTH = 100.0, 200.0, 1.5
FEW, MANY = 10_000, 1_000_000
_WARM = 3
_ALL_TIME = "summary of all time"
_WRITES = ("acknowledge", "webhook to Slack", "ingest of 100 alerts")


@dataclass(frozen=True, slots=True)
class _Past:
    """A database with so many alerts in it, and the ids of some of them."""

    open: Callable[[], Store]
    blocks: dict[str, Any]
    ids: list[str]


def measure(folder: Path, *, quick: bool) -> list[Result]:
    sizes, times = ((FEW, 100_000), 10) if quick else ((FEW, MANY), 40)
    with cluster.mariadb() as mariadb, redis_server() as redis, ingest.logged(folder / "history.log"):
        # Both at once: each keeps a core busy.
        made = cluster.together(
            [
                lambda: [_on_sqlite(folder / f"past-{size}", size) for size in sizes],
                lambda: [_on_mariadb(mariadb, redis, size) for size in sizes],
            ]
        )
        results = []
        for kind, pasts in zip(("SQLite", "MariaDB"), made, strict=True):
            few, many = (_look(folder / f"{kind}-{number}", it, times) for number, it in enumerate(pasts))
            results += _results(kind, sizes, few, many)
    return results


def _on_sqlite(folder: Path, size: int) -> _Past:
    folder.mkdir()
    path = str(folder / "past.db")
    blocks = {"storage": {"type": "sqlite", "sqlite": {"path": path}}}
    return _filled(lambda: open_sqlite(path), blocks, size)


def _on_mariadb(mariadb: MariaDB, redis: Redis, size: int) -> _Past:
    database = mariadb.new_database()
    url = make_url(mariadb.url(database))
    return _filled(lambda: open_mysql(url), bridge.cluster(mariadb, redis, database), size)


def _filled(open_: Callable[[], Store], blocks: dict[str, Any], size: int) -> _Past:
    with closing(open_()) as store:
        migrate(store)
    return _Past(open_, blocks, past.fill(store.writer.url, size, f"slack:{credentials.SLACK_CHANNEL}"))


def _look(folder: Path, it: _Past, times: int) -> dict[str, float]:
    """Milliseconds of each thing, by its name."""
    port = free_port()
    with (
        bridge.sandbox(port) as sandbox,
        bridge.bridge(folder, sandbox.url, blocks=it.blocks, port=port) as program,
    ):
        seen = _reads(port, sandbox, it.ids[:times])
        # Before the clicks, of which each target has yet to be told for some seconds.
        seen["webhook to Slack"] = latency.of(program, sandbox, times // 2).p50
        burning = [one["id"] for one in bridge.ask(port, "/alerts?state=firing&limit=200")["alerts"]]
        acknowledge = [partial(bridge.ask, port, f"/alerts/{id_}/acknowledge", {}) for id_ in burning]
        seen["acknowledge"] = _median(acknowledge[:times])
    with closing(it.open()) as store:
        rate = ingest.ingest(store, [ingest.incoming(number) for number in range(11)])
    return seen | {"ingest of 100 alerts": ingest.GROUP * 1000 / rate}


def _reads(port: int, sandbox: bridge.Sandbox, ids: Sequence[str]) -> dict[str, float]:
    command = partial(sandbox.post, "/control/slack/command", {"command": "/summary"})
    told = command()
    assert told["ok"], told
    ways = {
        "open alerts, first page": "/alerts?state=firing&state=acknowledged",
        "all alerts, first page": "/alerts",
        "summary of a day": "/summary",
    }
    seen = {name: _median([partial(bridge.ask, port, path)] * len(ids)) for name, path in ways.items()}
    seen["/summary in Slack"] = _median([command] * len(ids))
    seen["one alert"] = _median([partial(bridge.ask, port, f"/alerts/{id_}") for id_ in ids])
    seen[_ALL_TIME] = _median([partial(bridge.ask, port, "/summary?all=true")] * 2)
    return seen


def _median(works: Sequence[Callable[[], object]]) -> float:
    """The first few, which warm up, are not counted where there are more."""
    times = [_milliseconds(work) for work in works]
    return statistics.median(times[_WARM:] or times)


def _milliseconds(work: Callable[[], object]) -> float:
    """Infinite where it is refused."""
    started = time.perf_counter()
    try:
        work()
    except HTTPError as error:
        if error.code != HTTPStatus.SERVICE_UNAVAILABLE:
            raise
        return math.inf
    return (time.perf_counter() - started) * 1000


def _results(kind: str, sizes: Sequence[int], few: dict[str, float], many: dict[str, float]) -> list[Result]:
    return [
        Result(
            what=f"{what}, {kind}",
            measured=f"{many[what]:,.1f} ms with {sizes[1]:,} stored",
            against=f"{few[what]:,.1f} ms with {sizes[0]:,}",
            ratio=many[what] / few[what],
            **_goal(what, few[what], many[what]),
        )
        for what in few
    ]


def _goal(what: str, few: float, many: float) -> dict[str, Any]:
    """What is about all time reads all that is stored, and has none."""
    if what == _ALL_TIME:
        return {}
    most = WRITE if what in _WRITES else READ
    return {"goal": f"< {most:.0f} ms, <= {GROWTH}", "met": max(few, many) < most and many / few <= GROWTH}
