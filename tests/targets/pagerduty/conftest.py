"""A pretend PagerDuty account over real HTTP, alerts to page about, and a server that says what no PagerDuty would."""

import http.server
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.domain.alert import Alert, Content, Facts
from core.domain.errors import Verdict
from core.targets.pagerduty import PagerDutyTarget
from core.targets.target import Converged, Remote
from sandbox import Sandbox, credentials
from sandbox.pagerduty.model import Incident, Status

LABELS = {
    "alertname": "HighCPU",
    "severity": "critical",
    "instance": "web-1:9100",
    "job": "node",
    "cluster": "eu",
}
ANNOTATIONS = {"summary": "above 90% for 5 min"}
FIRED_AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def make_alert(
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    generator_url: str = "http://prometheus.example/graph?g0.expr=up&g0.tab=1",
    **facts: Any,
) -> Alert:
    content = Content(
        LABELS if labels is None else labels,
        ANNOTATIONS if annotations is None else annotations,
        generator_url,
    )
    base = Facts(
        id="01993e00-0000-7000-8000-000000000001",
        source="default",
        fingerprint="00f1",
        firing=True,
        starts_at=FIRED_AT,
        fired_at=FIRED_AT,
        occurrence=1,
        seq=1,
        content_hash=content.digest(),
        version=1,
    )
    return Alert(replace(base, **facts), content)


@pytest.fixture(scope="session")
def alert() -> Callable[..., Alert]:
    return make_alert


@pytest.fixture(scope="session")
def firing() -> Alert:
    return make_alert()


@pytest.fixture(scope="session")
def over() -> Callable[..., Alert]:
    """The same alert once it has resolved."""

    def make(**facts: Any) -> Alert:
        return make_alert(firing=False, resolved_at=FIRED_AT + timedelta(minutes=12), **facts)

    return make


@pytest.fixture(scope="session")
def server() -> Iterator[Sandbox]:
    with Sandbox(rate_limits=False) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(server: Sandbox) -> Sandbox:
    """As new; an event has its effect before its 202 unless a test says otherwise."""
    server.reset()
    server.limits.set_scale(0)
    server.pagerduty.delay = 0.0
    return server


class Story:
    """One target in front of one pretend PagerDuty."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.now = FIRED_AT + timedelta(seconds=5)
        self.target = self.another()

    def another(self, **settings: Any) -> PagerDutyTarget:
        """A target as another process would make it."""
        settings = {
            "routing_key": credentials.PAGERDUTY_ROUTING_KEY,
            "api_url": self.sandbox.pagerduty_api_url,
            "events_api_url": self.sandbox.pagerduty_events_url,
            **settings,
        }
        return PagerDutyTarget(**settings)

    def with_token(self, **settings: Any) -> PagerDutyTarget:
        return self.another(**{"api_token": credentials.PAGERDUTY_API_TOKEN, **settings})

    def attempt(
        self, alert: Alert, before: Remote, target: PagerDutyTarget | None = None, *, after: float = 0.0
    ) -> Converged:
        """One attempt as `deliver` makes it, `after` seconds into the story: store the intent, then converge."""
        target, at = target or self.target, self.now + timedelta(seconds=after)
        return target.converge(alert, before, target.intend(alert, before, at), (), at)

    def failed(
        self, alert: Alert, before: Remote, target: PagerDutyTarget | None = None, *, after: float = 0.0
    ) -> tuple[Verdict, Remote]:
        """An attempt that ends in a verdict: that, and the remote as it is stored afterwards."""
        stored = (target or self.target).intend(alert, before, self.now + timedelta(seconds=after))
        with pytest.raises(Verdict) as raised:
            self.attempt(alert, before, target, after=after)
        verdict = raised.value
        return verdict, stored if verdict.remote is None else verdict.remote

    def events(self, action: str | None = None) -> int:
        """How many requests the Events API has seen."""
        return self.sandbox.traffic.count("pagerduty_events", action)

    def reads(self) -> int:
        """How many requests the REST API has seen."""
        return self.sandbox.traffic.count("pagerduty_rest")

    @property
    def incidents(self) -> list[Incident]:
        return self.sandbox.pagerduty.incidents

    @property
    def statuses(self) -> list[Status]:
        return [incident.status for incident in self.incidents]


@pytest.fixture
def story(sandbox: Sandbox) -> Story:
    return Story(sandbox)


@dataclass
class Far:
    """Answers every request alike and remembers it: method, path, body. `silent` answers nothing until it ends."""

    status: int = 202
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    silent: bool = False
    url: str = ""
    received: list[tuple[str, str, bytes]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def far() -> Callable[..., Any]:
    @contextmanager
    def serve(**answer: Any) -> Iterator[Far]:
        there = Far(**answer)

        class Handler(http.server.BaseHTTPRequestHandler):
            def handle_one_request(self) -> None:
                self.raw_requestline = self.rfile.readline(65537)
                self.close_connection = True
                if self.raw_requestline and self.parse_request():
                    self._answer()

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                there.received.append((self.command, self.path, body))
                if there.silent:
                    there.over.wait()
                    return
                self.send_response(there.status, "said")
                headers = {"Content-Length": str(len(there.body)), "Connection": "close", **there.headers}
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(there.body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the name is http.server's)
                """Standard error stays quiet."""

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listener:
            there.url = f"http://127.0.0.1:{listener.server_address[1]}"
            thread = threading.Thread(target=listener.serve_forever, args=(0.02,))
            thread.start()
            try:
                yield there
            finally:
                there.over.set()
                listener.shutdown()
                thread.join()

    return serve
