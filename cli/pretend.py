"""The sandbox as a child of `run --sandbox` and `demo`, and the configuration that leads there.

As a program (`python -m cli.pretend`) it is that child: the sandbox itself, which knows nothing of who started it.
"""

import os
import socket
import subprocess
import sys
from pathlib import Path

import yaml

from cli.children import Child
from cli.lifeline import hold_on
from cli.places import NotHere
from sandbox import credentials
from sandbox.__main__ import main

API_TOKEN = "sandbox-api-token-of-this-machine"  # noqa: S105 (good for nothing elsewhere)


def free_port(wanted: int) -> int:
    """`wanted` where it is free, else any: a newcomer's other programs are not the newcomer's fault."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise NotHere("no port is free on 127.0.0.1")


def child(port: int, bridge_url: str) -> Child:
    return Child(
        "sandbox",
        ["cli.pretend", "--port", str(port), "--bridge-url", bridge_url],
        {},
        stdout=subprocess.PIPE,
    )


def start(sandbox: Child) -> str:
    """Its address, once it listens."""
    sandbox.start()
    if sandbox.process is None or sandbox.process.stdout is None:
        raise NotHere("the sandbox did not start")
    url = sandbox.process.stdout.readline().decode().strip()
    if not url:
        raise NotHere("the sandbox did not start; what it said is above")
    return url


def write_configuration(folder: Path, port: int, url: str, level: str) -> Path:
    """The configuration of a bridge that talks to the sandbox at `url` and to nobody else."""
    settings = {
        "server": {"host": "127.0.0.1", "port": port, "shutdown_timeout": "10s"},
        "storage": {"type": "memory"},
        "slack": {
            "enabled": True,
            "bot_token": credentials.SLACK_BOT_TOKEN,
            "signing_secret": credentials.SLACK_SIGNING_SECRET,
            "channel_id": credentials.SLACK_CHANNEL,
            "api_url": f"{url}/slack/api/",
        },
        "pagerduty": {
            "enabled": True,
            "routing_key": credentials.PAGERDUTY_ROUTING_KEY,
            "api_token": credentials.PAGERDUTY_API_TOKEN,
            "service_id": credentials.PAGERDUTY_SERVICE_ID,
            "from_email": credentials.PAGERDUTY_BOT.email,
            "webhook_secret": credentials.PAGERDUTY_WEBHOOK_SECRET,
            "api_url": f"{url}/pagerduty",
            "events_api_url": f"{url}/pagerduty",
        },
        "alertmanager": {
            "url": f"{url}/alertmanager",
            "poll_interval": "2s",
            "reconcile_interval": "15s",
        },
        "api": {"tokens": {"terminal": API_TOKEN}},
        "logging": {"level": os.environ.get("LOG_LEVEL") or level, "format": "console"},
    }
    path = folder / "sandbox.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return path


if __name__ == "__main__":
    hold_on()
    sys.exit(main())
