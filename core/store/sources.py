"""Sources: which receivers of Alertmanager's send alerts here, and how reading back from it goes."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, or_, select, update

from core.store import insert_once
from core.store.tables import sources

RECONCILING, POLLING = "reconciling", "reading silences"
"""Names whose trouble it is: what goes well clears no other's."""
_MOST_RECEIVERS = 200
_TROUBLE = 1000


@dataclass(frozen=True, slots=True)
class Standing:
    """How one source stands, for `/ready` and the metrics."""

    name: str
    reconciled_at: datetime | None
    trouble: str | None


def receivers(connection: Connection, name: str) -> frozenset[str]:
    found = connection.execute(select(sources.c.receivers).where(sources.c.name == name)).scalar()
    return frozenset(found or ())


def add_receiver(connection: Connection, name: str, receiver: str) -> None:
    """Remember that alerts of this source come under this receiver's name, too."""
    _ensure(connection, name)
    known = connection.execute(
        select(sources.c.receivers).where(sources.c.name == name).with_for_update()
    ).scalar_one()
    if receiver not in known and len(known) < _MOST_RECEIVERS:
        connection.execute(
            update(sources).where(sources.c.name == name).values(receivers=sorted([*known, receiver]))
        )


def polled(connection: Connection, name: str, now: datetime) -> None:
    """Its silences have been read."""
    _ensure(connection, name)
    connection.execute(update(sources).where(sources.c.name == name).values(polled_at=now))
    _recover(connection, name, POLLING)


def reconciled(connection: Connection, name: str, at: datetime) -> None:
    """Its list was read from every member, and compared."""
    _ensure(connection, name)
    connection.execute(update(sources).where(sources.c.name == name).values(reconciled_at=at))
    _recover(connection, name, RECONCILING)


def _recover(connection: Connection, name: str, what: str) -> None:
    connection.execute(
        update(sources)
        .where(sources.c.name == name, sources.c.trouble.startswith(f"{what}: "))
        .values(trouble=None)
    )


def ails(connection: Connection, name: str, what: str, trouble: str) -> None:
    """Why reading back does not go as it should."""
    _ensure(connection, name)
    text = f"{what}: {trouble}"[:_TROUBLE]
    connection.execute(
        update(sources)
        .where(sources.c.name == name, or_(sources.c.trouble.is_(None), sources.c.trouble != text))
        .values(trouble=text)
    )


def standings(connection: Connection, names: Collection[str]) -> list[Standing]:
    """One for each of these names, in their order, whether or not anything is known of it yet."""
    rows = connection.execute(
        select(sources.c.name, sources.c.reconciled_at, sources.c.trouble).where(sources.c.name.in_(names))
    )
    known = {row.name: Standing(*row) for row in rows}
    return [known.get(name, Standing(name, None, None)) for name in names]


def _ensure(connection: Connection, name: str) -> None:
    insert_once.into(connection, sources, {"name": name, "receivers": []})
