"""Workers that are kept to some of the work, as they are started beside each other."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from sandbox.faults import Kind
from tests.cli.command import PAGERDUTY, SLACK, Home, alert, entries, shows
from tests.servers import Process, Redis, redis_server, wait_until

API_TOKEN = "an-api-token-of-the-tests-that-is-long"


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    with redis_server() as started:
        yield started


@pytest.fixture
def home(tmp_path: Path, sandbox: Sandbox, redis: Redis) -> Home:
    home = Home(tmp_path)
    home.configure(sandbox, broker={"url": redis.url}, api={"tokens": {"night-shift": API_TOKEN}})
    return home


@pytest.fixture
def api(home: Home) -> Iterator[Process]:
    with home.command("api") as api:
        home.wait_ready(api)
        yield api


def started(worker: Process) -> dict[str, object]:
    worker.wait_until(lambda: "worker started" in worker.output(), 30)
    return next(entry for entry in entries(worker.output()) if entry["event"] == "worker started")


def find(home: Home, name: str) -> dict[str, str]:
    """The alert of this name, as the API has it; empty where it is not there yet."""
    answer = home.ask("/api/v1/alerts", token=API_TOKEN)
    return next((one for one in answer.json["alerts"] if one["name"] == name), {})


def told_by(worker: Process) -> set[str]:
    """The targets that it says it has told."""
    return {entry["target"] for entry in entries(worker.output()) if entry["event"] == "delivered"}


@pytest.mark.usefixtures("api")
def test_a_click_does_not_wait_for_a_storm(home: Home, sandbox: Sandbox) -> None:
    """Every thread of the others waits for targets that answer after seconds; people have a worker of their own."""
    with (
        home.command("worker", "--lanes", "ingest", "--concurrency", "2") as others,
        home.command("worker", "--lanes", "people", "--targets", "none", "--concurrency", "1") as people,
    ):
        assert started(people)["queues"] == ["people"]
        started(others)
        home.post(alert("Clicked"))
        wait_until(lambda: shows(sandbox, "Clicked"), 20, "shown")
        for service in ("slack", "pagerduty"):
            sandbox.faults.add(service, Kind.LATE, seconds=5)
        for number in range(5):
            home.post(alert(f"Storm{number}"))
        calls = sandbox.traffic.count("pagerduty_events", "trigger")
        wait_until(lambda: sandbox.traffic.count("pagerduty_events", "trigger") > calls, 20, "under way")
        id_ = find(home, "Clicked")["id"]
        answer = home.ask(f"/api/v1/alerts/{id_}/acknowledge", {}, API_TOKEN)
        assert answer.status in {200, 202}, answer.text
        wait_until(lambda: find(home, "Clicked")["state"] == "acknowledged", 20, "acknowledged")
        assert not shows(sandbox, "Storm4")


@pytest.mark.usefixtures("api")
def test_each_is_told_by_who_may(home: Home, sandbox: Sandbox) -> None:
    """One worker for Slack, one for PagerDuty, one that ingests."""
    with (
        home.command("worker", "--lanes", "all", "--targets", "none") as ingests,
        home.command("worker", "--lanes", "none", "--targets", SLACK) as slack,
        home.command("worker", "--lanes", "none", "--targets", "pagerduty") as pagerduty,
    ):
        for worker in (ingests, slack, pagerduty):
            started(worker)
        home.post(alert("Divided"))
        wait_until(lambda: shows(sandbox, "Divided"), 20, "shown")
        wait_until(lambda: told_by(slack) and told_by(pagerduty), 10, "said so")
        assert [told_by(worker) for worker in (ingests, slack, pagerduty)] == [
            set(),
            {SLACK},
            {PAGERDUTY},
        ]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (
            ("--targets", "teams"),
            "--targets: there is no teams here; there is pagerduty, pagerduty:default, slack,",
        ),
        (("--lanes", "none", "--targets", "none"), "leaves nothing to do"),
        (("--concurrency", "1"), "leaves no thread beside the one that is kept for people"),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(home: Home, options: tuple[str, ...], told: str) -> None:
    assert told in " ".join(home.say("worker", *options, status=2).split())
