"""Three receivers and three workers as processes, on one MariaDB and one Redis, with a network between them all.

The first receiver and the last worker have a clock that is half a minute ahead.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from core.bridge import PEOPLE
from core.store.clock import system_clock
from core.store.engine import Store, open_mysql
from core.store.trouble import Away
from sandbox import Sandbox
from sandbox.credentials import CHIDI
from tests.cli.command import Home
from tests.servers import MariaDB, Process, Proxy, Redis, free_port, wait_until
from tests.stories.scene import LANE, Places

# $LIB is for the dynamic linker. Monotonic time goes on as it does: a clock that is wrong is no other machine.
_AHEAD = {
    "LD_PRELOAD": "/usr/$LIB/faketime/libfaketimeMT.so.1",
    "FAKETIME": "+30s",
    "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    "DONT_FAKE_MONOTONIC": "1",
}


class Cluster(Places):
    """`front` is the load balancer; `to_mariadb` and `to_redis` are the only ways there."""

    def __init__(self, store: Store, sandbox: Sandbox, mariadb: MariaDB, redis: Redis, folder: Path) -> None:
        super().__init__(store, sandbox)
        self.mariadb, self.redis, self.folder = mariadb, redis, folder
        self.ports = [free_port() for _ in range(3)]
        self.front, self.to_mariadb, self.to_redis = (
            Proxy(*self.ports),
            Proxy(mariadb.port),
            Proxy(redis.port),
        )
        self.receivers: list[Process] = []
        self.workers: list[Process] = []

    def post(self, payload: Any, port: int | None = None) -> int:
        """As Alertmanager posts; the status. Raises OSError and HTTPException."""
        return Home(self.folder).ask("/alertmanager/webhook", payload, port=port or self.front.port).status

    def revive(self) -> bool:
        """Start again whoever has ended, as what watches over it would; whether all receivers answer by now."""
        for process in (*self.receivers, *self.workers):
            if not process.running:
                process.start()
        return all(is_ready(Home(self.folder), port) for port in self.ports)

    def settle(self, timeout: float = 150.0) -> None:
        """Until nothing is due, nobody holds anything, and nobody has anything to tell us."""
        wait_until(self._is_settled, timeout, "settled")

    def _is_settled(self) -> bool:
        try:
            if any(self.due().values()):
                return False
            self.sandbox.settle()
            return not any(self.due().values()) and self.held() == []
        except Away:
            return False

    def held(self) -> list[str]:
        """The lanes and targets that somebody is at."""
        lanes = [row for row in self.rows("lanes") if row.name in {LANE, PEOPLE, "lookup"}]
        now = system_clock()
        return [row.name for row in (*lanes, *self.rows("targets")) if row.holder and row.lease_until > now]


@contextmanager
def cluster(folder: Path, sandbox: Sandbox, mariadb: MariaDB, redis: Redis) -> Iterator[Cluster]:
    database = mariadb.new_database()
    store = open_mysql(make_url(mariadb.url(database)))
    made = Cluster(store, sandbox, mariadb, redis, folder)
    with ExitStack() as stack:
        stack.callback(store.close)
        for proxy in (made.front, made.to_mariadb, made.to_redis):
            stack.enter_context(proxy)
        primary = {"host": "127.0.0.1", "port": made.to_mariadb.port, "database": database}
        access = {"username": mariadb.user, "password": mariadb.password}
        blocks: dict[str, dict[str, Any]] = {
            "storage": {"type": "mysql", "mysql": {"primary": {**primary, **access}, "timeout": "3s"}},
            "broker": {"url": f"redis://127.0.0.1:{made.to_redis.port}/0"},
            "pagerduty": {"events_per_minute": 100_000, "from_email": CHIDI.email},
        }
        for number, port in enumerate(made.ports):
            home = Home(folder / f"{number}", port)
            home.folder.mkdir()
            home.configure(sandbox, **blocks)
            clock = _AHEAD if number == 0 else {}
            made.receivers.append(stack.enter_context(home.command("api", **clock)))
        people = ("--lanes", "people", "--targets", "none")
        for arguments, clock in ((people, {}), ((), {}), ((), _AHEAD)):
            made.workers.append(stack.enter_context(home.command("worker", *arguments, **clock)))
        for receiver, port in zip(made.receivers, made.ports, strict=True):
            receiver.wait_until(partial(is_ready, home, port), 90)
        for worker in made.workers:
            worker.wait_until(partial(has_started, worker), 90)
        sandbox.bridge_url = f"http://127.0.0.1:{made.front.port}"
        yield made


def is_ready(home: Home, port: int) -> bool:
    return home.ask("/ready", port=port).status == 200


def has_started(worker: Process) -> bool:
    return "worker started" in worker.output()
