"""The bridge as in production: a receiver, one worker or two, a MariaDB that flushes at every commit, and a Redis.

10,000 alerts of four sources, as notifications of a hundred and of one, from the first request until the last alert
is stored. The other side is one connection's bare inserts of the very rows that came of it, in a database of their own.
Workers are kept to ingest: what telling Slack and PagerDuty costs beside it is `click`'s to show.
"""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.engine import make_url

from benchmarks import bridge, ingest, receiver, webhook
from benchmarks.report import Result
from core.store import tables
from core.store.engine import Store, open_mysql
from core.store.migrate import migrate
from tests.servers import MariaDB, Process, mariadb_server, redis_server

_DURABLE = (
    "--innodb-flush-log-at-trx-commit=1",
    "--innodb-buffer-pool-size=1G",
    "--innodb-log-file-size=512M",
)
GROUPS = (100, 1)
WORKERS = (1, 2)
Made = TypeVar("Made")
_SOURCES = 4
_SENDERS = 16
_PATIENCE = 120.0


@dataclass(frozen=True, slots=True)
class _Round:
    """Alerts a second; `inserted` by bare inserts of the same rows."""

    sent: int
    ingested: float
    inserted: float


def measure(folder: Path, *, quick: bool) -> list[Result]:
    alerts = 1_000 if quick else 10_000
    rounds = {}
    with mariadb() as server:
        for group in GROUPS:
            for workers in WORKERS:
                place = folder / f"cluster-{group}-{workers}"
                rounds[group, workers] = _round(place, server, group, workers, alerts)
        with redis_server() as redis:
            pairs = receiver.pairs(folder / "cluster", bridge.cluster(server, redis), quick=quick)
    results = [result for group in GROUPS for result in _results(group, rounds)]
    return [*results, _count(rounds), receiver.result("receiver on MariaDB", pairs)]


def mariadb() -> AbstractContextManager[MariaDB]:
    """With room for a million alerts, and nothing that is committed in its memory alone."""
    return mariadb_server(options=_DURABLE)


@contextmanager
def worker(config: Path, *words: str) -> Iterator[Process]:
    """`alert-bridge worker` with these options, at work."""
    with Process([sys.executable, "-m", "cli", "worker", "--config", config, *words]) as process:
        process.wait_until(lambda: "worker started" in process.output(), 60)
        yield process


def _round(folder: Path, mariadb: MariaDB, group: int, workers: int, alerts: int) -> _Round:
    database = mariadb.new_database()
    with ExitStack() as stack:
        redis = stack.enter_context(redis_server())
        config = bridge.write_configuration(folder, blocks=bridge.cluster(mariadb, redis, database))
        store = stack.enter_context(closing(open_mysql(make_url(mariadb.url(database)))))
        api = stack.enter_context(bridge.program("cli", config, "api", "--config"))
        bridge.wait_ready(api)
        for _ in range(workers):
            stack.enter_context(worker(config, "--targets", "none"))
        _send(api.port, [f"warm-{each}" for each in range(_SOURCES)], 1)
        _wait_stored(store, _SOURCES)
        started = time.monotonic()
        _send(api.port, [f"{group}-{each}" for each in range(alerts)], group)
        _wait_stored(store, alerts + _SOURCES)
        took = time.monotonic() - started
        rows = ingest.rows(store)
    assert len(rows[0]) == alerts + _SOURCES, f"{len(rows[0])} alerts came of {alerts + _SOURCES}"
    assert len(rows[1]) == 2 * len(rows[0]), "a target is not told of every alert"
    with closing(open_mysql(make_url(mariadb.url(mariadb.new_database())))) as bare:
        migrate(bare)
        inserted = ingest.insert_bare(bare, *rows)
    return _Round(alerts, alerts / took, inserted)


def _send(port: int, names: list[str], group: int) -> None:
    """Everything, by senders that each wait for their answers; whatever is not accepted is sent again."""
    bodies = [webhook.group(names[first : first + group]) for first in range(0, len(names), group)]

    def send(number: int) -> None:
        sender = webhook.Sender(port, f"source{number % _SOURCES}")
        for body in bodies[number::_SENDERS]:
            sender.send_until_accepted(body)
        sender.close()

    together([partial(send, number) for number in range(_SENDERS)])


def together(works: Sequence[Callable[[], Made]]) -> list[Made]:
    """What each of them makes, in a thread of its own; raises what one of them raises."""
    with ThreadPoolExecutor(len(works)) as pool:
        return [each.result() for each in [pool.submit(work) for work in works]]


def _wait_stored(store: Store, count: int) -> None:
    """Asked ten times a second, which costs the server next to nothing."""
    deadline = time.monotonic() + _PATIENCE
    while (stored := _stored(store)) < count:
        assert time.monotonic() < deadline, f"{stored} of {count} accepted alerts are stored"
        time.sleep(0.1)


def _stored(store: Store) -> int:
    with store.read() as connection:
        return connection.execute(select(func.count()).select_from(tables.alerts)).scalar_one()


def _results(group: int, rounds: dict[tuple[int, int], _Round]) -> Iterator[Result]:
    one, two = (rounds[group, workers] for workers in WORKERS)
    what = f"groups of {group}" if group > 1 else "one by one"
    yield Result(
        what=f"cluster, {what}",
        measured=f"{one.ingested:,.0f} alerts/s, 1 worker",
        against=f"{one.inserted:,.0f}/s, bare inserts",
        ratio=one.ingested / one.inserted,
    )
    yield Result(
        what=f"cluster, {what}",
        measured=f"{two.ingested:,.0f} alerts/s, 2 workers",
        against=f"{one.ingested:,.0f}/s, 1 worker",
        ratio=two.ingested / one.ingested,
    )


def _count(rounds: dict[tuple[int, int], _Round]) -> Result:
    """A round that had lost one would have raised."""
    sent = sum(each.sent for each in rounds.values())
    return Result(
        what="cluster, accepted and stored", measured=f"{sent:,} of {sent:,}", goal="all of them", met=True
    )
