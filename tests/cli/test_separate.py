"""Receiver and worker as two commands with a Redis between them, which is killed, frozen and comes back."""

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from tests.cli.command import Home, alert, entries, shows
from tests.servers import Process, Redis, free_port, redis_server, wait_until

METRICS = free_port()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(rate_limits=False) as started:
        yield started


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    with redis_server(password="pass-of-redis") as started:
        yield started


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox, redis: Redis) -> Home:
    home = Home(tmp_path_factory.mktemp("separate"))
    home.configure(sandbox, broker={"url": redis.url}, worker={"metrics_port": METRICS})
    return home


@pytest.fixture(scope="module")
def api(home: Home) -> Iterator[Process]:
    with home.command("api") as api:
        home.wait_ready(api)
        yield api


@pytest.fixture(scope="module")
def worker(home: Home) -> Iterator[Process]:
    with home.command("worker") as worker:
        worker.wait_until(lambda: "worker started" in worker.output(), 30)
        yield worker


@pytest.fixture
def bridge(api: Process, worker: Process, redis: Redis, home: Home, sandbox: Sandbox) -> Iterator[Home]:
    """Both, with a broker that answers, before and after."""
    yield home
    assert api.running, api.output()
    assert worker.running, worker.output()
    redis.thaw()
    if not redis.process.running:
        redis.start()


def arrives(home: Home, sandbox: Sandbox, name: str, within: float) -> float:
    """Post an alert and wait until it is shown; how many seconds the receiver took to answer."""
    began = time.monotonic()
    home.post(alert(name))
    answered = time.monotonic() - began
    wait_until(lambda: shows(sandbox, name), within, f"{name} shown")
    return answered


def test_an_alert_goes_through(bridge: Home, sandbox: Sandbox) -> None:
    """By the broker, without waiting for the sweep."""
    arrives(bridge, sandbox, "Plain", 10)


def test_the_worker_serves_its_numbers(bridge: Home, sandbox: Sandbox) -> None:
    """On worker.metrics_port; those of the receiver are elsewhere."""
    arrives(bridge, sandbox, "Counted", 10)
    counted = 'alert_bridge_delivered_total{outcome="delivered",target="pagerduty:default"}'
    wait_until(lambda: f"\n{counted} " in bridge.ask("/metrics", port=METRICS).text, 5, "counted")
    assert counted not in bridge.ask("/metrics").text


def test_alerts_arrive_while_the_broker_is_frozen(bridge: Home, sandbox: Sandbox, redis: Redis) -> None:
    """It holds its connections and answers nobody: nobody waits for it, the sweep does the work."""
    redis.freeze()
    assert arrives(bridge, sandbox, "Frozen", 15) < 2
    redis.thaw()
    assert arrives(bridge, sandbox, "Thawed", 10) < 2


def test_alerts_arrive_while_the_broker_is_dead(bridge: Home, sandbox: Sandbox, redis: Redis) -> None:
    """And hints are taken again once it is back, empty."""
    redis.kill9()
    assert arrives(bridge, sandbox, "Dead", 15) < 2
    redis.start()
    assert arrives(bridge, sandbox, "Back", 15) < 2


@pytest.mark.parametrize("trouble", [Redis.kill9, Redis.freeze])
def test_a_worker_stops_while_its_broker_is_away(
    tmp_path: Path, sandbox: Sandbox, trouble: Callable[[Redis], None]
) -> None:
    """Within server.shutdown_timeout, whatever answer Celery still waits for."""
    alone = Home(tmp_path)
    with redis_server() as redis:
        alone.configure(sandbox, broker={"url": redis.url}, server={"shutdown_timeout": "3s"})
        with alone.command("worker") as worker:
            worker.wait_until(lambda: "worker started" in worker.output(), 30)
            trouble(redis)
            worker.signal(signal.SIGTERM)
            status = worker.wait(10)
            last = entries(worker.output())[-1]
            redis.thaw()
    assert (status, last["event"], last["finished"], last["given_back"]) == (0, "worker stopped", True, True)
