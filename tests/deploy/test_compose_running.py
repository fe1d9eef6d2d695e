"""What docker-compose.yml starts, without the containers: its commands, its environment and its files as they are, but
for addresses of this machine in the place of names and mounts. MariaDB plays MySQL.
"""

import base64
import json
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.composed import TOKEN_FILE, check, deployed, environment, unescaped, words
from tests.repo.tree import ROOT
from tests.servers import MariaDB, Process, free_port, mariadb_server, wait_until
from tests.servers.server import data_folder

BIN = Path(sys.executable).parent
DOORS = {
    "api": 8080,
    "sandbox": 8090,
    "flower": 5555,
    "redis": 6379,
    "alertmanager": 9093,
    "prometheus": 9090,
}
WORKERS = ("worker-people", "worker")
BRIDGES = ("migrate", "api", *WORKERS)
# What their images start, and what they are told here beside: where to listen.
PROGRAMS = {
    **dict.fromkeys(BRIDGES, "alert-bridge"),
    "flower": "celery",
    "prometheus": "prometheus",
    "alertmanager": "prometheus-alertmanager",
}
LOGIN = "admin:only-for-trying-out"


class System:
    """`folder` stands for all mounts and volumes."""

    def __init__(self, folder: Path, database: MariaDB) -> None:
        self.folder = folder
        self.ports = {name: free_port() for name in (*DOORS, *WORKERS)}
        self.mysql = {
            "MYSQL_HOST": "127.0.0.1",
            "MYSQL_PORT": str(database.port),
            "MYSQL_DATABASE": database.new_database(),
            "MYSQL_USERNAME": database.user,
            "MYSQL_PASSWORD": database.password,
        }
        for name in ("prometheus", "alertmanager"):
            told = yaml.safe_load(self.here(deployed(f"{name}.yml"), name))
            self._write(f"{name}.yml", self._scraped(told))
        for name in BRIDGES:
            found = yaml.safe_load(self.here(deployed("sandbox.yaml")))
            found["server"] |= {"host": "127.0.0.1", "port": self.ports["api"]}
            found["worker"]["metrics_port"] = self.ports.get(name, 0)
            self._write(f"{name}.yaml", found)

    def _write(self, name: str, content: Any) -> None:
        (self.folder / name).write_text(yaml.safe_dump(content), encoding="utf-8")

    def _scraped(self, settings: dict[str, Any]) -> dict[str, Any]:
        """There are no names to look up here."""
        for job in settings.get("scrape_configs", []):
            for asked in job.pop("dns_sd_configs", []):
                targets = [f"127.0.0.1:{self.ports[name]}" for name in asked["names"]]
                job["static_configs"] = [{"targets": targets}]
        return settings

    def here(self, said: str, of: str = "") -> str:
        """The same on this machine; `of` is whose it is, for itself each service is 127.0.0.1."""
        for name, port in DOORS.items():
            said = said.replace(f"{name}:{port}", f"127.0.0.1:{self.ports[name]}")
        for there, place in {
            f"127.0.0.1:{DOORS.get(of)}": f"127.0.0.1:{self.ports.get(of)}",
            f"--port={DOORS.get(of)}": f"--port={self.ports.get(of)}",
            TOKEN_FILE: f"{ROOT}/deploy/compose/alertmanager.token",
            "/etc/prometheus/rules": f"{ROOT}/deploy/prometheus",
            "file=/etc/prometheus": f"file={self.folder}",
            "file=/etc/alertmanager": f"file={self.folder}",
            "path=/": f"path={self.folder}/data-of-",
            "dir /data": f"dir {self.folder}\nport {self.ports['redis']}\nbind 127.0.0.1",
            "redis-cli": f"redis-cli -p {self.ports['redis']}",
        }.items():
            said = said.replace(there, place)
        return said

    def process(self, name: str, *typed: str) -> Process:
        """What runs in this container, or something else that is run in it."""
        listens = f"--web.listen-address=127.0.0.1:{self.ports.get(name)}"
        first = [PROGRAMS[name]] if name in PROGRAMS else []
        last = [listens] if name in ("prometheus", "alertmanager") else []
        program, *rest = (self.here(unescaped(word), name) for word in typed or [*first, *words(name), *last])
        ours = BIN / program
        given = {variable: self.here(value) for variable, value in environment(name).items()}
        given |= self.mysql if "MYSQL_HOST" in given else {}
        around = {
            "CONFIG_PATH": f"{self.folder}/{name}.yaml",
            "PYTHONPATH": str(ROOT),
            "TMPDIR": str(self.folder),
        }
        return Process([ours if ours.exists() else program, *rest], cwd=self.folder, env={**around, **given})

    def is_healthy(self, name: str) -> bool:
        """By the check that its container has."""
        kind, *asked = check(name)
        with self.process(name, *(["sh", "-c", *asked] if kind == "CMD-SHELL" else asked)) as asking:
            return asking.wait(30) == 0

    def ask(self, name: str, path: str, login: str | None = None, body: Any = None) -> tuple[int, str]:
        """GET, or POST where there is a body."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.ports[name]}{path}")
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        if login:
            request.add_header("Authorization", f"Basic {base64.b64encode(login.encode()).decode()}")
        try:
            with urllib.request.urlopen(request, timeout=15) as answer:  # noqa: S310 (a port of ours)
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def state(self) -> dict[str, Any]:
        """What the sandbox's page shows."""
        found: dict[str, Any] = json.loads(self.ask("sandbox", "/control/state")[1])
        return found

    def shown(self, words: str) -> bool:
        return any(words in str(one["text"]) for one in self.state()["messages"])


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    """All of it, started in the order that `depends_on` asks for."""
    with mariadb_server() as database, data_folder() as folder, ExitStack() as stack:
        system = System(folder, database)

        def start(name: str) -> Process:
            return stack.enter_context(system.process(name))

        redis = start("redis")
        redis.wait_until(lambda: system.is_healthy("redis"), 30, "healthy")
        with system.process("migrate") as migrate:
            assert migrate.wait(60) == 0, migrate.output()
        started = {name: start(name) for name in ("sandbox", "api", *WORKERS)}
        for name, process in started.items():
            process.wait_until(partial(system.is_healthy, name), 90, "healthy")
        for name in ("alertmanager", "prometheus"):
            start(name)
        yield system


