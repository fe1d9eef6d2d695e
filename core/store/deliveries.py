"""Deliveries: what each target was last told about each alert, and what it still has to be told.

`wanted` and `delivered` are counters, so that a change made while a send is under way is never taken for told;
whoever finishes must still hold the claim under which he began.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, case, func, insert, select, update

from core.store.tables import deliveries, silence_deliveries, targets

CLAIM = timedelta(seconds=120)
Learned = tuple[dict[str, Any], str | None]
"""What a failed attempt taught: the remote, and the remote id that it stands for."""
_ERROR = 2000
_WORTH_A_WORD = timedelta(seconds=5)
FAILING = 2
"""From this attempt on a target counts as not answering, and the others say so."""


@dataclass(frozen=True, slots=True)
class Of:
    """What a delivery is about: alerts and silences have tables of the same shape."""

    table: Table
    key: str

    @property
    def id(self) -> ColumnElement[str]:
        found: ColumnElement[str] = self.table.c[self.key]
        return found


ALERTS = Of(deliveries, "alert_id")
SILENCES = Of(silence_deliveries, "silence_id")


@dataclass(frozen=True, slots=True)
class Due:
    """A row that could be told now, before anybody has claimed it. `id` is that of what it is about."""

    id: str
    remote_id: str | None
    priority: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """A claimed row: `wanted` is the counter that telling the thing as it is now will satisfy."""

    id: str
    target: str
    wanted: int
    delivered: int
    remote: dict[str, Any]
    remote_id: str | None
    attempts: int
    since: datetime | None
    token: str
    priority: int = 0
    told: str | None = None
    of: Of = ALERTS


@dataclass(frozen=True, slots=True)
class Other:
    """How another target of the same alert stands."""

    target: str
    remote: dict[str, Any]
    behind: bool
    failing: bool


def known(connection: Connection, ids: Collection[str], of: Of = ALERTS) -> set[tuple[str, str]]:
    """Which (id, target) pairs have a row."""
    rows = connection.execute(select(of.id, of.table.c.target).where(of.id.in_(ids)))
    return {(row[0], row[1]) for row in rows}


def add(connection: Connection, rows: Sequence[tuple[str, str, int]], now: datetime, of: Of = ALERTS) -> None:
    """New rows, due at once: (id, target, priority)."""
    if rows:
        connection.execute(
            insert(of.table),
            [
                {
                    of.key: id_,
                    "target": target,
                    "wanted": 1,
                    "priority": priority,
                    "due_at": now,
                    "since": now,
                    "remote": {},
                }
                for id_, target, priority in rows
            ],
        )


def adopt(
    connection: Connection, id_: str, target: str, remote: dict[str, Any], remote_id: str | None, *, of: Of
) -> None:
    """A new row about what comes from the target itself: it knows."""
    values = {
        of.key: id_,
        "target": target,
        "wanted": 1,
        "delivered": 1,
        "priority": 0,
        "remote": remote,
        "remote_id": remote_id,
    }
    connection.execute(insert(of.table).values(values))


def shown(connection: Connection, target: str, alert_ids: Collection[str]) -> set[str]:
    """Those of these alerts that the target shows somewhere."""
    rows = connection.execute(
        select(deliveries.c.alert_id).where(
            deliveries.c.target == target,
            deliveries.c.alert_id.in_(alert_ids),
            deliveries.c.remote_id.is_not(None),
        )
    )
    return set(rows.scalars())


def want(
    connection: Connection,
    ids: Collection[str],
    now: datetime,
    *,
    new: int,
    edit: int,
    but: str | None = None,
    only: str | None = None,
    of: Of = ALERTS,
) -> None:
    """These have changed: every target of theirs (but one, or only one) has to be told.

    `new` is the priority where the target has never been told of the thing, `edit` where it has. A row that is
    put off or under way keeps its time; a parked one gets another chance, since its payload is a new one.
    """
    rows = of.table
    where: ColumnElement[bool] = of.id.in_(ids)
    if but is not None:
        where = and_(where, rows.c.target != but)
    if only is not None:
        where = and_(where, rows.c.target == only)
    wanted = case((rows.c.delivered == 0, new), else_=edit)
    behind = rows.c.due_at.is_not(None)
    connection.execute(
        update(rows)
        .where(where)
        .values(
            wanted=rows.c.wanted + 1,
            priority=case((and_(behind, rows.c.priority < wanted), rows.c.priority), else_=wanted),
            due_at=func.coalesce(rows.c.due_at, now),
            since=func.coalesce(rows.c.since, now),
            parked_reason=None,
        )
    )


def best(
    connection: Connection,
    target: str,
    now: datetime,
    shown: Collection[bool],
    *,
    at_most: int | None = None,
    of: Of = ALERTS,
) -> Due | None:
    """The row to tell next: most urgent, then longest due. `shown` limits it to rows (not) yet shown there,
    `at_most` to a priority.
    """
    rows = of.table
    where: list[ColumnElement[bool]] = [rows.c.target == target, rows.c.due_at <= now]
    if at_most is not None:
        where.append(rows.c.priority <= at_most)
    if set(shown) == {True}:
        where.append(rows.c.remote_id.is_not(None))
    elif set(shown) == {False}:
        where.append(rows.c.remote_id.is_(None))
    row = connection.execute(
        select(of.id, rows.c.remote_id, rows.c.priority, rows.c.due_at)
        .where(*where)
        .order_by(rows.c.priority, rows.c.due_at)
        .limit(1)
    ).first()
    return Due(*row) if row else None


def claim(
    connection: Connection, target: str, id_: str, token: str, now: datetime, *, of: Of = ALERTS
) -> Delivery | None:
    """Claim one due row; None where somebody else was faster."""
    mine = _row(of, target, id_)
    taken = connection.execute(
        update(of.table)
        .where(mine, of.table.c.due_at <= now)
        .values(claim=token, due_at=now + CLAIM, attempts=of.table.c.attempts + 1)
    ).rowcount
    if not taken:
        return None
    row = connection.execute(select(of.table).where(mine)).one()
    return Delivery(
        id_,
        target,
        row.wanted,
        row.delivered,
        row.remote,
        row.remote_id,
        row.attempts,
        row.since,
        token,
        row.priority,
        row.told,
        of,
    )


def intend(connection: Connection, delivery: Delivery, remote: Mapping[str, Any]) -> None:
    """Store what is about to be tried, in the transaction of the claim."""
    connection.execute(update(delivery.of.table).where(_held(delivery)).values(remote=dict(remote)))


def is_held(connection: Connection, delivery: Delivery) -> bool:
    """Whether the claim still stands."""
    mine = select(delivery.of.table.c.claim).where(_held(delivery))
    return connection.execute(mine).first() is not None


def complete(
    connection: Connection,
    delivery: Delivery,
    remote: Mapping[str, Any],
    *,
    remote_id: str | None,
    again_at: datetime | None,
    now: datetime,
    told: str | None = None,
) -> bool:
    """Record that the target agrees. False: the claim was lost, so an old state may have been painted over a new one
    and the row is wanted once more.
    """
    rows = delivery.of.table
    more = rows.c.wanted > delivery.wanted
    done = connection.execute(
        update(rows)
        .where(_held(delivery))
        .values(
            delivered=delivery.wanted,
            remote=dict(remote),
            remote_id=remote_id,
            told=told,
            claim=None,
            attempts=0,
            last_error=None,
            due_at=case((more, now), else_=again_at),
            since=case((more, now), else_=None),
        )
    ).rowcount
    if done:
        return True
    connection.execute(
        update(rows)
        .where(_row(delivery.of, delivery.target, delivery.id))
        .values(
            wanted=rows.c.wanted + 1,
            due_at=func.coalesce(rows.c.due_at, now),
            since=func.coalesce(rows.c.since, now),
        )
    )
    return False


def put_off(
    connection: Connection,
    delivery: Delivery,
    due_at: datetime,
    error: str,
    learned: Learned | None,
    *,
    blameless: bool = False,
) -> None:
    """Not told: due again at `due_at`. `blameless`: the target's fault, so the row's attempts do not count."""
    rows = delivery.of.table
    values: dict[str, Any] = {"claim": None, "due_at": due_at, "last_error": error[:_ERROR]}
    if learned is not None:
        values |= {"remote": learned[0], "remote_id": learned[1]}
    if blameless:
        values["attempts"] = rows.c.attempts - 1
    connection.execute(update(rows).where(_held(delivery)).values(values))


def park(
    connection: Connection, delivery: Delivery, reason: str, error: str, learned: Learned | None
) -> None:
    """This payload cannot be told; a later change of the alert tries again, also one made while it was being told."""
    rows = delivery.of.table
    more = rows.c.wanted > delivery.wanted
    values: dict[str, Any] = {
        "claim": None,
        # Due since it fell behind, which is now or earlier.
        "due_at": case((more, rows.c.since), else_=None),
        "since": case((more, rows.c.since), else_=None),
        "parked_reason": case((more, None), else_=reason),
        "last_error": error[:_ERROR],
    }
    if learned is not None:
        values |= {"remote": learned[0], "remote_id": learned[1]}
    connection.execute(update(rows).where(_held(delivery)).values(values))


def others(connection: Connection, alert_id: str, but: str, now: datetime) -> list[Other]:
    """How the other targets of the alert stand. One that is only seconds behind is not worth a word."""
    blocked = targets.c.blocked_until > now
    rows = connection.execute(
        select(deliveries, func.coalesce(blocked, False).label("blocked"))
        .join(targets, targets.c.name == deliveries.c.target, isouter=True)
        .where(deliveries.c.alert_id == alert_id, deliveries.c.target != but)
        .order_by(deliveries.c.target)
    ).all()
    found = []
    for row in rows:
        waits = row.since is not None
        failing = waits and (bool(row.blocked) or row.attempts >= FAILING)
        behind = failing or (waits and row.since <= now - _WORTH_A_WORD)
        found.append(Other(row.target, row.remote, behind, failing))
    return found


def remotes(
    connection: Connection, target: str, ids: Collection[str], of: Of = ALERTS
) -> dict[str, dict[str, Any]]:
    """What is known of each of them at one target."""
    rows = connection.execute(
        select(of.id, of.table.c.remote).where(of.table.c.target == target, of.id.in_(ids))
    )
    return {row[0]: row[1] for row in rows}


def found(
    connection: Connection, target: str, remote_ids: Collection[str], of: Of = ALERTS
) -> dict[str, str]:
    """Whose they are: {remote id: id}."""
    rows = connection.execute(
        select(of.table.c.remote_id, of.id).where(
            of.table.c.target == target, of.table.c.remote_id.in_(remote_ids)
        )
    )
    return {row[0]: row[1] for row in rows}


def targets_of(connection: Connection, alert_ids: Collection[str]) -> set[str]:
    rows = connection.execute(
        select(deliveries.c.target).where(deliveries.c.alert_id.in_(alert_ids)).distinct()
    )
    return set(rows.scalars())


def _row(of: Of, target: str, id_: str) -> ColumnElement[bool]:
    return and_(of.id == id_, of.table.c.target == target)


def _held(delivery: Delivery) -> ColumnElement[bool]:
    mine = _row(delivery.of, delivery.target, delivery.id)
    return and_(mine, delivery.of.table.c.claim == delivery.token)
