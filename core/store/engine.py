"""The database: how it is opened, what a transaction is, and which of its errors mean "again"."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, TypeVar

import orjson
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from core import metrics
from core.domain.errors import Conflict

Result = TypeVar("Result")

# MySQL: lock wait timeout, deadlock. SQLite says so in words (SQLITE_BUSY).
_MYSQL_AGAIN = {1205, 1213}
_MYSQL_DUPLICATE = 1062
_ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class Store:
    """One database. `writer` begins its transactions with the write lock, `reader` never holds one.

    `gate` lets the writers of this process wait in line: SQLite itself lets who comes too early sleep, ever longer.
    """

    writer: Engine
    reader: Engine
    gate: AbstractContextManager[Any] = field(default_factory=nullcontext)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A writing transaction: committed on the way out, rolled back on an exception.

        Raises Conflict where the database says that somebody else was faster.
        """
        try:
            with self.gate, self.writer.begin() as connection:
                yield connection
        except DBAPIError as error:
            if is_conflict(error):
                raise Conflict(str(error.orig)) from error
            raise

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Statements that see what is committed, each by itself."""
        with self.reader.connect() as connection:
            yield connection

    def transact(self, step: Callable[[Connection], Result]) -> Result:
        """Run `step` in a transaction; on Conflict run it again, from a fresh read, at most eight times."""
        for attempt in Retrying(
            retry=retry_if_exception_type(Conflict),
            stop=stop_after_attempt(_ATTEMPTS),
            wait=wait_random_exponential(multiplier=0.01, max=0.5),
            before_sleep=_count,
            reraise=True,
        ):
            with attempt, self.begin() as connection:
                return step(connection)
        raise AssertionError("unreachable: tenacity re-raises")

    def close(self) -> None:
        self.writer.dispose()
        self.reader.dispose()


def is_conflict(error: DBAPIError) -> bool:
    """Whether the same step may succeed when it is done again from a fresh read."""
    args = getattr(error.orig, "args", ())
    if args and args[0] in _MYSQL_AGAIN:
        return True
    text = str(error.orig)
    if args and args[0] == _MYSQL_DUPLICATE:
        return "open_key" in text
    if "UNIQUE constraint failed: alerts.open_key" in text:
        return True
    return isinstance(error, OperationalError) and "database is locked" in text


def open_sqlite(path: str) -> Store:
    """A SQLite file: WAL, fsync at every commit, foreign keys on, 10 s of patience with other writers."""
    url = URL.create("sqlite", database=path)
    options: dict[str, Any] = {
        "json_serializer": _dump,
        "json_deserializer": orjson.loads,
        "hide_parameters": True,  # an error's text would repeat whole alerts
    }
    writer = create_engine(url, **options, connect_args={"timeout": 10.0}, pool_size=16, max_overflow=32)
    reader = create_engine(
        url,
        **options,
        connect_args={"timeout": 10.0},
        pool_size=16,
        max_overflow=32,
        isolation_level="AUTOCOMMIT",
    )
    for engine in (writer, reader):
        event.listen(engine, "connect", _prepare_sqlite)
    event.listen(writer, "begin", _begin_immediate)
    return Store(writer, reader, threading.Lock())


def open_mysql(url: URL, **pool: Any) -> Store:
    """A MySQL or MariaDB database in READ COMMITTED and UTC."""
    options: dict[str, Any] = {
        "json_serializer": _dump,
        "json_deserializer": orjson.loads,
        "hide_parameters": True,
        "pool_pre_ping": True,
        **pool,
    }
    writer = create_engine(url, **options, isolation_level="READ COMMITTED")
    reader = create_engine(url, **options, isolation_level="AUTOCOMMIT")
    for engine in (writer, reader):
        event.listen(engine, "connect", _prepare_mysql)
    return Store(writer, reader)


def _dump(value: Any) -> str:
    return orjson.dumps(value).decode()


def _prepare_sqlite(connection: Any, _: ConnectionPoolEntry) -> None:
    # pysqlite would open its own, deferred transactions: one that turns into a writer after another's write fails.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _prepare_mysql(connection: Any, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute("SET SESSION time_zone = '+00:00'")
    cursor.close()


def _count(_: RetryCallState) -> None:
    metrics.CONFLICTS.inc()
