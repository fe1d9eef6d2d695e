"""Column types that mean the same on SQLite and MySQL."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, LargeBinary, String, TypeDecorator
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

# MySQL's TIMESTAMP ends here (manual, "The DATE, DATETIME, and TIMESTAMP Types"); year 1 and the like begin earlier.
LAST = datetime(2038, 1, 19, 3, 14, 7, tzinfo=UTC)
FIRST = datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC datetime with microseconds, clamped to what a MySQL TIMESTAMP can hold.

    TIMESTAMP rather than DATETIME, so that an operator's `NOW()` is right in any session time zone.
    """

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "mysql":
            return dialect.type_descriptor(mysql.TIMESTAMP(fsp=6))
        return dialect.type_descriptor(DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else min(max(value, FIRST), LAST).astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else value.replace(tzinfo=UTC)


def key(length: int) -> String:
    """ASCII, compared byte by byte: short in an index, and never two spellings of one name."""
    return String(length).with_variant(mysql.VARCHAR(length, charset="ascii", collation="ascii_bin"), "mysql")


def blob() -> LargeBinary:
    """A whole webhook body: MySQL's plain BLOB ends at 64 KiB, some hundred alerts."""
    return LargeBinary().with_variant(mysql.LONGBLOB(), "mysql")


Json = JSON
