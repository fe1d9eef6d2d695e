"""Where a process finds what it shares with the others of its machine."""

import fcntl
import os
from pathlib import Path

from config.settings import Settings, StorageType

RUNTIME = "ALERT_BRIDGE_RUNTIME"
"""Environment: the folder that `run` has made for its children."""
INSTANCE = "ALERT_BRIDGE_INSTANCE"
"""Environment: a name that only one worker at a time has, so that it may clean up after the one before."""


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
        return Path(f"{settings.storage.sqlite.path}.run")
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
    path = settings.storage.sqlite.path
    try:
        keep_private(path)
        descriptor = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
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
