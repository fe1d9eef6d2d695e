"""Where alerts come from, and how reading back from there goes."""

from datetime import datetime

from sqlalchemy import Connection, update

from core.store import insert_once
from core.store.tables import sources


def polled(connection: Connection, name: str, now: datetime) -> None:
    """Its silences have been read."""
    _ensure(connection, name)
    connection.execute(update(sources).where(sources.c.name == name).values(polled_at=now))


def _ensure(connection: Connection, name: str) -> None:
    insert_once.into(connection, sources, {"name": name, "receivers": []})
