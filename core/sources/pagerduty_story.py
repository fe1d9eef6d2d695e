"""What happened to an incident, in a sentence for the alert's story: past tense, without who did it.

Says no more than the event does: an escalation names no level, so none is told.
"""

from collections.abc import Callable, Mapping
from typing import Any

from core.domain.words import shorten
from core.sources.tamed import part, text

_Data = Mapping[str, Any]

_LONGEST_NAME = 100
_MOST_NAMES = 5


def _reassigned(data: _Data) -> str:
    return _to("reassigned it", _assignees(data))


def _escalated(data: _Data) -> str:
    return _to("escalated it", _assignees(data))


def _delegated(data: _Data) -> str:
    policy = _name(part(data, "escalation_policy"))
    return (
        f"delegated it to the escalation policy {policy}" if policy else _to("delegated it", _assignees(data))
    )


def _priority(data: _Data) -> str:
    if name := _name(part(data, "priority")):
        return f"set its priority to {name}"
    return "removed its priority" if data.get("priority", ...) is None else "changed its priority"


def _asked(data: _Data) -> str:
    return (
        f"asked {_name(part(data, 'user')) or _name(part(data, 'escalation_policy')) or 'somebody'} to help"
    )


def _replied(data: _Data) -> str:
    state = _shown(data.get("state"))
    return f"answered the request for help: {state}" if state else "answered the request for help"


STORIES: Mapping[str, Callable[[_Data], str]] = {
    "incident.reassigned": _reassigned,
    "incident.escalated": _escalated,
    "incident.delegated": _delegated,
    "incident.priority_updated": _priority,
    "incident.responder.added": _asked,
    "incident.responder.replied": _replied,
}


def _to(done: str, names: list[str]) -> str:
    if not names:
        return done
    *others, last = names
    return f"{done} to {', '.join(others)} and {last}" if others else f"{done} to {last}"


def _assignees(data: _Data) -> list[str]:
    assignees = data.get("assignees")
    named = [
        _name(each) for each in (assignees if isinstance(assignees, list) else []) if isinstance(each, dict)
    ]
    names = [name for name in named if name]
    more = len(names) - _MOST_NAMES
    return names if more <= 0 else [*names[:_MOST_NAMES], f"{more} more"]


def _name(reference: _Data) -> str:
    return _shown(reference.get("summary")) or _shown(reference.get("name"))


def _shown(value: Any) -> str:
    return shorten(" ".join(text(value, 10 * _LONGEST_NAME).split()), _LONGEST_NAME)
