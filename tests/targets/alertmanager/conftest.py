"""Real Alertmanagers, a silence of ours with what is stored of it at one, and a way to get there that loses things."""

import http.client
import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.domain.errors import Transient, Verdict
from core.domain.matcher import Matcher
from core.domain.silence import Silence
from core.domain.silence_deed import SilenceDeed, reduce_silence
from core.targets.alertmanager import AlertmanagerTarget
from core.targets.alertmanager_client import Members
from core.targets.target import Converged, Remote
from tests.servers.alertmanager import Alertmanager, alertmanager, alertmanager_pair

NOBODY = "http://127.0.0.1:9"
HOUR = timedelta(hours=1)


def make_silence(**given: Any) -> Silence:
    now = datetime.now(UTC)
    base = Silence(
        id="01993e00-0000-7000-8000-000000000001",
        matchers=(Matcher("alertname", "HighCPU"), Matcher("instance", "web-.*", regex=True)),
        start_at=now,
        end_at=now + HOUR,
        created_by="slack:U0ADA",
        created_by_name="Ada Example",
        reason="being replaced",
        source="slack",
        created_at=now,
    )
    return replace(base, **given)


def target_of(*urls: str, **settings: Any) -> AlertmanagerTarget:
    """One that is not patient."""
    members = Members(urls, timeout=(0.5, 0.5))
    return AlertmanagerTarget("default", members, **{"look_after": (0.1, 1.0), **settings})


@dataclass
class Row:
    """A silence of ours and its delivery, brought up to date as a pump does it."""

    target: AlertmanagerTarget
    silence: Silence = field(default_factory=make_silence)
    remote: Remote = field(default_factory=dict)
    found: list[SilenceDeed] = field(default_factory=list)

    @property
    def id(self) -> str | None:
        return self.target.identify(self.remote)

    def attempt(self) -> Converged:
        """Store the intent, then converge; what a failure has taught is stored as well."""
        now, before = datetime.now(UTC), self.remote
        self.remote = self.target.intend(self.silence, before, now)
        try:
            done = self.target.converge(self.silence, before, self.remote, now)
        except Verdict as verdict:
            self.remote = self.remote if verdict.remote is None else verdict.remote
            raise
        self.remote = done.remote
        assert done.remote_id == self.id
        return done

    def failed(self) -> Verdict:
        """An attempt that ends in a verdict."""
        with pytest.raises(Verdict) as raised:
            self.attempt()
        return raised.value

    def tell(self, attempts: int = 40) -> Converged:
        """Attempts until one succeeds; what it has found is done here."""
        for _ in range(attempts - 1):
            try:
                done = self.attempt()
                break
            except Transient as verdict:
                time.sleep(min(verdict.retry_after or 0.05, 0.2))
        else:
            done = self.attempt()
        if isinstance(done.found, SilenceDeed):
            self.found.append(done.found)
            changed = reduce_silence(self.silence, replace(done.found, at=datetime.now(UTC)))
            self.silence = changed.silence or self.silence
        return done

    def change(self, **given: Any) -> None:
        """Somebody changes it here."""
        self.silence = replace(
            self.silence, **given, changed_at=datetime.now(UTC), version=self.silence.version + 1
        )

    def end(self) -> None:
        self.change(end_at=datetime.now(UTC))


@pytest.fixture
def there() -> Iterator[Alertmanager]:
    with alertmanager(NOBODY) as server:
        yield server


@pytest.fixture
def pair() -> Iterator[tuple[Alertmanager, Alertmanager]]:
    with alertmanager_pair(NOBODY) as servers:
        yield servers


@pytest.fixture
def row(there: Alertmanager) -> Row:
    return Row(target_of(there.url))


def lasting(server: Alertmanager) -> list[dict[str, Any]]:
    return [it for it in server.silences() if it["status"]["state"] != "expired"]


def only(server: Alertmanager) -> dict[str, Any]:
    """The one silence that lasts there."""
    (found,) = lasting(server)
    return found


def edit(server: Alertmanager, silence: dict[str, Any], **changed: Any) -> str:
    """What Alertmanager's own page sends when somebody edits a silence; the id that it then has."""
    kept = {name: silence[name] for name in ("id", "matchers", "startsAt", "endsAt", "createdBy", "comment")}
    answer: dict[str, str] = server.call("POST", "/api/v2/silences", {**kept, **changed})
    return answer["silenceID"]


def expire(server: Alertmanager, id_: str) -> None:
    server.call("DELETE", f"/api/v2/silence/{id_}")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@dataclass
class Way:
    """Between us and one Alertmanager. `fate` says what becomes of a request from now on:

    pass; lose (what is written is done, and its answer lost); drop (what is written is lost before it is done); hang;
    or a status with a text. `listed` is what it lists instead, `version` what it gives
    itself out for, `bodies` what was written.
    """

    server: Alertmanager
    fate: str | tuple[int, str] = "pass"
    url: str = ""
    listed: Any = None
    version: str | None = None
    bodies: list[dict[str, Any]] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, bytes] | None:
        """None closes the connection without a word."""
        if body:
            self.bodies.append(json.loads(body))
        if isinstance(self.fate, tuple):
            return self.fate[0], self.fate[1].encode()
        if self.fate == "hang":
            self.ended.wait(5)
        if self.fate == "hang" or (self.fate == "drop" and method != "GET"):
            return None
        if self.listed is not None and path.endswith("/silences") and method == "GET":
            return 200, json.dumps(self.listed).encode()
        if self.version and path.endswith("/status"):
            return 200, json.dumps({"versionInfo": {"version": self.version}}).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=5)
        connection.request(method, path, body or None, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        found = answer.status, answer.read()
        connection.close()
        return None if self.fate == "lose" and method != "GET" else found


@contextmanager
def way_to(server: Alertmanager) -> Iterator[Way]:
    way = Way(server)

    class Handler(http.server.BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            self.close_connection = True
            if not self.raw_requestline or not self.parse_request():
                return
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = way.answer(self.command, self.path, body)
            if answer is not None:
                self.send_response(answer[0])
                self.send_header("Content-Length", str(len(answer[1])))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(answer[1])

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the name is http.server's)
            """Standard error stays quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listener:
        way.url = f"http://127.0.0.1:{listener.server_address[1]}"
        thread = threading.Thread(target=listener.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield way
        finally:
            way.ended.set()
            listener.shutdown()
            thread.join()


@pytest.fixture
def way(there: Alertmanager) -> Iterator[Way]:
    with way_to(there) as made:
        yield made


@pytest.fixture
def ways() -> Callable[..., Any]:
    return way_to
