"""Alertmanager's reports become alerts, and what each target now has to be told, in one transaction.

Rows in the order received, in chunks of at most 500 reports. A bad item is parked by name; the others go on.
"""

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson
import structlog
from sqlalchemy import Connection

from core import metrics
from core.bridge import Bridge
from core.changes import Episode, save
from core.domain.alert import Facts
from core.domain.change import Kind
from core.domain.errors import ClaimLost, Conflict, Malformed
from core.domain.event import Report
from core.domain.reduce import reduce
from core.parking import park
from core.sources import alertmanager
from core.store import alerts, bodies, inbox, sources
from core.store.trouble import Away

log = structlog.get_logger()

CHUNK = 500


def take_reports(bridge: Bridge, rows: Sequence[inbox.Claimed], token: str) -> None:
    """Ingest claimed rows of one source. Raises ClaimLost, and Conflict or Away where the database ails."""
    batch = _Batch([])
    for row in rows:
        if len(batch.reports) >= CHUNK:
            _apply(bridge, batch, token)
            batch = _Batch([])
        _read(bridge, row, token, batch)
    if batch.rows:
        _apply(bridge, batch, token)


@dataclass(slots=True)
class _Batch:
    """Some inbox rows and what they said."""

    rows: list[inbox.Claimed]
    reports: list[Report] = field(default_factory=list)
    spoiled: list[tuple[inbox.Claimed, bytes, str]] = field(default_factory=list)
    receivers: set[tuple[str, str]] = field(default_factory=set)


@dataclass(slots=True)
class _Outcome:
    kinds: Counter[Kind] = field(default_factory=Counter)
    told: list[tuple[Kind, Facts, str]] = field(default_factory=list)
    targets: set[str] = field(default_factory=set)


def _read(bridge: Bridge, row: inbox.Claimed, token: str, batch: _Batch) -> None:
    try:
        payload = alertmanager.read(bodies.unpack(row.body), row.source, row.id, row.received_at)
    except Malformed as error:
        park(bridge, row, token, str(error))
        return
    batch.rows.append(row)
    batch.reports.extend(payload.reports)
    batch.spoiled.extend((row, bad.item, f"alerts[{bad.index}]: {bad.reason}") for bad in payload.spoiled)
    if payload.receiver and (row.source, payload.receiver) not in bridge.receivers:
        batch.receivers.add((row.source, payload.receiver))


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
        except (Conflict, ClaimLost, Away):
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
    bridge.receivers.update(batch.receivers)
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
        for source, receiver in batch.receivers:
            sources.add_receiver(connection, source, receiver)
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


def _write(bridge: Bridge, connection: Connection, reports: list[Report]) -> _Outcome:
    now = bridge.clock()
    since = min(report.received_at for report in reports) - bridge.policy.deduplication_window
    source = reports[0].source
    current = alerts.newest(connection, source, {report.fingerprint for report in reports}, since)
    stored = {facts.id: facts for facts in current.values()}
    episodes: dict[str, Episode] = {}
    outcome = _Outcome()
    for report in reports:
        change = reduce(current.get(report.fingerprint), report, bridge.policy)
        outcome.kinds[change.kind] += 1
        if change.facts is None:
            continue
        current[report.fingerprint] = change.facts
        before = stored.get(change.facts.id)
        episode = episodes.setdefault(
            change.facts.id, Episode(before, before or change.facts, report.content)
        )
        episode.take(change, reconciled=report.reconciled)
    outcome.targets |= save(connection, bridge, list(episodes.values()), now)
    outcome.told += [(it.kinds[-1], it.facts, it.content.name) for it in episodes.values() if it.kinds]
    return outcome
