"""Reconcile: compare the alerts that are open here with Alertmanager's own list, and mend what no webhook told.

What follows goes through the inbox, into the source's own lane: so there is one writer and one order, and every word
of Alertmanager's that came in meanwhile wins. Nothing is asked of Alertmanager inside a transaction.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TypeVar
from urllib.parse import urlsplit

import structlog
from sqlalchemy import Connection

from core import metrics
from core.bridge import Bridge
from core.changes import COSMETIC
from core.domain.alert import Content
from core.domain.compare import (
    Findings,
    Held,
    Listed,
    Mark,
    Picture,
    Rules,
    Sighting,
    Timing,
    compare,
    is_missed,
    is_overdue,
)
from core.domain.errors import Malformed, Verdict
from core.sources import alertmanager, alertmanager_api
from core.sources.alertmanager import Concluded
from core.store import alerts, bodies, deliveries, inbox, leases, sightings, sources
from core.store.sources import RECONCILING
from core.targets.alertmanager_client import Members

log = structlog.get_logger()

CHUNK = 500
_MOST_BYTES = 4 * 1024 * 1024
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many alerts were found over, missed, and of another suppression than was known. `trouble` is why the look
    was not a full one, empty where it was.
    """

    resolved: int = 0
    taken_in: int = 0
    marked: int = 0
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class _Before:
    """How things stood before anybody was asked."""

    asked_at: datetime
    held: Sequence[Held]
    receivers: frozenset[str]
    is_behind: bool
    outlived: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Asked:
    picture: Picture
    others: dict[str, Listed]
    trouble: str


def reconcile(bridge: Bridge, source: str, members: Members, rules: Rules) -> Outcome:
    """One comparison. It may run any number of times, and at once in several processes, to the same end."""
    before = _look(bridge, source, rules)
    asked = _ask(members, before)
    outcome = _conclude(bridge, source, before, asked, rules)
    bridge.store.transact(lambda c: _note(c, source, before.asked_at, outcome))
    _tell(source, outcome)
    return outcome


def _look(bridge: Bridge, source: str, rules: Rules) -> _Before:
    now = bridge.clock()
    with bridge.store.read() as connection:
        return _Before(
            now,
            sightings.held(connection, source),
            sources.receivers(connection, source),
            inbox.is_behind(connection, _lane(source), now - rules.grace),
            sightings.outlived(connection, CHUNK),
        )


def _ask(members: Members, before: _Before) -> _Asked:
    known = {it.fingerprint for it in before.held}
    marks: dict[str, Mark | None] = {}
    others: dict[str, Listed] = {}
    statuses: list[alertmanager_api.Status] = []
    troubles: list[str] = []
    for url in members.urls:
        try:
            status = alertmanager_api.read_status(members.get(url, "/status"))
            # Nothing holds the answer itself any longer than it takes to read it.
            listed = alertmanager_api.read_alerts(members.get(url, "/alerts"), known, before.receivers)
        except (Verdict, Malformed) as fault:
            troubles.append(f"{_place(url)}: {fault}")
            continue
        if not listed.whole:
            troubles.append(f"{_place(url)}: its list holds alerts that cannot be read")
        statuses.append(status)
        others |= listed.others
        for fingerprint, mark in listed.marks.items():
            marks[fingerprint] = _agreed(marks[fingerprint], mark) if fingerprint in marks else mark
    picture = Picture(
        before.asked_at,
        marks,
        [it.started for it in statuses],
        not troubles,
        _timing(statuses, before.receivers),
    )
    return _Asked(picture, others, "; ".join(troubles))


def _conclude(bridge: Bridge, source: str, before: _Before, asked: _Asked, rules: Rules) -> Outcome:
    picture = asked.picture
    if not picture.started:
        return Outcome(trouble=asked.trouble)
    if before.is_behind:
        # Whatever was concluded would only wait behind words that are newer, once more every time.
        return Outcome(trouble="ingest is behind")
    findings = compare(before.held, picture, rules)
    findings.seen.update(dict.fromkeys(before.outlived))
    missed = _missed(bridge, source, asked, rules)
    _mark(bridge, findings)
    _put(bridge, source, _ends(bridge, findings.ended))
    _put(bridge, source, missed)
    return Outcome(len(findings.ended), len(missed), len(findings.remarked), asked.trouble)


def _agreed(one: Mark | None, other: Mark | None) -> Mark | None:
    """Members that differ are about to agree; until then the one that would tell of the alert is believed."""
    known = [mark for mark in (one, other) if mark is not None]
    return min(known, key=lambda mark: mark.suppressed is not None, default=None)


