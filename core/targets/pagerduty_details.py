"""Custom details: labels and annotations as they came, made to fit. What had to go is said in their place."""

import json
import re
from collections.abc import Mapping
from typing import Any

NOTE = "left out"
# Values are cut to the first of these lengths at which everything fits.
_LENGTHS = (20_000, 5_000, 1_000, 200)
_NOTE_ROOM = 200
_HALVES = re.compile("[\ud800-\udfff]")


def tame(text: str) -> str:
    """Text that is valid UTF-8 in JSON: NUL is no character for many a database, half a surrogate pair is none."""
    return _HALVES.sub("\ufffd", text.replace("\0", ""))


def fit(details: Mapping[str, Any], room: int) -> dict[str, Any]:
    """`details`, whose mappings hold texts, within `room` bytes of JSON."""
    whole = {name: _tamed(value) for name, value in details.items()}
    if _size(whole) <= room:
        return whole
    for length in _LENGTHS:
        cut, shortened = _shorten(whole, length)
        cut[NOTE] = f"{shortened} long texts were cut to {length} characters: PagerDuty takes 512 KB"
        if _size(cut) <= room:
            return cut
    return _pack(_shorten(whole, _LENGTHS[-1])[0], room)


def _tamed(value: Any) -> Any:
    return {tame(name): tame(text) for name, text in value.items()} if isinstance(value, Mapping) else value


def _shorten(details: Mapping[str, Any], length: int) -> tuple[dict[str, Any], int]:
    shortened = 0

    def cut(text: str) -> str:
        nonlocal shortened
        if len(text) <= length:
            return text
        shortened += 1
        return text[: length - 1] + "…"

    result = {
        name: {cut(key): cut(text) for key, text in value.items()} if isinstance(value, dict) else value
        for name, value in details.items()
    }
    return result, shortened


def _pack(details: Mapping[str, Any], room: int) -> dict[str, Any]:
    """As many items as fit, in the order they came."""
    packed: dict[str, Any] = {
        name: {} if isinstance(value, dict) else value for name, value in details.items()
    }
    left = room - _size(packed) - _NOTE_ROOM
    dropped = 0
    for name, value in details.items():
        for key, text in value.items() if isinstance(value, dict) else ():
            needed = _size({key: text})
            if needed > left:
                dropped += 1
                continue
            left -= needed
            packed[name][key] = text
    packed[NOTE] = f"{dropped} labels and annotations, long texts cut short: PagerDuty takes 512 KB"
    return packed


def _size(value: Any) -> int:
    """Bytes on the wire: requests writes JSON exactly so, every other character escaped."""
    return len(json.dumps(value))
