"""What a program's processes are, hold and use, as the kernel counts it."""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """The process and all below it, parents first."""
    found = [pid]
    for each in found:
        for children in Path(f"/proc/{each}/task").glob("*/children"):
            found += [int(child) for child in children.read_text(encoding="ascii").split()]
    return found


def named(pid: int) -> dict[str, int]:
    """The family by the commands its members were started with; a fork has its parent's, and is its child."""
    names: dict[str, int] = {}
    for each in family(pid):
        words = Path(f"/proc/{each}/cmdline").read_bytes().decode().split("\0")
        name = words[words.index("cli") + 1] if "cli" in words else words[2].rpartition(".")[2]
        names[f"{name}'s child" if name in names else name] = each
    return names


def pss(pid: int) -> float:
    """MiB, where a page that several processes share counts for each with its part."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("the kernel does not say how much memory a process holds")


def cpu(pid: int) -> float:
    """Seconds of processor time of the living family so far."""
    total = 0
    for each in family(pid):
        # The name in brackets may hold anything; user and system time are fields 14 and 15.
        fields = Path(f"/proc/{each}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / _TICKS
