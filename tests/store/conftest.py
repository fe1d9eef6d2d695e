"""Every rule of the store holds on SQLite and on MariaDB alike."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url
from sqlalchemy.engine import URL

from core.store.engine import Store, open_mysql, open_sqlite
from core.store.migrate import migrate
from core.store.tables import metadata
from tests.servers import MariaDB, mariadb_server

DIALECTS = [
    pytest.param("sqlite"),
    pytest.param("mariadb"),
]


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDB]:
    # A mariadbd that starts removes every temporary table it finds, also those of another one in the same folder.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(tmp_path_factory.mktemp("mariadb")))
        with mariadb_server() as server:
            yield server


@pytest.fixture(scope="session")
def mariadb_tables(mariadb: MariaDB) -> Iterator[Store]:
    store = open_mysql(make_url(mariadb.url(mariadb.new_database())))
    migrate(store)
    yield store
    store.close()


@pytest.fixture(scope="session")
def sqlite_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tables") / "bridge.db"
    store = open_sqlite(str(path))
    migrate(store)
    store.close()
    return path


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Store]:
    """A database of its own, on SQLite."""
    store = open_sqlite(str(tmp_path / "own.db"))
    migrate(store)
    yield store
    store.close()


@pytest.fixture(params=DIALECTS)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    """A database without a table."""
    if request.param == "sqlite":
        return URL.create("sqlite", database=str(tmp_path / "bridge.db"))
    server: MariaDB = request.getfixturevalue("mariadb")
    return make_url(server.url(server.new_database()))


@pytest.fixture
def empty(empty_url: URL) -> Iterator[Store]:
    store = (
        open_sqlite(empty_url.database or "") if empty_url.drivername == "sqlite" else open_mysql(empty_url)
    )
    yield store
    store.close()


@pytest.fixture(params=DIALECTS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """All tables, no rows."""
    if request.param == "mariadb":
        shared: Store = request.getfixturevalue("mariadb_tables")
        with shared.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(table.delete())
        yield shared
        return
    path = tmp_path / "bridge.db"
    shutil.copy(request.getfixturevalue("sqlite_tables"), path)
    own = open_sqlite(str(path))
    yield own
    own.close()
