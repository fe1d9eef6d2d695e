"""How silences look on a terminal: a table of many, what one would hide, what became of one."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from cli.printable import aligned, joined, printable
from core.domain import words
from core.domain.absence import absent
from core.domain.errors import Malformed
from core.domain.matcher import from_json

_HEAD = ["ID", "PHASE", "UNTIL", "BY", "HIDES", "MATCHERS", "REASON"]
_WHO, _WHAT, _WHY, _ERROR = 30, 120, 120, 400
_MARKS = {"parked": "refused", "behind": "waits"}

Told = Mapping[str, Any]


def table(silences: Sequence[Told]) -> Iterator[str]:
    """A head and one line a silence, and below what Alertmanager has not; times are those of the terminal."""
    for cells in aligned([_HEAD, *map(_row, silences)]):
        yield joined(cells)
    for silence in silences:
        for said in absences(silence):
            yield f"{printable(silence['short_id'], 36)} is {said}"


def _row(silence: Told) -> list[str]:
    return [
        printable(silence["short_id"], 36),
        _phase(silence),
        moment(silence["end_at"]),
        printable(silence["by"], _WHO) or "-",
        str(silence["hides"]),
        matchers(silence["matchers"]),
        printable(silence["reason"], _WHY) or "-",
    ]


def _phase(silence: Told) -> str:
    """`active`; `active, refused` where an Alertmanager refuses it, `active, waits` where one has yet to be told."""
    standings = {place["standing"] for place in silence["targets"] if _absent(silence, place)}
    mark = next((said for standing, said in _MARKS.items() if standing in standings), "")
    return ", ".join(filter(None, [printable(silence["phase"], 20), mark]))


def absences(silence: Told, *standings: str) -> Iterator[str]:
    """Where it is not, or not as it is now, and why; of all Alertmanagers or only of those that stand so."""
    for place in silence["targets"]:
        said = _absent(silence, place)
        if said and (not standings or place["standing"] in standings):
            yield printable(f"{said}: {place['error']}" if place["error"] else said, _ERROR)


def _absent(silence: Told, place: Told) -> str:
    over = silence["phase"] == "expired"
    return absent(place["standing"], place["target"], made=place["id"] is not None, over=over)


def preview(seen: Told) -> Iterator[str]:
    """What it would hide, by name; the reader decides on that."""
    yield f"until {moment(seen['end_at'])}: {matchers(seen['matchers'])}"
    hides = words.count(seen["hides"], "open alert") if seen["hides"] else "nothing that is open now"
    already = words.already_hidden(seen["already"], seen["hides"])
    yield f"it hides {hides}" + (f"; {already}" if already else "")
    named = [
        [printable(each[name], 40) or "-" for name in ("severity", "name", "instance")]
        for each in seen["alerts"]
    ]
    for cells in aligned(named) if named else ():
        yield f"  {joined(cells)}"
    if seen["hides"] > len(named):
        yield f"  and {seen['hides'] - len(named)} more"


def done(told: Told) -> str:
    """`silenced until 2026-11-23 14:30 UTC (019aafd1): alertname="HighCPU"`."""
    silence, action = told["silence"], told["record"]["action"]
    until = "" if silence["phase"] == "expired" else f" until {moment(silence['end_at'])}"
    said = printable(action.replace("_", " "), 40)
    return f"{said}{until} ({printable(silence['short_id'], 36)}): {matchers(silence['matchers'])}"


def moment(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone():%Y-%m-%d %H:%M %Z}"


def matchers(told: Sequence[Told]) -> str:
    try:
        return printable(" ".join(str(from_json(each)) for each in told), _WHAT)
    except Malformed:
        return "?"
