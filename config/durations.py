"""Durations as Go writes them (5m, 1h30m, 250ms), because that is how the documented configuration has them.

A bare number is refused: nobody can tell whether 30 meant seconds or minutes.
"""

from __future__ import annotations

import re
from datetime import timedelta

# Microseconds in each unit, longest first: format() relies on the order.
UNITS = {"h": 3_600_000_000, "m": 60_000_000, "s": 1_000_000, "ms": 1_000, "us": 1}
_PART = re.compile(r"(\d+(?:\.\d+)?|\.\d+)(h|ms|us|µs|μs|m|s)", re.ASCII)
_LONGEST = 64
_MOST = timedelta(days=36_500)


class NotADuration(ValueError):
    """The message says what is wrong with the text, without repeating it."""


class NoUnit(NotADuration):
    """A bare number."""


def read(text: str) -> timedelta:
    text = text.strip()
    if text == "0":
        return timedelta()
    if re.fullmatch(r"\d+(\.\d+)?", text, re.ASCII):
        raise NoUnit("has no unit")
    if text.startswith("-"):
        raise NotADuration("is negative")
    parts = _PART.findall(text) if len(text) <= _LONGEST else []
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise NotADuration("is not a duration")
    microseconds = sum(float(number) * UNITS[_plain(unit)] for number, unit in parts)
    if microseconds > _MOST / timedelta(microseconds=1):
        raise NotADuration("is longer than a hundred years")
    return timedelta(microseconds=round(microseconds))


def write(duration: timedelta) -> str:
    """The shortest text that read() turns back into the same duration."""
    left = duration // timedelta(microseconds=1)
    if left == 0:
        return "0"
    words = []
    for unit, size in UNITS.items():
        count, left = divmod(left, size)
        if count:
            words.append(f"{count}{unit}")
    return "".join(words)


def _plain(unit: str) -> str:
    return "us" if unit in {"µs", "μs"} else unit
