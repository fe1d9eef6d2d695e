"""Commands for what is stored: tidying it up, copying it, keeping a copy of it."""

import os
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import click

from cli.options import CONFIG
from cli.places import NotHere
from cli.printable import aligned, joined
from config import find, load
from config.settings import Settings, StorageType
from core.domain import words


@click.command()
@CONFIG
@click.option("--dry-run", is_flag=True, help="Only count what would go.")
def prune(config: Path | None, dry_run: bool) -> None:
    """Remove what is older than the configuration's retention."""
    from cli.failures import database_failures  # noqa: PLC0415

    with database_failures():
        rows = _tidy(load(find(config, os.environ), os.environ), dry_run=dry_run)
    head = ["WHAT", "OLDER THAN", "WOULD GO" if dry_run else "GONE"]
    for row in aligned([head, *rows]):
        click.echo(joined(row))


def _tidy(settings: Settings, *, dry_run: bool) -> list[list[str]]:
    """What was done, or would be, as rows of a table."""
    from cli.assemble import make_alertmanagers, make_prune, make_targets  # noqa: PLC0415
    from cli.database import open_current  # noqa: PLC0415
    from core.store.clock import clock_of  # noqa: PLC0415

    store = open_current(settings)
    told = [*make_targets(settings), *make_alertmanagers(settings)]
    pruned, now = make_prune(settings, store, told), clock_of(store)()
    shown = sys.stderr.isatty()
    found = pruned.count(now) if dry_run or shown else {}
    if not dry_run:
        total = sum(found.values())
        with click.progressbar(length=total, label="removing", file=sys.stderr, hidden=not shown) as bar:
            found = pruned.run(now, threading.Event().wait, bar.update)
    store.close()
    return [[kind.value, words.duration(pruned.keep[kind]), f"{rows:,}"] for kind, rows in found.items()]


@click.command("copy-data")
@CONFIG
@click.option(
    "--from", "source", required=True, help="sqlite:PATH, mysql: (as configured), or mysql:USER@HOST/DB."
)
@click.option("--to", required=True, help="The same; an empty database, whose tables are made.")
@click.option(
    "--password-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="With the password of mysql:USER@HOST/DB; else MYSQL_PASSWORD.",
)
@click.option(
    "--stopped", is_flag=True, help="Believe that no bridge is at work on a MySQL that was left in a hurry."
)
def copy_data(config: Path | None, source: str, to: str, password_file: Path | None, stopped: bool) -> None:
    """Copy all that is stored into another database.

    Every bridge on either has to be stopped. What was broken off is done again from the beginning.
    """
    from cli.copying import CONFIGURED, copy, place  # noqa: PLC0415
    from cli.failures import database_failures  # noqa: PLC0415

    meant = "mysql" if CONFIGURED in {source, to} else None
    settings = load(find(config, os.environ), os.environ, storage=meant)
    password = partial(_password, password_file)
    try:
        with database_failures(), _watch() as watch:
            old, new = place(source, settings, password), place(to, settings, password)
            rows = copy(old, new, settings, watch, stopped=stopped)
            old.store.close()
            new.store.close()
    except KeyboardInterrupt:
        raise NotHere(
            f"broken off: no bridge starts on the half of a copy that is in {to}; do it again, which begins anew"
        ) from None
    click.echo(f"{rows:,} rows copied, and compared")


@click.command()
@CONFIG
@click.argument("path", type=click.Path(path_type=Path))
def backup(config: Path | None, path: Path) -> None:
    """Copy the SQLite file to PATH, whether or not the bridge runs."""
    settings = load(find(config, os.environ), os.environ)
    from cli.database import existing  # noqa: PLC0415

    if settings.storage.type is StorageType.MYSQL:
        raise NotHere("storage.type is mysql: mysqldump --single-transaction makes its backups")
    database = existing(settings)
    if path.exists():
        raise NotHere(f"{path} is there already: name a file that is not")
    try:
        _write(database, path)
    except (OSError, sqlite3.Error) as error:
        raise NotHere(f"no backup was made: {getattr(error, 'strerror', None) or error}: {path}") from None
    click.echo(f"{path}: {path.stat().st_size:,} bytes")


def _write(database: Path, path: Path) -> None:
    """Under its name only once it is whole."""
    part = path.with_name(f"{path.name}.part")
    # What is in it is nobody else's business; and two at once would write into one another.
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        with closing(sqlite3.connect(database, timeout=10)) as connection:
            connection.execute("VACUUM INTO ?", (str(part),))
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)


def _password(file: Path | None) -> str:
    if file is None:
        return os.environ.get("MYSQL_PASSWORD", "")
    try:
        return file.read_text(encoding="utf-8").removesuffix("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise NotHere(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}") from None


@contextmanager
def _watch() -> Iterator[Any]:
    """A bar on a terminal; elsewhere a line for each table."""
    from cli.copying import Watch  # noqa: PLC0415

    if not sys.stderr.isatty():
        yield Watch(int, lambda name, rows: click.echo(f"copying {name}: {rows:,}"), int)
        return
    with click.progressbar(length=0, label="copying", file=sys.stderr) as bar:
        yield Watch(lambda rows: setattr(bar, "length", rows), lambda *_: None, bar.update)
