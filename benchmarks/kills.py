"""A part of the bridge is killed while alerts come in: how long nobody is answered, how long Slack waits, what is lost.

The sender repeats what was not answered with a 2xx, as Alertmanager does. When the command itself dies, this starts it
again at once, as a supervisor would.
"""

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import bridge, latency, processes, webhook

_APART = 0.1
_BEFORE = 2.0
_ALERTS = 80
_PATIENCE = 90.0
_SLOW = 5.0


@dataclass(frozen=True, slots=True)
class Kill:
    """`refused` and `longest` in seconds from an alert's first try: until it was accepted, until it was in Slack.

    `slow` counts those that took more than five: what was in somebody's hands when the part died.
    """

    refused: float
    longest: float
    slow: int
    accepted: int
    lost: int
    doubled: int


@dataclass(slots=True)
class _Sender:
    """One alert after the other, each until it is accepted."""

    port: int
    tried: dict[str, float] = field(default_factory=dict)
    accepted: dict[str, float] = field(default_factory=dict)

    def run(self) -> None:
        sender = webhook.Sender(self.port)
        with suppress(AssertionError):  # nothing is accepted any more: the figures show it
            for number in range(_ALERTS):
                name = f"kill-{number}"
                body = webhook.group([name])
                self.tried[name] = time.time()
                self.accepted[name] = sender.send_until_accepted(body, patience=_PATIENCE)
                time.sleep(_APART)
        sender.close()


def kill(folder: Path, command: Sequence[str], sandbox: bridge.Sandbox, part: str) -> Kill:
    with bridge.bridge(folder, sandbox.url, command) as it:
        sender = _Sender(it.port)
        thread = threading.Thread(target=sender.run, daemon=True)
        thread.start()
        time.sleep(_BEFORE)
        os.kill(processes.named(it.process.pid)[part], signal.SIGKILL)
        deadline = time.monotonic() + 2 * _PATIENCE
        while thread.is_alive() and time.monotonic() < deadline:
            _keep_running(it)
        missing = list(sender.accepted)
        with suppress(AssertionError):  # what is not there by then counts as lost
            latency.wait_shown(sandbox, missing, _PATIENCE)
        return _count(sender, sandbox)


def _keep_running(it: bridge.Program) -> None:
    if not it.process.running:
        it.process.start()
    time.sleep(0.2)


def _count(sender: _Sender, sandbox: bridge.Sandbox) -> Kill:
    messages = sandbox.messages()
    times = Counter(name for name, _ in messages)
    shown = dict(reversed(messages))
    there = [name for name in sender.accepted if name in shown]
    ways = [shown[name] - sender.tried[name] for name in there]
    return Kill(
        refused=max(sender.accepted[name] - sender.tried[name] for name in sender.accepted),
        longest=max(ways, default=_PATIENCE),
        slow=sum(way > _SLOW for way in ways),
        accepted=len(sender.accepted),
        lost=len(sender.accepted) - len(there),
        doubled=sum(number - 1 for name, number in times.items() if name in sender.accepted),
    )
