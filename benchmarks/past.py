"""A database with a past, made in a minute: so many alerts at an even pace, nearly all of them over.

Only numbers, ids and times come from Python; the rest is made of them in the database, piece by piece, in statements
that MariaDB and SQLite share. What is open, and what a day brings, is the same however much lies behind it.
"""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    URL,
    Column,
    ColumnElement,
    Connection,
    Executable,
    Integer,
    MetaData,
    NullPool,
    String,
    Table,
    case,
    cast,
    create_engine,
    insert,
    literal,
    select,
    text,
    true,
    union_all,
)

from core.domain.alert import State
from core.store import tables
from core.store.types import UtcTime, key

OPEN = 500
_APART = 43_000  # milliseconds: 2,009 alerts a day
_BURNED = 600
_ASIDE = {
    "mysql": ("SET SESSION time_zone = '+00:00', foreign_key_checks = 0, unique_checks = 0",),
    "sqlite": ("PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", "PRAGMA cache_size = -200000"),
}
# 1 is the newest. The ids are UUIDv7 of the moments, as the bridge's own.
_NUMBERED = {
    "mysql": """
        INSERT INTO benchmark_numbers (n, id, fired_at, over_at)
        SELECT n, CONCAT(SUBSTR(hex, 1, 8), '-', SUBSTR(hex, 9, 4), '-7000-8000-', LPAD(n, 12, '0')),
          FROM_UNIXTIME(ms / 1000), FROM_UNIXTIME((ms + :burned) / 1000)
        FROM (SELECT seq AS n, :now - seq * :apart AS ms, LOWER(LPAD(HEX(:now - seq * :apart), 12, '0')) AS hex
          FROM seq_1_to_100000000 WHERE seq <= :count) AS numbered
    """,
    "sqlite": """
        WITH RECURSIVE
          numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count),
          numbered AS (SELECT n, :now - n * :apart AS ms, printf('%012x', :now - n * :apart) AS hex FROM numbers)
        INSERT INTO benchmark_numbers (n, id, fired_at, over_at)
        SELECT n, SUBSTR(hex, 1, 8) || '-' || SUBSTR(hex, 9, 4) || '-7000-8000-' || printf('%012d', n),
          strftime('%Y-%m-%d %H:%M:%f000', ms / 1000.0, 'unixepoch'),
          strftime('%Y-%m-%d %H:%M:%f000', (ms + :burned) / 1000.0, 'unixepoch')
        FROM numbered
    """,
}

_numbers = Table(
    "benchmark_numbers",
    MetaData(),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("id", key(36), nullable=False),
    Column("fired_at", UtcTime, nullable=False),
    Column("over_at", UtcTime, nullable=False),
)
_N = _numbers.c.n
_IS_OPEN, _IS_ACKNOWLEDGED = _N <= OPEN, _N % 4 == 0

Columns = dict[str, Any]
_Part = tuple[Columns, ColumnElement[bool]]


