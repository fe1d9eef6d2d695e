"""The payloads are what Alertmanager sends, and the buttons really send them."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from sandbox import Sandbox, alerts

NOW = datetime(2026, 11, 23, 9, 0, 0, 123456, tzinfo=UTC)
NANOSECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z\Z")


class Bridge:
    """Stands where the bridge would: keeps what it was sent, answers what it is told to."""

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        self.tokens: list[str | None] = []
        self.status = 202
        bridge = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                bridge.received.append({"path": self.path, **json.loads(body)})
                bridge.tokens.append(self.headers["Authorization"])
                self.send_response(bridge.status)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the base class names it so
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def bridge(sandbox: Sandbox) -> Iterator[Bridge]:
    one = Bridge()
    sandbox.bridge_url = one.url
    yield one
    sandbox.bridge_url = None
    sandbox.alertmanager.bridge_token = None
    one.stop()


@pytest.mark.parametrize(
    ("labels", "fingerprint"),
    [
        ({}, "cbf29ce484222325"),
        ({"alertname": "TestAlert"}, "dab43189276e5f48"),
        ({"alertname": "Überlast", "job": "é"}, "353220d81c9f70ab"),
        ({"severity": "critical", "cluster": "eu-1", "alertname": "HighLatency"}, "ed211b8072107ede"),
    ],
)
def test_fingerprints_are_alertmanagers(labels: dict[str, str], fingerprint: str) -> None:
    assert alerts.fingerprint(labels) == fingerprint


@pytest.mark.parametrize("kind", alerts.KINDS)
def test_a_firing_payload_has_alertmanagers_shape(kind: str) -> None:
    payload = alerts.fire(kind, now=NOW)
    [one] = payload["alerts"]
    assert (payload["version"], payload["status"], payload["truncatedAlerts"]) == ("4", "firing", 0)
    assert one["endsAt"] == "0001-01-01T00:00:00Z"
    assert NANOSECONDS.match(one["startsAt"])
    assert one["fingerprint"] == alerts.fingerprint(one["labels"])
    assert set(payload["commonLabels"].items()) <= set(one["labels"].items())
    assert payload["groupLabels"] == {"alertname": one["labels"]["alertname"]}
    assert payload["groupKey"] == f'{{}}:{{alertname="{one["labels"]["alertname"]}"}}'


def test_a_resolve_is_the_same_alert_with_an_end() -> None:
    fired = alerts.fire("critical", now=NOW)
    resolved = alerts.resolve(fired, now=NOW.replace(minute=12))
    assert (resolved["status"], resolved["groupKey"]) == ("resolved", fired["groupKey"])
    assert resolved["alerts"][0]["startsAt"] == fired["alerts"][0]["startsAt"]
    assert resolved["alerts"][0]["endsAt"].startswith("2026-11-23T09:12:00")


def test_a_storm_is_many_alerts_in_few_groups() -> None:
    payloads = alerts.storm(30, now=NOW)
    prints = [one["fingerprint"] for payload in payloads for one in payload["alerts"]]
    assert (len(payloads), len(prints), len(set(prints))) == (4, 30, 30)


def test_firing_posts_to_the_bridge_and_resolving_ends_it(sandbox: Sandbox, bridge: Bridge) -> None:
    assert sandbox.alertmanager.fire("critical").message == "1 alert fired."
    assert sandbox.alertmanager.fire("critical").ok
    first, second = (payload["alerts"][0] for payload in bridge.received)
    assert first["fingerprint"] != second["fingerprint"]
    assert {payload["path"] for payload in bridge.received} == {"/alertmanager/webhook"}
    assert sandbox.alertmanager.resolve(first["fingerprint"]).alerts == 1
    assert bridge.received[2]["alerts"][0]["status"] == "resolved"
    assert [one["fingerprint"] for one in sandbox.alertmanager.firing] == [second["fingerprint"]]


def test_the_token_goes_along_when_there_is_one(sandbox: Sandbox, bridge: Bridge) -> None:
    sandbox.alertmanager.fire("info")
    sandbox.alertmanager.bridge_token = "let-me-in"
    sandbox.alertmanager.fire("info")
    assert bridge.tokens == [None, "Bearer let-me-in"]
    assert [call.check for call in sandbox.traffic.calls("alertmanager")] == ["no token", "bearer"]


def test_who_is_not_there_or_says_no_is_named_plainly(sandbox: Sandbox, bridge: Bridge) -> None:
    bridge.status = 401
    refused = sandbox.alertmanager.fire("info")
    assert (refused.ok, refused.message) == (False, f"The bridge at {bridge.url} answered 401 Unauthorized.")
    sandbox.bridge_url = "http://127.0.0.1:1"
    missing = sandbox.alertmanager.fire("info").message
    assert missing == "The bridge at http://127.0.0.1:1 does not answer: Connection refused."
    sandbox.bridge_url = None
    assert sandbox.alertmanager.fire("info").message.startswith("No bridge to tell")
    assert sandbox.alertmanager.firing == []
