"""The inbox: every accepted event as it came, in the order in which it was received."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect, func, insert, select, update

from core.domain.errors import ClaimLost
from core.store.tables import inbox, lanes

CLAIM = timedelta(seconds=60)
MOST_ATTEMPTS = 3
_ERROR = 2000
# Left to itself MySQL walks along the ids to the first one that is due, past all that was ever done.
_AMONG_THE_DUE = ("FORCE INDEX (ix_inbox_due)", "mysql")


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a receiver stores: `body` is compressed, `lane` says whose order it belongs to."""

    source: str
    lane: str
    body: bytes
    dedup_key: str | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """An inbox row that is ours until the claim runs out."""

    id: int
    source: str
    lane: str
    body: bytes
    received_at: datetime
    attempts: int


def put(connection: Connection, rows: Sequence[Incoming], now: datetime) -> None:
    """Store what has come in, due at once. The caller's commit is the promise that nothing of it is lost.

    Handed to the driver as it is: SQLAlchemy looks at every value of every row, which here, where each request waits
    for its row, cost three times as much as the insert itself.
    """
    statement, positional, at = _driver_insert(connection.dialect)
    moment = at(now)
    values = [(row.source, row.lane, row.dedup_key, row.body, moment, moment) for row in rows]
    connection.exec_driver_sql(
        statement, values if positional else [dict(zip(_PUT, row, strict=True)) for row in values]
    )


def is_known(connection: Connection, dedup_key: str) -> bool:
    """Whether this very event has come in, as long as its row is kept."""
    return connection.execute(select(inbox.c.id).where(inbox.c.dedup_key == dedup_key)).first() is not None


_PUT = ["source", "lane", "dedup_key", "body", "received_at", "due_at"]


@cache
def _driver_insert(dialect: Dialect) -> tuple[str, bool, Callable[[datetime], Any]]:
    """The statement in the driver's words, whether it takes values by place, and what makes a time the driver's."""
    compiled = insert(inbox).compile(dialect=dialect, column_keys=_PUT)
    at = inbox.c.due_at.type.dialect_impl(dialect).bind_processor(dialect)
    if at is None or (compiled.positional and compiled.positiontup != _PUT):
        raise AssertionError(f"{dialect.name}: not the insert that was asked for")
    return str(compiled), compiled.positional, at


def claim(connection: Connection, lane: str, token: str, now: datetime, limit: int) -> list[Claimed]:
    """The lane's next rows, in order; none while an earlier one is under way or put off.

    A row that was tried before comes alone: it may be the poison.
    """
    waiting = connection.execute(
        select(inbox.c.id, inbox.c.attempts, inbox.c.due_at)
        .where(inbox.c.lane == lane, inbox.c.due_at.is_not(None))
        .with_hint(inbox, *_AMONG_THE_DUE)
        .order_by(inbox.c.id)
        .limit(limit)
    ).all()
    ids: list[int] = []
    for row in waiting:
        if row.due_at > now or (row.attempts and ids):
            break
        ids.append(row.id)
        if row.attempts:
            break
    if not ids:
        return []
    connection.execute(
        update(inbox)
        .where(inbox.c.id.in_(ids), inbox.c.due_at <= now)
        .values(claim=token, due_at=now + CLAIM, attempts=inbox.c.attempts + 1)
    )
    mine = connection.execute(
        select(inbox).where(inbox.c.id.in_(ids), inbox.c.claim == token).order_by(inbox.c.id)
    ).all()
    return [Claimed(row.id, row.source, row.lane, row.body, row.received_at, row.attempts) for row in mine]


def hold(connection: Connection, ids: Sequence[int], token: str, now: datetime) -> None:
    """Keep the claim for the next part of the work. Raises ClaimLost."""
    _mine(
        connection.execute(
            update(inbox).where(inbox.c.id.in_(ids), inbox.c.claim == token).values(due_at=now + CLAIM)
        ).rowcount,
        ids,
    )


