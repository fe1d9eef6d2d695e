"""What is wrong with a configuration (faults) and what was accepted but deserves a word (remarks).

Both are printed and logged, so neither may ever repeat a value from the file; a key is shown only when it
does not look like a secret that slipped into the wrong column.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@ -]{0,63}")
_VENDOR_TOKEN = re.compile(r"xox[a-z]-|xapp-", re.IGNORECASE)
_LONG_RUN = re.compile(r"[A-Za-z0-9+/=]{16,}")
_WIDTH = 110


@dataclass(frozen=True, slots=True)
class Fault:
    """`path` is dotted as in the file (slack.bot_token, alerting.silence_durations[2]), or the file's own."""

    path: str
    problem: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Remark:
    path: str
    text: str


class ConfigurationError(Exception):
    """All the faults of one configuration at once; its text is a report for people."""

    def __init__(self, origin: str, faults: tuple[Fault, ...]) -> None:
        super().__init__(origin, faults)
        self.origin = origin
        self.faults = faults

    def __str__(self) -> str:
        count = "1 fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        width = min(44, max((len(fault.path) for fault in self.faults), default=0))
        lines = [line for fault in self.faults for line in _lines(fault, width)]
        return "\n".join([f"{self.origin}: {count}", *lines])


def _lines(fault: Fault, width: int) -> list[str]:
    margin = " " * (width + 4)
    head = f"  {fault.path:<{width}}  "
    first = [head.rstrip()] if len(head) > len(margin) else []
    problem = textwrap.wrap(
        fault.problem, _WIDTH, initial_indent=margin if first else head, subsequent_indent=margin
    )
    remedy = textwrap.wrap(
        fault.remedy, _WIDTH, initial_indent=f"{margin}→ ", subsequent_indent=f"{margin}  "
    )
    return [*first, *problem, *remedy]


def join(path: str, name: str | int) -> str:
    """The path of a key or list item below `path`."""
    if isinstance(name, int):
        return f"{path}[{name}]"
    shown = name if _PLAIN_NAME.fullmatch(name) and not looks_secret(name) else "***"
    return f"{path}.{shown}" if path else shown


def looks_secret(text: str) -> bool:
    """Whether a text that should be a name might be a secret: a vendor's prefix, or long and random."""
    return bool(_VENDOR_TOKEN.search(text)) or any(
        re.search(r"\d", run) and re.search(r"[A-Za-z]", run) for run in _LONG_RUN.findall(text)
    )


def under(path: str, block: str) -> bool:
    """Whether `path` is `block` itself or something inside it."""
    return path == block or path.startswith((f"{block}.", f"{block}["))
