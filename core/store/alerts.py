"""Alerts: one row an episode. Written only with the version that was read."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, case, insert, or_, select, update

from core.domain.alert import Alert, Content, Facts, State
from core.domain.errors import Conflict
from core.store import people
from core.store.tables import alerts

_NAME = 255
_KEY = 160
_SEVERITY = 64
# MySQL's TEXT holds 65,535 bytes, at least this many characters; the whole text stays in the JSON columns.
_TEXT = 16_383

_FACTS = (
    alerts.c.id,
    alerts.c.source,
    alerts.c.fingerprint,
    alerts.c.firing,
    alerts.c.starts_at,
    alerts.c.fired_at,
    alerts.c.occurrence,
    alerts.c.seq,
    alerts.c.content_hash,
    alerts.c.version,
    alerts.c.ends_at,
    alerts.c.resolved_at,
    alerts.c.acknowledged_at,
    alerts.c.acknowledged_by_name,
    alerts.c.wake_at,
    alerts.c.acknowledged_by,
    alerts.c.closed_at,
    alerts.c.closed_by_name,
    alerts.c.closed_by,
    alerts.c.acted_by_name,
    alerts.c.acted_by,
    alerts.c.slack_at,
    alerts.c.pagerduty_at,
)
_CONTENT = (alerts.c.labels, alerts.c.annotations, alerts.c.generator_url)


def newest(
    connection: Connection, source: str, fingerprints: Iterable[str], closed_since: datetime
) -> dict[str, Facts]:
    """The episode that a report of each fingerprint is about: the open one, else the last one closed lately."""
    rows = connection.execute(
        select(*_FACTS)
        .where(
            alerts.c.source == source,
            alerts.c.fingerprint.in_(sorted(fingerprints)),
            or_(alerts.c.open_key.is_not(None), alerts.c.resolved_at >= closed_since),
        )
        .order_by(alerts.c.fired_at)
        .with_for_update()
    ).all()
    found: dict[str, Facts] = {}
    for row in rows:
        facts = Facts(*row)
        held = found.get(facts.fingerprint)
        if held is None or facts.firing or not held.firing:
            found[facts.fingerprint] = facts
    return found


def add(connection: Connection, new: Sequence[Alert], now: datetime) -> None:
    """Store new episodes. A second open one of the same alert raises (open_key), which the store calls a Conflict."""
    if new:
        connection.execute(insert(alerts), [_row(alert, now) | {"created_at": now} for alert in new])


def touch(connection: Connection, seen: Mapping[str, int]) -> None:
    """Note that reports changed nothing: {alert id: inbox id}. No new version."""
    by_seq: dict[int, list[str]] = {}
    for id_, seq in seen.items():
        by_seq.setdefault(seq, []).append(id_)
    for seq, ids in by_seq.items():
        connection.execute(update(alerts).where(alerts.c.id.in_(ids), alerts.c.seq < seq).values(seq=seq))


def change(connection: Connection, changed: Sequence[Alert | Facts], now: datetime) -> None:
    """Store new versions, each over the version before it. Raises Conflict where one has moved on meanwhile."""
    whole = [_row(alert, now) for alert in changed if isinstance(alert, Alert)]
    facts = [_facts(fact, now) for fact in changed if isinstance(fact, Facts)]
    for rows in (whole, facts):
        if rows:
            _replace(connection, rows)


def _replace(connection: Connection, rows: list[dict[str, Any]]) -> None:
    written = [name for name in rows[0] if name not in ("id", "source", "fingerprint")]
    statement = (
        update(alerts)
        .where(alerts.c.id == bindparam("row_id"), alerts.c.version == bindparam("row_version"))
        .values({name: bindparam(name) for name in written})
    )
    parameters = [
        {name: row[name] for name in written} | {"row_id": row["id"], "row_version": row["version"] - 1}
        for row in rows
    ]
    if connection.execute(statement, parameters).rowcount != len(rows):
        raise Conflict("an alert has moved on since it was read")


def hear(connection: Connection, id_: str, column: str, at: datetime) -> None:
    """Note how far a provider's deeds have been heard of. No new version."""
    heard = alerts.c[column]
    connection.execute(
        update(alerts).where(alerts.c.id == id_, or_(heard.is_(None), heard < at)).values({column: at})
    )