@pytest.fixture(scope="module")
def flower(system: System) -> Iterator[Process]:
    with system.process("flower") as flower:
        yield flower


def test_the_whole_way_is_there(system: System) -> None:
    """Prometheus fires, Alertmanager posts with its token, the bridge tells the pretend Slack, and pages nobody."""
    wait_until(lambda: system.shown("Watchdog"), 90, "the Watchdog in Slack")
    assert [one for one in system.state()["incidents"] if "Watchdog" in one["title"]] == []


def test_the_sandbox_has_a_way_of_its_own(system: System) -> None:
    """What its page fires comes in with its own token, and is told in both places."""
    system.ask("sandbox", "/control/fire", body={"kind": "critical"})
    wait_until(lambda: system.shown("HighCPU"), 60, "the alert in Slack")
    wait_until(lambda: system.state()["incidents"], 60, "the incident")


def test_flower_shows_the_workers_to_whoever_has_the_password(system: System, flower: Process) -> None:
    """Broker and password come by the environment; its numbers are for Prometheus, without one."""
    flower.wait_until(lambda: system.ask("flower", "/healthcheck")[0] == 200, 60, "up")
    assert [system.ask("flower", path)[0] for path in ("/", "/api/workers", "/metrics")] == [401, 401, 200]
    wait_until(lambda: len(json.loads(system.ask("flower", "/api/workers?refresh=1", LOGIN)[1])) == 2, 60)


def test_what_goes_down_is_told(system: System, flower: Process) -> None:
    """As docs/docker.md has people try it."""
    flower.stop()
    wait_until(lambda: system.shown("TargetDown") and system.shown("flower at"), 120, "told")
