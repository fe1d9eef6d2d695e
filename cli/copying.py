"""`copy-data`: from one database into another, empty one, and a look whether all of it has arrived."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.engine import URL

from cli.database import bring_up, open_store
from cli.places import NotHere, hold_file
from config.settings import Settings
from core.store import copying
from core.store.clock import clock_of
from core.store.copying import Sum
from core.store.engine import Store, open_mysql, open_sqlite
from core.store.migrate import HALF_A_COPY, is_exact, is_unfinished_copy, unfinished

_SERVER = re.compile(r"(?://)?([^@:/]+)@(\[[^]]+\]|[^@:/]+)(?::(\d{1,5}))?/([^/?@]+)")
CONFIGURED = "mysql:"
"""The database of the configuration, whatever its storage.type is."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told how it goes: of how many rows in all, of each table and its rows, of rows that have been copied."""

    total: Callable[[int], object]
    table: Callable[[str, int], object]
    copied: Callable[[int], object]


@dataclass(frozen=True, slots=True)
class Place:
    """A database as it was named. `file` is where SQLite has it."""

    name: str
    store: Store
    file: Path | None


def place(named: str, settings: Settings, password: Callable[[], str]) -> Place:
    """`sqlite:PATH`, `mysql:` for that of the configuration, or `mysql:USER@HOST/DATABASE`. Raises NotHere."""
    kind, _, rest = named.partition(":")
    if kind == "sqlite" and rest:
        file = Path(rest).resolve()
        return Place(named, open_sqlite(str(file)), file)
    if named == CONFIGURED:
        return Place(named, open_store(settings), None)
    given = _SERVER.fullmatch(rest) if kind == "mysql" else None
    if given is None:
        raise NotHere(
            f"this {kind}: names no database: write sqlite:PATH, mysql: for the storage.mysql of the configuration, or "
            "mysql:USER@HOST:PORT/DATABASE, whose password is never written there but in MYSQL_PASSWORD or a file"
        )
    user, host, port, database = given.groups()
    url = URL.create("mysql+pymysql", user, password(), host.strip("[]"), int(port or 3306), database)
    return Place(named, open_mysql(url), None)


def copy(source: Place, to: Place, settings: Settings, watch: Watch, *, stopped: bool) -> int:
    """How many rows were copied; every one of them has been read again. Raises NotHere, CannotMigrate."""
    _hold(source, to)
    _check_source(source, stopped=stopped)
    again = is_unfinished_copy(to.store)
    if not again:
        bring_up(settings, to.store)
        _check_empty(to)
    with unfinished(to.store), copying.snapshot(source.store) as reading:
        if again:
            copying.empty(to.store)
        rows, last = copying.counts(reading), copying.last_ids(reading)
        sums = _transfer(reading, to, rows, watch)
        copying.go_on_after(to.store, last)
        _compare(to, sums)
        with copying.snapshot(source.store) as later:
            if (copying.counts(later), copying.last_ids(later)) != (rows, last):
                raise NotHere(f"{source.name} has changed meanwhile: stop every bridge on it, and copy again")
    return sum(rows.values())


def _hold(source: Place, to: Place) -> None:
    if source.file is not None and not source.file.is_file():
        raise NotHere(f"there is no database {source.file}")
    if source.file is not None and source.file == to.file:
        raise NotHere("--from and --to are the same database")
    for each in (source, to):
        if each.file is not None:
            hold_file(each.file, alone=True)


def _check_source(source: Place, *, stopped: bool) -> None:
    if is_unfinished_copy(source.store):
        raise NotHere(f"{source.name}: {HALF_A_COPY}")
    if not is_exact(source.store):
        raise NotHere(
            f"{source.name} has not the tables of this program: run `alert-bridge migrate` there first"
        )
    # The lock on a file says more than what a bridge leaves behind in it.
    if stopped or source.file is not None:
        return
    with source.store.read() as connection:
        holders = copying.holders(connection, clock_of(source.store)())
    if holders:
        raise NotHere(
            f"a bridge is at work on {source.name} ({', '.join(holders)}): stop it. Leases outlast their holder by "
            "half a minute, and by half an hour where it was killed: if you know that all is stopped, say --stopped"
        )


def _check_empty(to: Place) -> None:
    with to.store.read() as connection:
        found = [f"{name} {rows}" for name, rows in copying.counts(connection).items() if rows]
    if found:
        raise NotHere(f"{to.name} is not empty ({', '.join(found)}): name a database without rows")


def _transfer(reading: Connection, to: Place, rows: Mapping[str, int], watch: Watch) -> dict[str, Sum]:
    now = clock_of(to.store)()
    watch.total(sum(rows.values()))
    sums = {}
    for table in copying.TABLES:
        watch.table(table.name, rows[table.name])
        sums[table.name] = copying.transfer(reading, table, to.store, now, watch.copied)
    return sums


def _compare(to: Place, sums: Mapping[str, Sum]) -> None:
    with copying.snapshot(to.store) as connection:
        for table in copying.TABLES:
            arrived, sent = copying.summed(connection, table), sums[table.name]
            if arrived != sent:
                raise NotHere(
                    f"{table.name} did not arrive as it was sent, {arrived.rows} rows of {sent.rows}: "
                    f"{to.name} cannot be used"
                )
