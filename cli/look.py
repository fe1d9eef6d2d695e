"""`alerts` and `alert`: what fires, and the story of one."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import click

from cli.options import bridge

STATES = ("firing", "acknowledged", "resolved")
_OPEN = STATES[:2]
_PAGE = 200
_MOST = 1000
_MOST_ALIKE = 50


@click.command()
@bridge
@click.option("--state", multiple=True, type=click.Choice(STATES), help="Else what is open; may be repeated.")
@click.option("--severity", multiple=True, help="With this severity; may be repeated.")
@click.option("--match", multiple=True, help='Whose labels match, like team=~"db|web"; may be repeated.')
@click.option("--since", help="Fired since: 30m, 24h, or a time like 2026-11-23T09:00:00Z.")
@click.option(
    "--limit", type=click.IntRange(1, _MOST), default=50, show_default=True, help="How many at most."
)
@click.option("--json", "as_json", is_flag=True, help="As the API tells them.")
def alerts(  # noqa: PLR0917 (one for each option)
    config: Path | None,
    url: str | None,
    token_file: Path | None,
    state: Sequence[str],
    severity: Sequence[str],
    match: Sequence[str],
    since: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """What is open, the newest first."""
    from cli.client import connect  # noqa: PLC0415
    from cli.show import table  # noqa: PLC0415

    now = datetime.now(UTC)
    query = [("state", each) for each in state or _OPEN]
    query += [("severity", each) for each in severity]
    query += [("match", each) for each in match]
    query += [("since", _since(since, now))] if since else []
    found = list(islice(_walk(connect(config, url, token_file), query, limit), limit + 1))
    if as_json:
        click.echo(json.dumps(found[:limit], indent=2))
        return
    if not found:
        click.echo("nothing is open" if not (state or severity or match or since) else "no such alert")
        return
    for line in table(found[:limit], now):
        click.echo(line)
    if len(found) > limit:
        click.echo("there are more: raise --limit, or ask for less", err=True)


@click.command()
@bridge
@click.option("--json", "as_json", is_flag=True, help="As the API tells it.")
@click.argument("id_", metavar="ID")
def alert(config: Path | None, url: str | None, token_file: Path | None, as_json: bool, id_: str) -> None:
    """One alert and its story. ID may be shortened."""
    from cli.client import connect  # noqa: PLC0415
    from cli.show import page  # noqa: PLC0415

    client = connect(config, url, token_file)
    told = client.get(f"/alerts/{identify(client, id_)['id']}")
    if as_json:
        click.echo(json.dumps(told, indent=2))
        return
    for line in page(told, datetime.now(UTC)):
        click.echo(line)


def identify(
    client: Any, prefix: str, what: str = "alert", prefer: Callable[[Any], bool] | None = None
) -> Any:
    """The one alert or silence whose id begins so; one that is preferred has no others in its way.

    Raises NotHere, and click's own error for what cannot be an id.
    """
    from cli.places import NotHere  # noqa: PLC0415
    from cli.printable import printable  # noqa: PLC0415

    prefix = prefix.lower()
    if not re.fullmatch(r"[0-9a-f][0-9a-f-]{0,35}", prefix):
        raise click.BadParameter(
            "an id, or the beginning of one, is made of digits, the letters a to f and hyphens"
        )
    most = _MOST_ALIKE if prefer else 6
    found = client.get(f"/{what}s", [("id_prefix", prefix), ("limit", str(most))])[f"{what}s"]
    # Of so many there may be others, and one of those preferred too.
    if prefer and len(found) < most:
        found = [each for each in found if prefer(each)] or found
    if not found:
        raise NotHere(f"no {what} has an id that begins with {prefix}: `alert-bridge {what}s` lists them")
    if len(found) > 1:
        several = [
            f"  {each['id']}  {printable(each.get('name') or each['reason'], 60)}" for each in found[:5]
        ]
        more = ["  …"] if len(found) > 5 else []
        raise NotHere("\n".join([f"several ids begin with {prefix}: type more of it", *several, *more]))
    return found[0]


def _walk(client: Any, query: list[tuple[str, str]], limit: int) -> Iterator[Any]:
    """Page by page, and no page more than it takes."""
    cursor: list[tuple[str, str]] = []
    size = ("limit", str(min(_PAGE, limit + 1)))
    # Pages may be empty where labels are asked for; so many of them are walked.
    for _ in range(_MOST):
        page = client.get("/alerts", [*query, size, *cursor])
        yield from page["alerts"]
        if page["next_cursor"] is None:
            return
        cursor = [("cursor", page["next_cursor"])]


def _since(text: str, now: datetime) -> str:
    from config import durations  # noqa: PLC0415

    try:
        return (now - durations.read(text)).isoformat()
    except durations.NotADuration:
        pass
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        told = "write a time like 2026-11-23T09:00:00Z or a duration like 24h"
        raise click.BadParameter(told, param_hint="--since") from None
    return at.astimezone(UTC).isoformat()
