"""Notices: one-shot words, each said once. Their unique key is made from what they are about, so that doing a
step again writes no second one.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, select, update

from core.store import insert_once
from core.store.deliveries import CLAIM
from core.store.tables import notices

_ERROR = 2000
NOTE = "note"
"""The kind of notice whose `content` comes back from where it is said."""


@dataclass(frozen=True, slots=True)
class New:
    """A word that has become due. `alert_id` is None for a digest."""

    unique_key: str
    target: str
    kind: str
    priority: int
    alert_id: str | None
    params: Mapping[str, Any]
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Best:
    """A notice that could be said now, before anybody has claimed it."""

    id: int
    priority: int


@dataclass(frozen=True, slots=True)
class Claimed:
    """A claimed notice."""

    id: int
    unique_key: str
    target: str
    kind: str
    alert_id: str | None
    params: dict[str, Any]
    remote: dict[str, Any]
    attempts: int
    expires_at: datetime | None
    token: str


def add(connection: Connection, new: Sequence[New], now: datetime) -> None:
    insert_once.into(
        connection,
        notices,
        [
            {
                "unique_key": notice.unique_key,
                "target": notice.target,
                "kind": notice.kind,
                "priority": notice.priority,
                "alert_id": notice.alert_id,
                "params": dict(notice.params),
                "remote": {},
                "due_at": now,
                "created_at": now,
                "expires_at": notice.expires_at,
            }
            for notice in new
        ],
    )


def has_said(connection: Connection, target: str, alert_ids: Collection[str], content: str) -> bool:
    """Whether this text is one that we say, or are about to say, about one of these alerts."""
    # By the alerts alone: asked for the target, too, SQLite would read all that it was ever told.
    rows = connection.execute(
        select(notices.c.params, notices.c.target, notices.c.kind).where(notices.c.alert_id.in_(alert_ids))
    )
    said = (row.params.get("content", "") for row in rows if (row.target, row.kind) == (target, NOTE))
    return any(text.strip() == content.strip() for text in said)


def in_turn() -> ColumnElement[bool]:
    """One alert's story is told in order: a line waits for those before it, also while they are put off."""
    earlier = notices.alias("earlier")
    return ~(
        select(earlier.c.id)
        .where(
            earlier.c.alert_id == notices.c.alert_id,
            earlier.c.target == notices.c.target,
            earlier.c.id < notices.c.id,
            earlier.c.due_at.is_not(None),
        )
        .exists()
    )


def best(connection: Connection, target: str, now: datetime, kinds: Collection[str]) -> Best | None:
    """The notice of these kinds to say next."""
    row = connection.execute(
        select(notices.c.id, notices.c.priority)
        .where(
            notices.c.target == target,
            notices.c.due_at <= now,
            notices.c.kind.in_(kinds),
            in_turn(),
        )
        .order_by(notices.c.priority, notices.c.due_at, notices.c.id)
        .limit(1)
    ).first()
    return Best(row.id, row.priority) if row else None


def claim(connection: Connection, id_: int, token: str, now: datetime) -> Claimed | None:
    taken = connection.execute(
        update(notices)
        .where(notices.c.id == id_, notices.c.due_at <= now)
        .values(claim=token, due_at=now + CLAIM, attempts=notices.c.attempts + 1)
    ).rowcount
    if not taken:
        return None
    row = connection.execute(select(notices).where(notices.c.id == id_)).one()
    return Claimed(
        row.id,
        row.unique_key,
        row.target,
        row.kind,
        row.alert_id,
        row.params,
        row.remote,
        row.attempts,
        row.expires_at,
        token,
    )


def intend(connection: Connection, notice: Claimed, remote: Mapping[str, Any]) -> None:
    """Store what is about to be tried, in the transaction of the claim."""
    connection.execute(update(notices).where(_held(notice)).values(remote=dict(remote)))


def settle(
    connection: Connection,
    notice: Claimed,
    *,
    due_at: datetime | None,
    remote: Mapping[str, Any] | None = None,
    error: str | None = None,
    parked_reason: str | None = None,
    blameless: bool = False,
) -> bool:
    """End an attempt: said (`due_at` None), put off, or parked. False: the claim had passed to somebody else."""
    values: dict[str, Any] = {
        "claim": None,
        "due_at": due_at,
        "last_error": error[:_ERROR] if error else None,
        "parked_reason": parked_reason,
    }
    if remote is not None:
        values["remote"] = dict(remote)
    if blameless:
        values["attempts"] = notices.c.attempts - 1
    return connection.execute(update(notices).where(_held(notice)).values(values)).rowcount == 1


def _held(notice: Claimed) -> ColumnElement[bool]:
    return and_(notices.c.id == notice.id, notices.c.claim == notice.token)
