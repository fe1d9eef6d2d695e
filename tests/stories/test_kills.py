"""The program killed at the worst moments, with its broker taken away, and under input that nobody should send."""

import os
import shutil
import signal
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox, alerts, credentials
from sandbox.faults import Kind
from tests.servers import wait_until
from tests.stories.running import TOKEN, Running, descendants
from tests.stories.scene import together

FIRE = alerts.fire("critical")
ON_SQLITE = pytest.mark.parametrize("storage", ["sqlite"], indirect=True)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(rate_limits=False) as started:
        yield started


@pytest.fixture
def bridge(sandbox: Sandbox, tmp_path: Path, storage: Mapping[str, Any]) -> Iterator[Running]:
    with Running(tmp_path, sandbox, **storage) as running:
        yield running


def counts(sandbox: Sandbox) -> tuple[int, int]:
    sandbox.settle()
    return len(sandbox.slack.in_channel(credentials.SLACK_CHANNEL)), len(sandbox.pagerduty.incidents)


@pytest.mark.parametrize(
    ("service", "method", "acted"),
    [
        ("slack", "chat.postMessage", lambda sandbox: sandbox.slack.messages),
        ("pagerduty_events", "trigger", lambda sandbox: sandbox.pagerduty.incidents),
    ],
)
def test_killed_between_the_answer_and_our_record(
    bridge: Running, sandbox: Sandbox, service: str, method: str, acted: Callable[[Sandbox], object]
) -> None:
    """The provider has done it, we have not noted it: after the restart it is found and not done again."""
    sandbox.faults.add(service, Kind.LATE, method=method, seconds=5.0, times=1)
    assert bridge.post(FIRE) == 202
    wait_until(lambda: acted(sandbox), 30, "done at the provider")
    bridge.kill9_all()
    sandbox.faults.clear()
    bridge.start()
    bridge.settle()
    assert counts(sandbox) == (1, 1)
    assert bridge.post(alerts.resolve(FIRE)) == 202
    bridge.settle()
    assert counts(sandbox) == (1, 1)
    assert sandbox.slack.messages[0].text.startswith("RESOLVED")
    assert not sandbox.pagerduty.incidents[0].is_open


def test_promise_1_a_2xx_is_given_only_after_the_event_is_committed(
    bridge: Running, sandbox: Sandbox
) -> None:
    """Everything is killed right after the 202: it is on the disk, and after the restart each is shown once."""
    accepted = [bridge.post(alerts.fire("critical", instance=f"web-{number}")) for number in range(1, 31)]
    bridge.kill9_all()
    assert set(accepted) == {202}
    bridge.start()
    bridge.settle()
    assert counts(sandbox) == (30, 30)


def test_each_part_is_killed_during_a_storm(bridge: Running, sandbox: Sandbox) -> None:
    """Worker, receiver, granian's child: started again, nothing lost, nothing twice."""
    accepted = 0
    for round_ in range(4):
        for number in range(10):
            payload = alerts.fire("critical", instance=f"web-{round_}-{number}")
            # As Alertmanager does: again until it is taken.
            wait_until(lambda payload=payload: bridge.post(payload) == 202, 30, "accepted")  # type: ignore[misc]
            accepted += 1
        parts = descendants(bridge.process.pid)
        if round_ < 3:
            os.kill(parts[round_ % len(parts)], signal.SIGKILL)
    bridge.settle()
    assert counts(sandbox) == (accepted, accepted)
    bridge.process.wait_until(lambda: bridge.ask("GET", "/ready")[0] == 200, 20)


@ON_SQLITE
def test_the_broker_is_gone(bridge: Running, sandbox: Sandbox) -> None:
    """The embedded broker is a folder: without it the sweep does the work, some seconds later."""
    shutil.rmtree(bridge.hints)
    assert bridge.post(FIRE) == 202
    bridge.settle(30)
    assert counts(sandbox) == (1, 1)


@ON_SQLITE
def test_the_same_payload_fifty_times_at_once(bridge: Running, sandbox: Sandbox) -> None:
    """Fifty connections at the same moment."""
    statuses: list[int] = []
    together(*[lambda: statuses.append(bridge.post(FIRE)) for _ in range(50)])
    bridge.settle()
    assert statuses == [202] * 50
    assert counts(sandbox) == (1, 1)


@ON_SQLITE
def test_promise_11_unauthenticated_and_malformed_input_changes_nothing(
    bridge: Running, sandbox: Sandbox
) -> None:
    """By the real server, one after the other, on one path."""
    good = b'{"version":"4","alerts":[{"status":"firing","labels":{"alertname":"A"},"startsAt":"%s"}]}'
    ok = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    cases: list[tuple[int, bytes, dict[str, str]]] = [
        (401, b"{}", {"Content-Type": "application/json"}),
        (401, b"{}", {**ok, "Authorization": "Bearer wrong"}),
        (415, b"{}", {**ok, "Content-Type": "text/plain"}),
        (400, b"{", ok),
        (400, b"[]", ok),
        (400, b'{"version":"4"}', ok),
        (400, b'{"version":"4","alerts":[{"labels":{"a":NaN}}]}', ok),
        (400, b'{"version":"4","alerts":[{"labels":{"a":"\\ud800"}}]}', ok),
        (400, b"[" * 100_000, ok),
        (413, b" " * (16 * 1024 * 1024 + 1), ok),
    ]
    for status, body, headers in cases:
        answer = bridge.ask("POST", "/alertmanager/webhook", body, headers)
        assert answer[0] == status, (status, body[:80], answer)
        assert b'"message":' in answer[1]
        assert TOKEN.encode() not in answer[1]
    assert bridge.gauges().inbox_due == 0
    assert counts(sandbox) == (0, 0)
    assert bridge.ask("POST", "/alertmanager/webhook", good % b"2026-11-23T12:00:00Z", ok)[0] == 202
    bridge.settle()
    assert counts(sandbox) == (1, 1)
