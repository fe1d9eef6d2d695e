"""A pretend Slack over real HTTP, and alerts to show in it."""

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.domain.alert import Alert, Content, Facts
from core.domain.errors import Transient
from core.targets.slack import SlackTarget
from core.targets.target import Converged, Remote
from sandbox import Sandbox, credentials
from sandbox.slack.content import Content as Words

LABELS = {
    "alertname": "HighCPU",
    "severity": "critical",
    "instance": "web-1:9100",
    "job": "node",
    "cluster": "eu",
}
ANNOTATIONS = {"summary": "above 90% for 5 min", "description": "CPU of web-1 is above 90% for 5 minutes."}
FIRED_AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def make_alert(
    labels: dict[str, str] | None = None,
    annotations: dict[str, str] | None = None,
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
def acknowledged() -> Alert:
    return make_alert(
        acknowledged_at=FIRED_AT + timedelta(minutes=3, seconds=20),
        acknowledged_by_name="Alice",
        acknowledged_by="slack:U0ALICE",
    )


@pytest.fixture(scope="session")
def resolved() -> Alert:
    return make_alert(
        firing=False,
        resolved_at=FIRED_AT + timedelta(minutes=12, seconds=5),
        ends_at=FIRED_AT + timedelta(minutes=12),
    )


@pytest.fixture(scope="session")
def server() -> Iterator[Sandbox]:
    with Sandbox(rate_limits=False) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(server: Sandbox) -> Sandbox:
    server.reset()
    server.limits.set_scale(0)
    return server


class Story:
    """One target in front of one pretend Slack. The sandbox stamps with the real time, so stories begin at it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.now = datetime.now(UTC)
        self.reposts = 0
        self.target = self.another()

    def another(self, **settings: Any) -> SlackTarget:
        """A target as another process would make it."""
        settings = {
            "channel": credentials.SLACK_CHANNEL,
            "token": credentials.SLACK_BOT_TOKEN,
            "api_url": self.sandbox.slack_api_url,
            "on_unverified_repost": self._count,
            **settings,
        }
        return SlackTarget(**settings)

    def attempt(
        self, alert: Alert, before: Remote, target: SlackTarget | None = None, *, after: float = 0.0
    ) -> Converged:
        """One attempt as `deliver` makes it, `after` seconds into the story: store the intent, then converge."""
        target, at = target or self.target, self.now + timedelta(seconds=after)
        return target.converge(alert, before, target.intend(alert, before, at), (), at)

    def failed(
        self, alert: Alert, before: Remote, target: SlackTarget | None = None, *, after: float = 0.0
    ) -> Remote:
        """An attempt that ends in a verdict: the remote as it is stored afterwards."""
        stored = (target or self.target).intend(alert, before, self.now + timedelta(seconds=after))
        with pytest.raises(Transient) as raised:
            self.attempt(alert, before, target, after=after)
        return stored if raised.value.remote is None else raised.value.remote

    def calls(self, method: str) -> int:
        return self.sandbox.traffic.count("slack", method)

    def chatter(self, messages: int) -> None:
        """Other people write in the channel."""
        for _ in range(messages):
            content = Words("lunch?", None, None, None, ())
            self.sandbox.slack.post(credentials.SLACK_CHANNEL, content, user=str(credentials.ADA.slack_id))

    def _count(self) -> None:
        self.reposts += 1


@pytest.fixture
def story(sandbox: Sandbox) -> Story:
    return Story(sandbox)


@pytest.fixture
def saying() -> Callable[[bytes], Any]:
    """A server that answers every connection with these bytes, for what no Slack would say."""

    @contextmanager
    def serve(answer: bytes) -> Iterator[str]:
        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                received = b""
                while b"\r\n\r\n" not in received:
                    received += self.request.recv(65536)
                self.request.sendall(answer)

        with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as listener:
            thread = threading.Thread(target=listener.serve_forever, args=(0.02,))
            thread.start()
            try:
                yield f"http://127.0.0.1:{listener.server_address[1]}/api/"
            finally:
                listener.shutdown()
                thread.join()

    return serve
