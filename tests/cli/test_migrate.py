"""migrate, and databases that this program cannot use."""

import sqlite3
from contextlib import closing

import pytest

from sandbox import Sandbox
from tests.cli.command import Home
from tests.servers import free_port


@pytest.fixture
def newer(home: Home) -> Home:
    """A database that a later version of the program has migrated."""
    home.database.parent.mkdir()
    with closing(sqlite3.connect(home.database)) as connection, connection:
        connection.execute("CREATE TABLE alembic_version AS SELECT '9999' AS version_num")
    return home


def test_the_second_time_changes_nothing(home: Home) -> None:
    """Both say the version."""
    first, second = home.say("migrate"), home.say("migrate")
    assert first.startswith("the tables are at version 0")
    assert second == first.replace("\n", ", as before\n")


@pytest.mark.parametrize("command", ["migrate", "worker"])
def test_a_database_that_is_newer_than_the_program_is_refused(newer: Home, command: str) -> None:
    """In a sentence that says what to do."""
    said = newer.say(command, status=1)
    assert "the database is at version 9999 and this program knows none after 0" in said
    assert "start the newer program, or restore the backup" in said


def test_a_file_that_is_no_database_is_refused(home: Home) -> None:
    """And stays as it is."""
    home.database.parent.mkdir()
    home.database.write_text("somebody's letter" * 100)
    assert "file is not a database" in home.say("migrate", status=1)
    assert home.database.read_text() == "somebody's letter" * 100


def test_a_server_that_does_not_answer_is_told(home: Home, sandbox: Sandbox) -> None:
    """Without the password."""
    server = {"host": "127.0.0.1", "port": free_port(), "database": "b", "username": "u"}
    mysql = {"primary": {**server, "password": "pass-of-mysql"}}
    home.configure(sandbox, storage={"type": "mysql", "mysql": mysql})
    said = home.say("migrate", status=1)
    assert "the database cannot be used" in said
    assert "pass-of-mysql" not in said


def test_the_database_is_its_owners_alone(home: Home) -> None:
    home.say("migrate")
    found = [home.database.parent, *home.database.parent.iterdir()]
    assert [path.name for path in found if path.stat().st_mode & 0o077] == []
    assert home.database in found


def test_a_database_keeps_the_modes_that_its_owner_gave_it(home: Home) -> None:
    home.database.parent.mkdir()
    home.database.touch()
    home.database.chmod(0o640)
    home.database.parent.chmod(0o750)
    home.say("migrate")
    assert (home.database.stat().st_mode & 0o777, home.database.parent.stat().st_mode & 0o777) == (
        0o640,
        0o750,
    )
