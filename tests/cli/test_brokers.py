"""Each kind of broker between receiver and worker: lost while both are busy, back and empty, late at the start."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kombu.connection import Connection
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis as Client

from sandbox import Sandbox
from sandbox.faults import Kind
from tests.cli.command import Home, alert, shows
from tests.servers import (
    Process,
    Server,
    free_port,
    rabbitmq_server,
    redis_server,
    wait_until,
)


@dataclass
class Broker:
    """One that runs: its URL, how to ask whether a worker listens there, and how to make it forget everything."""

    server: Server
    url: str
    is_heard: Callable[[], bool]
    empty: Callable[[], None]


@contextmanager
def redis() -> Iterator[Broker]:
    """With a password, over TLS, in another database than the first."""
    with redis_server(password="pass-of-redis", tls=True) as server:
        url = server.url.replace("/0?", "/3?")

        def ask(question: Callable[[Client], Any]) -> Any:
            with Client.from_url(url) as client:
                return question(client)

        yield Broker(
            server,
            url,
            lambda: any(one["cmd"] == "brpop" and one["db"] == "3" for one in ask(Client.client_list)),
            lambda: ask(Client.flushall),
        )


@contextmanager
def rabbitmq() -> Iterator[Broker]:
    with rabbitmq_server() as server:

        def ask(question: Callable[[Any], Any]) -> Any:
            with Connection(server.url) as connection:  # type: ignore[no-untyped-call]
                return question(connection.default_channel)

        yield Broker(
            server,
            server.url,
            lambda: ask(lambda channel: channel.queue_declare("people", passive=True)).consumer_count > 0,
            lambda: ask(lambda channel: [channel.queue_delete(name) for name in ("people", "ingest")]),
        )


@pytest.fixture(scope="module", params=[redis, rabbitmq])
def broker(request: pytest.FixtureRequest) -> Iterator[Broker]:
    with request.param() as started:
        yield started


@pytest.fixture
def home(tmp_path: Path, sandbox: Sandbox, broker: Broker) -> Home:
    home = Home(tmp_path)
    home.configure(sandbox, broker={"url": broker.url}, worker={"metrics_port": free_port()})
    return home


@pytest.fixture
def parts(home: Home) -> Iterator[tuple[Process, Process]]:
    with home.command("api") as api, home.command("worker") as worker:
        home.wait_ready(api)
        worker.wait_until(lambda: "worker started" in worker.output(), 30)
        yield api, worker
        assert api.running, api.output()
        assert worker.running, worker.output()
        assert "Traceback" not in worker.output(10_000_000), "a broker that is away is no bug"


def arrives(home: Home, sandbox: Sandbox, name: str, within: float = 30) -> None:
    home.post(alert(name))
    wait_until(lambda: shows(sandbox, name), within, f"{name} shown")


def told(home: Home, name: str, **labels: str) -> float | None:
    """What the receiver says of itself in this number."""
    families = text_string_to_metric_families(home.ask("/metrics").text)
    samples = [sample for family in families for sample in family.samples]
    return next((it.value for it in samples if it.name == name and it.labels == labels), None)


@pytest.mark.usefixtures("parts")
def test_an_alert_goes_through_and_the_broker_is_known_to_be_up(
    home: Home, sandbox: Sandbox, broker: Broker
) -> None:
    wait_until(broker.is_heard, 20, "heard")
    arrives(home, sandbox, "Plain", 10)
    assert told(home, "alert_bridge_broker_up") == 1.0
    assert told(home, "alert_bridge_hints_total", outcome="published") == 1.0


@pytest.mark.usefixtures("parts")
def test_a_busy_worker_outlives_its_broker_and_finds_the_next_one(
    home: Home, sandbox: Sandbox, broker: Broker
) -> None:
    """All threads wait for targets when the broker dies; it comes back empty, and the worker listens to it again."""
    wait_until(broker.is_heard, 20, "heard")
    for service in ("slack", "pagerduty"):
        sandbox.faults.add(service, Kind.LATE, seconds=1.0)
    home.post(alert("Busy"))
    wait_until(lambda: sandbox.traffic.count("pagerduty_events", "trigger"), 20, "being delivered")
    broker.server.kill9()
    home.post(alert("Without"))
    wait_until(lambda: told(home, "alert_bridge_broker_up") == 0.0, 20, "known to be down")
    assert home.ask("/ready").json["broker"].startswith("down")
    sandbox.faults.clear()
    arrives(home, sandbox, "Meanwhile")
    broker.server.start()
    wait_until(broker.is_heard, 60, "heard again")
    arrives(home, sandbox, "Back")
    assert shows(sandbox, "Busy")
    assert shows(sandbox, "Without")


@pytest.mark.usefixtures("parts")
def test_a_broker_that_forgets_everything_costs_nothing(home: Home, sandbox: Sandbox, broker: Broker) -> None:
    wait_until(broker.is_heard, 20, "heard")
    broker.empty()
    arrives(home, sandbox, "Flushed")
    wait_until(broker.is_heard, 20, "still heard")


@pytest.mark.usefixtures("parts")
def test_a_frozen_broker_costs_seconds(home: Home, sandbox: Sandbox, broker: Broker) -> None:
    """Both sides find out by themselves, and find back."""
    wait_until(broker.is_heard, 20, "heard")
    broker.server.freeze()
    arrives(home, sandbox, "Frozen")
    wait_until(lambda: told(home, "alert_bridge_broker_up") == 0.0, 20, "known to be down")
    broker.server.thaw()
    wait_until(broker.is_heard, 60, "heard again")
    arrives(home, sandbox, "Thawed")


def test_a_broker_may_come_last(home: Home, sandbox: Sandbox, broker: Broker) -> None:
    """Compose and Helm start things in any order: alerts go through before it is there."""
    broker.server.kill9()
    with home.command("api") as api, home.command("worker") as worker:
        home.wait_ready(api)
        arrives(home, sandbox, "Early")
        broker.server.start()
        worker.wait_until(broker.is_heard, 60, "heard")
        arrives(home, sandbox, "Later")


def test_a_probe_tells_a_broker_that_refuses_from_one_that_is_away(
    home: Home, sandbox: Sandbox, broker: Broker
) -> None:
    """The first is a fault of the configuration; without the second all goes on."""
    scheme, _, rest = broker.url.partition("://")
    server = rest.rpartition("@")[2]
    home.configure(sandbox, broker={"url": f"{scheme}://guest:not-the-password@{server}"})
    said = home.say("check-config", "--probe", status=1)
    assert "broker: refused: look at the user, the password and the virtual host in broker.url" in said
    assert "not-the-password" not in said
    home.configure(sandbox, broker={"url": f"{scheme}://127.0.0.1:{free_port()}"})
    assert "broker: cannot be reached (Connection refused): work goes on" in home.say(
        "check-config", "--probe"
    )
