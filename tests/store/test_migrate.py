"""Migrations make exactly the tables that the code knows, once, whoever starts first."""

import logging
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    JSON,
    TIMESTAMP,
    Boolean,
    Column,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    insert,
    inspect,
    make_url,
    select,
    text,
    update,
)
from sqlalchemy.dialects.mysql import LONGBLOB
from sqlalchemy.engine import URL

from core.store import alerts, deliveries
from core.store.engine import Store, open_mysql
from core.store.migrate import CannotMigrate, is_current, migrate
from core.store.tables import inbox, metadata
from tests.servers import MariaDB
from tests.store.rows import NOW, after, at_once, episode, keep_due

ROOT = Path(__file__).parents[2]
NEWEST = "0004"

START = """
import sys
from sqlalchemy import make_url
from core.store.engine import open_mysql, open_sqlite
from core.store.migrate import migrate

url = make_url(sys.argv[1])
print("ready", flush=True)
input()
store = open_sqlite(url.database) if url.drivername == "sqlite" else open_mysql(url)
print(migrate(store)[1])
"""


def differences(store: Store) -> list[object]:
    with store.read() as connection:
        # The migrations' own note is none of the code's tables.
        ours = {"compare_type": True, "include_name": lambda name, *_: name != "schema_versions"}
        context = MigrationContext.configure(connection, opts=ours)
        return list(compare_metadata(context, metadata))


def test_migrations_make_exactly_the_tables_of_the_code(empty: Store) -> None:
    assert migrate(empty) == (None, NEWEST)
    assert differences(empty) == []


def test_migrations_make_every_unique_key_and_every_cascade(empty: Store) -> None:
    """Which Alembic's comparison does not look at on every dialect."""
    migrate(empty)
    found = inspect(empty.reader)
    for table in metadata.sorted_tables:
        unique = {tuple(key["column_names"]) for key in found.get_unique_constraints(table.name)}
        assert unique == {(column.name,) for column in table.columns if column.unique}
        cascades = [key["options"].get("ondelete") for key in found.get_foreign_keys(table.name)]
        assert cascades == ["CASCADE"] * len(table.foreign_keys)


def test_migrating_twice_is_nothing(empty: Store) -> None:
    migrate(empty)
    with empty.begin() as connection:
        connection.execute(insert(inbox).values(source="default", lane="am", received_at=NOW))
    assert migrate(empty) == (NEWEST, NEWEST)
    with empty.read() as connection:
        assert connection.execute(select(inbox.c.lane)).scalars().all() == ["am"]


def test_a_database_is_current_only_after_its_migration(empty: Store) -> None:
    assert not is_current(empty)
    migrate(empty)
    assert is_current(empty)


def test_four_threads_at_once_migrate_once(empty: Store) -> None:
    outcomes = at_once(4, lambda _: migrate(empty))
    assert sorted(outcomes, key=str) == [*[(NEWEST, NEWEST)] * 3, (None, NEWEST)]
    assert differences(empty) == []


