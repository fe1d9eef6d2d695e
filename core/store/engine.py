"""The database: how it is opened, and what a transaction is. What its errors mean is in trouble.py."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, TypeVar

import orjson
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from core import metrics
from core.domain.errors import Conflict
from core.store import mysql, wal
from core.store.mysql import Access
from core.store.replica import Replica
from core.store.trouble import meaning

Result = TypeVar("Result")

_ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class Store:
    """One database. `writer` begins its transactions with the write lock, `reader` never holds one.

    `gate` lets the writers of this process wait in line: SQLite itself lets who comes too early sleep, ever longer.
    `patient` is for what may take long, where that is another than the writer. `replica` is only for looks.
    """

    writer: Engine
    reader: Engine
    gate: AbstractContextManager[Any] = field(default_factory=nullcontext)
    patient: Engine | None = None
    replica: Replica | None = None

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A writing transaction: committed on the way out, rolled back on an exception.

        Raises Conflict where the database says that somebody else was faster, Away where it cannot be used.
        """
        try:
            with _understood(), self.gate, self.writer.begin() as connection:
                yield connection
        except Conflict as conflict:
            metrics.CONFLICTS.labels(conflict.kind).inc()
            raise

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Statements that see what is committed, each by itself. Raises Away."""
        with _understood(), self.reader.connect() as connection:
            yield connection

    def look(self, question: Callable[[Connection], Result]) -> Result:
        """The answer for somebody who looks and decides nothing by it: from the replica where one is up to date.

        It may be some seconds old. `question` may be asked twice. Raises Away.
        """
        replica = self.replica
        if replica is not None and replica.serves():
            try:
                with replica.engine.connect() as connection:
                    return question(connection)
            except SQLAlchemyError as error:
                replica.lose(error)
        with self.read() as connection:
            return question(connection)

    def transact(self, step: Callable[[Connection], Result]) -> Result:
        """Run `step` in a transaction; on Conflict run it again, from a fresh read, at most eight times."""
        for attempt in Retrying(
            retry=retry_if_exception_type(Conflict),
            stop=stop_after_attempt(_ATTEMPTS),
            wait=wait_random_exponential(multiplier=0.01, max=0.5),
            reraise=True,
        ):
            with attempt, self.begin() as connection:
                return step(connection)
        raise AssertionError("unreachable: tenacity re-raises")

    def close(self) -> None:
        self.writer.dispose()
        self.reader.dispose()
        if self.replica is not None:
            self.replica.engine.dispose()


@contextmanager
def _understood() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        means = meaning(error)
        if means is error:
            raise
        raise means from error


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


def open_mysql(url: URL, access: Access = Access(), replica: URL | None = None) -> Store:  # noqa: B008 (frozen)
    """A MySQL or MariaDB database; nothing is asked of it yet."""
    engine = mysql.connect(url, access)
    # Two names for one pool: only what goes through the first is a transaction.
    writer, reader = engine.execution_options(), engine.execution_options()
    event.listen(writer, "begin", mysql.begin)
    follower = Replica(mysql.connect(replica, access), reader) if replica is not None else None
    return Store(writer, reader, patient=mysql.connect_patiently(url, access), replica=follower)


def _dump(value: Any) -> str:
    return orjson.dumps(value).decode()


def _prepare_sqlite(connection: Any, _: ConnectionPoolEntry) -> None:
    # pysqlite would open its own, deferred transactions: one that turns into a writer after another's write fails.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=10000",
        f"journal_size_limit={wal.LIMIT}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