def finish(connection: Connection, ids: Sequence[int], token: str, answer: str | None = None) -> None:
    """Done: nothing is due for these rows any more. `answer` says why they changed nothing. Raises ClaimLost."""
    _mine(
        connection.execute(
            update(inbox)
            .where(inbox.c.id.in_(ids), inbox.c.claim == token)
            .values(due_at=None, claim=None, error=answer)
        ).rowcount,
        ids,
    )


def give_back(connection: Connection, ids: Sequence[int], token: str, due_at: datetime, error: str) -> None:
    """Not now, and through no fault of theirs: the rows are due again at `due_at`, as if never tried."""
    connection.execute(
        update(inbox)
        .where(inbox.c.id.in_(ids), inbox.c.claim == token)
        .values(due_at=due_at, claim=None, error=error[:_ERROR], attempts=inbox.c.attempts - 1)
    )


def park(connection: Connection, id_: int, token: str, error: str, now: datetime) -> None:
    """This row will not be tried again; its body stays for whoever looks into it."""
    connection.execute(
        update(inbox)
        .where(inbox.c.id == id_, inbox.c.claim == token)
        .values(due_at=None, claim=None, error=error[:_ERROR], parked_at=now)
    )


def park_part(connection: Connection, row: Claimed, body: bytes, error: str, now: datetime) -> None:
    """Put one bad item of a body aside, by name, so that the good ones beside it go on."""
    connection.execute(
        insert(inbox).values(
            source=row.source,
            lane=row.lane,
            body=body,
            received_at=row.received_at,
            error=error[:_ERROR],
            attempts=row.attempts,
            parked_at=now,
        )
    )


def is_next_due(connection: Connection, lane: str, now: datetime) -> bool:
    """Whether the lane's next row can be claimed now."""
    first = connection.execute(
        select(inbox.c.due_at)
        .where(inbox.c.lane == lane, inbox.c.due_at.is_not(None))
        .with_hint(inbox, *_AMONG_THE_DUE)
        .order_by(inbox.c.id)
        .limit(1)
    ).scalar()
    return first is not None and first <= now


def is_waiting(connection: Connection, lane: str) -> bool:
    """Whether something of this lane is stored and not ingested yet."""
    waiting = select(inbox.c.id).where(inbox.c.lane == lane, inbox.c.due_at.is_not(None)).limit(1)
    return connection.execute(waiting).first() is not None


def is_behind(connection: Connection, lane: str, since: datetime) -> bool:
    """Whether something of this lane came in before `since` and is not ingested yet."""
    oldest = (
        select(inbox.c.received_at)
        .where(inbox.c.lane == lane, inbox.c.due_at.is_not(None))
        .with_hint(inbox, *_AMONG_THE_DUE)
        .order_by(inbox.c.id)
        .limit(1)
    )
    received_at = connection.execute(oldest).scalar()
    return received_at is not None and received_at < since


def due_lanes(connection: Connection, now: datetime) -> list[str]:
    """Lanes that have something due now."""
    return [name for name in _lanes(connection) if _has_due(connection, name, now)]


def _lanes(connection: Connection) -> list[str]:
    return list(connection.execute(select(lanes.c.name)).scalars())


def _has_due(connection: Connection, lane: str, now: datetime) -> bool:
    # Lane by lane: joined with the lanes MySQL reads all that was ever done in them.
    due = select(inbox.c.id).where(inbox.c.lane == lane, inbox.c.due_at <= now).limit(1)
    return connection.execute(due).first() is not None


def counts(connection: Connection) -> tuple[int, int, datetime | None]:
    """(rows not yet ingested, rows parked, when the oldest of the former was received)."""
    waiting, oldest = connection.execute(
        select(func.count(), func.min(inbox.c.received_at)).where(
            inbox.c.lane.in_(_lanes(connection)), inbox.c.due_at.is_not(None)
        )
    ).one()
    parked = connection.execute(
        select(func.count()).select_from(inbox).where(inbox.c.parked_at.is_not(None))
    ).scalar_one()
    return waiting, parked, oldest


def _mine(changed: int, ids: Sequence[int]) -> None:
    if changed != len(ids):
        raise ClaimLost(f"{len(ids) - changed} inbox rows of {len(ids)}")
