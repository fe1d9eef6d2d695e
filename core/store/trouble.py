"""What an error of the database means, decided in one place: do it again, wait for the database, or neither.

A row may be parked only for what is neither. Numbers: the manuals' lists of error codes, MariaDB's and MySQL's.
"""

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from core.domain.errors import Conflict, ConflictKind

_DUPLICATE = 1062
_AGAIN = {
    1020: ConflictKind.VERSION,  # MariaDB, "record has changed since last read"
    1205: ConflictKind.LOCK_WAIT,
    1213: ConflictKind.DEADLOCK,
    3101: ConflictKind.DEADLOCK,  # group replication: another member was faster
}
# No statement could have been done: what it was about has nothing to do with it.
_AWAY = {
    *(1040, 1203, 1226),  # too many connections, of all or of this user
    *(1044, 1045, 1049, 1130, 1142, 1143, 1227, 1698, 3118),  # rights, and the database itself
    *(1053, 1158, 1159, 1160, 1161, 1184, 1927, 3168, 3169, 4031),  # shutting down, network, killed
    *(1290, 1792, 1836),  # read-only: a fail-over, or the replica in the primary's place
    *(1021, 1030, 1037, 1038, 1041, 1114),  # disk full, storage engine, memory
    *(1317, 1969, 3024),  # interrupted by somebody, or by a limit of the server's
    *(1047, 1180, 3100),  # Galera or group replication: not a member for now
    *(1054, 1146),  # no such column or table: not migrated yet, or restored without
}
# The client's own: gone away, lost, cannot connect.
_CLIENT = range(2000, 3000)
# SQLite has no numbers here. A statement that is wrong in itself is a bug and not the disk's fault.
_WRONG_IN_ITSELF = ("no such column", "near ", "too many SQL variables", "has no column named")


class Away(OperationalError):
    """The database cannot be used now. Whatever was asked of it is not at fault, and is asked again later."""


def meaning(error: SQLAlchemyError) -> Exception:
    """Conflict, Away, or the error itself."""
    if isinstance(error, PoolTimeout):
        return Away(None, None, error)
    if not isinstance(error, DBAPIError) or isinstance(error, Away):
        return error
    kind = _kind(error)
    if kind is not None:
        return Conflict(str(error.orig), kind)
    return Away(error.statement, None, error.orig) if error.orig and _is_away(error) else error


def is_conflict(error: DBAPIError) -> bool:
    """Whether the same step may succeed when it is done again from a fresh read."""
    return _kind(error) is not None


def number(error: DBAPIError) -> int | None:
    """MySQL's number of it; SQLite has only words."""
    first = next(iter(getattr(error.orig, "args", ())), None)
    return first if isinstance(first, int) else None


def _kind(error: DBAPIError) -> ConflictKind | None:
    code, text = number(error), str(error.orig)
    if code == _DUPLICATE:
        return ConflictKind.DUPLICATE if "open_key" in text else None
    if code is not None:
        return _AGAIN.get(code)
    if "UNIQUE constraint failed: alerts.open_key" in text:
        return ConflictKind.DUPLICATE
    locked = isinstance(error, OperationalError) and "database is locked" in text
    return ConflictKind.LOCKED if locked else None


def _is_away(error: DBAPIError) -> bool:
    code = number(error)
    if code is None or isinstance(error, InterfaceError):
        wrong = str(error.orig).startswith(_WRONG_IN_ITSELF)
        return isinstance(error, InterfaceError | OperationalError) and not wrong
    return code in _AWAY or code in _CLIENT
