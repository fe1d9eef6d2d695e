"""What is known of a silence at one Alertmanager: its remote, read and written."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from core.domain.silence import Silence
from core.targets.alertmanager_decide import Base, Side, View
from core.targets.alertmanager_silence import MOST, Shown, text_of
from core.targets.target import Remote


@dataclass(frozen=True, slots=True)
class Doubt:
    """An attempt that may have made it there: when, what, and by which member, where that is known."""

    at: datetime
    view: View
    asked: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """`by` is its author there at the last agreement, `wrote` the one that we have written, `told` the last event that
    was reported.
    """

    id: str | None = None
    base: Base | None = None
    by: str | None = None
    wrote: str | None = None
    told: str | None = None
    doubt: Doubt | None = None


def ours(silence: Silence, now: datetime) -> Side:
    changed_at = silence.changed_at or silence.created_at
    return Side(View(silence.end_at, text_of(silence)), now >= silence.end_at, changed_at)


def theirs(shown: Shown, silence: Silence) -> Side:
    """As long as both are without words, they have the same."""
    text = shown.text[:MOST].rstrip() or text_of(replace(silence, reason=""))
    return Side(View(shown.ends_at, text), shown.expired, shown.updated_at)


def first_remote(shown: Shown) -> Remote:
    """Of one that was made there and becomes ours as it is."""
    view = View(shown.ends_at, shown.text[:MOST].rstrip() or "Silenced")
    return write(Known(shown.id, Base(view, view, shown.updated_at), by=shown.created_by))


def read(remote: Remote) -> Known:
    base, doubt = remote.get("base"), remote.get("intent")
    return Known(
        id=remote.get("id"),
        base=_base(base) if base else None,
        by=remote.get("by"),
        wrote=remote.get("wrote"),
        told=remote.get("told"),
        doubt=Doubt(datetime.fromisoformat(doubt["at"]), _view(doubt), doubt.get("asked")) if doubt else None,
    )


def write(known: Known) -> Remote:
    written: Remote = {"id": known.id, "by": known.by, "wrote": known.wrote, "told": known.told}
    if known.base:
        written["base"] = {
            "ours": _written(known.base.ours),
            "theirs": _written(known.base.theirs),
            "read_to": known.base.read_to.isoformat() if known.base.read_to else None,
        }
    if known.doubt:
        at, asked = known.doubt.at.isoformat(), known.doubt.asked
        written["intent"] = {"at": at, "asked": asked, **_written(known.doubt.view)}
    return {name: value for name, value in written.items() if value is not None}


def _base(given: dict[str, Any]) -> Base:
    read_to = given.get("read_to")
    return Base(
        _view(given["ours"]), _view(given["theirs"]), datetime.fromisoformat(read_to) if read_to else None
    )


def _view(given: dict[str, Any]) -> View:
    return View(datetime.fromisoformat(given["end"]), given["text"])


def _written(view: View) -> dict[str, str]:
    return {"end": view.end.isoformat(), "text": view.text}
