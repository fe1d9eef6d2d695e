"""What people do to an alert: (facts, deed) -> change. Part of `reduce`, and as pure and total.

A deed is bound to the occurrence that its doer saw. It has no place in the order of Alertmanager's reports: an
acknowledgement never holds back a resolve, and no report takes an acknowledgement away but a new firing.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from core.domain.alert import Facts, State
from core.domain.change import Change, Kind, Policy, Why
from core.domain.event import Deed, Verb
from core.domain.person import Provider

# An acknowledgement, and a closing by hand, hold for the occurrence they were given for.
FRESH: dict[str, Any] = {
    "acknowledged_at": None,
    "acknowledged_by_name": None,
    "acknowledged_by": None,
    "closed_at": None,
    "closed_by_name": None,
    "closed_by": None,
}
_WORDS = {Verb.NOTE: Kind.NOTED, Verb.TELL: Kind.TOLD}
_HEARD = {Provider.SLACK: "slack_at", Provider.PAGERDUTY: "pagerduty_at"}


def reduce_deed(facts: Facts | None, deed: Deed, policy: Policy) -> Change:
    """Apply one deed. Where it changes nothing, `why` says so."""
    if facts is None:
        return Change(Kind.NOTHING, None, why=Why.UNKNOWN_ALERT)
    if deed.occurrence > facts.occurrence:
        return Change(Kind.NOTHING, facts, why=Why.NO_SUCH_OCCURRENCE)
    if deed.verb in _WORDS:
        return Change(_WORDS[deed.verb], facts)
    if deed.occurrence < facts.occurrence:
        return Change(Kind.LATE, facts, why=Why.EARLIER_OCCURRENCE)
    if _is_overtaken(facts, deed):
        return Change(Kind.NOTHING, facts, why=Why.OVERTAKEN)
    return _hear(facts, deed, _sign(deed, _BY_VERB[deed.verb](facts, deed, policy)))


def first_reminder(at: datetime, policy: Policy) -> datetime | None:
    return at + policy.resend_interval if policy.resend_interval else None


def heard_column(provider: Provider) -> str | None:
    """Which of the facts keeps this provider's own time; None where it has none."""
    return _HEARD.get(provider)


def _is_overtaken(facts: Facts, deed: Deed) -> bool:
    """Whether a later deed of the same provider has been heard of already: its webhooks come in any order."""
    column = _HEARD.get(deed.actor.provider)
    known: datetime | None = getattr(facts, column) if column else None
    return known is not None and deed.occurred_at is not None and deed.occurred_at < known


def _sign(deed: Deed, change: Change) -> Change:
    if not change.kind.is_change or change.facts is None:
        return change
    return replace(
        change, facts=replace(change.facts, acted_by=deed.actor.key, acted_by_name=deed.actor.name)
    )


def _hear(facts: Facts, deed: Deed, change: Change) -> Change:
    column = _HEARD.get(deed.actor.provider)
    if column is None or deed.occurred_at is None or deed.occurred_at == getattr(facts, column):
        return change
    newest: dict[str, Any] = {column: deed.occurred_at}
    heard = replace(change.facts or facts, **newest)
    kind = Kind.SEEN if change.kind is Kind.NOTHING else change.kind
    return replace(change, kind=kind, facts=heard)


def _acknowledge(facts: Facts, deed: Deed, _: Policy) -> Change:
    if facts.state is State.RESOLVED:
        return Change(Kind.NOTHING, facts, why=Why.ALREADY_RESOLVED)
    if facts.state is State.ACKNOWLEDGED:
        return Change(Kind.NOTHING, facts, why=Why.ALREADY_ACKNOWLEDGED)
    acknowledged = replace(
        facts,
        acknowledged_at=deed.at,
        acknowledged_by_name=deed.actor.name,
        acknowledged_by=deed.actor.key,
        wake_at=None,
        version=facts.version + 1,
    )
    return Change(Kind.ACKNOWLEDGED, acknowledged)


def _unacknowledge(facts: Facts, deed: Deed, policy: Policy) -> Change:
    if facts.state is State.RESOLVED:
        return Change(Kind.NOTHING, facts, why=Why.ALREADY_RESOLVED)
    if facts.state is State.FIRING:
        return Change(Kind.NOTHING, facts, why=Why.NOT_ACKNOWLEDGED)
    firing = replace(facts, **FRESH, wake_at=first_reminder(deed.at, policy), version=facts.version + 1)
    return Change(Kind.UNACKNOWLEDGED, firing)


def _close(facts: Facts, deed: Deed, policy: Policy) -> Change:
    if facts.state is State.RESOLVED:
        return Change(Kind.NOTHING, facts, why=Why.ALREADY_RESOLVED)
    closed = replace(
        facts,
        closed_at=deed.at,
        closed_by_name=deed.actor.name,
        closed_by=deed.actor.key,
        resolved_at=deed.at,
        wake_at=deed.at + policy.deduplication_window,
        version=facts.version + 1,
    )
    return Change(Kind.CLOSED, closed)


def _restore(facts: Facts, deed: Deed, policy: Policy) -> Change:
    """Opened again where it was closed. What Alertmanager has resolved stays so, whoever opens its incident again."""
    if not facts.firing or facts.closed_at is None:
        return Change(Kind.NOTHING, facts, why=Why.NOT_CLOSED)
    restored = replace(
        facts,
        **FRESH,
        resolved_at=None,
        wake_at=first_reminder(deed.at, policy),
        version=facts.version + 1,
    )
    return Change(Kind.RESTORED, restored)


_BY_VERB = {
    Verb.ACKNOWLEDGE: _acknowledge,
    Verb.UNACKNOWLEDGE: _unacknowledge,
    Verb.RESOLVE: _close,
    Verb.REOPEN: _restore,
}
