"""Whether a MySQL server can hold a bridge, asked once at start: a sentence now instead of an error next week."""

import re

from sqlalchemy import Connection, text

from core.store.engine import Store
from core.store.migrate import CannotMigrate, is_current

_OLDEST_MYSQL, _OLDEST_MARIADB = (8, 0), (10, 5)
_VARIABLES = ("version", "max_allowed_packet", "log_bin", "binlog_format")
_TO_WORK = ("SELECT", "INSERT", "UPDATE", "DELETE")
RIGHTS = (*_TO_WORK, "CREATE", "ALTER", "INDEX", "REFERENCES")
"""To migrate as well."""
# A body is stored compressed, and alerts become a tenth and less. A quarter leaves room for strange ones.
_COMPRESSED = 4
_SMALLEST_PACKET = 1024 * 1024


class Unfit(CannotMigrate):
    """Somebody has to change the server, or the user's rights there."""


def require(store: Store, most_bytes: int) -> None:
    """`most_bytes` is the largest body that is accepted. Raises Unfit with everything that is amiss."""
    if store.reader.dialect.name == "sqlite":
        return
    with store.read() as connection:
        found = faults(connection, most_bytes)
        lacking = _lacking(connection)
    if lacking and is_current(store):
        lacking = [right for right in lacking if right in _TO_WORK]
    if lacking:
        name = store.reader.url.database
        found.append(f"the user lacks rights on {name}: GRANT {', '.join(lacking)} ON {name}.* to it")
    if found:
        raise Unfit("; ".join(found))


def faults(connection: Connection, most_bytes: int) -> list[str]:
    """Each fault of the server as a sentence's part, with the remedy."""
    known: dict[str, str] = {
        row[0].lower(): row[1]
        for row in connection.execute(
            text("SHOW VARIABLES WHERE Variable_name IN :names"), {"names": _VARIABLES}
        )
    }
    told = (
        _version(known["version"]),
        _packet(int(known["max_allowed_packet"]), most_bytes),
        _binlog(known),
        _engine(connection),
    )
    return [fault for fault in told if fault]


def _version(told: str) -> str | None:
    is_mariadb = "mariadb" in told.lower()
    # MariaDB before 11 puts 5.5.5- before its own, for old clients.
    numbers = re.search(r"(\d+)\.(\d+)", told.removeprefix("5.5.5-"))
    version = (int(numbers[1]), int(numbers[2])) if numbers else (0, 0)
    oldest = _OLDEST_MARIADB if is_mariadb else _OLDEST_MYSQL
    if version >= oldest:
        return None
    name = "MariaDB" if is_mariadb else "MySQL"
    return f"the server is {name} {told}: it has to be {name} {oldest[0]}.{oldest[1]} or newer"


def _packet(packet: int, most_bytes: int) -> str | None:
    needed = max(_SMALLEST_PACKET, most_bytes // _COMPRESSED)
    if packet >= needed:
        return None
    return (
        f"the server takes {packet} bytes at a time: set its max_allowed_packet to {needed} or more, "
        "or lower server.max_body_bytes"
    )


def _binlog(known: dict[str, str]) -> str | None:
    if known.get("log_bin") != "ON" or known.get("binlog_format") != "STATEMENT":
        return None
    return "the server logs statements, which READ COMMITTED forbids: set its binlog_format to ROW"


def _engine(connection: Connection) -> str | None:
    found = connection.execute(
        text("SELECT support FROM information_schema.engines WHERE engine = 'InnoDB'")
    ).scalar()
    return None if found in ("YES", "DEFAULT") else "the server has no InnoDB, and without it no transactions"


def _lacking(connection: Connection) -> list[str]:
    """Rights that the user has not. Of one with roles nothing is said: what those allow is not in the list."""
    name = connection.execute(text("SELECT DATABASE()")).scalar_one()
    have: set[str] = set()
    for grant in connection.execute(text("SHOW GRANTS")).scalars():
        told = re.match(r"GRANT (.+) ON (\*|`(?:[^`]|``)+`)\.\* TO ", grant)
        if told is None and " ON " not in grant:
            return []
        if told and _covers(told[2], name):
            have |= set(told[1].split(", "))
    return [] if "ALL PRIVILEGES" in have else [right for right in RIGHTS if right not in have]


def _covers(pattern: str, name: str) -> bool:
    r"""MySQL's own pattern for databases: % and _ stand for others, unless there is a \ before."""
    if pattern == "*":
        return True
    parts = re.findall(r"\\.|.", pattern.strip("`").replace("``", "`"))
    others = {"%": ".*", "_": "."}
    return re.fullmatch("".join(others.get(part, re.escape(part[-1])) for part in parts), name) is not None
