"""One bridge that runs on while its parts are killed, its configuration goes away and others want its place."""

import os
import re
import signal
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from sandbox import Sandbox
from tests.cli.command import PAGERDUTY, RUNNING, SLACK, Home, alert, alive, children, entries, shows, words
from tests.servers import Process, wait_until


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(rate_limits=False) as started:
        yield started


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> Home:
    """In which there are packages named like ours, as in many a project, and no configuration once it runs."""
    home = Home(tmp_path_factory.mktemp("running"))
    for name in ("api", "cli", "core", "config"):
        (home.folder / name).mkdir()
        (home.folder / name / "__init__.py").write_text("raise ImportError('not ours')\n")
    home.configure(sandbox, logging={"level": "debug"})
    return home


@pytest.fixture(scope="module")
def run(home: Home) -> Iterator[Process]:
    with home.command("run") as run:
        # Not only ready: until it has seen that for itself, it takes the end of a part for a start that failed.
        run.wait_until(lambda: RUNNING in run.output(), 30)
        home.config.rename(home.folder / "taken-away.yaml")
        yield run


def worker(run: Process) -> int | None:
    return next((pid for pid in children(run.pid) if "worker" in words(pid)), None)


def receiver(run: Process) -> int | None:
    return next((pid for pid in children(run.pid) if "api" in words(pid)), None)


def application(run: Process) -> int | None:
    """Granian's child."""
    above = receiver(run)
    return next(iter(children(above)), None) if above else None


def test_a_part_that_was_killed_comes_back(run: Process, home: Home, sandbox: Sandbox) -> None:
    """With the configuration that it had, though the file is gone; the next alert gets through."""
    for part in (worker, application, receiver):
        kill_and_wait(run, part)
        home.wait_ready(run)
        home.post(alert(f"After {part.__name__}"))
        run.wait_until(partial(shows, sandbox, f"After {part.__name__}"), 20, "shown")


def kill_and_wait(run: Process, part: Callable[[Process], int | None]) -> None:
    """Until it and what it had started are gone, and another one is there."""
    pid = run.wait_until(lambda: part(run), 20)
    assert pid
    gone = [pid, *children(pid)]
    os.kill(pid, signal.SIGKILL)
    run.wait_until(lambda: not any(alive(one) for one in gone), 20, f"rid of its {part.__name__}")
    run.wait_until(lambda: part(run), 20, f"starting its {part.__name__} again")


def test_a_second_one_on_the_same_file_is_refused(run: Process, home: Home) -> None:
    """In a sentence, and the first goes on."""
    (home.folder / "second.yaml").write_text((home.folder / "taken-away.yaml").read_text())
    for command in ("run", "worker", "migrate"):
        said = home.say(command, config="second.yaml", status=1)
        assert "another alert-bridge uses data/bridge.db already" in said
        assert len(said.splitlines()) == 1
    assert run.running
    assert home.is_ready()


def test_each_line_of_the_log_is_an_entry(run: Process, home: Home, sandbox: Sandbox) -> None:
    """What happened, how much it matters, when; a delivery also says of which alert, where to, in which version."""
    home.post(alert("Logged"))
    wait_until(lambda: shows(sandbox, "Logged"), 20, "shown")

    def delivered() -> list[dict[str, str]]:
        alerts = {one["alert"] for one in entries(run.output(200_000)) if one.get("name") == "Logged"}
        return [one for one in entries(run.output(200_000)) if one.get("alert") in alerts and "target" in one]

    wait_until(lambda: len(delivered()) >= 2, 10, "both logged")
    assert {SLACK, PAGERDUTY} == {one["target"] for one in delivered()}
    assert all(one["event"] == "delivered" and int(one["version"]) >= 1 for one in delivered())
    for one in entries(run.output(200_000)):
        assert {"event", "level", "timestamp"} <= one.keys()
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", one["timestamp"])


def test_the_numbers_are_those_of_all_processes(run: Process, home: Home, sandbox: Sandbox) -> None:
    """The receiver of `run` counts what its worker did."""
    home.post(alert("Counted"))
    wait_until(lambda: shows(sandbox, "Counted"), 20, "shown")
    wait_until(
        lambda: re.search(
            rf'^alert_bridge_delivered_total{{outcome="delivered",target="{SLACK}"}} [1-9]',
            home.ask("/metrics").text,
            re.MULTILINE,
        ),
        10,
        "counted",
    )


def test_no_line_is_neither_an_entry_nor_a_sentence(run: Process) -> None:
    """What the libraries have to say, also when they fail, is said in the log's own form."""
    kinds = re.compile(r"\{.*\}|  \S.*|alert-bridge: .*|" + re.escape(RUNNING))
    assert [line for line in run.output(200_000).splitlines() if not kinds.fullmatch(line)] == []
