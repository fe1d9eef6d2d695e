"""The `alert-bridge` command: what people type. Each command brings in only what it needs."""

import os
import sys
from functools import partial
from pathlib import Path
from typing import Any

import click

from cli import act, health, look, manifest, parked, silences, stored
from cli.options import CONFIG
from cli.places import NotHere, hold_database, must_meet, tidy_database
from config import ConfigurationError, find, load
from config.settings import Settings


class _Group(click.Group):
    """Faults of the configuration end any command with their report and status 1; no traceback helps with those."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ConfigurationError as error:
            told = str(error)
        except NotHere as error:
            told = f"alert-bridge: {error}"
        click.echo(told, err=True)
        return ctx.exit(1)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="alert-bridge")
def main() -> None:
    """Alertmanager, Slack and PagerDuty tell one story."""


@main.command()
@CONFIG
@click.option("--sandbox", is_flag=True, help="Talk to a pretend Slack and PagerDuty on this machine.")
def run(config: Path | None, sandbox: bool) -> None:
    """Receiver and worker together.

    With an embedded broker, unless broker.url names one.
    """
    from cli import run as running  # noqa: PLC0415

    if sandbox and config is not None:
        raise click.UsageError(
            "--sandbox brings its own configuration: leave out one of --sandbox and --config"
        )
    sys.exit(running.run_with_sandbox() if sandbox else running.run(find(config, os.environ)))


@main.command()
@CONFIG
def demo(config: Path | None) -> None:
    """The bridge with the sandbox, and a night of alerts and people."""
    from cli import demo as scene  # noqa: PLC0415
    from cli import run as running  # noqa: PLC0415

    if config is not None:
        raise click.UsageError("demo brings its own configuration: leave out --config")
    sys.exit(running.run_with_sandbox(scene.play))


@main.command()
@CONFIG
@click.option("--port", type=click.IntRange(0, 65_535), help="Instead of server.port.")
def api(config: Path | None, port: int | None) -> None:
    """The receiver alone."""
    settings = _settings(config)
    must_meet(settings)
    from cli.receiver import serve  # noqa: PLC0415

    # Not resolved: behind a link of Kubernetes the file of today is gone tomorrow.
    os.environ["CONFIG_PATH"] = str(find(config, os.environ).absolute())
    serve(settings, port)


@main.command()
@CONFIG
@click.option("--lanes", default="all", help="What it ingests: people, ingest (all else), all or none.")
@click.option("--targets", default="all", help="Whom it tells: slack, slack:C0123, ..., all or none.")
@click.option("--concurrency", type=click.IntRange(1, 256), help="Instead of worker.concurrency.")
def worker(config: Path | None, lanes: str, targets: str, concurrency: int | None) -> None:
    """A worker alone: ingests, delivers, sweeps."""
    settings = _settings(config)
    must_meet(settings)
    from cli.failures import database_failures  # noqa: PLC0415
    from cli.worker import work  # noqa: PLC0415
    from core import log  # noqa: PLC0415
    from workers.duties import UnknownDuty, read_duties  # noqa: PLC0415

    threads = concurrency or settings.worker.concurrency
    try:
        duties = read_duties(lanes, targets, settings.far_sides)
        seats = duties.seats(threads)
    except UnknownDuty as unknown:
        raise click.UsageError(str(unknown)) from None
    log.configure(settings.logging.level, settings.logging.format, settings.secrets())
    with database_failures():
        sys.exit(work(settings, duties, threads, seats))


@main.command()
@CONFIG
def migrate(config: Path | None) -> None:
    """Bring the database's tables up to date."""
    settings = _settings(config)
    from cli.database import bring_up, open_store  # noqa: PLC0415
    from cli.failures import database_failures  # noqa: PLC0415

    with database_failures():
        before, after = bring_up(settings, open_store(settings))
    click.echo(f"the tables are at version {after}" + (", as before" if before == after else ""))


@main.command("check-config")
@CONFIG
@click.option(
    "--probe", is_flag=True, help="Also ask Slack, PagerDuty, MySQL and the broker whether they would do."
)
def check_config(config: Path | None, probe: bool) -> None:
    """Tell every fault of the configuration at once."""
    path = find(config, os.environ)
    settings = load(path, os.environ)
    for remark in settings.remarks:
        click.echo(f"  {remark.path}: {remark.text}", err=True)
    click.echo(f"{path}: no faults")
    if probe:
        from cli.probe import probe as ask  # noqa: PLC0415

        sys.exit(ask(settings, click.echo))


for command in (
    look.alerts,
    look.alert,
    act.ack,
    act.unack,
    act.resolve,
    act.note,
    silences.silences,
    silences.silence,
    silences.extend,
    silences.unsilence,
    stored.prune,
    stored.copy_data,
    stored.backup,
    parked.parked,
    manifest.slack_manifest,
    health.health,
):
    main.add_command(command)


def _settings(config: Path | None) -> Settings:
    settings = load(find(config, os.environ), os.environ)
    hold_database(settings, alone=False)
    click.get_current_context().call_on_close(partial(tidy_database, settings))
    return settings
