"""What people do to silences: one row, one transaction. What that does to alerts comes after its commit (`attend`)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
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

# Two who choose the same length within this time want the same.
_SAME_TIME = timedelta(minutes=1)


@dataclass(slots=True)
class SilenceDone:
    """`answer` is for whoever did it: why nothing changed, or what they may not expect of what did. `targets` have
    something to be told.
    """

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
        if twin := _twin(connection, deed, now):
            if deed.end_at is None or deed.end_at <= twin.end_at + _SAME_TIME:
                return SilenceDone(SilenceKind.NOTHING, twin, _first(twin, deed), set())
            # Somebody else wants the same for longer: one silence will do.
            deed = replace(deed, verb=SilenceVerb.CHANGE, silence_id=twin.id, alert_id=None)
            present = twin
    change = reduce_silence(present, deed)
    if about is not None and change.kind is SilenceKind.MADE and change.silence is not None:
        change = replace(change, silence=replace(change.silence, fingerprint=about.facts.fingerprint))
    if refusal := _refusal(connection, bridge, change, deed, now):
        return SilenceDone(SilenceKind.NOTHING, present, refusal, set())
    targets = keep(connection, bridge, change, deed, now)
    if change.kind is not SilenceKind.NOTHING:
        targets |= _spread_word(connection, bridge, change, deed, now)
    return SilenceDone(
        change.kind, change.silence, change.why or _still_hidden(connection, change, now), targets
    )


def _twin(connection: Connection, deed: SilenceDeed, now: datetime) -> Silence | None:
    """One that lasts and is about exactly the same; two people press at once, or one presses twice."""
    if deed.actor.provider is not Provider.SLACK:
        return None
    same = (
        it
        for it in silences.lasting(connection, now)
        if set(it.matchers) == set(deed.matchers) and it.scope == deed.scope
    )
    found = next(same, None)
    return silences.load(connection, [found.id], to_change=True).get(found.id) if found else None


def _first(twin: Silence, deed: SilenceDeed) -> str:
    who = "You have" if twin.created_by == deed.actor.key else f"{twin.created_by_name or 'Somebody'} has"
    return f"{who} silenced it already, until {twin.end_at:%H:%M} UTC."


def _still_hidden(connection: Connection, change: SilenceChange, now: datetime) -> str:
    """Who ended a silence may not know that there is another one."""
    ended = change.silence
    if change.kind is not SilenceKind.ENDED or ended is None or ended.alert_id is None:
        return ""
    alert = alerts.load(connection, [ended.alert_id]).get(ended.alert_id)
    if alert is None or alert.state is State.RESOLVED:
        return ""
    others = [it for it in silences.lasting(connection, now) if it.id != ended.id]
    other = silences.hiding(others, alert)
    if other is None:
        return ""
    return f"It is still silenced by {other.created_by_name or 'somebody'} until {other.end_at:%H:%M} UTC."


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
