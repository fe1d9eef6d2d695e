"""JSON from outside, looked into without stumbling: what is absent or of another kind than it should be is nothing."""

import re
from datetime import UTC, datetime
from typing import Any

import orjson

from core.domain.errors import Malformed

# RFC 3339 §5.6; datetime.fromisoformat by itself takes week dates and times without a zone as well.
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)")
# Go's zero time, in whatever zone it was written.
_ZERO_YEAR = 1


def document(body: bytes | str) -> dict[str, Any]:
    """Raises Malformed unless the body is one JSON object."""
    # orjson refuses NaN, lone surrogates and deep nesting with an error of its own; json takes or crashes on them.
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Malformed(f"The body is not JSON: {error}.") from None
    if not isinstance(found, dict):
        raise Malformed("The body is not a JSON object.")
    return found


def part(value: Any, *names: str) -> dict[str, Any]:
    """The object that is reached by these names, or an empty one."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def text(value: Any, limit: int) -> str:
    """A string without the space around it, cut to `limit`; anything else is ""."""
    return value.strip()[:limit].rstrip() if isinstance(value, str) else ""


def matching(pattern: re.Pattern[str], value: Any) -> str:
    """A string that is whole what the pattern says; anything else is ""."""
    return value if isinstance(value, str) and pattern.fullmatch(value) else ""


def rfc_3339(written: Any) -> datetime | None:
    """In UTC; None for Go's zero time. Raises ValueError, whose text goes behind the name of the field."""
    if not isinstance(written, str) or not _TIME.fullmatch(written):
        raise ValueError("is not an RFC 3339 time")
    try:
        read = datetime.fromisoformat(written.upper())
        return None if read.year <= _ZERO_YEAR else read.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("is not a time that exists") from None
