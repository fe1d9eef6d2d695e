"""Steps that every migration takes in the same way, on SQLite and on MySQL."""

from typing import Any

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Integer, MetaData, Table, inspect, text
from sqlalchemy.schema import SchemaItem

from core.store.types import UtcTime, key

ID = BigInteger().with_variant(Integer(), "sqlite")


def table(name: str, *items: SchemaItem, **options: Any) -> None:
    # The database's own default may be latin1, which has no emoji, or an engine without transactions.
    op.create_table(
        name, *items, if_not_exists=True, mysql_engine="InnoDB", mysql_charset="utf8mb4", **options
    )


def index(name: str, table_: str, *columns: str) -> None:
    # MySQL knows no CREATE INDEX IF NOT EXISTS.
    if name not in {index["name"] for index in inspect(op.get_bind()).get_indexes(table_)}:
        op.create_index(name, table_, columns)


def column(table_: str, added: Column[Any]) -> None:
    """A column more, unless a step that was cut off has added it already."""
    if added.name not in {known["name"] for known in inspect(op.get_bind()).get_columns(table_)}:
        op.add_column(table_, added)


def time(name: str) -> Column[Any]:
    """A time that is never NULL.

    MariaDB before 10.10 gives a TIMESTAMP without a default one of its own: the present time at every UPDATE.
    """
    default = text("CURRENT_TIMESTAMP(6)") if op.get_bind().dialect.name == "mysql" else None
    return Column(name, UtcTime(), nullable=False, server_default=default)


def goes_with_its_alert() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["alert_id"], ["alerts.id"], ondelete="CASCADE")


def works_with(version: str, *, oldest_program: str) -> None:
    """The last line of every step. A program is as old as the newest version that it knows.

    A step that only adds (columns that may be NULL or have a default, tables, indexes) leaves this as it was in the
    step before. A step that takes away names the first program that does without: it comes a release later.
    """
    row = {"version": version, "oldest_program": oldest_program}
    notes = Table(
        "schema_versions", MetaData(), Column("version", key(32)), Column("oldest_program", key(32))
    )
    op.get_bind().execute(notes.delete().where(notes.c.version == version))
    op.get_bind().execute(notes.insert().values(row))
