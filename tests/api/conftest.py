"""The receiver on real HTTP with a SQLite file behind it."""

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import Connection, event, func, select
from werkzeug.serving import make_server

from api.app import Parts, create_app
from api.authentication import Authentication
from api.intake import Intake
from api.parts import SlackParts
from api.signatures import PagerDutySignatures
from core.domain.silence_rules import Rules
from core.store import inbox, tables
from core.store.bodies import unpack
from core.store.clock import system_clock
from core.store.engine import Store, open_sqlite
from core.targets.slack_api import Api
from sandbox import Sandbox, credentials

LIMIT = 64 * 1024
PATH = "/alertmanager/webhook"


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


@dataclass
class Receiver:
    port: int
    store: Store
    intake: Intake
    hints: list[str]

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | Iterator[bytes] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(
                method,
                path,
                body,
                headers or {},
                encode_chunked=body is not None and not isinstance(body, bytes),
            )
            answer = connection.getresponse()
            return Reply(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def post(self, body: bytes, headers: dict[str, str] | None = None, path: str = PATH) -> Reply:
        return self.ask("POST", path, body, {"Content-Type": "application/json", **(headers or {})})

    def stored(self) -> list[tuple[str, str, str | None, bytes]]:
        """Source, lane, dedup key and body of every row of the inbox."""
        columns = (tables.inbox.c.source, tables.inbox.c.lane, tables.inbox.c.dedup_key, tables.inbox.c.body)
        with self.store.read() as connection:
            found = connection.execute(select(*columns).order_by(tables.inbox.c.id)).all()
        return [(row.source, row.lane, row.dedup_key, unpack(row.body)) for row in found]

    def rows(self) -> int:
        with self.store.read() as connection:
            return connection.execute(select(func.count()).select_from(tables.inbox)).scalar_one()


@dataclass
class WriteLock:
    """Somebody else's writing transaction, held until released; `wanted` once another stands before it."""

    store: Store
    wanted: threading.Event = field(default_factory=threading.Event)
    _transactions: list[Connection] = field(default_factory=list)

    def hold(self) -> None:
        connection = self.store.writer.connect()
        connection.begin()
        self._transactions.append(connection)
        event.listen(self.store.writer, "checkout", lambda *_: self.wanted.set())

    def release(self) -> None:
        while self._transactions:
            self._transactions.pop().close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_sqlite(str(tmp_path / "bridge.db"))
    tables.metadata.create_all(store.writer)
    yield store
    store.close()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(rate_limits=False, incident_delay=0) as started:
        yield started


@pytest.fixture
def api(sandbox: Sandbox) -> Api:
    """The pretend Slack's."""
    return Api(credentials.SLACK_BOT_TOKEN, sandbox.slack_api_url, 2.0)


@pytest.fixture
def lock(store: Store) -> Iterator[WriteLock]:
    held = WriteLock(store)
    yield held
    held.release()


@contextmanager
def no_inbox(store: Store) -> Iterator[None]:
    """A database that can't store anything."""
    with store.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE inbox RENAME TO away")
    yield
    with store.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE away RENAME TO inbox")


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


Start = Callable[..., Receiver]


@pytest.fixture
def start(store: Store) -> Iterator[Start]:
    """Start a receiver; what it is given replaces the defaults."""
    stops: list[Callable[[], None]] = []

    def begin(
        authentication: Authentication | None = None,
        *,
        max_body_bytes: int = LIMIT,
        migrated: Callable[[], bool] = lambda: True,
        gauges_of: Store | None = None,
        slack: SlackParts | None = None,
        pagerduty: PagerDutySignatures | None = None,
        api: Authentication | None = None,
        rules: Rules | None = None,
        reconciled: tuple[str, ...] = (),
        hinted: Callable[[], bool | None] = lambda: None,
        fit: Callable[[], bool] = lambda: True,
    ) -> Receiver:
        hints: list[str] = []
        intake = Intake(store, system_clock, hints.append)
        parts = Parts(
            intake=intake,
            store=gauges_of or store,
            clock=system_clock,
            authentication=authentication or Authentication(),
            max_body_bytes=max_body_bytes,
            migrated=migrated,
            slack=slack,
            pagerduty=pagerduty,
            api=api or Authentication(),
            rules=rules or Rules(),
            reconciled=reconciled,
            hinted=hinted,
            fit=fit,
        )
        server = make_server("127.0.0.1", 0, create_app(parts), threaded=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        stops.extend((intake.stop, thread.join, server.server_close, server.shutdown))
        return Receiver(server.server_port, store, intake, hints)

    yield begin
    while stops:
        stops.pop()()


@pytest.fixture
def receiver(start: Start) -> Receiver:
    return start()


@pytest.fixture
def incoming() -> inbox.Incoming:
    return inbox.Incoming(source="default", lane="alertmanager:default", body=b"x")
