"""Ingest: what came in becomes alerts, and what each target now has to be told, in one transaction.

One ingester per lane (a lease), rows in the order received. A bad item is parked by name; the others go on.
"""

import uuid
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import orjson
import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from core import metrics
from core.bridge import Bridge
from core.domain.alert import Alert, Content, Facts
from core.domain.change import Kind
from core.domain.errors import ClaimLost, Conflict, Malformed
from core.domain.event import Report
from core.domain.reduce import reduce
from core.domain.severity import rank
from core.sources import alertmanager
from core.store import alerts, bodies, deliveries, inbox, leases, notices
from core.store.tables import lanes
from core.targets.target import Word

log = structlog.get_logger()

BATCH = 50
CHUNK = 500
EDIT = 60
RESOLVE = 50
_PAUSE = timedelta(seconds=1)


def drain(bridge: Bridge, lane: str, stop: Callable[[], bool] = lambda: False) -> None:
    """Ingest what the lane has due, until nothing is, or somebody else is at it."""
    while not stop():
        with bridge.busy.at(f"lane {lane}") as mine:
            if not mine or not _drain(bridge, lane, stop):
                return
        # What was stored between the last look and the release had its hint turned away: look once more.
        with bridge.store.read() as connection:
            if not inbox.is_next_due(connection, lane, bridge.clock()):
                return


def _drain(bridge: Bridge, lane: str, stop: Callable[[], bool]) -> bool:
    """False: somebody else holds the lane."""
    held = False
    try:
        while not stop():
            token = f"{bridge.holder}{uuid.uuid4().hex[:12]}"
            rows = bridge.store.transact(lambda c, token=token: _claim(bridge, c, lane, token))  # type: ignore[misc]
            held = bool(rows)
            if rows is None:
                return False
            if not rows:
                break
            _ingest(bridge, rows, token)
    finally:
        if held:
            bridge.store.transact(lambda c: leases.release(c, lanes, lane, bridge.holder))
    return True


def _claim(bridge: Bridge, connection: Connection, lane: str, token: str) -> list[inbox.Claimed] | None:
    """The next rows, with the lane; without any the lane is let go. None: somebody else holds it."""
    now = bridge.clock()
    if not leases.take_lane(connection, lane, bridge.holder, now):
        return None
    rows = inbox.claim(connection, lane, token, now, BATCH)
    if not rows:
        leases.release(connection, lanes, lane, bridge.holder)
    return rows


@dataclass(slots=True)
class _Batch:
    """Some inbox rows and what they said."""

    rows: list[inbox.Claimed]
    reports: list[Report] = field(default_factory=list)
    spoiled: list[tuple[inbox.Claimed, bytes, str]] = field(default_factory=list)


@dataclass(slots=True)
class _Outcome:
    kinds: Counter[Kind] = field(default_factory=Counter)
    told: list[tuple[Kind, Facts, str]] = field(default_factory=list)
    targets: set[str] = field(default_factory=set)


def _ingest(bridge: Bridge, rows: Sequence[inbox.Claimed], token: str) -> None:
    batch = _Batch([])
    try:
        for row in rows:
            if row.attempts > inbox.MOST_ATTEMPTS:
                _park(bridge, row, token, "tried too often without an outcome")
                continue
            if len(batch.reports) >= CHUNK:
                _apply(bridge, batch, token)
                batch = _Batch([])
            _read(bridge, row, token, batch)
        if batch.rows:
            _apply(bridge, batch, token)
    except ClaimLost:
        metrics.CLAIMS_LOST.inc()
        log.warning("claim lost", rows=[row.id for row in rows])
    except (Conflict, OperationalError) as error:
        # The database's trouble is not the rows' fault: it must not count towards parking them.
        again, why = bridge.clock() + _PAUSE, type(error).__name__
        bridge.store.transact(lambda c: inbox.give_back(c, [row.id for row in rows], token, again, why))
        raise


def _read(bridge: Bridge, row: inbox.Claimed, token: str, batch: _Batch) -> None:
    try:
        reports, spoiled = alertmanager.read(bodies.unpack(row.body), row.source, row.id, row.received_at)
    except Malformed as error:
        _park(bridge, row, token, str(error))
        return
    batch.rows.append(row)
    batch.reports.extend(reports)
    batch.spoiled.extend((row, bad.item, f"alerts[{bad.index}]: {bad.reason}") for bad in spoiled)


def _park(bridge: Bridge, row: inbox.Claimed, token: str, error: str) -> None:
    bridge.store.transact(lambda c: inbox.park(c, row.id, token, error, bridge.clock()))
    metrics.INGESTED.labels("parked").inc()
    log.error("inbox row parked", row=row.id, lane=row.lane, error=error)


