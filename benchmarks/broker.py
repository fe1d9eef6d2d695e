"""The embedded brokers of docs/adr/0005 side by side, each with the whole bridge around it.

A folder between the processes of `alert-bridge run`, as shipped, and `memory://` with receiver and worker in one
process (`benchmarks.one_process`). Rounds of the two alternate. Both have the same server with the same threads, the
same worker threads and a database of the same kind; what differs is the broker and who shares an interpreter with whom.
"""

import statistics
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import bridge, kills, latency, memory, processes, report, webhook

_STORM_GROUPS = 6
_STORM_GROUP = 100
_IDLE = 5.0


@dataclass(frozen=True, slots=True)
class Layout:
    """One side of the comparison: what it is called, and the command that starts it."""

    name: str
    command: tuple[str, ...]
    parts: tuple[str, ...]


LAYOUTS = (
    Layout("folder, run", ("cli", "run", "--config"), ("api's child", "api", "worker", "run")),
    Layout("memory://, one process", ("benchmarks.one_process",), ("one_process's child", "one_process")),
)


@dataclass(slots=True)
class _Seen:
    """What the rounds of one layout brought."""

    ready: list[float] = field(default_factory=list)
    idle: list[float] = field(default_factory=list)
    held: list[memory.Memory] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    storm: list[float] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    deaths: dict[str, list[kills.Kill]] = field(default_factory=dict)


def compare(folder: Path, *, quick: bool) -> str:
    rounds, alerts = (1, 20) if quick else (3, 60)
    seen = {layout: _Seen() for layout in LAYOUTS}
    with bridge.sandbox() as sandbox:
        for number in range(rounds):
            for layout in LAYOUTS if number % 2 else LAYOUTS[::-1]:
                _look(folder / f"{number}-{len(layout.parts)}", layout, sandbox, seen[layout], alerts)
                sandbox.forget()
        for number in range(1 if quick else 3):
            for layout in LAYOUTS:
                for part in layout.parts:
                    place = folder / f"kill-{number}-{part.replace(' ', '-')}"
                    done = kills.kill(place, layout.command, sandbox, part)
                    seen[layout].deaths.setdefault(part, []).append(done)
                    sandbox.forget()
    return f"{_figures(seen)}\n\n{_deaths(seen)}\n"


def _look(place: Path, layout: Layout, sandbox: bridge.Sandbox, seen: _Seen, alerts: int) -> None:
    with bridge.bridge(place, sandbox.url, layout.command) as it:
        seen.ready.append(time.monotonic() - it.began)
        seen.latencies.extend(latency.of(it, sandbox, alerts).values)
        seen.held.append(memory.settled(it, sandbox, rest=2.0))
        seen.idle.append(_idle(it))
        answers, took = _storm(it, sandbox)
        seen.answers.extend(answers)
        seen.storm.append(took)
        seen.again.extend(bridge.restarts(it))


def _idle(it: bridge.Program) -> float:
    """Which share of one core it uses while nothing happens."""
    before = processes.cpu(it.process.pid)
    time.sleep(_IDLE)
    return (processes.cpu(it.process.pid) - before) / _IDLE


def _storm(it: bridge.Program, sandbox: bridge.Sandbox) -> tuple[list[float], float]:
    """Milliseconds until webhooks are answered while hundreds of alerts are worked on; the seconds that these take."""
    groups = [[f"storm-{group}-{each}" for each in range(_STORM_GROUP)] for group in range(_STORM_GROUPS)]
    bodies = [webhook.group(names) for names in groups]
    over = threading.Event()
    answers: list[float] = []
    asker = threading.Thread(target=_ask, args=(it.port, over, answers), daemon=True)
    sender = webhook.Sender(it.port)
    started = time.time()
    for body in bodies:
        sender.send_until_accepted(body)
    asker.start()
    try:
        shown = latency.wait_shown(sandbox, [name for names in groups for name in names], 180.0, every=2.0)
    finally:
        over.set()
        asker.join(10)
        sender.close()
    return answers, max(shown.values()) - started


def _ask(port: int, over: threading.Event, answers: list[float]) -> None:
    """The same alert again and again, as other groups would come in meanwhile."""
    sender = webhook.Sender(port)
    body = webhook.group(["storm-ask-1"])
    while not over.is_set():
        began = time.monotonic()
        sender.send_until_accepted(body)
        answers.append((time.monotonic() - began) * 1000)
        over.wait(0.05)
    sender.close()


def _figures(seen: dict[Layout, _Seen]) -> str:
    rows: list[tuple[str, Callable[[_Seen], str]]] = [
        ("ready after", lambda it: f"{statistics.median(it.ready):.1f} s"),
        ("webhook to Slack, p50", lambda it: f"{report.percentile(it.latencies, 0.5):.0f} ms"),
        ("webhook to Slack, p99", lambda it: f"{report.percentile(it.latencies, 0.99):.0f} ms"),
        ("memory, idle", lambda it: f"{statistics.median(each.total for each in it.held):.0f} MiB"),
        ("processor, idle", lambda it: f"{statistics.median(it.idle):.1%} of a core"),
        (
            f"{_STORM_GROUPS * _STORM_GROUP} alerts in Slack after",
            lambda it: f"{statistics.median(it.storm):.1f} s",
        ),
        ("answers meanwhile, p50", lambda it: f"{report.percentile(it.answers, 0.5):.0f} ms"),
        ("answers meanwhile, p99", lambda it: f"{report.percentile(it.answers, 0.99):.0f} ms"),
        ("children that ended by themselves", lambda it: str(len(it.again))),
    ]
    head = ("embedded broker", *[layout.name for layout in LAYOUTS])
    body = [(what, *[tell(seen[layout]) for layout in LAYOUTS]) for what, tell in rows]
    notes = [f"{layout.name}: PSS in MiB: {seen[layout].held[-1]}" for layout in LAYOUTS]
    return "\n".join([report.grid([head, *body], {1, 2}), "", *notes])


def _deaths(seen: dict[Layout, _Seen]) -> str:
    """The median of the rounds, and the worst in brackets."""
    head = (
        "kill -9 of",
        "in",
        "accepts again",
        "longest way to Slack",
        "over 5 s",
        "accepted",
        "lost",
        "doubled",
    )
    body = [
        (
            part,
            layout.name,
            _both([one.refused for one in done]),
            _both([one.longest for one in done]),
            str(sum(one.slow for one in done)),
            str(sum(one.accepted for one in done)),
            str(sum(one.lost for one in done)),
            str(sum(one.doubled for one in done)),
        )
        for layout in LAYOUTS
        for part, done in seen[layout].deaths.items()
    ]
    return report.grid([head, *body], {2, 3, 4, 5, 6, 7})


def _both(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.1f} s ({max(values):.1f})"
