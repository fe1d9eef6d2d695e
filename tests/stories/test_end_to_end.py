"""The whole program behind a real Alertmanager: what its users see in Slack and in PagerDuty."""

from collections.abc import Iterator

import pytest

from sandbox import Sandbox, credentials
from sandbox.slack.world import Message
from tests.servers import Alertmanager, alertmanager, alertmanager_pair, wait_until
from tests.servers.alertmanager import bearer
from tests.stories.running import TOKEN, Running

LABELS = {"alertname": "HighCPU", "instance": "web-1", "severity": "critical"}
NOTES = {"summary": "CPU above 90% on web-1", "description": "Since the last deploy."}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(rate_limits=False) as started:
        yield started


@pytest.fixture(scope="module")
def bridge(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(tmp_path_factory.mktemp("bridge"), sandbox) as running:
        yield running


def messages(sandbox: Sandbox, instance: str) -> list[Message]:
    """Those about one instance: the tests of this module share a channel."""
    return [
        one
        for one in sandbox.slack.in_channel(credentials.SLACK_CHANNEL)
        if f"on {instance}" in one.text and not one.is_reply
    ]


def shown(sandbox: Sandbox, instance: str) -> tuple[list[str], list[bool]]:
    """First words of the messages, and whether each incident is open."""
    incidents = [one for one in sandbox.pagerduty.incidents if f"on {instance}" in one.title]
    return [one.text.split()[0] for one in messages(sandbox, instance)], [one.is_open for one in incidents]


def webhook(bridge: Running, source: str) -> str:
    return f"{bridge.url}/alertmanager/webhook?source={source}"


def test_a_real_alertmanager_fires_repeats_and_resolves(bridge: Running, sandbox: Sandbox) -> None:
    """One message and one incident, both closed at the end; what it repeats changes nothing."""
    labels = {**LABELS, "instance": "single-1"}
    with alertmanager(
        webhook(bridge, "single"), http_config=bearer(TOKEN), repeat_interval="400ms", group_interval="200ms"
    ) as server:
        server.fire(labels, NOTES, generator_url="http://prometheus.example/graph")
        wait_until(lambda: shown(sandbox, "single-1") == (["CRITICAL"], [True]), 15, "shown")
        (message,) = messages(sandbox, "single-1")
        wait_until(lambda: "PagerDuty #" in str(messages(sandbox, "single-1")[0].attachments), 15, "linked")
        before = received(bridge)
        wait_until(lambda: received(bridge) >= before + 3, 15, "repeated")
        bridge.settle()
        (same,) = messages(sandbox, "single-1")
        assert (same.ts, same.versions) == (message.ts, same.versions)
        assert shown(sandbox, "single-1") == (["CRITICAL"], [True])
        server.resolve(labels, NOTES)
        wait_until(lambda: shown(sandbox, "single-1") == (["RESOLVED"], [False]), 15, "resolved")
    bridge.settle()


def test_a_group_is_one_message_each(bridge: Running, sandbox: Sandbox) -> None:
    """Alertmanager groups them into one request; people see each."""
    names = [f"group-{number}-x" for number in range(5)]
    with alertmanager(webhook(bridge, "group"), http_config=bearer(TOKEN)) as server:
        for name in names:
            server.fire({**LABELS, "instance": name}, NOTES)
        wait_until(lambda: all(shown(sandbox, name) == (["CRITICAL"], [True]) for name in names), 20, "shown")
        server.resolve({**LABELS, "instance": names[0]}, NOTES)
        wait_until(lambda: shown(sandbox, names[0]) == (["RESOLVED"], [False]), 20, "one resolved")
        assert all(shown(sandbox, name) == (["CRITICAL"], [True]) for name in names[1:])


def test_a_pair_of_alertmanagers_gives_no_double(bridge: Running, sandbox: Sandbox) -> None:
    """Prometheus posts to both, both may notify; the peers share a source."""
    labels = {**LABELS, "instance": "pair-1"}

    def everywhere(pair: tuple[Alertmanager, Alertmanager]) -> None:
        for one in pair:
            one.fire(labels, NOTES)

    with alertmanager_pair(
        webhook(bridge, "pair"), http_config=bearer(TOKEN), peer_timeout="10ms", repeat_interval="1s"
    ) as pair:
        everywhere(pair)
        wait_until(lambda: shown(sandbox, "pair-1") == (["CRITICAL"], [True]), 20, "shown")
        before = received(bridge)
        wait_until(lambda: received(bridge) >= before + 2, 20, "repeated")
        bridge.settle()
        assert shown(sandbox, "pair-1") == (["CRITICAL"], [True])
        for one in pair:
            one.resolve(labels, NOTES)
        wait_until(lambda: shown(sandbox, "pair-1") == (["RESOLVED"], [False]), 20, "resolved")


def received(bridge: Running) -> int:
    """How many webhook requests it has accepted."""
    line = next(
        line
        for line in bridge.ask("GET", "/metrics")[1].decode().splitlines()
        if line.startswith("alert_bridge_received_total") and 'outcome="accepted"' in line
    )
    return int(float(line.split()[-1]))