def load(connection: Connection, ids: Sequence[str], *, to_change: bool = False) -> dict[str, Alert]:
    """Alerts as they are now, with the people their facts name; an id whose alert is gone is not in the answer."""
    statement = select(*_FACTS, *_CONTENT).where(alerts.c.id.in_(ids))
    rows = connection.execute(statement.with_for_update() if to_change else statement).all()
    found = [_alert(row) for row in rows]
    keys = (key for it in found for key in (it.facts.acknowledged_by, it.facts.closed_by, it.facts.acted_by))
    named = {key for key in keys if key}
    known = people.find(connection, named) if named else {}
    return {it.id: replace(it, people=known) if known else it for it in found}


def contents(connection: Connection, ids: Collection[str]) -> dict[str, Content]:
    """What people read of each; nothing else of them is loaded."""
    rows = connection.execute(select(alerts.c.id, *_CONTENT).where(alerts.c.id.in_(ids)))
    return {row.id: Content(row.labels, row.annotations, row.generator_url) for row in rows}


def to_wake(connection: Connection, now: datetime, ahead: datetime, limit: int) -> list[Facts]:
    """Alerts whose timer has gone off; when one has, also those whose timer goes off before `ahead`."""
    due = connection.execute(select(alerts.c.id).where(alerts.c.wake_at <= now).limit(1)).first()
    if due is None:
        return []
    rows = connection.execute(
        select(*_FACTS)
        .where(or_(alerts.c.wake_at <= now, and_(alerts.c.wake_at <= ahead, alerts.c.state == State.FIRING)))
        .order_by(case((alerts.c.wake_at <= now, 0), else_=1), alerts.c.wake_at)
        .limit(limit)
        .with_for_update()
    ).all()
    return [Facts(*row) for row in rows]


def _alert(row: Row[*tuple[Any, ...]]) -> Alert:
    return Alert(Facts(*row[: len(_FACTS)]), Content(row.labels, row.annotations, row.generator_url))


def _facts(facts: Facts, now: datetime) -> dict[str, Any]:
    return {
        "id": facts.id,
        "source": facts.source,
        "fingerprint": facts.fingerprint,
        "open_key": facts.open_key,
        "state": facts.state.value,
        "firing": facts.firing,
        "starts_at": facts.starts_at,
        "ends_at": facts.ends_at,
        "fired_at": facts.fired_at,
        "occurrence": facts.occurrence,
        "seq": facts.seq,
        "acknowledged_at": facts.acknowledged_at,
        "acknowledged_by_name": _cut(facts.acknowledged_by_name),
        "acknowledged_by": _cut(facts.acknowledged_by, _KEY),
        "closed_at": facts.closed_at,
        "closed_by_name": _cut(facts.closed_by_name),
        "closed_by": _cut(facts.closed_by, _KEY),
        "acted_by_name": _cut(facts.acted_by_name),
        "acted_by": _cut(facts.acted_by, _KEY),
        "slack_at": facts.slack_at,
        "pagerduty_at": facts.pagerduty_at,
        "resolved_at": facts.resolved_at,
        "wake_at": facts.wake_at,
        "content_hash": facts.content_hash,
        "version": facts.version,
        "updated_at": now,
    }


def _cut(text: str | None, limit: int = _NAME) -> str | None:
    return text[:limit] if text else text


def _row(alert: Alert, now: datetime) -> dict[str, Any]:
    content = alert.content
    return _facts(alert.facts, now) | {
        "name": content.name[:_NAME],
        "severity": content.severity[:_SEVERITY],
        "instance": content.instance[:_NAME],
        "summary": content.summary[:_TEXT],
        "description": content.description[:_TEXT],
        "labels": dict(content.labels),
        "annotations": dict(content.annotations),
        # Half an address is worse than none.
        "generator_url": content.generator_url if len(content.generator_url) <= _TEXT else "",
    }
