"""Where a process finds what it shares with the others of its machine."""

import fcntl
import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from config.settings import Settings, StorageType
from core.store import wal

RUNTIME = "ALERT_BRIDGE_RUNTIME"
"""Environment: the folder that `run` has made for its children."""
INSTANCE = "ALERT_BRIDGE_INSTANCE"
"""Environment: a name that only one worker at a time has, so that it may clean up after the one before."""

# Alembic's own table, which other programs have too.
_VERSION = "alembic_version"


class NotHere(Exception):
    """What was asked for cannot be done with this configuration; the text says what to do instead."""


def started_by_run() -> bool:
    """Whether this process is a child of `run`, which has made a folder and looked after the rest."""
    return bool(os.environ.get(RUNTIME))


def runtime_folder(settings: Settings) -> Path:
    """Where hints and, for `memory`, the database live: `run` makes one for its children."""
    if started_by_run():
        return Path(os.environ[RUNTIME])
    if settings.storage.type is StorageType.SQLITE:
        return Path(f"{settings.storage.sqlite.path.resolve()}.run")
    if settings.storage.type is StorageType.MEMORY:
        raise NotHere(
            "storage.type memory works only with `alert-bridge run`: use run, or another storage.type"
        )
    raise NotHere(
        "without broker.url a receiver and its workers find each other only under `alert-bridge run`: "
        "set broker.url, or use run"
    )


def hints_folder(settings: Settings) -> Path:
    return Path() if settings.broker.url else runtime_folder(settings) / "hints"


def database_path(settings: Settings) -> Path:
    """The SQLite file; one in the runtime folder for `memory`."""
    if settings.storage.type is StorageType.MEMORY:
        return runtime_folder(settings) / "alert-bridge.db"
    return settings.storage.sqlite.path


def keep_private(path: Path) -> None:
    """Make a SQLite file, and the folder it is in, its owner's alone; one that is there keeps the modes that it has.

    What SQLite puts beside the file has the file's mode. Raises OSError.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def must_meet(settings: Settings) -> None:
    """A receiver or worker that was started by itself needs what it shares with the others. Raises NotHere."""
    database_path(settings)
    hints_folder(settings)


def hold_database(settings: Settings, *, alone: bool) -> int | None:
    """Keep the SQLite file for one `run`, or share it among separate commands; the lock lasts as long as its holders.

    Returns the descriptor that carries the lock, None where there is nothing to hold. Raises NotHere.
    """
    if settings.storage.type is not StorageType.SQLITE or started_by_run():
        return None
    return hold_file(settings.storage.sqlite.path, alone=alone)


def hold_file(path: Path, *, alone: bool) -> int:
    """The same of any SQLite file, whichever way leads to it."""
    refuse_strangers(path)
    try:
        keep_private(path)
        descriptor = os.open(f"{path.resolve()}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise NotHere(f"storage.sqlite.path {path} cannot be used: {error.strerror}") from None
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise NotHere(
            f"another alert-bridge uses {path} already: stop it, or give this one another storage.sqlite.path"
        ) from None
    return descriptor


def refuse_strangers(path: Path) -> None:
    """What is there already has to be a database of ours: nothing is changed in any other. Raises NotHere."""
    if path.is_dir():
        raise NotHere(f"storage.sqlite.path {path} is a folder: name a file in it")
    if not path.exists():
        return
    if not os.access(path, os.R_OK | os.W_OK):
        raise NotHere(f"storage.sqlite.path {path} cannot be used: it may not be written")
    try:
        with closing(sqlite3.connect(path)) as connection:
            rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    except sqlite3.Error as error:
        raise NotHere(f"storage.sqlite.path {path} cannot be used: {error}") from None
    tables = {name for (name,) in rows if not name.startswith("sqlite_")} - {_VERSION}
    if tables and "inbox" not in tables:
        raise NotHere(f"{path} is the database of another program: give the bridge a file of its own")


def tidy_database(settings: Settings) -> None:
    """Who goes last leaves nothing beside the SQLite file that is a part of it."""
    if settings.storage.type is StorageType.SQLITE and not started_by_run():
        with suppress(sqlite3.Error):
            wal.shorten(str(settings.storage.sqlite.path.resolve()), beyond=0)
