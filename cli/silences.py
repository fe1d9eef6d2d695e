"""`silences`, `silence`, `extend` and `unsilence`, from a terminal. None is made before it was seen what it hides."""

import json
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from cli.look import identify
from cli.options import bridge

PHASES = ("active", "pending", "expired")
_ID = click.argument("id_", metavar="ID")

Bridge = tuple[Path | None, str | None, Path | None]


@click.command()
@bridge
@click.option(
    "--phase", multiple=True, type=click.Choice(PHASES), help="Else what has not ended; may be repeated."
)
@click.option("--alert", "alert_id", help="About the alert with this id, which may be shortened.")
@click.option("--acknowledgements", is_flag=True, help="Also those that only go with an acknowledgement.")
@click.option("--limit", type=click.IntRange(1, 200), default=50, show_default=True, help="How many at most.")
@click.option("--json", "as_json", is_flag=True, help="As the API tells them.")
def silences(  # noqa: PLR0917 (one for each option)
    config: Path | None,
    url: str | None,
    token_file: Path | None,
    phase: Sequence[str],
    alert_id: str | None,
    acknowledgements: bool,
    limit: int,
    as_json: bool,
) -> None:
    """What is silenced, the first to end on top."""
    from cli.client import connect  # noqa: PLC0415
    from cli.show_silences import table  # noqa: PLC0415

    client = connect(config, url, token_file)
    query = [("phase", each) for each in phase] + [("limit", str(limit))]
    query += [] if acknowledgements else [("acknowledges", "false")]
    if alert_id:
        query.append(("alert", identify(client, alert_id)["id"]))
    told = client.get("/silences", query)
    if as_json:
        click.echo(json.dumps(told["silences"], indent=2))
        return
    if not told["silences"]:
        click.echo("no such silence" if phase or alert_id else "nothing is silenced")
        return
    for line in table(told["silences"]):
        click.echo(line)
    if told["more"]:
        click.echo("there are more: raise --limit, or ask for less", err=True)


@click.command()
@bridge
@click.option("--alert", "alert_id", help="Instead of matchers: exactly this alert. Its id may be shortened.")
@click.option("--for", "length", help="How long: 30m, 2h, 1h30m, 2d.")
@click.option(
    "--until",
    help="Instead: until 14:30, tomorrow 9:00, or 2026-11-24 09:00 of this machine's time, or with its zone.",
)
@click.option("--reason", required=True, help="Why.")
@click.option("--yes", is_flag=True, help="Make it without asking.")
@click.option("--dry-run", is_flag=True, help="Only tell what it would hide.")
@click.argument("matchers", nargs=-1, metavar="[MATCHER]...")
def silence(  # noqa: PLR0917 (one for each option)
    config: Path | None,
    url: str | None,
    token_file: Path | None,
    alert_id: str | None,
    length: str | None,
    until: str | None,
    reason: str,
    yes: bool,
    dry_run: bool,
    matchers: Sequence[str],
) -> None:
    """Silence alerts, after a look at which.

    Those that all the matchers match, such as 'alertname="HighCPU"' 'instance=~"web-.*"', each by itself or all in
    braces; or one with --alert.
    """
    from cli.client import connect  # noqa: PLC0415

    if bool(matchers) == bool(alert_id):
        raise click.UsageError("name matchers or --alert, one of the two")
    if bool(length) == bool(until):
        raise click.UsageError("name --for or --until, one of the two")
    if not (yes or dry_run or sys.stdin.isatty()):
        raise click.UsageError(
            "there is no terminal to ask on: add --yes, or --dry-run to see what it would hide"
        )
    end = {"end_at": _moment(until)} if until else {"duration": length}
    client = connect(config, url, token_file)
    about = (
        {"alert_id": identify(client, alert_id)["id"]} if alert_id else {"matchers": list(_apart(matchers))}
    )
    _make(client, {**about, **end, "reason": reason}, ask=not yes, dry=dry_run)


@click.command()
@bridge
@_ID
@click.argument("length", metavar="DURATION")
def extend(config: Path | None, url: str | None, token_file: Path | None, id_: str, length: str) -> None:
    """Let a silence last longer, by 30m, 2h or 2d. ID may be shortened to what no other that lasts begins with."""
    _change((config, url, token_file), id_, "PATCH", {"extend_by": length})


@click.command()
@bridge
@_ID
def unsilence(config: Path | None, url: str | None, token_file: Path | None, id_: str) -> None:
    """End a silence now. ID may be shortened to what no other that lasts begins with."""
    _change((config, url, token_file), id_, "DELETE", None)


def _make(client: Any, wanted: Mapping[str, Any], *, ask: bool, dry: bool) -> None:
    """Raises NotHere where the rules are against it, and click's own where somebody has second thoughts."""
    from cli.places import NotHere  # noqa: PLC0415
    from cli.printable import printable  # noqa: PLC0415
    from cli.show_silences import preview  # noqa: PLC0415

    seen = client.change("POST", "/silences", {**wanted, "dry_run": True}, str(uuid.uuid4()))[1]["preview"]
    for line in preview(seen):
        click.echo(line)
    if seen["objections"]:
        raise NotHere(printable(" ".join(seen["objections"]), 500))
    if dry:
        return
    if ask:
        click.confirm("silence them?" if seen["hides"] else "make this silence?", abort=True)
    status, told = client.change("POST", "/silences", wanted, str(uuid.uuid4()))
    _say(status, told, "the silence")


def _change(bridge_: Bridge, id_: str, method: str, body: Mapping[str, Any] | None) -> None:
    from cli.client import connect  # noqa: PLC0415
    from cli.printable import printable  # noqa: PLC0415

    client = connect(*bridge_)
    found = identify(client, id_, "silence", prefer=_lives)
    status, told = client.change(method, f"/silences/{found['id']}", body, str(uuid.uuid4()))
    _say(status, told, printable(found["short_id"], 36))


def _lives(silence: Any) -> bool:
    return silence["phase"] != "expired" and not silence["acknowledges"]


def _say(status: int, told: Any, which: str) -> None:
    from cli.show_silences import absences, done  # noqa: PLC0415

    if status == 202:
        click.echo(f"accepted, and not done yet: {which}. It is done as soon as a worker comes to it")
    else:
        click.echo(done(told))
        for said in absences(told["silence"], "parked"):
            click.echo(f"but {said}")


def _apart(typed: Sequence[str]) -> Iterator[Any]:
    """What is in braces may be several; whatever else was typed is one, and the bridge's to read."""
    from core.domain.errors import Malformed  # noqa: PLC0415
    from core.domain.matcher import parse_all, to_json  # noqa: PLC0415

    for text in typed:
        if not text.strip().startswith("{"):
            yield text
            continue
        try:
            yield from map(to_json, parse_all(text.strip()))
        except Malformed as malformed:
            raise click.BadParameter(str(malformed), param_hint="MATCHER") from None


def _moment(text: str) -> str:
    """`14:30` is the next time that the clock shows it; without a zone it is this machine's."""
    from cli.zone import here  # noqa: PLC0415
    from core.domain import moment  # noqa: PLC0415
    from core.domain.errors import Malformed  # noqa: PLC0415

    try:
        return moment.read(text).at(datetime.now(UTC), here()).isoformat()
    except Malformed as malformed:
        raise click.BadParameter(str(malformed), param_hint="--until") from None