def test_four_processes_at_once_migrate_once(empty_url: URL, empty: Store) -> None:
    url = empty_url.render_as_string(hide_password=False)
    started = [
        subprocess.Popen(
            [sys.executable, "-c", START, url],
            cwd=ROOT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for _ in range(4)
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    assert [process.communicate(timeout=60)[0] for process in started] == [f"{NEWEST}\n"] * 4
    assert differences(empty) == []


def test_a_database_newer_than_the_program_is_refused_and_left_alone(empty: Store) -> None:
    migrate(empty)
    with empty.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(CannotMigrate, match=r"version 9999 .* none after 0004"):
        migrate(empty)
    assert not is_current(empty)
    with empty.read() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"


def test_migrating_prints_nothing_and_leaves_logging_as_it_is(
    empty: Store, capfd: pytest.CaptureFixture[str]
) -> None:
    handlers, level = logging.root.handlers[:], logging.root.level
    migrate(empty)
    assert (logging.root.handlers, logging.root.level) == (handlers, level)
    assert capfd.readouterr() == ("", "")


def test_a_migration_that_mysql_cut_off_is_taken_up_where_it_stopped(mariadb: MariaDB) -> None:
    """MySQL commits each CREATE by itself, so a kill leaves some of the tables and no version."""
    store = open_mysql(make_url(mariadb.url(mariadb.new_database())))
    migrate(store)
    with store.begin() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
        connection.execute(text("DROP TABLE lanes"))
        connection.execute(text("DROP TABLE notices"))
        connection.execute(text("DROP INDEX ix_alerts_state ON alerts"))
    assert migrate(store) == (None, NEWEST)
    assert differences(store) == []
    store.close()


def test_no_update_moves_a_time_by_itself_on_an_old_mariadb(mariadb: MariaDB) -> None:
    """Before 10.10 the first TIMESTAMP of a table follows every UPDATE unless it has a default of its own."""
    mariadb.execute("SET GLOBAL explicit_defaults_for_timestamp = OFF")
    store = open_mysql(make_url(mariadb.url(mariadb.new_database())))
    try:
        migrate(store)
        with store.begin() as connection:
            connection.execute(insert(inbox).values(source="default", lane="am", received_at=NOW))
        with store.begin() as connection:
            connection.execute(update(inbox).values(due_at=after(5)))
        with store.read() as connection:
            assert connection.execute(select(inbox.c.received_at, inbox.c.due_at)).one() == (NOW, after(5))
    finally:
        store.close()
        mariadb.execute("SET GLOBAL explicit_defaults_for_timestamp = ON")


def test_a_database_whose_default_is_latin1_holds_every_letter(mariadb: MariaDB) -> None:
    name = mariadb.new_database()
    mariadb.execute(f"ALTER DATABASE {name} CHARACTER SET latin1")
    store = open_mysql(make_url(mariadb.url(name)))
    migrate(store)
    with store.begin() as connection:
        connection.execute(insert(inbox).values(source="default", lane="am", received_at=NOW, error="🐢"))
    with store.read() as connection:
        assert connection.execute(select(inbox.c.error)).scalar() == "🐢"
    store.close()


def brought_to(store: Store, version: str) -> None:
    """As the release of that version leaves an empty database."""
    config = Config()
    config.set_main_option("script_location", "core.store:migrations")
    with store.writer.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
        connection.commit()


@pytest.mark.parametrize("version", ["0001", "0002", "0003"])
def test_a_database_of_any_earlier_version_moves_up_with_all_that_is_in_it(
    empty: Store, version: str
) -> None:
    """As a bridge that has been running leaves it: with an alert that somebody is being told of."""
    brought_to(empty, version)
    with empty.begin() as connection:
        connection.execute(text(FIRST_ALERT))
        connection.execute(text(FIRST_DELIVERY))
    assert migrate(empty) == (version, NEWEST)
    assert differences(empty) == []
    with empty.read() as connection:
        assert alerts.load(connection, ["a1"])["a1"].facts.acknowledged_by is None
        assert deliveries.best(connection, "slack:C1", after(10), [True, False]) is not None


def moved_on(store: Store, *statements: str, oldest_program: str | None) -> None:
    """A made-up version after the newest, as a later program would leave it."""
    with store.begin() as connection:
        for statement in (*statements, "UPDATE alembic_version SET version_num = '0999'"):
            connection.execute(text(statement))
        if oldest_program:
            row = {"version": "0999", "oldest_program": oldest_program}
            connection.execute(text("INSERT INTO schema_versions VALUES (:version, :oldest_program)"), row)


def test_a_newer_database_that_says_it_is_compatible_is_worked_on_and_left_alone(empty: Store) -> None:
    """While an upgrade rolls the older program goes on, among columns and tables that it does not know."""
    migrate(empty)
    more = "ALTER TABLE alerts ADD COLUMN team VARCHAR(64)"
    moved_on(empty, more, "CREATE TABLE teams (name VARCHAR(64))", oldest_program=NEWEST)
    assert migrate(empty) == ("0999", "0999")
    assert is_current(empty)
    alert = episode("f1")
    keep_due(empty, alert)
    with empty.begin() as connection:
        alerts.change(connection, [replace(alert.facts, version=2)], after(1))
    with empty.read() as connection:
        assert alerts.load(connection, [alert.facts.id])[alert.facts.id].facts.version == 2
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "0999"


@pytest.mark.parametrize("oldest_program", [None, "0998"])
def test_a_newer_database_that_asks_for_a_newer_program_is_refused(
    empty: Store, oldest_program: str | None
) -> None:
    """And one that does not say is as well."""
    migrate(empty)
    moved_on(empty, oldest_program=oldest_program)
    assert not is_current(empty)
    with pytest.raises(CannotMigrate, match=f"version 0999 .* none after {NEWEST}"):
        migrate(empty)


def steps_after(first: str) -> list[tuple[str, str]]:
    """(version before, version) of every step after that one, the earliest first."""
    config = Config()
    config.set_main_option("script_location", "core.store:migrations")
    walked = ScriptDirectory.from_config(config).walk_revisions(first, "head")
    found = [(str(step.down_revision), step.revision) for step in walked if step.revision != first]
    return found[::-1]


@pytest.mark.parametrize(("before", "version"), steps_after("0003"))
def test_a_step_only_adds_what_older_programs_need_not_know(empty: Store, before: str, version: str) -> None:
    """Unless it says that they do not work with it any more, which is a release of its own."""
    brought_to(empty, before)
    earlier = schema(empty)
    brought_to(empty, version)
    later = schema(empty)
    with empty.read() as connection:
        asked = text("SELECT oldest_program FROM schema_versions WHERE version = :version")
        oldest = connection.execute(asked, {"version": version}).scalar_one()
    if oldest == version:
        return
    for table, columns in earlier.items():
        assert columns.items() <= later[table].items()
        added = [later[table][name] for name in later[table].keys() - columns.keys()]
        assert [column for column in added if not column.startswith("optional")] == []


def schema(store: Store) -> dict[str, dict[str, str]]:
    """Each column and unique key of each table, in words; a unique key more is a column that nobody fills in."""
    found = inspect(store.reader)
    told: dict[str, dict[str, str]] = {}
    for table in found.get_table_names():
        columns = {
            column[
                "name"
            ]: f"{'optional' if column['nullable'] or column['default'] else 'needed'} {column['type']}"
            for column in found.get_columns(table)
        }
        unique = {f"unique {key['column_names']}": "needed" for key in found.get_unique_constraints(table)}
        told[table] = columns | unique
    return told


def test_what_the_release_before_this_one_wrote_can_still_be_written(empty: Store) -> None:
    """A row of each of its tables with only what it had to give, and every column of it changed."""
    brought_to(empty, "0003")
    then = MetaData()
    then.reflect(empty.reader)
    then.remove(then.tables["alembic_version"])
    migrate(empty)
    with empty.begin() as connection:
        for table in then.sorted_tables:
            row = {column.name: made_up(column) for column in table.columns}
            connection.execute(table.insert().values(row))
            connection.execute(table.update().values(row))
            assert len(connection.execute(table.select()).all()) == 1


def made_up(column: Column[Any]) -> object:
    """The same for what refers to each other; of a kind that the column takes."""
    kind = column.type
    if isinstance(kind, DateTime | TIMESTAMP):
        return NOW.replace(tzinfo=None)
    if isinstance(kind, Boolean | Integer | Numeric):
        return 1
    if isinstance(kind, JSON):
        return {}
    if isinstance(kind, LargeBinary | LONGBLOB):
        return b"x"
    return "{}"


FIRST_ALERT = """
INSERT INTO alerts (id, source, fingerprint, open_key, name, severity, state, instance, summary, description, labels,
  annotations, generator_url, firing, starts_at, fired_at, occurrence, seq, content_hash, version,
  created_at, updated_at)
VALUES ('a1', 'default', 'f1', 'default:f1', 'HighCPU', 'critical', 'firing', 'web-1', '', '', '{}', '{}', '', 1,
  '2026-11-23 12:00:00', '2026-11-23 12:00:00', 1, 1, 'x', 1, '2026-11-23 12:00:00', '2026-11-23 12:00:00')
"""
FIRST_DELIVERY = """
INSERT INTO deliveries (alert_id, target, wanted, priority, due_at, remote)
VALUES ('a1', 'slack:C1', 1, 10, '2026-11-23 12:00:00', '{}')
"""
