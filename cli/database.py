"""From the storage block to a store."""

import os
import ssl
from datetime import timedelta
from pathlib import Path

from sqlalchemy.engine import URL

from cli.places import NotHere, database_path, keep_private, refuse_strangers
from config.settings import Mysql, MysqlServer, MysqlTls, Settings, StorageType
from core.store import fitness
from core.store.engine import Store, open_mysql, open_sqlite
from core.store.migrate import HALF_A_COPY, is_current, is_unfinished_copy, migrate
from core.store.mysql import Access, Pool, client_tls


def open_store(settings: Settings) -> Store:
    """The database as configured; nothing is asked of it yet. Raises NotHere."""
    ours = settings.storage.mysql
    if ours is not None:
        replica = _url(ours.replica) if ours.replica else None
        return open_mysql(_url(ours.primary), access(ours), replica)
    path = database_path(settings)
    keep_private(path)
    return open_sqlite(str(path))


def open_current(settings: Settings) -> Store:
    """One that is there, with the tables of this program. Raises NotHere."""
    if settings.storage.type is not StorageType.MYSQL:
        existing(settings)
    store = open_store(settings)
    require_tables(store)
    return store


def require_tables(store: Store) -> None:
    """Raises NotHere where they are not those of this program."""
    if is_unfinished_copy(store):
        raise NotHere(HALF_A_COPY)
    if not is_current(store):
        raise NotHere("the tables are not those of this program: run `alert-bridge migrate` first")


def existing(settings: Settings) -> Path:
    """The SQLite file, if there is one and it is ours. Raises NotHere."""
    path = database_path(settings)
    if not path.exists():
        raise NotHere(f"there is no database {path}: see storage.sqlite.path")
    refuse_strangers(path)
    return path


def bring_up(settings: Settings, store: Store) -> tuple[str | None, str]:
    """As `migrate`, for a database that can hold what it is to hold. Raises CannotMigrate."""
    fitness.require(store, settings.server.max_body_bytes)
    return migrate(store)


def access(ours: Mysql) -> Access:
    pool = ours.pool
    return Access(
        Pool(
            pool.max_open_conns,
            pool.max_idle_conns,
            _seconds(pool.conn_max_lifetime),
            _seconds(pool.conn_max_idle_time),
        ),
        _seconds(ours.timeout),
        _tls(ours.tls) if ours.tls else None,
    )


def _seconds(time: timedelta) -> float:
    return time.total_seconds()


def _url(server: MysqlServer) -> URL:
    return URL.create(
        "mysql+pymysql",
        username=server.username,
        password=server.password.reveal(),
        host=server.host,
        port=server.port,
        database=server.database,
    )


def _tls(tls: MysqlTls) -> ssl.SSLContext:
    for name in ("ca", "cert", "key"):
        file: Path | None = getattr(tls, name)
        if file is not None and not os.access(file, os.R_OK):
            raise NotHere(f"storage.mysql.tls.{name}: {file} is not there, or may not be read")
    ca, cert, key = (str(path) if path else None for path in (tls.ca, tls.cert, tls.key))
    try:
        return client_tls(
            ca=ca, cert=cert, key=key, verify=tls.verify != "none", identity=tls.verify == "identity"
        )
    except OSError as error:
        raise NotHere(
            "a file of storage.mysql.tls cannot be used; each has to be PEM, and the key that of the certificate: "
            f"{error.strerror or error}"
        ) from None
