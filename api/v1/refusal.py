"""Why an act would change nothing, in a sentence for who asked for it."""

from collections.abc import Callable
from datetime import datetime

from core.domain import words
from core.domain.alert import State
from core.domain.event import Verb
from core.store.listing import Listed


def refusal(verb: Verb, alert: Listed, occurrence: int, now: datetime) -> str | None:
    """None where something would change."""
    if occurrence < alert.occurrence and verb is not Verb.NOTE:
        ago = _ago(alert.fired_at, now)
        return f"It has fired again {ago}; that is occurrence {alert.occurrence} now."
    if occurrence > alert.occurrence:
        return f"It has no occurrence {occurrence}: it fired {words.count(alert.occurrence, 'time')}."
    return _OF[verb](alert, now)


def _acknowledge(alert: Listed, now: datetime) -> str | None:
    if alert.state is State.ACKNOWLEDGED:
        who = alert.acknowledged_by_name or "Somebody"
        return f"{who} acknowledged it first, {_ago(alert.acknowledged_at, now)}."
    return _resolve(alert, now)


def _unacknowledge(alert: Listed, now: datetime) -> str | None:
    return "Nobody has acknowledged it." if alert.state is State.FIRING else _resolve(alert, now)


def _resolve(alert: Listed, now: datetime) -> str | None:
    if alert.state is not State.RESOLVED:
        return None
    if alert.closed_at is not None:
        return f"{alert.closed_by_name or 'Somebody'} resolved it already, {_ago(alert.closed_at, now)}."
    return f"It is already resolved, {_ago(alert.resolved_at, now)}."


def _note(_: Listed, __: datetime) -> str | None:
    """A word is always welcome, also about what is over."""
    return None


_OF: dict[Verb, Callable[[Listed, datetime], str | None]] = {
    Verb.ACKNOWLEDGE: _acknowledge,
    Verb.UNACKNOWLEDGE: _unacknowledge,
    Verb.RESOLVE: _resolve,
    Verb.NOTE: _note,
}


def _ago(at: datetime | None, now: datetime) -> str:
    return f"{words.duration(now - (at or now))} ago"
