"""`ack`, `unack`, `resolve` and `note`: what people do to alerts, from a terminal."""

import uuid
from collections.abc import Sequence
from pathlib import Path

import click

from cli.look import identify
from cli.options import bridge

_NOTE = click.option("--note", help="What there is to say about it.")
_ID = click.argument("id_", metavar="ID")


def _command(name: str, path: str, says: str) -> click.Command:
    def act(
        config: Path | None, url: str | None, token_file: Path | None, note: str | None, id_: str
    ) -> None:
        _post((config, url, token_file), id_, path, note)

    return click.command(name, help=says)(bridge(_NOTE(_ID(act))))


ack = _command("ack", "acknowledge", "Acknowledge an alert. ID may be shortened.")
unack = _command("unack", "unacknowledge", "Take an acknowledgement back. ID may be shortened.")
resolve = _command("resolve", "resolve", "Resolve an alert by hand. ID may be shortened.")


@click.command()
@bridge
@_ID
@click.argument("text", nargs=-1, required=True)
def note(
    config: Path | None, url: str | None, token_file: Path | None, id_: str, text: Sequence[str]
) -> None:
    """Note something about an alert. ID may be shortened."""
    _post((config, url, token_file), id_, "notes", " ".join(text))


def _post(
    bridge_: tuple[Path | None, str | None, Path | None], id_: str, path: str, note: str | None
) -> None:
    """Of what is meant, the occurrence that was seen: it may fire again meanwhile."""
    from cli.client import connect  # noqa: PLC0415
    from cli.printable import printable  # noqa: PLC0415

    client = connect(*bridge_)
    alert = identify(client, id_)
    body = {"occurrence": alert["occurrence"]} | ({"note": note} if note is not None else {})
    status, told = client.change("POST", f"/alerts/{alert['id']}/{path}", body, str(uuid.uuid4()))
    which = f"{printable(alert['name'], 80)} ({printable(alert['short_id'], 36)})"
    if status == 202:
        click.echo(f"accepted, and not done yet: {which}. It is done as soon as a worker comes to it")
    else:
        click.echo(f"{printable(told['record']['action'], 40)}: {which}")
