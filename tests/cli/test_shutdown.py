"""SIGTERM, with MySQL and Redis: what is in hand is finished or given back in time, whoever hangs; the status is 0."""

import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from sandbox.faults import Kind
from tests.cli.command import Answer, Home, alert, entries, shows
from tests.servers import MariaDB, Process, Redis, redis_server, wait_until

PATIENCE = 6
TERM = signal.SIGTERM


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    with redis_server() as started:
        yield started


@pytest.fixture
def home(tmp_path: Path, sandbox: Sandbox, redis: Redis, mariadb: MariaDB) -> Home:
    home = Home(tmp_path)
    primary = {
        "host": "127.0.0.1",
        "port": mariadb.port,
        "database": mariadb.new_database(),
        "username": mariadb.user,
        "password": mariadb.password,
    }
    home.configure(
        sandbox,
        broker={"url": redis.url},
        storage={"type": "mysql", "mysql": {"primary": primary, "timeout": "5s"}},
        server={"shutdown_timeout": f"{PATIENCE}s"},
    )
    return home


def working(worker: Process) -> Process:
    worker.wait_until(lambda: "worker started" in worker.output(), 40)
    return worker


def last_word(worker: Process) -> dict[str, object]:
    return next(one for one in reversed(entries(worker.output())) if one["event"] == "worker stopped")


def test_what_slack_did_not_answer_is_given_to_another(home: Home, sandbox: Sandbox) -> None:
    """Long before leases and claims of two minutes have run out."""
    sandbox.faults.add("slack", Kind.HANG, seconds=120)
    with home.command("api") as api, home.command("worker") as first:
        home.wait_ready(api)
        working(first)
        home.post(alert("Hangs"))
        wait_until(lambda: sandbox.traffic.count("pagerduty_events", "trigger"), 30, "under way")
        with home.command("worker") as second:
            working(second)
            first.signal(TERM)
            assert first.wait(PATIENCE + 10) == 0, first.output()
            word = last_word(first)
            assert (word["finished"], word["given_back"]) == (False, True)
            sandbox.faults.clear()
            wait_until(lambda: shows(sandbox, "Hangs"), 60, "shown by the other")
    assert len([one for one in sandbox.slack.messages if "Hangs" in one.text]) == 1


def test_another_goes_on_where_a_worker_was_stopped(home: Home, sandbox: Sandbox) -> None:
    """In the middle of a stream; nobody waits for a lease, and nothing comes twice."""
    with (
        home.command("api") as api,
        home.command("worker") as first,
        home.command("worker") as second,
    ):
        home.wait_ready(api)
        working(first)
        working(second)
        names = [f"Stream{number}" for number in range(30)]
        for number, name in enumerate(names):
            home.post(alert(name))
            if number == 15:
                first.signal(TERM)
        assert first.wait(PATIENCE + 10) == 0, first.output()
        assert last_word(first)["finished"] is True
        wait_until(lambda: all(shows(sandbox, name) for name in names), 60, "all shown")
    assert len(sandbox.slack.messages) == len(names)


def test_a_database_that_hangs_holds_nobody(home: Home, mariadb: MariaDB) -> None:
    """Receiver and worker end in time; what they held runs out by itself."""
    with home.command("api") as api, home.command("worker") as worker:
        home.wait_ready(api)
        working(worker)
        mariadb.freeze()
        try:
            time.sleep(3)  # so that sweep and pulse wait for it
            for one in (api, worker):
                one.signal(TERM)
            assert (api.wait(PATIENCE + 10), worker.wait(PATIENCE + 10)) == (0, 0), api.output()
        finally:
            mariadb.thaw()
        assert last_word(worker)["given_back"] is False


def test_a_request_in_hand_is_answered(home: Home, mariadb: MariaDB, sandbox: Sandbox) -> None:
    """It waits for its commit while the receiver is told to stop: it is stored, and told so."""
    answers: list[Answer] = []
    with home.command("api") as api:
        home.wait_ready(api)
        home.post(alert("Before"))
        mariadb.freeze()
        try:
            asking = threading.Thread(
                target=lambda: answers.append(home.ask("/alertmanager/webhook", alert("InHand")))
            )
            asking.start()
            time.sleep(0.5)
            api.signal(TERM)
            time.sleep(1)
        finally:
            mariadb.thaw()
        asking.join(15)
        assert [one.status for one in answers] == [202]
        assert api.wait(PATIENCE + 10) == 0, api.output()
    with home.command("worker") as worker:
        working(worker)
        wait_until(lambda: shows(sandbox, "InHand"), 30, "shown")