def _timing(statuses: Sequence[alertmanager_api.Status], receivers: frozenset[str]) -> Timing:
    each = [alertmanager_api.timing(it.configuration, receivers) for it in statuses] or [Timing()]
    return Timing(max(it.group_wait for it in each), max(it.group_interval for it in each))


def _missed(bridge: Bridge, source: str, asked: _Asked, rules: Rules) -> list[Concluded]:
    """What fires there and was never told here. What is known of it is read after the list, so that nothing which came
    in meanwhile is overlooked; what comes in after that makes the conclusion void.
    """
    picture = asked.picture
    found: list[Concluded] = []
    overdue = (it for it in asked.others.values() if is_overdue(it.starts_at, picture, rules))
    since = picture.asked_at - max(bridge.policy.deduplication_window, rules.grace)
    for some in _chunks(overdue):
        with bridge.store.read() as connection:
            known = sightings.ended(connection, source, [it.fingerprint for it in some], since)
        for it in some:
            last = known.get(it.fingerprint)
            if is_missed(last, picture, rules):
                seq = last.seq if last else 0
                found.append(Concluded(it.fingerprint, True, it.content, seq, it.starts_at))
    return found


def _ends(bridge: Bridge, ended: Sequence[Held]) -> Iterator[Concluded]:
    for some in _chunks(ended):
        with bridge.store.read() as connection:
            contents = alerts.contents(connection, [it.id for it in some])
        for it in some:
            content = contents.get(it.id, Content({}, {}))
            yield Concluded(it.fingerprint, False, content, it.seq)


def _put(bridge: Bridge, source: str, concluded: Iterable[Concluded]) -> None:
    lane = _lane(source)
    for body in _bodies(concluded):
        row = inbox.Incoming(source, lane, bodies.pack(body))
        bridge.store.transact(lambda c, row=row: _store(c, row, bridge.clock()))  # type: ignore[misc]
        bridge.on_lane(lane)


def _store(connection: Connection, row: inbox.Incoming, now: datetime) -> None:
    leases.ensure_lane(connection, row.lane)
    inbox.put(connection, [row], now)


def _bodies(concluded: Iterable[Concluded]) -> Iterator[bytes]:
    for some in _chunks(concluded):
        yield from _body(some)


def _body(some: Sequence[Concluded]) -> Iterator[bytes]:
    """One, or as many as it takes for none to be too long for the database."""
    body = alertmanager.write(some)
    if len(body) <= _MOST_BYTES or len(some) == 1:
        yield body
    else:
        middle = len(some) // 2
        yield from _body(some[:middle])
        yield from _body(some[middle:])


def _mark(bridge: Bridge, findings: Findings) -> None:
    changed = set(findings.reshown)
    for some in _chunks(findings.seen.items()):
        told = bridge.store.transact(lambda c, some=some: _write(bridge, c, dict(some), changed))  # type: ignore[misc]
        for target in told:
            bridge.on_due(target)


def _write(
    bridge: Bridge, connection: Connection, seen: dict[str, Sighting | None], changed: set[str]
) -> set[str]:
    """The targets that have something else to show."""
    sightings.put(connection, seen)
    remarked = [id_ for id_ in seen if id_ in changed]
    if not remarked:
        return set()
    deliveries.want(connection, remarked, bridge.clock(), new=COSMETIC, edit=COSMETIC)
    return deliveries.targets_of(connection, remarked)


def _note(connection: Connection, source: str, at: datetime, outcome: Outcome) -> None:
    if outcome.trouble:
        sources.ails(connection, source, RECONCILING, outcome.trouble)
    else:
        sources.reconciled(connection, source, at)


def _tell(source: str, outcome: Outcome) -> None:
    for what in ("resolved", "taken_in", "marked"):
        metrics.RECONCILED.labels(source, what).inc(getattr(outcome, what))
    if outcome.trouble:
        metrics.RECONCILE_FAILURES.labels(source).inc()
        log.warning("not reconciled in full", source=source, trouble=outcome.trouble)
    if outcome.resolved or outcome.taken_in or outcome.marked:
        log.info(
            "reconciled",
            source=source,
            resolved=outcome.resolved,
            taken_in=outcome.taken_in,
            marked=outcome.marked,
        )


def _lane(source: str) -> str:
    return f"alertmanager:{source}"


def _place(url: str) -> str:
    """Without whatever else an address may hold."""
    return urlsplit(url).netloc.rpartition("@")[2]


def _chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    rest = iter(items)
    while some := list(islice(rest, CHUNK)):
        yield some
