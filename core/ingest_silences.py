"""What people do to silences: one row, one transaction. What that does to alerts comes after its commit (`attend`)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from core.bridge import Bridge
from core.changes import LINE, words_to
from core.domain.alert import Alert, State
from core.domain.matcher import exactly
from core.domain.person import Person, Provider
from core.domain.silence import Silence
from core.domain.silence_deed import SilenceChange, SilenceDeed, SilenceKind, SilenceVerb, reduce_silence
from core.silence_steps import keep
from core.silencing import preview
from core.store import alerts, deliveries, notices, silences
from core.targets.target import Word


@dataclass(slots=True)
class SilenceDone:
    """`answer` says why nothing changed, empty where something did. `targets` have something to be told."""

    kind: SilenceKind
    silence: Silence | None
    answer: str
    targets: set[str]


def take_silence(
    connection: Connection, bridge: Bridge, deed: SilenceDeed, person: Person, now: datetime
) -> SilenceDone:
    """Do what the deed says, as far as it may be done."""
    if silences.is_known(connection, deed.event_id):
        return SilenceDone(SilenceKind.NOTHING, None, "", set())
    deed = replace(deed, actor=replace(deed.actor, name=person.name))
    present = silences.load(connection, [deed.silence_id], to_change=True).get(deed.silence_id)
    about = _alert(connection, deed)
    if refusal := _cannot_be_about(deed, about):
        return SilenceDone(SilenceKind.NOTHING, present, refusal, set())
    if about is not None and not deed.matchers:
        # Exactly that alert: not its twin from another source.
        scope = deed.scope if deed.like else about.facts.source
        deed = replace(deed, matchers=_matchers(deed, about), scope=scope)
    change = reduce_silence(present, deed)
    if about is not None and change.kind is SilenceKind.MADE and change.silence is not None:
        change = replace(change, silence=replace(change.silence, fingerprint=about.facts.fingerprint))
    if refusal := _refusal(connection, bridge, change, deed, now):
        return SilenceDone(SilenceKind.NOTHING, present, refusal, set())
    targets = keep(connection, bridge, change, deed, now)
    if change.kind is not SilenceKind.NOTHING:
        targets |= _spread_word(connection, bridge, change, deed, now)
    return SilenceDone(change.kind, change.silence, change.why, targets)


def _alert(connection: Connection, deed: SilenceDeed) -> Alert | None:
    """The alert that a new silence is made from."""
    if deed.verb is not SilenceVerb.MAKE or deed.alert_id is None:
        return None
    return alerts.load(connection, [deed.alert_id]).get(deed.alert_id)


def _cannot_be_about(deed: SilenceDeed, about: Alert | None) -> str:
    if deed.verb is not SilenceVerb.MAKE or deed.alert_id is None:
        return ""
    if about is None:
        return "" if deed.matchers else "There is no such alert any more."
    if not deed.matchers and not deed.like and about.state is State.RESOLVED:
        return "It is already resolved, so there is nothing to silence."
    return ""


def _matchers(deed: SilenceDeed, about: Alert) -> Any:
    labels = about.content.labels
    names = deed.like or labels
    return exactly({name: labels[name] for name in names if name in labels})


def _refusal(
    connection: Connection, bridge: Bridge, change: SilenceChange, deed: SilenceDeed, now: datetime
) -> str:
    """What the operator's rules say against it. What was done in Alertmanager holds there, whatever they say."""
    silence = change.silence
    longer = change.kind in (SilenceKind.MADE, SilenceKind.EXTENDED)
    if silence is None or not longer or deed.actor.provider is Provider.ALERTMANAGER:
        return ""
    since = max(silence.start_at, deed.at)
    seen = preview(
        connection, bridge.rules, silence.matchers, since, silence.end_at, now, silence.scope, but=silence.id
    )
    return " ".join(seen.objections)


def _spread_word(
    connection: Connection, bridge: Bridge, change: SilenceChange, deed: SilenceDeed, now: datetime
) -> set[str]:
    """A line in the thread of the alert that it was made from; what it does to the others their messages show."""
    silence = change.silence
    if silence is None or silence.alert_id is None:
        return set()
    known = deliveries.known(connection, [silence.alert_id])
    names = words_to(bridge, known, silence.alert_id, Word.DEED)
    line = {
        "what": change.kind.value,
        "name": deed.actor.name,
        "provider": deed.actor.provider.value,
        "by_person": bool(deed.actor.id),
        "text": deed.reason or "",
        "until": silence.end_at.isoformat(),
    }
    new = [
        notices.New(f"{deed.event_id}:{Word.DEED}:{name}", name, Word.DEED, LINE, silence.alert_id, line)
        for name in names
    ]
    notices.add(connection, new, now)
    return set(names)
