"""The machine that was measured, in two lines."""

import os
import platform
import statistics
import time
from datetime import UTC, datetime
from pathlib import Path

_FLUSHES = 40


def describe(folder: Path) -> str:
    """`folder` is where the databases of this run lie: what a commit costs is its disk's doing."""
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = f"{platform.system()} {platform.release()}"
    return "\n".join(
        [
            f"Alert Bridge, measured on {datetime.now(UTC):%d %B %Y, %H:%M} UTC",
            f"{_cpu()}, {cores} cores, {memory:.0f} GiB RAM, {system}, Python {platform.python_version()}",
            f"databases on {_filesystem(folder)}, one flush {_flush(folder):.2f} ms; {load()}",
        ]
    )


def load() -> str:
    """Figures of a busy machine are worth little, so it is said before and after."""
    return f"load of the last minute {os.getloadavg()[0]:.1f}"


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith(("model name", "Model"))]
    return names[0] if names else platform.machine()


def _filesystem(folder: Path) -> str:
    """The type of the longest mount point above `folder`."""
    real = folder.resolve()
    found = {}
    for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines():
        _, place, kind, *_ = line.split()
        if real.is_relative_to(place):
            found[len(place)] = kind
    return found[max(found)] if found else "an unknown file system"


def _flush(folder: Path) -> float:
    """Milliseconds for one page to reach the disk, as at the end of a commit; the median of some."""
    times = []
    path = folder / "flush"
    with path.open("wb", buffering=0) as file:
        for _ in range(_FLUSHES):
            file.write(bytes(4096))
            started = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - started) * 1000)
    path.unlink()
    return statistics.median(times)
