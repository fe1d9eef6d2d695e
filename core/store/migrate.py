"""Bring the tables to what this code expects: under a lock, so that instances which start together do it once.

Old and new programs share a database while an upgrade rolls. So each step tells, in the table `schema_versions`, which
program is the oldest that still works with what it leaves (docs/adr/0012).
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import cache
from importlib import resources

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from core.store.engine import Store
from core.store.trouble import number

# How long to wait for another instance that is at it; then somebody should look.
_PATIENCE = 60
_MYSQL_NO_SUCH_TABLE = 1146
# GET_LOCK names are the server's, at most 64 characters, and a server may hold several bridges. MySQL 9.6 has no MD5.
_LOCK = "CONCAT('alert-bridge-', LEFT(SHA2(DATABASE(), 256), 32))"

# The version of a database that data is being copied into: nobody starts on half of it.
_COPY = "copying"

HALF_A_COPY = (
    "the database is half a copy: `alert-bridge copy-data` is under way, or was broken off; do it again"
)

# Alembic keeps the step under way in module globals: one at a time in a process.
_one_at_a_time = threading.Lock()


class CannotMigrate(Exception):
    """The tables are not, and will not by themselves become, what this code expects."""


def migrate(store: Store) -> tuple[str | None, str]:
    """(version found, version now); equal where there was nothing to do. Raises CannotMigrate.

    What a newer program has left is left alone where this one works with it. Raises Conflict where SQLite stays locked
    by somebody else.
    """
    if store.patient is None:
        # The transaction has the write lock from its first moment and covers the CREATE statements too.
        return store.transact(_upgrade)
    # Not one transaction: MySQL ends it at every CREATE, and the lock has to outlive it.
    with store.patient.connect() as connection, _mysql_lock(connection):
        versions = _upgrade(connection)
        connection.commit()
        return versions


def is_current(store: Store) -> bool:
    """Whether this code works with the tables: one SELECT, or two."""
    try:
        with store.read() as connection:
            found = connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
            return list(found) == [_newest()] or (len(found) == 1 and _is_compatible(connection, found[0]))
    except DBAPIError as error:
        if _is_missing_table(error):
            return False
        raise


def is_exact(store: Store) -> bool:
    """Whether the tables are those of this code, with nothing in them that a newer one has put there."""
    return _version(store) == _newest()


def is_unfinished_copy(store: Store) -> bool:
    return _version(store) == _COPY


@contextmanager
def unfinished(store: Store) -> Iterator[None]:
    """A copy that is whole only when this ends well. Nobody else copies into the same database meanwhile."""
    lock = nullcontext() if store.patient is None else _held(store.patient)
    with lock:
        _stamp(store, _COPY)
        yield
        _stamp(store, _newest())


@contextmanager
def _held(engine: Engine) -> Iterator[None]:
    with engine.connect() as connection, _mysql_lock(connection):
        yield


def _stamp(store: Store, version: str) -> None:
    with store.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})


def _version(store: Store) -> str | None:
    try:
        with store.read() as connection:
            found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except DBAPIError as error:
        if _is_missing_table(error):
            return None
        raise
    return found


def _upgrade(connection: Connection) -> tuple[str | None, str]:
    found, newest = MigrationContext.configure(connection).get_current_revision(), _newest()
    if found == _COPY:
        raise CannotMigrate(HALF_A_COPY)
    if found is not None and found not in _known():
        if _is_compatible(connection, found):
            return found, found
        raise CannotMigrate(
            f"the database is at version {found} and this program knows none after {newest}: "
            "start the newer program, or restore the backup that was made before it"
        )
    if found != newest:
        with _one_at_a_time:
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, newest)
    return found, newest


def _is_compatible(connection: Connection, version: str) -> bool:
    """Whether a version that is unknown here says that programs as old as this one work with it."""
    if version in _known():
        return False
    try:
        oldest = connection.execute(
            text("SELECT oldest_program FROM schema_versions WHERE version = :version"), {"version": version}
        ).scalar()
    except DBAPIError as error:
        if _is_missing_table(error):
            return False
        raise
    return oldest is not None and oldest <= _newest()


@contextmanager
def _mysql_lock(connection: Connection) -> Iterator[None]:
    if connection.scalar(text(f"SELECT GET_LOCK({_LOCK}, {_PATIENCE})")) != 1:
        raise CannotMigrate(f"another instance has been migrating this database for {_PATIENCE} seconds")
    try:
        yield
    finally:
        # A connection that broke has given the lock back already, and its own error says more.
        if not connection.invalidated:
            connection.exec_driver_sql(f"DO RELEASE_LOCK({_LOCK})")


def _config() -> Config:
    config = Config()
    location = str(resources.files("core.store").joinpath("migrations"))
    config.set_main_option("script_location", location.replace("%", "%%"))
    return config


@cache
def _script() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


@cache
def _newest() -> str:
    (newest,) = _script().get_heads()
    return newest


@cache
def _known() -> frozenset[str]:
    return frozenset(step.revision for step in _script().walk_revisions())


def _is_missing_table(error: DBAPIError) -> bool:
    return number(error) == _MYSQL_NO_SUCH_TABLE or "no such table" in str(error.orig)
