"""What an idle `alert-bridge run` holds in memory: PSS, so that pages which its processes share count once.

Idle, but not fresh: some alerts have gone through it, so that every import is done and every thread has been made.
Pages of the Python interpreter are also shared with this benchmark and the sandbox, which takes a few MiB off.
"""

import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks import bridge, processes, webhook
from benchmarks.latency import wait_shown
from benchmarks.report import Result

GOAL = 256.0
_ALERTS = 20
_LOOKS = 3


@dataclass(frozen=True, slots=True)
class Memory:
    """MiB of each process, by what it is."""

    each: dict[str, float]

    @property
    def total(self) -> float:
        return sum(self.each.values())

    def __str__(self) -> str:
        return ", ".join(f"{name} {size:.0f}" for name, size in self.each.items())


def measure(folder: Path, *, quick: bool) -> list[Result]:
    with bridge.sandbox() as sandbox, bridge.bridge(folder / "memory", sandbox.url) as it:
        memory = settled(it, sandbox, rest=1.0 if quick else 4.0)
        notes = (f"PSS in MiB: {memory}", *bridge.restarts(it))
    return [
        Result(
            what="memory, idle",
            measured=f"{memory.total:.0f} MiB",
            goal=f"< {GOAL:.0f} MiB",
            met=memory.total < GOAL,
            notes=notes,
        )
    ]


def settled(it: bridge.Program, sandbox: bridge.Sandbox, *, rest: float) -> Memory:
    """After some alerts, the median of three looks during a rest."""
    sender = webhook.Sender(it.port)
    names = [f"memory-{number}" for number in range(_ALERTS)]
    for name in names:
        sender.send_until_accepted(webhook.group([name]))
    sender.close()
    wait_shown(sandbox, names)
    looks = []
    for _ in range(_LOOKS):
        time.sleep(rest / _LOOKS)
        members = processes.named(it.process.pid)
        looks.append(Memory({name: processes.pss(pid) for name, pid in members.items()}))
    return sorted(looks, key=lambda look: look.total)[_LOOKS // 2]
