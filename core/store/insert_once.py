"""Insert where no such row exists yet, in each dialect's own words."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import mysql, sqlite


def into(connection: Connection, table: Table, row: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
    """Rows whose key is taken are left alone; any other fault is raised."""
    rows = [row] if isinstance(row, Mapping) else list(row)
    if not rows:
        return
    if connection.dialect.name == "mysql":
        # Not INSERT IGNORE, which also cuts off what is too long and drops what refers to nothing.
        first = table.primary_key.columns[0]
        statement = mysql.insert(table).on_duplicate_key_update({first.name: first})
        connection.execute(statement, rows)
    else:
        connection.execute(sqlite.insert(table).on_conflict_do_nothing(), rows)
