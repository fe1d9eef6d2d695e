"""A cluster in traffic while one of its parts after the other is taken away: nothing lost, nothing twice, one story.

To go hunting: HUNT=120 SEED=7 pytest tests/cluster -k kill.
"""

import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
from redis import Redis as Client

from core.store.clock import system_clock
from sandbox import Sandbox
from sandbox.faults import Kind
from tests.cli.command import alert, children
from tests.cluster.cluster import Cluster, cluster
from tests.cluster.course import Course
from tests.servers import MariaDB, Process, Redis, mariadb_server, redis_server, wait_until

SEED = int(os.environ.get("SEED", "1"))
KILLING = float(os.environ.get("HUNT", "20"))
A_MOMENT = timedelta(seconds=5)

pytestmark = pytest.mark.timeout(400 + 3 * KILLING)


@pytest.fixture(scope="module")
def mariadb() -> Iterator[MariaDB]:
    with mariadb_server() as started:
        yield started


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    with redis_server() as started:
        yield started


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """Its answers take a moment, so that who dies dies while it waits for one."""
    with Sandbox(rate_limits=False, webhook_delay=0.0, webhook_schedule=(0.3,)) as started:
        for service in ("slack", "pagerduty"):
            started.faults.add(service, Kind.LATE, seconds=0.1, share=0.5)
        yield started


@pytest.fixture(scope="module")
def running(
    tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox, mariadb: MariaDB, redis: Redis
) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("cluster"), sandbox, mariadb, redis) as started:
        yield started


@pytest.fixture
def course(running: Cluster, request: pytest.FixtureRequest) -> Course:
    """Of alerts that no other test has."""
    number = sum(map(ord, request.node.name))
    return Course(running, SEED * 10_000 + number)


def kill(victim: Process, chance: random.Random) -> None:
    """It, or one of its children."""
    pid = chance.choice([victim.pid, *children(victim.pid)])
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def test_any_process_is_killed_at_any_moment(running: Cluster, course: Course) -> None:
    chance = random.Random(SEED)
    deadline = time.monotonic() + KILLING
    with course:
        while time.monotonic() < deadline:
            time.sleep(chance.uniform(0, 4))
            kill(chance.choice([*running.receivers, *running.workers]), chance)
            time.sleep(1)
            with suppress(OSError):
                running.revive()
    wait_until(running.revive, 90, "all alive again")
    course.check(150 + 2 * KILLING)


def test_the_broker_is_lost_in_every_way(running: Cluster, course: Course) -> None:
    """Killed and started empty, emptied, out of reach without a word, refusing."""
    with course:
        time.sleep(1)
        running.redis.kill9()
        time.sleep(3)
        running.redis.start()
        with Client(port=running.redis.port) as client:
            client.flushall()
        running.to_redis.hang()
        time.sleep(4)
        running.to_redis.forward()
        running.to_redis.refuse()
        time.sleep(2)
        running.to_redis.forward()
    course.check()


def test_the_database_is_lost_in_every_way(running: Cluster, course: Course) -> None:
    """Cut off in mid-transaction, before and after it has heard COMMIT; read-only, out of reach, killed, stopped."""
    cuts = running.to_mariadb.cuts
    with course:
        for heard in (True, False) * 5:
            running.to_mariadb.cut_at(b"COMMIT", heard=heard)
            time.sleep(0.3)
        running.to_mariadb.cut()
        running.mariadb.execute("SET GLOBAL read_only = 1")
        time.sleep(3)
        running.mariadb.execute("SET GLOBAL read_only = 0")
        time.sleep(1)
        running.to_mariadb.hang()
        time.sleep(5)
        running.to_mariadb.forward()
        for lose in (running.mariadb.kill9, running.mariadb.stop):
            time.sleep(1)
            lose()
            time.sleep(1)
            running.mariadb.start()
    assert running.to_mariadb.cuts - cuts > 5
    course.check()


def test_a_wrong_clock_is_put_right_by_the_database(running: Cluster) -> None:
    """Of whoever is half a minute ahead: else what it takes would be due only then."""
    before = system_clock()
    assert running.post(alert("Ahead"), running.ports[0]) == 202
    running.settle()
    newest = max(running.rows("inbox"), key=lambda row: row.id)
    assert before - A_MOMENT <= newest.received_at <= system_clock() + A_MOMENT
