"""The results of one run as one table, with the machine named: a figure without its machine says nothing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

_HEAD = ("", "measured", "against", "ratio", "goal", "met")
_NUMBERS = {3, 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One line of the table. `met` None: there is no goal for it. `notes` stand below the table."""

    what: str
    measured: str
    against: str = ""
    ratio: float | None = None
    goal: str = ""
    met: bool | None = None
    notes: tuple[str, ...] = ()


def table(results: Sequence[Result]) -> str:
    notes = [f"{result.what}: {note}" for result in results for note in result.notes]
    return "\n".join([grid([_HEAD, *[_cells(result) for result in results]], _NUMBERS), "", *notes])


def grid(rows: Sequence[Sequence[str]], numbers: Collection[int]) -> str:
    """Columns as wide as they need be, the first row as their head; `numbers` stand on the right of theirs."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [_line(row, widths, numbers) for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def _cells(result: Result) -> tuple[str, ...]:
    met = {True: "yes", False: "NO", None: ""}[result.met]
    ratio = "" if result.ratio is None else f"{result.ratio:.2f}"
    return (result.what, result.measured, result.against, ratio, result.goal, met)


def _line(row: Sequence[str], widths: Sequence[int], numbers: Collection[int]) -> str:
    cells = [
        cell.rjust(width) if column in numbers else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()


def spread(values: Sequence[float], form: str = ".2f") -> str:
    return f"{min(values):{form}} to {max(values):{form}} in {len(values)} rounds"


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest rank: always a value that was seen."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
