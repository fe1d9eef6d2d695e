"""What is told of a store is told on SQLite and on a real MariaDB, of which a process of tests has one."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from core.store.engine import Store, open_mysql, open_sqlite
from core.store.migrate import migrate
from core.store.tables import metadata
from tests.servers import MariaDB, mariadb_server

DATABASES = ("sqlite", "mariadb")
# For what takes long, or is a truth about something else than the database.
ON_SQLITE = pytest.mark.parametrize("store", ["sqlite"], indirect=True)


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDB]:
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


@pytest.fixture(params=DATABASES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """All tables, no rows. ON_SQLITE is for those that need not be told twice."""
    if request.param == "mariadb":
        shared: Store = request.getfixturevalue("mariadb_tables")
        with shared.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(table.delete())
        yield shared
        return
    yield from _copied(request.getfixturevalue("sqlite_tables"), tmp_path / "bridge.db")


@pytest.fixture
def own(sqlite_tables: Path, tmp_path: Path) -> Iterator[Store]:
    """A database of its own, on SQLite."""
    yield from _copied(sqlite_tables, tmp_path / "own.db")


def _copied(tables: Path, path: Path) -> Iterator[Store]:
    shutil.copy(tables, path)
    store = open_sqlite(str(path))
    yield store
    store.close()
