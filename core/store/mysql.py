"""Connections to MySQL and MariaDB: how many, how old, what each session is told, and TLS.

One pool a server: a process never opens more than it was allowed, whatever it reads or writes. Connections are in
autocommit, so that a read is one statement; who writes says BEGIN.
"""

import ssl
import time
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, NullPool, create_engine, event
from sqlalchemy.engine import URL, ExceptionContext
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from core.store.trouble import number

# Idle for less, a connection is taken for alive; a ping at each use would double what a read costs.
_TRUSTED = 1.0
_SINCE = "idle_since"
# A migration may rewrite a table of millions of rows.
_LONGEST_STEP = 3600.0
_PATIENT_LOCK_WAIT = 300
# This server takes no writes: after a fail-over the next connection may lead to one that does.
_NO_PRIMARY = {1290, 1792, 1836, 1047}
# Our own, whatever the server's: nothing is cut off, replaced or zeroed in silence.
_SQL_MODE = (
    "STRICT_TRANS_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"
)


@dataclass(frozen=True, slots=True)
class Pool:
    """Times are in seconds; 0 is without limit."""

    most_open: int = 25
    most_idle: int = 5
    longest_life: float = 180.0
    longest_idle: float = 60.0


@dataclass(frozen=True, slots=True)
class Access:
    """How a server is reached. `timeout`, in seconds, is for connecting, for one statement, and for a free connection.

    Without `tls` what is said is encrypted where the server can, and nobody's certificate is looked at.
    """

    pool: Pool = Pool()
    timeout: float = 5.0
    tls: ssl.SSLContext | None = None


def connect(url: URL, access: Access) -> Engine:
    pool = access.pool
    engine = create_engine(
        url,
        **_options(access, access.timeout),
        # 0 would mean any number to SQLAlchemy; with `_keep_none` none stays open all the same.
        pool_size=pool.most_idle or pool.most_open,
        max_overflow=pool.most_open - pool.most_idle if pool.most_idle else 0,
        pool_timeout=access.timeout,
        pool_recycle=pool.longest_life or -1,
        pool_use_lifo=True,
    )
    # Below the time-out, so that the server says what was waited for before the driver gives the connection up.
    _prepare(engine, lock_wait=max(1, int(access.timeout / 2)), longest=0.9 * access.timeout)
    _mind_idleness(engine, pool)
    event.listen(engine, "handle_error", _leave_a_read_only_server)
    return engine


def connect_patiently(url: URL, access: Access) -> Engine:
    """For migrations: one connection at a time, whose statements may take an hour."""
    engine = create_engine(url, **_options(access, _LONGEST_STEP), poolclass=NullPool)
    _prepare(engine, lock_wait=_PATIENT_LOCK_WAIT)
    return engine


def begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def client_tls(
    *, ca: str | None, cert: str | None, key: str | None, verify: bool, identity: bool
) -> ssl.SSLContext:
    """TLS or nothing. Raises OSError (ssl.SSLError is one) where a file cannot be used."""
    context = ssl.create_default_context(cafile=ca)
    # MySQL's own certificates are older than the strict rules of Python 3.13.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.check_hostname = verify and identity
    context.verify_mode = ssl.CERT_REQUIRED if verify else ssl.CERT_NONE
    if cert is not None:
        context.load_cert_chain(cert, key)
    return context


def _options(access: Access, timeout: float) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "charset": "utf8mb4",
        "autocommit": True,
        "connect_timeout": access.timeout,
        "read_timeout": timeout,
        "write_timeout": timeout,
    }
    if access.tls is not None:
        arguments["ssl"] = access.tls
    return {
        "connect_args": arguments,
        "json_serializer": lambda value: orjson.dumps(value).decode(),
        "json_deserializer": orjson.loads,
        "hide_parameters": True,  # an error's text would repeat whole alerts
    }


def _prepare(engine: Engine, lock_wait: int, longest: float = 0) -> None:
    """One statement a connection. `longest` is what one of its statements may take: 0 is without limit.

    A server does not notice that its client has given up: it would go on with a question that nobody asks any more.
    """

    def prepare(connection: Any, _: ConnectionPoolEntry) -> None:
        if "MariaDB" in connection.get_server_info():
            # MySQL's name of the first is MariaDB's too from 11.1; of the second neither has the other's.
            isolation, limit = "tx_isolation", f"max_statement_time = {longest:g}"
        else:
            isolation, limit = "transaction_isolation", f"max_execution_time = {1000 * longest:.0f}"
        with connection.cursor() as cursor:
            cursor.execute(
                f"SET SESSION {isolation} = 'READ-COMMITTED', SESSION time_zone = '+00:00', "
                f"SESSION sql_mode = '{_SQL_MODE}', SESSION innodb_lock_wait_timeout = {lock_wait}, "
                f"SESSION lock_wait_timeout = {lock_wait}, SESSION {limit}"
            )

    event.listen(engine, "connect", prepare)


def _mind_idleness(engine: Engine, pool: Pool) -> None:
    def put_back(_: Any, entry: ConnectionPoolEntry) -> None:
        entry.info[_SINCE] = time.monotonic()
        if not pool.most_idle:
            entry.invalidate()

    def take(connection: Any, entry: ConnectionPoolEntry, _: Any) -> None:
        idle = time.monotonic() - entry.info.get(_SINCE, time.monotonic())
        if pool.longest_idle and idle > pool.longest_idle:
            raise DisconnectionError("idle for too long")
        if idle > _TRUSTED and not _answers(engine, connection):
            raise DisconnectionError("does not answer any more")

    event.listen(engine, "checkin", put_back)
    event.listen(engine, "checkout", take)


def _answers(engine: Engine, connection: Any) -> bool:
    try:
        return engine.dialect.do_ping(connection)
    except engine.dialect.loaded_dbapi.Error:
        return False


def _leave_a_read_only_server(context: ExceptionContext) -> None:
    if isinstance(context.sqlalchemy_exception, DBAPIError):
        context.is_disconnect |= number(context.sqlalchemy_exception) in _NO_PRIMARY
