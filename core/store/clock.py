"""The one clock: the database's, so that instances whose own clocks differ still agree on what is due."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, text

from core.store.engine import Store

Clock = Callable[[], datetime]

_REFRESH = 60.0
_QUESTIONS = 5


def system_clock() -> datetime:
    return datetime.now(UTC)


def clock_of(store: Store) -> Clock:
    """The machine's own clock for SQLite, which has no other; MySQL's, asked once a minute, for the rest."""
    if store.reader.dialect.name == "sqlite":
        return system_clock
    return _DatabaseClock(store)


class _DatabaseClock:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._offset = timedelta()
        self._asked = -_REFRESH

    def __call__(self) -> datetime:
        with self._lock:
            if time.monotonic() - self._asked >= _REFRESH:
                self._offset = self._measure()
                self._asked = time.monotonic()
            return datetime.now(UTC) + self._offset

    def _measure(self) -> timedelta:
        """By the quickest of a few answers: it says most exactly when it was given.

        What one instance makes due now is found at once by another only while their clocks agree.
        """
        with self._store.read() as connection:
            return min(_ask(connection) for _ in range(_QUESTIONS))[1]


def _ask(connection: Connection) -> tuple[timedelta, timedelta]:
    """How long the answer took, and how far the database's clock is ahead."""
    before = datetime.now(UTC)
    theirs: datetime = connection.execute(text("SELECT UTC_TIMESTAMP(6)")).scalar_one()
    took = datetime.now(UTC) - before
    return took, theirs.replace(tzinfo=UTC) - (before + took / 2)
