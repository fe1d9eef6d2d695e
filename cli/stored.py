"""Commands for what is stored: tidying it up, copying it."""

import os
import sys
import threading
from pathlib import Path
from typing import Any

import click

from cli.options import CONFIG
from cli.printable import aligned, joined
from config import find, load
from core.domain import words


@click.command()
@CONFIG
@click.option("--dry-run", is_flag=True, help="Only count what would go.")
def prune(config: Path | None, dry_run: bool) -> None:
    """Remove what is older than the configuration's retention."""
    settings = load(find(config, os.environ), os.environ)
    from cli.assemble import make_alertmanagers, make_prune, make_targets  # noqa: PLC0415
    from cli.database import open_current  # noqa: PLC0415
    from cli.failures import database_failures  # noqa: PLC0415
    from core.store.clock import clock_of  # noqa: PLC0415

    with database_failures():
        store = open_current(settings)
        told = [*make_targets(settings), *make_alertmanagers(settings)]
        pruned = make_prune(settings, store, told)
        now = clock_of(store)()
        found = pruned.count(now)
        if not dry_run:
            with click.progressbar(length=sum(found.values()), label="removing", **_shown()) as bar:
                found = pruned.run(now, threading.Event().wait, bar.update)
        store.close()
    head = ["WHAT", "OLDER THAN", "WOULD GO" if dry_run else "GONE"]
    rows = [[kind.value, words.duration(pruned.keep[kind]), f"{count:,}"] for kind, count in found.items()]
    for row in aligned([head, *rows]):
        click.echo(joined(row))


def _shown() -> dict[str, Any]:
    """Where a progress bar belongs: on a terminal, beside what the command says."""
    return {"file": sys.stderr, "hidden": not sys.stderr.isatty()}
