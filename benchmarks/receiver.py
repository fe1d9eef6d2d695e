"""How much of its server the receiver uses: one-alert webhooks a second, against an empty Flask route.

Both are granian with the options of `alert-bridge api`, both get the same request from the same generator, in short
rounds in turn, so that a machine that slows down slows both. The receiver's database is a file with
synchronous=FULL; no worker runs, so hints pile up unread as they would while a worker is being replaced.
"""

import statistics
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import bridge, load, webhook
from benchmarks.report import Result, spread

GOAL = 0.5
# Twice the receiver's threads, so that none of them ever waits for the generator.
CONNECTIONS = 64

Pair = tuple[load.Load, load.Load]


def measure(folder: Path, *, quick: bool) -> list[Result]:
    done = result("receiver, one alert a request", pairs(folder / "receiver", quick=quick))
    met = done.ratio is not None and done.ratio >= GOAL
    return [replace(done, goal=f">= {GOAL}", met=met)]


def pairs(folder: Path, blocks: Mapping[str, Any] | None = None, *, quick: bool) -> list[Pair]:
    """Rounds of the receiver, with these blocks of its configuration, and of the empty route."""
    request = webhook.raw(webhook.group(["receiver-1"]))
    seconds, rounds = (0.4, 2) if quick else (1.2, 5)
    with ExitStack() as stack:
        config = bridge.write_configuration(folder / "ours", blocks=blocks)
        empty_config = bridge.write_configuration(folder / "empty")
        ours = stack.enter_context(bridge.program("cli", config, "api", "--config"))
        empty = stack.enter_context(bridge.program("benchmarks.empty", empty_config))
        bridge.wait_ready(ours)
        bridge.wait_empty_ready(empty)
        done = [_pair(ours.port, empty.port, request, seconds, number) for number in range(rounds + 1)]
    return done[1:]


def _pair(ours: int, empty: int, request: bytes, seconds: float, number: int) -> Pair:
    """One round of each, the other one first every second time. The very first pair only warms up."""
    ports = [ours, empty]
    order = ports if number % 2 else ports[::-1]
    done = {port: load.run(port, request, connections=CONNECTIONS, seconds=seconds) for port in order}
    return done[ours], done[empty]


def result(what: str, pairs: list[Pair]) -> Result:
    ratios = [ours.rate / empty.rate for ours, empty in pairs]
    busiest = max(each.busy for pair in pairs for each in pair)
    return Result(
        what=what,
        measured=f"{statistics.median(ours.rate for ours, _ in pairs):,.0f} requests/s",
        against=f"{statistics.median(empty.rate for _, empty in pairs):,.0f}/s, empty Flask route",
        ratio=statistics.median(ratios),
        notes=(
            f"ratios {spread(ratios)}; the generator used {busiest:.0%} of a core at most",
            *(("the generator was the limit, so the ratio is too high",) if busiest > 0.9 else ()),
        ),
    )
