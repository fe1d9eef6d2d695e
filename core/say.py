"""Say: one-shot words, each claimed, intended, said and settled like a delivery."""

import random
from dataclasses import replace
from datetime import timedelta

import structlog
from sqlalchemy import Connection

from core import metrics, people
from core.bridge import Bridge
from core.domain.alert import Alert
from core.domain.backoff import CEILING, delay
from core.domain.errors import Blocked, Conflict, Permanent, Transient, Verdict
from core.domain.pace import Pace
from core.domain.person import Person, Provider
from core.store import alerts, deliveries, notices, silences
from core.store import people as known_people
from core.store import targets as target_rows
from core.store.trouble import Away
from core.targets.target import Notice, Target, Word

log = structlog.get_logger()

_PROBE = timedelta(seconds=60)


def say_next(bridge: Bridge, target: Target, claimed: notices.Claimed, pace: Pace) -> bool:
    """Say one claimed notice. True: the whole target is blocked."""
    now = bridge.clock()
    if claimed.expires_at is not None and claimed.expires_at <= now:
        _settle(bridge, claimed, parked_reason="expired")
        return False
    notice = bridge.store.transact(lambda c: _prepare(c, target, claimed, bridge))
    if notice.author is not None:
        notice = replace(notice, author=people.complete(bridge, notice.author, target.provider))
    budget = target.budget_to_say(notice.word)
    pace.take(budget, now.timestamp())
    try:
        remote = target.say(notice, now)
    except Permanent as verdict:
        _count(target, "permanent", verdict)
        _settle(bridge, claimed, parked_reason=verdict.reason, error=str(verdict), remote=verdict.remote)
    except Blocked as verdict:
        _count(target, "blocked", verdict)
        until, why = verdict.until or now + _PROBE, str(verdict)
        bridge.store.transact(lambda c: target_rows.block(c, target.name, until, why))
        _settle(bridge, claimed, wait=0.0, error=str(verdict), remote=verdict.remote, blameless=True)
        return True
    except Transient as verdict:
        _count(target, "transient", verdict)
        wait = delay(claimed.attempts, verdict.retry_after, random.random())  # noqa: S311 (jitter)
        limited = verdict.budget is not None
        if verdict.budget is not None:
            pace.hold(verdict.budget, now.timestamp(), verdict.retry_after or wait)
        wait = 0.0 if limited else min(wait, CEILING)
        _settle(bridge, claimed, wait=wait, error=str(verdict), remote=verdict.remote, blameless=limited)
    except Exception:
        log.exception("notice failed by a bug", notice=claimed.unique_key, target=target.name)
        _settle(bridge, claimed, wait=CEILING, error="bug")
    else:
        metrics.NOTICES.labels(target.name, "said").inc()
        log.info("said", notice=claimed.unique_key, alert=claimed.alert_id, target=target.name)
        _settle(bridge, claimed, remote=remote)
    return False


def _prepare(connection: Connection, target: Target, claimed: notices.Claimed, bridge: Bridge) -> Notice:
    """The notice with everything it speaks of as it is now; its intent is stored."""
    ids = [claimed.alert_id] if claimed.alert_id else list(claimed.params.get("alerts", ()))
    found = _with_silences(connection, alerts.load(connection, ids), bridge)
    remotes = deliveries.remotes(connection, target.name, ids)
    one = claimed.alert_id
    notice = Notice(
        key=claimed.unique_key,
        word=Word(claimed.kind),
        params=claimed.params,
        remote=claimed.remote,
        alert=found.get(one) if one else None,
        parent=remotes.get(one, {}) if one else {},
        about=() if one else [(found[id_], remotes.get(id_, {})) for id_ in ids if id_ in found],
        author=_author(connection, claimed),
    )
    notices.intend(connection, claimed, target.intend_to_say(notice, bridge.clock()))
    return notice


def _with_silences(connection: Connection, found: dict[str, Alert], bridge: Bridge) -> dict[str, Alert]:
    """What is silenced does not ring."""
    lasting = silences.lasting(connection, bridge.clock()) if found else []
    return {id_: replace(alert, silence=silences.hiding(lasting, alert)) for id_, alert in found.items()}


def _author(connection: Connection, claimed: notices.Claimed) -> Person | None:
    key = claimed.params.get("actor")
    if not isinstance(key, str) or key.partition(":")[0] not in set(Provider):
        return None
    return known_people.find(connection, [key]).get(key) or Person(key, "")


def _settle(
    bridge: Bridge,
    claimed: notices.Claimed,
    *,
    wait: float | None = None,
    remote: dict[str, object] | None = None,
    error: str | None = None,
    parked_reason: str | None = None,
    blameless: bool = False,
) -> None:
    due_at = None if wait is None else bridge.clock() + timedelta(seconds=wait)

    def step(connection: Connection) -> None:
        notices.settle(
            connection,
            claimed,
            due_at=due_at,
            remote=remote,
            error=error,
            parked_reason=parked_reason,
            blameless=blameless,
        )

    try:
        bridge.store.transact(step)
    except (Conflict, Away):
        # It was said: what is not recorded would be said again.
        bridge.owed.append(step)
        raise


def _count(target: Target, outcome: str, verdict: Verdict) -> None:
    metrics.NOTICES.labels(target.name, outcome).inc()
    metrics.FAILURES.labels(target.name, verdict.reason).inc()
    log.warning("not said", target=target.name, outcome=outcome, reason=verdict.reason, detail=verdict.detail)
