"""Every rule of the store holds on SQLite and on MariaDB alike."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url
from sqlalchemy.engine import URL

from core.store.engine import Store, open_mysql, open_sqlite
from tests.databases import DATABASES
from tests.servers import MariaDB


@pytest.fixture(params=DATABASES)
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
