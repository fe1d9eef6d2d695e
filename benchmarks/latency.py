"""How long an alert takes from Alertmanager's POST until Slack has it, on a bridge with nothing else to do.

The whole bridge as `alert-bridge run` starts it, the sandbox as a process of its own. Alerts come one at a time, at
random distances: the bridge's own clocks (the broker's polling, the sweep) are then met in every phase. The end is the
message's `ts`, which the pretend Slack takes from this machine's clock while it handles chat.postMessage.
"""

import random
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks import bridge, webhook
from benchmarks.report import Result, percentile

GOAL = 100.0
_WARM = 5
# Longer than what follows a new message: the incident, its number, the link in the message.
_APART = (0.2, 0.45)
_PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds, one for each alert."""

    values: tuple[float, ...]

    @property
    def lowest(self) -> float:
        return min(self.values)

    @property
    def highest(self) -> float:
        return max(self.values)

    @property
    def p50(self) -> float:
        return percentile(self.values, 0.50)

    @property
    def p99(self) -> float:
        return percentile(self.values, 0.99)


def measure(folder: Path, *, quick: bool) -> list[Result]:
    with bridge.sandbox() as sandbox, bridge.bridge(folder / "latency", sandbox.url) as it:
        latency = of(it, sandbox, 20 if quick else 100)
        again = bridge.restarts(it)
    return [
        Result(
            what="webhook to Slack, p50",
            measured=f"{latency.p50:.0f} ms",
            goal=f"< {GOAL:.0f} ms",
            met=latency.p50 < GOAL,
            notes=(f"{len(latency.values)} alerts, {latency.lowest:.0f} to {latency.highest:.0f} ms", *again),
        ),
        Result(what="webhook to Slack, p99", measured=f"{latency.p99:.0f} ms"),
    ]


def of(it: bridge.Program, sandbox: bridge.Sandbox, alerts: int) -> Latency:
    """What alerts take on this bridge. The first few, which pay for connections and imports, are not counted."""
    chance = random.Random(1)  # noqa: S311 (distances, the same in every run)
    sender = webhook.Sender(it.port)
    sent: dict[str, float] = {}
    for number in range(_WARM + alerts):
        name = f"latency-{number}"
        body = webhook.group([name])
        sent[name] = time.time()
        assert sender.send(body) == 202, "an alert was not accepted"
        time.sleep(chance.uniform(*_APART))
    sender.close()
    counted = [f"latency-{number}" for number in range(_WARM, _WARM + alerts)]
    shown = wait_shown(sandbox, counted)
    return Latency(tuple((shown[name] - sent[name]) * 1000 for name in counted))


def wait_shown(
    sandbox: bridge.Sandbox, names: list[str], patience: float = _PATIENCE, *, every: float = 0.5
) -> dict[str, float]:
    """When each of these was first shown. Raises AssertionError when one is not."""
    deadline = time.monotonic() + patience
    while True:
        shown: dict[str, float] = {}
        for name, at in sandbox.messages():
            shown.setdefault(name, at)
        missing = set(names) - set(shown)
        if not missing:
            return shown
        assert time.monotonic() < deadline, f"{len(missing)} of {len(names)} alerts are not in Slack"
        time.sleep(every)
