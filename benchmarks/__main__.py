"""`python -m benchmarks`: measure this machine and print a table. Ends with 1 only where it could not measure."""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from benchmarks import (
    broker,
    click,
    cluster,
    history,
    ingest,
    latency,
    machine,
    memory,
    pools,
    receiver,
    reconcile,
    report,
)

Measure = Callable[..., list[report.Result]]

MEASURES: dict[str, Measure] = {
    "receiver": receiver.measure,
    "ingest": ingest.measure,
    "latency": latency.measure,
    "memory": memory.measure,
    "reconcile": reconcile.measure,
    "cluster": cluster.measure,
    "click": click.measure,
    "history": history.measure,
}


def main() -> int:
    options = parser().parse_args()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="alert-bridge-bench-") as name:
        folder = Path(name)
        print(machine.describe(folder), end="\n\n", flush=True)
        failed = _run(folder, options.only, quick=options.quick)
        if options.broker:
            failed |= _try("broker", lambda: print(broker.compare(folder, quick=options.quick)))
        if options.pools:
            failed |= _try("pools", lambda: print(pools.compare(folder, quick=options.quick)))
    print(f"{time.monotonic() - started:.0f} s, {machine.load()}")
    return int(failed)


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    options.add_argument("--quick", action="store_true", help="about a fifth of the time, and less sure")
    options.add_argument(
        "--only", type=_names, default=list(MEASURES), metavar="NAMES", help=f"some of {','.join(MEASURES)}"
    )
    options.add_argument(
        "--broker",
        action="store_true",
        help="also compare the embedded brokers of docs/adr/0005, which takes minutes",
    )
    options.add_argument(
        "--pools",
        action="store_true",
        help="also compare the worker's pools of docs/adr/0013, which takes minutes",
    )
    return options


def _names(given: str) -> list[str]:
    names = [name.strip() for name in given.split(",") if name.strip()]
    for name in names:
        if name not in MEASURES:
            raise argparse.ArgumentTypeError(f"{name} is none of {', '.join(MEASURES)}")
    return names


def _run(folder: Path, names: Sequence[str], *, quick: bool) -> bool:
    """Whether something could not be measured."""
    results: list[report.Result] = []
    failed = False
    for name in names:
        measure = partial(MEASURES[name], folder, quick=quick)
        failed |= _try(name, lambda measure=measure: results.extend(measure()))  # type: ignore[misc]
    if results:
        print(report.table(results), end="\n\n", flush=True)
    return failed


def _try(name: str, measure: Callable[[], object]) -> bool:
    try:
        measure()
    except Exception as error:  # noqa: BLE001 (the other measurements are still worth having)
        notes = "\n".join(getattr(error, "__notes__", ()))
        print(f"{name} could not be measured: {type(error).__name__}: {error}\n{notes}", file=sys.stderr)
        return True
    return False


if __name__ == "__main__":
    sys.exit(main())