def fill(url: URL, count: int, target: str) -> list[str]:
    """Store `count` alerts with all that goes with them; ids of a hundred, from the newest to the oldest."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        for statement in _ASIDE[connection.dialect.name]:
            connection.exec_driver_sql(statement)
        _numbers.create(connection)
        numbered = text(_NUMBERED[connection.dialect.name])
        values = {
            "count": count,
            "now": time.time_ns() // 1_000_000,
            "apart": _APART,
            "burned": _BURNED * 1000,
        }
        _in_one(connection, numbered, values)
        _write(connection, target)
        some = connection.execute(select(_numbers.c.id).where(_N % (count // 100) == 0).order_by(_N))
        ids = list(some.scalars())
        _numbers.drop(connection)
        if connection.dialect.name == "mysql":
            # The server's own background does it some seconds later; SQLite has none, and nobody asks it to.
            names = ", ".join(table.name for table in tables.metadata.sorted_tables)
            connection.exec_driver_sql(f"ANALYZE TABLE {names}").all()
    return ids


def _write(connection: Connection, target: str) -> None:
    """One statement a table."""
    resolved = _happened("resolved", _numbers.c.over_at)
    whole: list[tuple[Table, list[_Part]]] = [
        (tables.alerts, [(_alert(), true())]),
        (tables.deliveries, [(_delivery(target), true())]),
        (tables.history, [(_happened("fired", _numbers.c.fired_at), true()), (resolved, ~_IS_OPEN)]),
        (tables.ack_events, [(_deed(), _IS_ACKNOWLEDGED)]),
    ]
    for table, parts in whole:
        statement = insert(table).from_select(list(parts[0][0]), _rows(table, parts))
        _in_one(connection, statement)


def _in_one(connection: Connection, statement: Executable, values: Mapping[str, int] | None = None) -> None:
    connection.exec_driver_sql("BEGIN")
    connection.execute(statement, values)
    connection.exec_driver_sql("COMMIT")


def _rows(table: Table, parts: Sequence[_Part]) -> Any:
    selects = [
        select(*(_value(value, table.c[name]) for name, value in columns.items())).where(where)
        for columns, where in parts
    ]
    return union_all(*selects) if len(selects) > 1 else selects[0].order_by(_N.desc())


def _value(value: Any, column: Column[Any]) -> ColumnElement[Any]:
    return value if isinstance(value, ColumnElement) else literal(value, column.type)


def _alert() -> Columns:
    """Fifty rules about two thousand instances: what comes again has the fingerprint that it had."""
    fingerprint, instance = _named("f", _N % 100_000), _named("web-", _N % 2000)
    burning = case((_IS_ACKNOWLEDGED, State.ACKNOWLEDGED.value), else_=State.FIRING.value)
    return {
        "id": _numbers.c.id,
        "source": "default",
        "fingerprint": fingerprint,
        "open_key": case((_IS_OPEN, literal("default:") + fingerprint)),
        "name": _named("HighLatency", _N % 50),
        "severity": case((_N % 3 == 0, "critical"), (_N % 3 == 1, "warning"), else_="info"),
        "state": case((_IS_OPEN, burning), else_=State.RESOLVED.value),
        "instance": instance,
        "summary": literal("Requests are slow on ") + instance,
        "description": "The 99th percentile has been above its objective for ten minutes.",
        "labels": {"alertname": "HighLatency", "job": "node", "cluster": "eu-1", "team": "platform"},
        "annotations": {"runbook_url": "https://runbooks.example/HighLatency"},
        "generator_url": "http://prometheus.example:9090/graph?g0.expr=up",
        "firing": _IS_OPEN,
        "starts_at": _numbers.c.fired_at,
        "fired_at": _numbers.c.fired_at,
        "occurrence": 1,
        "seq": 0,
        "resolved_at": case((~_IS_OPEN, _numbers.c.over_at)),
        "acknowledged_at": case((_IS_ACKNOWLEDGED, _numbers.c.over_at)),
        "acknowledged_by_name": case((_IS_ACKNOWLEDGED, "Ada Example")),
        "content_hash": "0" * 32,
        "version": 1,
        "created_at": _numbers.c.fired_at,
        "updated_at": _numbers.c.over_at,
    }


def _delivery(target: str) -> Columns:
    return {
        "alert_id": _numbers.c.id,
        "target": target,
        "wanted": 2,
        "delivered": 2,
        "priority": 10,
        "remote": {},
        "remote_id": _named("R", _N),
    }


def _happened(what: str, at: ColumnElement[datetime]) -> Columns:
    seconds = _BURNED if what == "resolved" else None
    return {"alert_id": _numbers.c.id, "occurrence": 1, "at": at, "what": what, "seconds": seconds}


def _deed() -> Columns:
    return {
        "alert_id": _numbers.c.id,
        "occurrence": 1,
        "action": "acknowledged",
        "source": "slack",
        "acknowledged_by_name": "Ada Example",
        "acknowledged_by_email": "ada@example.org",
        "acknowledged_by_id": "slack:U0ADA",
        "acknowledged_at": _numbers.c.over_at,
        "fired_at": _numbers.c.fired_at,
        "source_event_id": _named("past-", _N),
    }


def _named(begin: str, number: ColumnElement[int]) -> ColumnElement[str]:
    return literal(begin) + cast(number, String)
