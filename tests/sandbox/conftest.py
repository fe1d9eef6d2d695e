"""A sandbox on a port of its own, and the vendors' own clients pointed at it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import pytest
import requests
from slack_sdk import WebClient

from sandbox import Sandbox, credentials
from sandbox.pagerduty.model import Incident
from sandbox.slack.outgoing import DEADLINE
from tests.sandbox.receiver import Receiver


class Clock:
    """Time that moves when a test says so."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class PagerDuty:
    """Both APIs as plain requests, with the right headers unless a test says otherwise."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self.session = requests.Session()
        self.session.trust_env = False
        self.headers = {
            "Authorization": f"Token token={credentials.PAGERDUTY_API_TOKEN}",
            "Accept": "application/vnd.pagerduty+json;version=2",
            "From": str(credentials.ADA.email),
        }

    def event(self, action: str = "trigger", key: str | None = "key-1", **changes: Any) -> requests.Response:
        event: dict[str, Any] = {"routing_key": credentials.PAGERDUTY_ROUTING_KEY, "event_action": action}
        if key is not None:
            event["dedup_key"] = key
        if action == "trigger":
            event["payload"] = {"summary": "CPU above 90%", "source": "web-1", "severity": "critical"}
        return self.enqueue({**event, **changes})

    def enqueue(self, event: Any) -> requests.Response:
        url = f"{self._sandbox.pagerduty_events_url}/v2/enqueue"
        if isinstance(event, bytes):
            return self.session.post(url, data=event, timeout=5)
        return self.session.post(url, json=event, timeout=5)

    def call(
        self, method: str, path: str, *, headers: dict[str, Any] | None = None, **rest: Any
    ) -> requests.Response:
        url = f"{self._sandbox.pagerduty_api_url}{path}"
        return self.session.request(
            method, url, headers={**self.headers, **(headers or {})}, timeout=5, **rest
        )

    def put(self, incident: str, status: str, **rest: Any) -> requests.Response:
        body = {"incident": {"type": "incident_reference", "status": status}}
        return self.call("PUT", f"/incidents/{incident}", json=body, **rest)


class Slack:
    """slack_sdk without its retries; `call` answers what Slack answered, also when that is a refusal."""

    def __init__(self, sandbox: Sandbox, token: str = credentials.SLACK_BOT_TOKEN) -> None:
        self.client = WebClient(token, base_url=sandbox.slack_api_url, retry_handlers=[], timeout=5)

    def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        from slack_sdk.errors import SlackApiError  # noqa: PLC0415 beside its only use

        try:
            answer = self.client.api_call(method, json=arguments)
        except SlackApiError as error:
            answer = error.response
        assert isinstance(answer.data, dict)
        return answer.data

    def post(self, text: str = "hello", **arguments: Any) -> dict[str, Any]:
        return self.call(
            "chat.postMessage", **{"channel": credentials.SLACK_CHANNEL, "text": text, **arguments}
        )

    def update(self, ts: str, **arguments: Any) -> dict[str, Any]:
        return self.call("chat.update", **{"channel": credentials.SLACK_CHANNEL, "ts": ts, **arguments})


class Call(NamedTuple):
    """One request as the app got it; header names in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def payload(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.form["payload"])
        return told


class App:
    """An app on a port of its own: keeps what it was sent, and answers what the test puts into `answers` (or 200)."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.answers: list[tuple[int, dict[str, str], bytes]] = []
        self.hold = threading.Event()  # while clear, answers wait
        self.hold.set()
        app = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                app.calls.append(Call(self.path, headers, body))
                status, extra, answer = app.answers.pop(0) if app.answers else (200, {}, b"")
                app.hold.wait(10)
                self.send_response(status)
                for name, value in {**extra, "Content-Length": str(len(answer))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: Any) -> None:
                pass

            def handle(self) -> None:
                with suppress(ConnectionError):  # the caller's three seconds were over
                    super().handle()

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def will_answer(self, body: Any = b"", status: int = 200, **headers: str) -> None:
        """A str goes as text, bytes as they are, anything else as JSON."""
        kind = {"Content-Type": "text/plain" if isinstance(body, str) else "application/json"}
        raw = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else None
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.append((status, kind | more, json.dumps(body).encode() if raw is None else raw))

    def stop(self) -> None:
        self.hold.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def app(sandbox: Sandbox) -> Iterator[App]:
    """An app that the sandbox calls."""
    started = App()
    sandbox.bridge_url = started.url
    yield started
    sandbox.bridge_url = None
    started.stop()


@pytest.fixture(scope="session")
def _running() -> Iterator[Sandbox]:
    with Sandbox(rate_limits=False, incident_delay=0) as started:
        yield started


@pytest.fixture
def sandbox(_running: Sandbox) -> Sandbox:
    """One server for all tests of a process, as new for each of them."""
    _running.reset()
    _running.bridge_url = _running.alertmanager.bridge_token = None
    _running.slack_hand.wire.deadline = DEADLINE
    return _running


@pytest.fixture
def slack(sandbox: Sandbox) -> Slack:
    return Slack(sandbox)


@pytest.fixture
def pagerduty(sandbox: Sandbox) -> Iterator[PagerDuty]:
    client = PagerDuty(sandbox)
    yield client
    client.session.close()


@pytest.fixture
def bridge(sandbox: Sandbox) -> Iterator[Receiver]:
    """Where this sandbox's webhooks go, without delay; what fails is tried again at once."""
    with Receiver() as receiver:
        sandbox.webhooks.delay, sandbox.webhooks.schedule = 0.0, (0.05,)
        sandbox.bridge_url = receiver.url
        yield receiver
        sandbox.bridge_url = None


@pytest.fixture
def incident(pagerduty: PagerDuty, sandbox: Sandbox) -> Incident:
    """One that has just been triggered."""
    pagerduty.event()
    return sandbox.pagerduty.incidents[0]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limited(clock: Clock) -> Iterator[Sandbox]:
    """One whose rate limits are on and whose time stands still."""
    with Sandbox(clock=clock, incident_delay=0) as started:
        yield started
