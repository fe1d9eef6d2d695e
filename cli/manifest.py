"""`slack-manifest`: the Slack app, ready to be pasted."""

import os
from importlib.resources import files
from pathlib import Path

import click

from cli.options import CONFIG

EXAMPLE = "https://alert-bridge.example.com"


@click.command("slack-manifest")
@CONFIG
@click.option("--url", help="Where Slack reaches the bridge; else api.public_url.")
def slack_manifest(config: Path | None, url: str | None) -> None:
    """Print the manifest of the Slack app."""
    text = files("config").joinpath("slack-app-manifest.yaml").read_text(encoding="utf-8")
    click.echo(text.replace(EXAMPLE, _address(url or _public_url(config))), nl=False)


def _public_url(config: Path | None) -> str:
    from cli.places import NotHere  # noqa: PLC0415
    from config import find, load  # noqa: PLC0415

    public_url = load(find(config, os.environ), os.environ).api.public_url
    if public_url is None:
        raise NotHere(
            "where does Slack reach the bridge? Name it with --url https://…, or set api.public_url"
        )
    return public_url


def _address(url: str) -> str:
    """Of characters that mean nothing to YAML; Slack takes no other scheme."""
    from config.addresses import split  # noqa: PLC0415

    parts = split(url)
    good = parts and parts.scheme == "https" and parts.hostname and not (parts.query or parts.fragment)
    if not good or not set(url) <= _PLAIN:
        raise click.BadParameter("Slack needs an address like https://alert-bridge.example.com")
    return url.rstrip("/")


_PLAIN = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:/")
