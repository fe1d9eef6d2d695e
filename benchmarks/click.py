"""How long a click on Acknowledge takes until PagerDuty has it: on an idle bridge, and in a storm of 10,000 alerts.

A receiver, a MariaDB, a Redis and two workers, one of them kept for people. The other side of the storm is the same
clicks on the same bridge before it. The end is the incident's log entry, which the pretend PagerDuty makes with this
machine's clock while it is told.
"""

import random
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks import bridge, cluster, webhook
from benchmarks.report import Result, percentile
from sandbox import credentials
from tests.servers import free_port, redis_server, wait_until

_APART = (0.2, 0.4)
_GROUP = 100
_EVERY = 0.2
_PATIENCE = 120.0


def measure(folder: Path, *, quick: bool) -> list[Result]:
    clicks, alerts = (10, 1_000) if quick else (60, 10_000)
    port = free_port()
    with ExitStack() as stack:
        mariadb = stack.enter_context(cluster.mariadb())
        redis = stack.enter_context(redis_server())
        sandbox = stack.enter_context(bridge.sandbox(port))
        config = bridge.write_configuration(
            folder / "click", sandbox.url, bridge.cluster(mariadb, redis), port=port
        )
        bridge.wait_ready(stack.enter_context(bridge.program("cli", config, "api", "--config")))
        stack.enter_context(cluster.worker(config, "--lanes", "people", "--targets", "none"))
        stack.enter_context(cluster.worker(config, "--lanes", "ingest"))
        messages = _shown(sandbox, port, 2 * clicks)
        idle = _click(sandbox, messages[:clicks])
        _wait_acknowledged(sandbox, idle)
        over = threading.Event()
        storm = threading.Thread(target=_storm, args=(port, alerts, over), daemon=True)
        storm.start()
        loaded = _click(sandbox, messages[clicks:])
        over.set()
        storm.join(_PATIENCE)
        took = _wait_acknowledged(sandbox, idle | loaded)
    return _results([took[one] for one in idle], [took[one] for one in loaded])


def _shown(sandbox: bridge.Sandbox, port: int, count: int) -> list[tuple[str, dict[str, Any]]]:
    """Alerts that Slack and PagerDuty have both been told of, with their messages."""
    sender = webhook.Sender(port)
    sender.send_until_accepted(webhook.group([f"click-{number}" for number in range(count)]))
    sender.close()
    wait_until(lambda: len(sandbox.state()["incidents"]) == count, _PATIENCE, "an incident of each alert")
    # The link to the incident is the last thing that a new message is told.
    time.sleep(3)
    return [(str(webhook.instance_in(one["text"])), one) for one in sandbox.state()["messages"]]


def _click(sandbox: bridge.Sandbox, messages: Sequence[tuple[str, dict[str, Any]]]) -> dict[str, float]:
    """When each was clicked on."""
    chance = random.Random(1)  # noqa: S311 (distances, the same in every run)
    clicked = {}
    for name, message in messages:
        time.sleep(chance.uniform(*_APART))
        clicked[name] = time.time()
        click = {"channel": credentials.SLACK_CHANNEL, "ts": message["ts"], "action_id": "acknowledge"}
        answer = sandbox.post("/control/slack/click", click)
        assert answer["ok"], answer
    return clicked


def _storm(port: int, alerts: int, over: threading.Event) -> None:
    """Group after group, for as long as people click."""
    sender = webhook.Sender(port, "storm")
    for first in range(0, alerts, _GROUP):
        sender.send_until_accepted(webhook.group([f"storm-{first + each}" for each in range(_GROUP)]))
        if over.wait(_EVERY):
            break
    sender.close()


def _wait_acknowledged(sandbox: bridge.Sandbox, clicked: dict[str, float]) -> dict[str, float]:
    """Milliseconds of each. What is asked is large after a storm, so seldom."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        done = {}
        for incident in sandbox.state()["incidents"]:
            name = webhook.instance_in(incident["title"])
            at = [entry["at"] for entry in incident["log"] if entry["what"] == "acknowledged"]
            if name in clicked and at:
                done[name] = (at[0] - clicked[name]) * 1000
        if len(done) == len(clicked):
            return done
        assert time.monotonic() < deadline, f"{len(clicked) - len(done)} clicks are not in PagerDuty"
        time.sleep(2)


def _results(idle: list[float], loaded: list[float]) -> list[Result]:
    return [
        Result(
            what=f"click to PagerDuty, {name}",
            measured=f"{percentile(loaded, share):,.0f} ms in a storm",
            against=f"{percentile(idle, share):,.0f} ms, idle",
            ratio=percentile(loaded, share) / percentile(idle, share),
            notes=(f"{len(loaded)} clicks each",) if share == 0.5 else (),
        )
        for name, share in (("p50", 0.5), ("p99", 0.99))
    ]
