"""The seconds between two times, reckoned by the database: an average of a hundred thousand rows is one row."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Double
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction


class seconds_between(GenericFunction[float]):  # noqa: N801 (written like every other function of SQL)
    type = Double()
    inherit_cache = True

    def __init__(self, begin: ColumnElement[datetime], end: ColumnElement[datetime]) -> None:
        super().__init__(begin, end)


@compiles(seconds_between, "sqlite")
def _sqlite(element: seconds_between, compiler: SQLCompiler, **options: Any) -> str:
    begin, end = (compiler.process(clause, **options) for clause in element.clauses)
    return f"((julianday({end}) - julianday({begin})) * 86400.0)"


@compiles(seconds_between, "mysql", "mariadb")
def _mysql(element: seconds_between, compiler: SQLCompiler, **options: Any) -> str:
    begin, end = (compiler.process(clause, **options) for clause in element.clauses)
    return f"(TIMESTAMPDIFF(MICROSECOND, {begin}, {end}) / 1000000.0)"
