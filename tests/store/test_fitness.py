"""A server that cannot hold a bridge is refused at the start, with what to do; the rights on the page are enough."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import OperationalError

from core.store import deliveries, fitness
from core.store.engine import Store, open_mysql
from core.store.fitness import Unfit
from core.store.migrate import is_current, migrate
from tests.servers import MariaDB, mariadb_server
from tests.store.rows import SLACK, after, episode, keep_due

MIB = 1024 * 1024
PAGE = Path(__file__).parents[2] / "docs" / "mysql.md"


@contextmanager
def opened(mariadb: MariaDB, database: str, user: str = "", password: str = "") -> Iterator[Store]:
    url = make_url(mariadb.url(database))
    store = open_mysql(url.set(username=user, password=password) if user else url)
    yield store
    store.close()


def told(store: Store, most_bytes: int = 16 * MIB) -> str:
    with pytest.raises(Unfit) as refused:
        fitness.require(store, most_bytes)
    return str(refused.value)


@pytest.fixture
def untouched() -> Iterator[MariaDB]:
    """A server on which nobody has a name yet."""
    with mariadb_server() as server:
        yield server


def test_the_rights_and_users_of_the_page_are_enough(untouched: MariaDB) -> None:
    """Word for word, and no right more: to migrate, to work, and with the other one to look."""
    block = re.search(r"```sql\n(CREATE DATABASE.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert block
    untouched.execute(*block[1].strip().rstrip(";").split(";\n"))
    name = "bridge"
    with opened(untouched, name, "bridge", "a long random password") as store:
        fitness.require(store, 16 * MIB)
        migrate(store)
        assert is_current(store)
        keep_due(store, episode("f1"))
        with store.begin() as connection:
            connection.execute(text("DELETE FROM alerts"))
    with opened(untouched, name, "bridge_reader", "another one") as store:
        with store.read() as connection:
            assert deliveries.best(connection, SLACK, after(9), [True, False]) is None
        with pytest.raises(OperationalError), store.begin() as connection:
            connection.execute(text("DELETE FROM alerts"))


@pytest.mark.parametrize(
    ("grant", "lacking"),
    [
        ("SELECT ON {}.*", "INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX, REFERENCES"),
        ("SELECT, INSERT, UPDATE, DELETE ON {}.*", "CREATE, ALTER, INDEX, REFERENCES"),
        ("ALL ON `other`.*", "SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX, REFERENCES"),
    ],
)
def test_the_rights_that_are_missing_are_named(mariadb: MariaDB, grant: str, lacking: str) -> None:
    name = mariadb.new_database()
    user = f"u_{name}"
    mariadb.execute(
        f"CREATE USER '{user}'@'%' IDENTIFIED BY 'p'",
        f"GRANT {grant.format(name)} TO '{user}'@'%'",
        f"GRANT SELECT ON {name}.* TO '{user}'@'%'",
    )
    missing = lacking.removeprefix("SELECT, ")
    with opened(mariadb, name, user, "p") as store:
        assert f"the user lacks rights on {name}: GRANT {missing} ON {name}.* to it" == told(store)


def test_who_never_migrates_needs_no_right_to(mariadb: MariaDB) -> None:
    """As long as somebody else has done it."""
    name = mariadb.new_database()
    grant = f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name}.* TO 'modest'@'%' IDENTIFIED BY 'p'"
    mariadb.execute(grant)
    with opened(mariadb, name) as owner, opened(mariadb, name, "modest", "p") as store:
        assert "GRANT CREATE, ALTER, INDEX, REFERENCES" in told(store)
        migrate(owner)
        fitness.require(store, 16 * MIB)
        keep_due(store, episode("f1"))
        assert migrate(store)[0] == migrate(owner)[0]


@pytest.mark.parametrize("on", ["*.*", "`bridge\\_%`.*", "`bridge__`.*", "`%`.*"])
def test_rights_on_more_databases_than_this_are_as_good(mariadb: MariaDB, on: str) -> None:
    name, user = "bridge_x", "wide"
    mariadb.execute(
        f"CREATE OR REPLACE DATABASE {name}",
        f"CREATE OR REPLACE USER '{user}'@'%' IDENTIFIED BY 'p'",
        f"GRANT {', '.join(fitness.RIGHTS)} ON {on} TO '{user}'@'%'",
    )
    with opened(mariadb, name, user, "p") as store:
        fitness.require(store, 16 * MIB)


def test_a_packet_that_is_too_small_for_the_bodies_is_named_with_what_it_takes(mariadb: MariaDB) -> None:
    with opened(mariadb, mariadb.new_database()) as store:
        fitness.require(store, 64 * MIB)
        assert "set its max_allowed_packet to 67108864 or more" in told(store, 256 * MIB)


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        (
            "--version=10.4.34-MariaDB",
            "the server is MariaDB 10.4.34-MariaDB: it has to be MariaDB 10.5 or newer",
        ),
        ("--binlog-format=STATEMENT", "set its binlog_format to ROW"),
    ],
)
def test_a_server_of_the_wrong_kind_is_named(option: str, expected: str) -> None:
    with (
        mariadb_server(options=["--log-bin=bin", "--server-id=1", option]) as server,
        opened(server, server.new_database()) as store,
    ):
        assert expected in told(store)
