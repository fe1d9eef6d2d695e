"""What somebody is told whose click or call changed nothing: one plain sentence, in every place the same."""

from collections.abc import Callable, Mapping
from datetime import datetime

from core.domain.alert import Facts
from core.domain.change import Why
from core.domain.event import Deed
from core.domain.words import count, duration, ordinal


def unchanged(why: Why, facts: Facts | None, deed: Deed) -> str:
    """Plain text; names in it are as hostile as they came."""
    if facts is None or why is Why.UNKNOWN_ALERT:
        return "This alert is no longer kept here."
    return _SENTENCES[why](facts, deed)


def _already_acknowledged(facts: Facts, deed: Deed) -> str:
    ago = _ago(facts.acknowledged_at, deed.at)
    if facts.acknowledged_by == deed.actor.key:
        return f"You have acknowledged it already{ago}."
    return f"{facts.acknowledged_by_name or 'Somebody'} acknowledged it first{ago}."


def _already_resolved(facts: Facts, deed: Deed) -> str:
    by = f" by {facts.closed_by_name}" if facts.closed_at and facts.closed_by_name else ""
    return f"It is already resolved{by}{_ago(facts.resolved_at, deed.at)}."


def _earlier(facts: Facts, _: Deed) -> str:
    return f"That was an earlier firing; it has fired again since ({ordinal(facts.occurrence)} time)."


_SENTENCES: Mapping[Why, Callable[[Facts, Deed], str]] = {
    Why.ALREADY_ACKNOWLEDGED: _already_acknowledged,
    Why.ALREADY_RESOLVED: _already_resolved,
    Why.EARLIER_OCCURRENCE: _earlier,
    Why.NOT_ACKNOWLEDGED: lambda _, __: "Nobody has acknowledged it, so there is nothing to take back.",
    Why.NOT_CLOSED: lambda _, __: "Nobody had resolved it by hand.",
    Why.NO_SUCH_OCCURRENCE: lambda facts, _: f"It has fired {count(facts.occurrence, 'time')} and no more.",
    Why.OVERTAKEN: lambda _, __: "Something newer has happened to it in the meantime.",
}


def _ago(then: datetime | None, now: datetime) -> str:
    return f", {duration(now - then)} ago" if then else ""
