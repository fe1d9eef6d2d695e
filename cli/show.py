"""How alerts look on a terminal: a table of many, a page of one."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from cli.printable import aligned, joined, printable
from core.domain import words

_HEAD = ["ID", "STATE", "SEVERITY", "NAME", "INSTANCE", "AGE", "ACKNOWLEDGED BY"]
_STATE = 1
_COLOURS = {"firing": "red", "acknowledged": "magenta", "resolved": "green"}
_SILENCED = "silenced"
_NAME, _WHO, _LINE = 40, 30, 400
# What was told within this many seconds was told at once.
_WORTH_A_WORD = 60

Told = Mapping[str, Any]


def table(alerts: Sequence[Told], now: datetime) -> Iterator[str]:
    """A head and one line an alert; the state in colour, and none for what is silenced."""
    rows = aligned([_HEAD, *(_row(alert, now) for alert in alerts)])
    yield joined(rows[0])
    for alert, row in zip(alerts, rows[1:], strict=True):
        if not alert["silence"]:
            row[_STATE] = _in_colour(row[_STATE], alert)
        yield joined(row)


def _row(alert: Told, now: datetime) -> list[str]:
    return [
        printable(alert["short_id"], 36),
        _SILENCED if alert["silence"] else printable(alert["state"], 20),
        printable(alert["severity"], 20) or "-",
        printable(alert["name"], _NAME),
        printable(alert["instance"], _NAME) or "-",
        _since(alert["starts_at"], now),
        printable(alert["acknowledged_by"] or "", _WHO) or "-",
    ]


def page(alert: Told, now: datetime) -> Iterator[str]:
    """All that is known of one alert, and its story below."""
    yield click.style(_title(alert), bold=True)
    facts = [(name, value) for name, value in _facts(alert, now) if value]
    for (name, value), (padded, _) in zip(facts, aligned(facts), strict=True):
        shown = _in_colour(value, alert) if name == "state" else value
        yield f"  {joined([padded, shown])}"
    yield ""
    for cells in aligned(
        [[_moment(entry["at"]), _entry(entry)] for entry in alert["timeline"]] or [["", ""]]
    ):
        yield f"  {joined(cells)}"


def _title(alert: Told) -> str:
    instance = printable(alert["instance"], 80)
    return printable(alert["name"], 120) + (f" on {instance}" if instance else "")


def _facts(alert: Told, now: datetime) -> Iterator[tuple[str, str]]:
    yield "id", printable(alert["id"], 36)
    yield "state", printable(alert["state"], 20)
    yield "severity", printable(alert["severity"], 60)
    again = f", {words.ordinal(alert['occurrence'])} time" if alert["occurrence"] > 1 else ""
    yield "fired", f"{_moment(alert['starts_at'])}, {_since(alert['starts_at'], now)} ago{again}"
    late = datetime.fromisoformat(alert["fired_at"]) - datetime.fromisoformat(alert["starts_at"])
    if late.total_seconds() > _WORTH_A_WORD:
        yield "heard of", _moment(alert["fired_at"])
    for what in ("acknowledged", "closed"):
        if alert[f"{what}_at"]:
            who = printable(alert[f"{what}_by"] or "somebody", 80)
            yield ("resolved" if what == "closed" else what), f"{_moment(alert[f'{what}_at'])} by {who}"
    if alert["resolved_at"] and not alert["closed_at"]:
        yield "resolved", f"{_moment(alert['resolved_at'])}, {_since(alert['resolved_at'], now)} ago"
    if silence := alert["silence"]:
        why = printable(silence["reason"], _LINE)
        said = f"until {_moment(silence['until'])} by {printable(silence['by'], 80)}"
        yield "silenced", f"{said}: {why}" if why else said
    yield "summary", printable(alert["summary"], _LINE)
    yield "description", printable(alert["description"], _LINE)
    for name, value in sorted(alert["labels"].items()):
        yield "label", printable(f"{name}={value}", _LINE)
    for place in alert["targets"]:
        told = [place["target"], place["standing"], place["error"] or "", place["link"] or ""]
        yield "shown in", printable(" ".join(told), _LINE)


def _entry(entry: Told) -> str:
    """`acknowledged by Ada Example (slack): on it`, `delivered to slack:C0123, 2 min behind`."""
    said = printable(entry["what"].replace("_", " "), 40)
    if entry["by"]:
        via = f" ({printable(entry['via'], 20)})" if entry["via"] else ""
        said += f" by {printable(entry['by'], 80)}{via}"
    if entry["until"]:
        said += f" until {_moment(entry['until'])}"
    if entry["target"]:
        said += f" to {printable(entry['target'], 100)}"
    if entry["seconds"] is not None and (entry["seconds"] >= _WORTH_A_WORD or not entry["target"]):
        took = words.duration(timedelta(seconds=entry["seconds"]))
        said += f", {took} behind" if entry["target"] else f" after {took}"
    rest = printable(entry["note"] or entry["error"] or "", _LINE)
    return f"{said}: {rest}" if rest else said


def _in_colour(text: str, alert: Told) -> str:
    return click.style(text, fg=_COLOURS.get(alert["state"]))


def _moment(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _since(text: str, now: datetime) -> str:
    return words.duration(now - datetime.fromisoformat(text))
