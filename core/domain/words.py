"""How things are said to people: durations, ordinals, counts, and text cut to a length.

Pure and total: whatever comes in, something short and readable comes out. Used wherever a person reads, so that
every place says the same thing in the same words.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import timedelta

ELLIPSIS = "…"

Weigh = Callable[[str], int]
"""What one character costs towards a limit."""

_ZERO_WIDTH_JOINER = "\u200d"
_SKIN_TONES = range(0x1F3FB, 0x1F400)
# How far back a word boundary may lie: beyond that a word is cut, or one long URL would leave nothing.
_FURTHEST_BOUNDARY = 24


def characters(_: str) -> int:
    return 1


def octets(char: str) -> int:
    """Bytes of UTF-8; a lone surrogate, which has none, counts like the replacement character."""
    return len(char.encode("utf-8", "replace")) if not "\ud800" <= char <= "\udfff" else 3


def duration(span: timedelta) -> str:
    """`12 min`, `3 h 20 min`, `1 day 4 h`, `2 days`; rounded down; never seconds."""
    minutes = int(span.total_seconds() // 60)
    if minutes < 1:
        return "less than a minute"
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    if days == 1:
        return f"1 day {hours} h" if hours else "1 day"
    return f"{days} days"


def ordinal(number: int) -> str:
    """`1st`, `2nd`, `3rd`, `11th`."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def count(number: int, noun: str) -> str:
    """`1 alert`, `3 alerts`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def already_hidden(already: int, count: int) -> str:
    """`one of them is hidden by another silence already`, of `count` alerts; nothing where none is."""
    if not already:
        return ""
    which = "one of them is" if already == 1 else f"{already} of them are"
    if already == count:
        which = "it is" if count == 1 else "all of them are"
    return f"{which} hidden by another silence already"


def shorten(text: str, limit: int, weigh: Weigh = characters) -> str:
    """`text` if it weighs at most `limit`, else its beginning with an ellipsis, cut between two words if one can.

    Looks at no more of the text than the limit needs, so that a megabyte costs no more than a line.
    """
    if _fitting(text, limit, weigh) == len(text):
        return text
    room = limit - weigh(ELLIPSIS)
    if room < 0:
        return ""
    end = _whole(text, _fitting(text, room, weigh))
    return text[: _between_words(text, end)].rstrip() + ELLIPSIS


def _fitting(text: str, limit: int, weigh: Weigh) -> int:
    """How many characters from the start weigh at most `limit`."""
    weight = 0
    for position in range(len(text)):
        weight += weigh(text[position])
        if weight > limit:
            return position
    return len(text)


def _whole(text: str, end: int) -> int:
    """`end`, moved back where it would cut an accent or a joined emoji off its beginning."""
    while 0 < end < len(text) and (_extends(text[end]) or text[end - 1] == _ZERO_WIDTH_JOINER):
        end -= 1
    return end


def _extends(char: str) -> bool:
    return (
        unicodedata.category(char) in ("Mn", "Me", "Mc")
        or char == _ZERO_WIDTH_JOINER
        or ord(char) in _SKIN_TONES
    )


def _between_words(text: str, end: int) -> int:
    if end >= len(text) or text[end].isspace():
        return end
    earliest = max(end - _FURTHEST_BOUNDARY, end // 2)
    spaces = [match.start() for match in re.finditer(r"\s", text[earliest:end])]
    return earliest + spaces[-1] if spaces else end
