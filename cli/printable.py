"""Text from alerts and people on a terminal: it cannot move the cursor, change a colour or turn a line around."""

import unicodedata
from collections.abc import Sequence

from core.domain.words import shorten

_GAP = "  "


def printable(text: str, limit: int) -> str:
    """One line of at most `limit` columns, without controls, direction marks and characters that nobody sees."""
    shown = (char if char.isprintable() else " " for char in text[: 4 * limit + 100])
    return shorten(" ".join("".join(shown).split()), limit, _columns)


def width(text: str) -> int:
    return sum(map(_columns, text))


def aligned(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """The cells, all but the last of each row padded to their column."""
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    return [[*map(_padded, row[:-1], widths), row[-1]] for row in rows]


def joined(cells: Sequence[str]) -> str:
    return _GAP.join(cells).rstrip()


def _padded(cell: str, to: int) -> str:
    return cell + " " * (to - width(cell))


def _columns(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
