"""`reduce` is the whole life of an alert: (facts, event) -> change. Pure and total: every state meets every event.

Order is the inbox's (`seq`), never Alertmanager's times: after a lost connection the same old startsAt fires again
and must count. Missing from a payload is not an event, so nothing here resolves by absence: what follows from an
absence is `core.domain.compare`'s to say, and comes as a report.
"""

from dataclasses import replace

from core.domain.alert import Facts, State
from core.domain.change import Change, Kind, Policy
from core.domain.event import Deed, Event, Report, Tick
from core.domain.ids import alert_id
from core.domain.reduce_deed import FRESH, first_reminder, reduce_deed

_NOTHING = Change(Kind.NOTHING, None)


def reduce(facts: Facts | None, event: Event, policy: Policy) -> Change:
    """Apply one event to the newest episode of its alert (None: there is none)."""
    if isinstance(event, Tick):
        return _tick(facts, event, policy)
    if isinstance(event, Deed):
        return reduce_deed(facts, event, policy)
    if facts is None:
        return _open(event, policy) if event.firing else _NOTHING
    if event.seq < facts.seq or event.is_outdated(facts.seq):
        return Change(Kind.NOTHING, facts)
    if facts.firing:
        return _still_firing(facts, event) if event.firing else _resolve(facts, event)
    return _fire_again(facts, event, policy) if event.firing else _seen(facts, event)


def _open(event: Report, policy: Policy) -> Change:
    facts = Facts(
        id=alert_id(event.source, event.fingerprint, event.seq, event.received_at),
        source=event.source,
        fingerprint=event.fingerprint,
        firing=True,
        starts_at=event.starts_at,
        fired_at=event.received_at,
        occurrence=1,
        seq=event.seq,
        content_hash=event.content.digest(),
        version=1,
        wake_at=first_reminder(event.received_at, policy),
    )
    return Change(Kind.OPENED, facts, event.content)


def _still_firing(facts: Facts, event: Report) -> Change:
    # Alertmanager merges reports of one alert to the earliest start; peers of a cluster may differ for a while.
    starts_at = min(facts.starts_at, event.starts_at)
    digest = event.content.digest()
    if digest == facts.content_hash and starts_at == facts.starts_at:
        return _seen(facts, event)
    updated = replace(
        facts, starts_at=starts_at, content_hash=digest, seq=event.seq, version=facts.version + 1
    )
    return Change(Kind.UPDATED, updated, event.content)


def _resolve(facts: Facts, event: Report) -> Change:
    # A peer that lags tells the end of an earlier firing: it ended before the present one began.
    if event.ends_at is not None and event.ends_at <= facts.starts_at:
        return _seen(facts, event)
    resolved = replace(
        facts,
        firing=False,
        ends_at=event.ends_at,
        resolved_at=event.received_at,
        wake_at=None,
        content_hash=event.content.digest(),
        seq=event.seq,
        version=facts.version + 1,
    )
    # Of what somebody has closed by hand nobody needs to hear that it is over.
    return Change(Kind.UPDATED if facts.closed_at else Kind.RESOLVED, resolved, event.content)


def _fire_again(facts: Facts, event: Report, policy: Policy) -> Change:
    if facts.resolved_at is None or event.received_at - facts.resolved_at > policy.deduplication_window:
        return _open(event, policy)
    reopened = replace(
        facts,
        firing=True,
        starts_at=event.starts_at,
        fired_at=event.received_at,
        ends_at=None,
        resolved_at=None,
        **FRESH,
        occurrence=facts.occurrence + 1,
        wake_at=first_reminder(event.received_at, policy),
        content_hash=event.content.digest(),
        seq=event.seq,
        version=facts.version + 1,
    )
    return Change(Kind.REOPENED, reopened, event.content)


def _seen(facts: Facts, event: Report) -> Change:
    if event.seq == facts.seq:
        return Change(Kind.NOTHING, facts)
    return Change(Kind.SEEN, replace(facts, seq=event.seq))


def _tick(facts: Facts | None, event: Tick, policy: Policy) -> Change:
    if facts is None or facts.wake_at is None:
        return Change(Kind.NOTHING, facts)
    if facts.firing and facts.closed_at:
        return (
            _still_burns(facts, event, policy) if event.at >= facts.wake_at else Change(Kind.NOTHING, facts)
        )
    if facts.state is State.FIRING and policy.resend_interval:
        woken = replace(facts, wake_at=event.at + policy.resend_interval, version=facts.version + 1)
        return Change(Kind.REMINDED, woken)
    return Change(Kind.UNWOUND, replace(facts, wake_at=None, version=facts.version + 1))


def _still_burns(facts: Facts, event: Tick, policy: Policy) -> Change:
    """Somebody closed it, and Alertmanager has gone on all the same: it is not solved."""
    reopened = replace(
        facts,
        **FRESH,
        resolved_at=None,
        fired_at=event.at,
        occurrence=facts.occurrence + 1,
        wake_at=first_reminder(event.at, policy),
        version=facts.version + 1,
    )
    return Change(Kind.REOPENED, reopened)
