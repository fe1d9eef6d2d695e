"""Insert where no such row exists yet, in each dialect's own words."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import mysql, sqlite


def into(connection: Connection, table: Table, row: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
    """Rows whose key is taken are left alone. Not for tables where another fault may hide behind IGNORE."""
    rows = [row] if isinstance(row, Mapping) else list(row)
    if not rows:
        return
    if connection.dialect.name == "mysql":
        connection.execute(mysql.insert(table).prefix_with("IGNORE"), rows)
    else:
        connection.execute(sqlite.insert(table).on_conflict_do_nothing(), rows)
