"""The command for what was put aside: which rows, why, and what becomes of them."""

import os
from pathlib import Path

import click

from cli.options import CONFIG
from cli.printable import aligned, joined, printable
from config import find, load
from config.settings import Settings


@click.command()
@CONFIG
@click.option("--at", "where", metavar="PLACE", help="Only this lane or target: people, slack:C0123, ...")
@click.option("--retry", is_flag=True, help="Try all that is shown once more.")
@click.option("--forget", is_flag=True, help="Leave all that is shown at that.")
def parked(config: Path | None, where: str | None, *, retry: bool, forget: bool) -> None:
    """What was put aside because of its own content, and why."""
    from cli.failures import database_failures  # noqa: PLC0415

    if retry and forget:
        raise click.UsageError("--retry and --forget: one of them at a time")
    with database_failures():
        for line in _settle(load(find(config, os.environ), os.environ), where, retry=retry, forget=forget):
            click.echo(line)


def _settle(settings: Settings, where: str | None, *, retry: bool, forget: bool) -> list[str]:
    """What there was, as lines of a table, and below it what was done."""
    from cli.database import open_current  # noqa: PLC0415
    from core.store import parked as rows  # noqa: PLC0415
    from core.store.clock import clock_of  # noqa: PLC0415

    store = open_current(settings)
    try:
        with store.read() as connection:
            found = rows.listed(connection, where)
        if not found:
            return [f"nothing is put aside at {printable(where, 100)}" if where else "nothing is put aside"]
        cells = [[one.what, one.where, one.about, printable(one.why, 100)] for one in found]
        lines = [joined(row) for row in aligned([["WHAT", "WHERE", "ABOUT", "WHY"], *cells])]
        if retry:
            now = clock_of(store)()
            lines.append(f"{store.transact(lambda c: rows.again(c, where, now)):,} due again")
        elif forget:
            lines.append(f"{store.transact(lambda c: rows.forget(c, where)):,} forgotten")
    finally:
        store.close()
    return lines
