"""Durations as people type them: `15m`, `1h30m`, `2d`, `1w`, `2 hours`."""

import re
from datetime import timedelta

from core.domain.errors import Malformed

LONGEST = timedelta(days=3650)
_UNITS = {"w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1}
_WORD = r"w(?:eeks?)?|d(?:ays?)?|h(?:ours?|rs?)?|m(?:in(?:ute)?s?)?|s(?:ec(?:ond)?s?)?"
_PART = re.compile(rf"\s*([0-9]{{1,9}})\s*({_WORD})(?![a-z])", re.ASCII)
_MOST = 64


def read(text: str) -> timedelta:
    """More than nothing and at most ten years. Raises Malformed."""
    rest = text.strip().lower()
    seconds, at = 0, 0
    while len(text) <= _MOST and (part := _PART.match(rest, at)):
        seconds += int(part[1]) * _UNITS[part[2][0]]
        at = part.end()
    if at == 0 or at < len(rest):
        raise Malformed("A duration is written like 2h, 1h30m or 2d.")
    if not 0 < seconds <= LONGEST.total_seconds():
        raise Malformed("A duration is longer than nothing and at most ten years.")
    return timedelta(seconds=seconds)
