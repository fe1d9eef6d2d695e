"""Options that several commands take."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

CONFIG = click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The configuration; else CONFIG_PATH, else config/config.yaml.",
)
_URL = click.option("--url", help="Where the bridge is; else this machine, at server.port.")
_TOKEN_FILE = click.option(
    "--token-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File with a token of api.tokens; else ALERT_BRIDGE_TOKEN, else the first of the configuration.",
)


def bridge(command: Command) -> Command:
    """Which bridge is talked to, and as whom."""
    return CONFIG(_URL(_TOKEN_FILE(command)))
