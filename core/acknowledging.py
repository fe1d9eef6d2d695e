"""Acknowledged means quiet: with `alerting.ack_silences` an acknowledgement keeps Alertmanager silent as well.

A short silence for exactly that alert, in the name of whoever acknowledged. It ends by itself when nobody extends it,
and is extended as long as the alert fires acknowledged: should the bridge be gone, Alertmanager speaks up again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from core.bridge import Bridge
from core.domain.alert import Alert, State
from core.domain.matcher import exactly
from core.domain.person import Actor, Provider
from core.domain.silence import Silence, silence_id
from core.domain.silence_deed import SilenceDeed, SilenceVerb, reduce_silence
from core.domain.silence_rules import protects
from core.silence_steps import keep
from core.store import alerts, silences

LASTS = timedelta(minutes=30)


def follow(connection: Connection, bridge: Bridge, changed: Sequence[Alert], now: datetime) -> set[str]:
    """Begin or end the silences of these alerts' acknowledgements; the targets that have something to be told."""
    if not bridge.ack_silences or not changed:
        return set()
    held = silences.acknowledging(connection, [alert.id for alert in changed], now)
    targets: set[str] = set()
    for alert in changed:
        silence = held.get(alert.id)
        if alert.state is State.ACKNOWLEDGED and silence is None and not _is_protected(bridge, alert):
            deed = _deed(SilenceVerb.MAKE, alert, _id(alert), now)
            targets |= keep(connection, bridge, reduce_silence(None, deed), deed, now)
        elif alert.state is not State.ACKNOWLEDGED and silence is not None:
            deed = _deed(SilenceVerb.END, alert, silence.id, now)
            targets |= keep(connection, bridge, reduce_silence(silence, deed), deed, now)
    return targets


def go_on(connection: Connection, bridge: Bridge, silence: Silence, now: datetime) -> set[str]:
    """Half of it is over: another while, as long as the alert fires acknowledged."""
    alert = alerts.load(connection, [silence.alert_id or ""]).get(silence.alert_id or "")
    if alert is None or silence.end_at <= now:
        silences.rest(connection, silence, None, None)
        return set()
    verb = SilenceVerb.CHANGE if alert.state is State.ACKNOWLEDGED else SilenceVerb.END
    deed = _deed(verb, alert, silence.id, now)
    return keep(connection, bridge, reduce_silence(silence, deed), deed, now)


def next_look(silence: Silence, now: datetime) -> datetime:
    return min(silence.end_at, now + LASTS / 2)


def _is_protected(bridge: Bridge, alert: Alert) -> bool:
    return protects(bridge.rules, alert.content.labels)


def _id(alert: Alert) -> str:
    facts = alert.facts
    at = facts.acknowledged_at or facts.fired_at
    return silence_id(f"acknowledged:{alert.id}:{facts.occurrence}:{at.isoformat()}", at)


def _deed(verb: SilenceVerb, alert: Alert, silence: str, now: datetime) -> SilenceDeed:
    facts = alert.facts
    key = facts.acknowledged_by if verb is not SilenceVerb.END else facts.acted_by
    name = facts.acknowledged_by_name if verb is not SilenceVerb.END else facts.acted_by_name
    provider, _, id_ = (key or f"{Provider.ALERTMANAGER}:").partition(":")
    return SilenceDeed(
        verb,
        Actor(Provider(provider), id_, name or ""),
        silence,
        now,
        f"{silence}:{verb}:{now.isoformat()}",
        matchers=exactly(alert.content.labels) if verb is SilenceVerb.MAKE else (),
        end_at=now + LASTS if verb is not SilenceVerb.END else None,
        reason="Acknowledged" if verb is SilenceVerb.MAKE else None,
        scope=alert.facts.source,
        alert_id=alert.id,
        acknowledges=True,
    )
