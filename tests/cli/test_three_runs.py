"""Three `alert-bridge run` on one MySQL with no broker between them: each is as good as another, and can be lost."""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox
from tests.cli.command import Home, alert, children, shows
from tests.servers import MariaDB, Process, wait_until

API_TOKEN = "an-api-token-of-the-tests-that-is-long"


@dataclass
class Instance:
    """One `run`, in a folder of its own, on a port of its own."""

    home: Home
    run: Process

    def find(self, name: str) -> dict[str, Any]:
        """The alert of this name, as this one's API has it; empty where it is not there yet."""
        answer = self.home.ask("/api/v1/alerts?limit=100", token=API_TOKEN)
        return next((one for one in answer.json["alerts"] if one["name"] == name), {})

    def acknowledge(self, name: str) -> None:
        answer = self.home.ask(f"/api/v1/alerts/{self.find(name)['id']}/acknowledge", {}, API_TOKEN)
        assert answer.status in {200, 202}, answer.text

    def lose(self) -> None:
        """All its processes at once, as when a node is gone."""
        below = children(self.run.pid)
        self.run.kill9()
        for pid in below:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@pytest.fixture
def three(tmp_path: Path, sandbox: Sandbox, mariadb: MariaDB) -> Iterator[list[Instance]]:
    """Started at once, on an empty database."""
    primary = {
        "host": "127.0.0.1",
        "port": mariadb.port,
        "database": mariadb.new_database(),
        "username": mariadb.user,
        "password": mariadb.password,
    }
    with ExitStack() as stack:
        instances = []
        for number in range(3):
            folder = tmp_path / str(number)
            folder.mkdir()
            home = Home(folder)
            home.configure(
                sandbox,
                storage={"type": "mysql", "mysql": {"primary": primary}},
                api={"tokens": {"night-shift": API_TOKEN}},
            )
            instances.append(Instance(home, stack.enter_context(home.command("run"))))
        for each in instances:
            each.run.wait_until(each.home.is_ready, 60)
        yield instances


def test_what_one_is_told_all_know(three: list[Instance], sandbox: Sandbox) -> None:
    """Each alert is shown once, whoever took it; what somebody does through one shows through the others."""
    names = [f"From{number}" for number in range(6)]
    for number, name in enumerate(names):
        three[number % 3].home.post(alert(name))
    wait_until(lambda: all(shows(sandbox, name) for name in names), 30, "all shown")
    for each in three:
        wait_until(lambda each=each: all(each.find(name) for name in names), 10, "known")  # type: ignore[misc]
    three[0].acknowledge("From1")
    for each in three:
        wait_until(
            lambda each=each: each.find("From1")["state"] == "acknowledged",  # type: ignore[misc]
            10,
            "acknowledged",
        )
    assert doubled(sandbox) == []


def test_one_of_them_is_lost_while_alerts_flow(three: list[Instance], sandbox: Sandbox) -> None:
    """The others go on with what it was at; nothing is lost and nothing comes twice."""
    names = [f"Flow{number}" for number in range(30)]
    for number, name in enumerate(names[:20]):
        three[number % 3].home.post(alert(name))
    three[0].lose()
    for number, name in enumerate(names[20:]):
        three[1 + number % 2].home.post(alert(name))
    three[1].home.post(alert("Clicked"))
    wait_until(lambda: three[2].find("Clicked"), 60, "known")
    three[1].acknowledge("Clicked")
    wait_until(lambda: three[2].find("Clicked")["state"] == "acknowledged", 60, "acknowledged")
    wait_until(lambda: all(shows(sandbox, name) for name in [*names, "Clicked"]), 100, "all shown")
    assert doubled(sandbox) == []


def doubled(sandbox: Sandbox) -> list[str]:
    """What has more than one message, or more than one incident."""
    messages = Counter(one.text for one in sandbox.slack.messages if one.thread_ts is None)
    incidents = Counter(one.title for one in sandbox.pagerduty.incidents)
    return [name for name, count in [*messages.items(), *incidents.items()] if count > 1]