def _apply(bridge: Bridge, batch: _Batch, token: str) -> None:
    """Write the batch in transactions of at most 500 reports; halve one that fails, down to the bad report."""
    by_id = {row.id: row for row in batch.rows}
    chunks = [batch.reports[i : i + CHUNK] for i in range(0, len(batch.reports), CHUNK)] or [[]]
    work = deque(chunks)
    while work:
        part = work.popleft()
        last = not work
        try:
            outcome = bridge.store.transact(
                lambda c, part=part, last=last: _step(bridge, c, batch, part, token, last=last)  # type: ignore[misc]
            )
        except (Conflict, ClaimLost, OperationalError):
            raise
        except Exception as error:
            if not part:
                raise
            if len(part) > 1:
                work.extendleft([part[len(part) // 2 :], part[: len(part) // 2]])
                continue
            bad = part[0]
            item = orjson.dumps({"labels": dict(bad.content.labels), "firing": bad.firing})
            batch.spoiled.append((by_id[bad.seq], item, f"{type(error).__name__}: {error}"))
            if last:
                work.append([])
            continue
        _tell(bridge, outcome)
    for row, _, why in batch.spoiled:
        metrics.INGESTED.labels("parked").inc()
        log.error("alert parked", row=row.id, lane=row.lane, error=why)
    for row in batch.rows:
        metrics.INGEST_SECONDS.observe((bridge.clock() - row.received_at).total_seconds())


def _step(
    bridge: Bridge, connection: Connection, batch: _Batch, part: list[Report], token: str, *, last: bool
) -> _Outcome:
    ids = [row.id for row in batch.rows]
    if last:
        inbox.finish(connection, ids, token)
        for row, item, error in batch.spoiled:
            inbox.park_part(connection, row, bodies.pack(item), error, bridge.clock())
    else:
        inbox.hold(connection, ids, token, bridge.clock())
    return _write(bridge, connection, part) if part else _Outcome()


def _tell(bridge: Bridge, outcome: _Outcome) -> None:
    for kind, count in outcome.kinds.items():
        metrics.INGESTED.labels(kind.value).inc(count)
    for kind, facts, name in outcome.told:
        log.info(
            kind.value,
            alert=facts.id,
            version=facts.version,
            name=name,
            occurrence=facts.occurrence,
        )
    for target in outcome.targets:
        bridge.on_due(target)


@dataclass(slots=True)
class _Episode:
    """One alert as it stood before this transaction and as it stands now."""

    before: Facts | None
    facts: Facts
    content: Content
    kinds: list[Kind] = field(default_factory=list)


def _write(bridge: Bridge, connection: Connection, reports: list[Report]) -> _Outcome:
    now = bridge.clock()
    since = min(report.received_at for report in reports) - bridge.policy.deduplication_window
    source = reports[0].source
    current = alerts.newest(connection, source, {report.fingerprint for report in reports}, since)
    stored = {facts.id: facts for facts in current.values()}
    episodes: dict[str, _Episode] = {}
    outcome = _Outcome()
    for report in reports:
        change = reduce(current.get(report.fingerprint), report, bridge.policy)
        outcome.kinds[change.kind] += 1
        if change.facts is None:
            continue
        current[report.fingerprint] = change.facts
        episode = episodes.setdefault(
            change.facts.id, _Episode(stored.get(change.facts.id), change.facts, report.content)
        )
        episode.facts = change.facts
        if change.content is not None:
            episode.content = change.content
        if change.kind not in (Kind.NOTHING, Kind.SEEN):
            episode.kinds.append(change.kind)
    _save(connection, list(episodes.values()), bridge, outcome, now)
    return outcome


def _save(
    connection: Connection, episodes: list[_Episode], bridge: Bridge, outcome: _Outcome, now: datetime
) -> None:
    new = [e for e in episodes if e.before is None]
    changed = [e for e in episodes if e.before is not None and e.kinds]
    seen = [e for e in episodes if e.before is not None and not e.kinds]
    # One step up from what was read, however many events this transaction applied: that is the guard.
    for episode in changed:
        if episode.before is not None:
            episode.facts = replace(episode.facts, version=episode.before.version + 1)
    alerts.add(connection, [Alert(e.facts, e.content) for e in new], now)
    alerts.change(connection, [Alert(e.facts, e.content) for e in changed], now)
    alerts.touch(connection, {e.facts.id: e.facts.seq for e in seen})
    outcome.targets |= _want(connection, bridge, new=new, changed=changed, seen=seen, now=now)
    for episode in (*new, *changed):
        outcome.told.append((episode.kinds[-1], episode.facts, episode.content.name))


def _want(
    connection: Connection,
    bridge: Bridge,
    *,
    new: list[_Episode],
    changed: list[_Episode],
    seen: list[_Episode],
    now: datetime,
) -> set[str]:
    known = deliveries.known(connection, [e.facts.id for e in (*changed, *seen)])
    by_priority: dict[tuple[int, int], list[str]] = {}
    for episode in changed:
        first = 10 * (1 + rank(episode.content.severity))
        later = {Kind.RESOLVED: RESOLVE, Kind.REOPENED: first}.get(episode.kinds[-1], EDIT)
        by_priority.setdefault((first, later), []).append(episode.facts.id)
    for (first, later), ids in by_priority.items():
        deliveries.want(connection, ids, now, new=first, edit=later)
    # A target that was configured after the alert began gets its row with the next report.
    rows = [
        (e.facts.id, name, 10 * (1 + rank(e.content.severity)))
        for e in (*new, *changed, *seen)
        if e.facts.firing
        for name, target in bridge.targets.items()
        if (e.facts.id, name) not in known and target.concerns(Alert(e.facts, e.content))
    ]
    deliveries.add(connection, rows, now)
    notices.add(connection, _fired_again(bridge, changed, known), now)
    touched = {e.facts.id for e in changed}
    return {name for _, name, _ in rows} | {name for id_, name in known if id_ in touched}


def _fired_again(bridge: Bridge, changed: list[_Episode], known: set[tuple[str, str]]) -> list[notices.New]:
    return [
        notices.New(
            unique_key=f"{e.facts.id}:{e.facts.occurrence}:{Word.FIRED_AGAIN}:{name}",
            target=name,
            kind=Word.FIRED_AGAIN,
            priority=10 * (1 + rank(e.content.severity)),
            alert_id=e.facts.id,
            params={"occurrence": e.facts.occurrence},
        )
        for e in changed
        if Kind.REOPENED in e.kinds
        for name, target in bridge.targets.items()
        if Word.FIRED_AGAIN in target.says and (e.facts.id, name) in known
    ]
