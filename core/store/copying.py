"""A whole database into another one, SQLite or MySQL alike: each row as it is, and what was under way due again.

Until the last row is there and compared, the copy carries a version that no program starts on.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, RowMapping, Table, func, insert, select, text

from core.store.engine import Store
from core.store.tables import alerts, inbox, lanes, metadata, targets
from core.store.types import FIRST

TABLES = metadata.sorted_tables
"""Those that others point to come first."""
_ROWS = 200
_WHOLE = 2**128


@dataclass(frozen=True, slots=True)
class Sum:
    """What a table holds. Equal sums are equal rows, in whatever order they come."""

    rows: int = 0
    digest: int = 0

    def plus(self, row: dict[str, Any]) -> "Sum":
        written = orjson.dumps(list(row.values()), default=_digest, option=orjson.OPT_SORT_KEYS)
        return Sum(self.rows + 1, (self.digest + int(_digest(written), 16)) % _WHOLE)


@contextmanager
def snapshot(store: Store) -> Iterator[Connection]:
    """All tables as they are at one moment, for as long as it takes."""
    # What may take long has connections of its own on MySQL, none of which is used again.
    with (store.patient or store.reader).connect() as connection:
        if store.patient is not None:
            connection.exec_driver_sql("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            connection.exec_driver_sql("START TRANSACTION WITH CONSISTENT SNAPSHOT")
        else:
            connection.exec_driver_sql("BEGIN")
        try:
            yield connection
        finally:
            connection.exec_driver_sql("ROLLBACK")


def counts(connection: Connection) -> dict[str, int]:
    """How many rows each table has."""
    return {
        table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for table in TABLES
    }


def holders(connection: Connection, now: datetime) -> list[str]:
    """Who is at work on this database."""
    held = [select(table.c.holder).where(table.c.lease_until > now) for table in (lanes, targets)]
    return sorted({name for one in held for name in connection.execute(one).scalars() if name})


def transfer(
    source: Connection, table: Table, to: Store, now: datetime, on_copied: Callable[[int], object]
) -> Sum:
    """All rows of one table, some hundreds a transaction."""
    total = Sum()
    for part in _parts(source, table):
        rows = [_at_rest(row, now) for row in part]
        for row in rows:
            total = total.plus(row)
        to.transact(lambda c, rows=rows: c.execute(insert(table), rows) and None)  # type: ignore[misc]
        on_copied(len(rows))
    return total


def summed(connection: Connection, table: Table) -> Sum:
    total = Sum()
    for part in _parts(connection, table):
        for row in part:
            total = total.plus(dict(row))
    return total


def last_ids(connection: Connection) -> dict[str, int]:
    """The highest number that each table has ever given, of those that number their rows."""
    mysql = connection.dialect.name == "mysql"
    found = {name: (_mysql_last if mysql else _sqlite_last)(connection, name) for name in _numbered()}
    # How far an alert has read is such a number too.
    read = connection.execute(select(func.max(alerts.c.seq))).scalar() or 0
    return {**found, inbox.name: max(found[inbox.name], read)}


def go_on_after(to: Store, last: dict[str, int]) -> None:
    """No number is given twice, whatever has been removed."""
    if to.patient is not None:
        with to.patient.connect() as connection:
            for name, number in last.items():
                connection.exec_driver_sql(f"ALTER TABLE {name} AUTO_INCREMENT = {number + 1}")
        return
    with to.begin() as connection:
        for name, number in last.items():
            connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": name})
            given = text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :number)")
            connection.execute(given, {"name": name, "number": number})


def empty(to: Store) -> None:
    """What a copy that was broken off has left."""
    with (to.patient or to.writer).begin() as connection:
        for table in reversed(TABLES):
            connection.execute(table.delete())


def _parts(connection: Connection, table: Table) -> Iterator[list[RowMapping]]:
    """Read as it is asked for, never the whole table at once."""
    options = {"stream_results": True, "yield_per": _ROWS}
    for part in connection.execute(select(table), execution_options=options).mappings().partitions():
        yield list(part)


def _at_rest(row: RowMapping, now: datetime) -> dict[str, Any]:
    """Nobody holds anything of it: what was claimed is due at once."""
    values = dict(row)
    if values.get("claim") is not None:
        values |= {"claim": None, "due_at": now}
    if "holder" in values:
        values |= {"holder": None, "lease_until": FIRST}
    return values


def _numbered() -> list[str]:
    return [table.name for table in TABLES if table.dialect_kwargs.get("sqlite_autoincrement")]


def _sqlite_last(connection: Connection, name: str) -> int:
    given = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
    return connection.execute(given, {"name": name}).scalar() or 0


def _mysql_last(connection: Connection, name: str) -> int:
    """As the server will go on; what information_schema has may be a day old."""
    told = connection.exec_driver_sql(f"SHOW CREATE TABLE {name}").one()[1]
    following = re.search(r"\bAUTO_INCREMENT=(\d+)", told)
    return int(following[1]) - 1 if following else 0


def _digest(value: bytes) -> str:
    return hashlib.blake2b(value, digest_size=16).hexdigest()
