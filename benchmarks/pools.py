"""Celery's pools side by side in the bridge's own work: docs/adr/0013.

A storm from four sources, a Slack and a PagerDuty that answer after 100 ms, and meanwhile people who acknowledge; on a
real MariaDB and Redis. What differs is the pool of the one worker.
"""

import http.client
import math
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml
from sqlalchemy import create_engine, text

from benchmarks import bridge, processes, report, webhook
from tests.servers import Process, mariadb_server, redis_server, wait_until

POOLS = {"threads": 8, "prefork": 8, "solo": 1}
_ANSWER = 0.1
_SOURCES = 4
_GROUP = 100
_CLICKS = 8
_TOO_LONG = 60.0
_TOOK = """
SELECT TIMESTAMPDIFF(MICROSECOND, (SELECT MIN(received_at) FROM inbox WHERE source LIKE 'source%'), MAX(created_at))
FROM alerts WHERE source LIKE 'source%'
"""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one pool brought."""

    ingested: float
    told: float
    clicks: list[float]
    memory: float


def compare(folder: Path, *, quick: bool) -> str:
    groups = 4 if quick else 12
    with mariadb_server() as mariadb, redis_server() as redis, bridge.sandbox() as sandbox:
        _slow(sandbox)
        seen = {}
        for pool, concurrency in POOLS.items():
            place = folder / f"pool-{pool}"
            blocks = bridge.cluster(mariadb, redis) | {"logging": {"level": "error"}}
            config = bridge.write_configuration(place, sandbox.url, blocks)
            seen[pool] = _look(config, sandbox, pool, concurrency, groups)
            sandbox.forget()
            _slow(sandbox)
    rows: list[tuple[str, Callable[[_Seen], str]]] = [
        (f"alerts ingested a second, {_SOURCES} sources at once", lambda it: _told(it.ingested, "{:.0f}")),
        ("alerts told to both targets a second", lambda it: f"{it.told:.1f}"),
        ("acknowledgement in force, p50", lambda it: _told(statistics.median(it.clicks), "{:.2f} s")),
        ("acknowledgement in force, slowest", lambda it: _told(max(it.clicks), "{:.2f} s")),
        ("memory of the worker", lambda it: f"{it.memory:.0f} MiB"),
    ]
    head = ("pool", *(f"{pool}, {concurrency}" for pool, concurrency in POOLS.items()))
    body = [(what, *(tell(seen[pool]) for pool in POOLS)) for what, tell in rows]
    return report.grid([head, *body], {1, 2, 3})


def _look(config: Path, sandbox: bridge.Sandbox, pool: str, concurrency: int, groups: int) -> _Seen:
    argv = [sys.executable, "-m", "benchmarks.pool_worker", pool, str(concurrency), str(config)]
    with bridge.program("cli", config, "api", "--config") as api:
        bridge.wait_ready(api)
        with Process(argv) as worker:
            _fire(api.port, [f"warm-{pool}-{each}" for each in range(_CLICKS)], "warm")
            worker.wait_until(lambda: len(sandbox.messages()) == _CLICKS, 60, "warm")
            clicked = _ids(api.port)
            sent = groups * _SOURCES * _GROUP
            for number in range(groups * _SOURCES):
                names = [f"{pool}-{number}-{each}" for each in range(_GROUP)]
                _fire(api.port, names, f"source{number % _SOURCES}")
            clicks = _clicks(api.port, clicked)
            with _database(config) as ask:
                done = _in_time(lambda: ask("SELECT COUNT(*) FROM alerts") == sent + _CLICKS)
                ingested = sent * 1e6 / ask(_TOOK) if done else math.inf
            before, looked = len(sandbox.messages()), time.monotonic()
            time.sleep(5)
            told = (len(sandbox.messages()) - before) / (time.monotonic() - looked)
            memory = sum(processes.pss(pid) for pid in processes.family(worker.pid))
            worker.kill9_all()
    return _Seen(ingested, told, clicks, memory)


def _fire(port: int, names: list[str], source: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {webhook.TOKEN}"}
    connection.request("POST", f"{webhook.PATH}?source={source}", webhook.group(names), headers)
    status = connection.getresponse().status
    connection.close()
    assert status == 202


def _ids(port: int) -> list[str]:
    return [one["id"] for one in bridge.ask(port, "/alerts")["alerts"]]


def _clicks(port: int, ids: list[str]) -> list[float]:
    """Acknowledge one after the other; the seconds until each is so. One that takes too long is the last."""
    taken: list[float] = []
    for id_ in ids:
        began = time.monotonic()
        bridge.ask(port, f"/alerts/{id_}/acknowledge", {})
        if not _in_time(lambda id_=id_: bridge.ask(port, f"/alerts/{id_}")["state"] == "acknowledged"):  # type: ignore[misc]
            return [*taken, math.inf]
        taken.append(time.monotonic() - began)
    return taken


def _in_time(predicate: Callable[[], bool]) -> bool:
    try:
        return wait_until(predicate, _TOO_LONG)
    except AssertionError:
        return False


def _told(value: float, form: str) -> str:
    return form.format(value) if math.isfinite(value) else f"not in {_TOO_LONG:.0f} s"


def _slow(sandbox: bridge.Sandbox) -> None:
    for service in ("slack", "pagerduty"):
        sandbox.post("/control/faults", {"service": service, "kind": "late", "seconds": _ANSWER})


@contextmanager
def _database(config: Path) -> Iterator[Callable[[str], int]]:
    """A question to the bridge's own database, answered by a number."""
    primary = yaml.safe_load(config.read_text(encoding="utf-8"))["storage"]["mysql"]["primary"]
    engine = create_engine(
        "mysql+pymysql://{username}:{password}@{host}:{port}/{database}".format(**primary),
        isolation_level="AUTOCOMMIT",
    )
    with engine.connect() as connection:
        yield lambda question: int(connection.execute(text(question)).scalar_one())
    engine.dispose()
