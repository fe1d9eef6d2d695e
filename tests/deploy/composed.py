"""docker-compose.yml as Debian's docker-compose understands it."""

import os
import re
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from config.loading import parse
from config.settings import Settings
from tests.repo.tree import ROOT, text

OURS = "alert-bridge:local"
TOKEN_FILE = "/run/secrets/alertmanager_token"
CONFIGS = ("sandbox.yaml", "bridge.yaml")
BRIDGES = ["migrate", "api", "worker", "worker-people"]
EXAMPLE = Path(".env.example")


def ask(*words: str, env: tuple[tuple[str, str], ...] = ()) -> str:
    """What docker-compose answers, with variables from `env` and from nowhere else."""
    # All of that file is switched off: one that people have here must not change what is read.
    argv = ["docker-compose", "--env-file", ".env.example", "-f", "docker-compose.yml", *words]
    around = {"PATH": os.environ["PATH"], **dict(env)}
    done = subprocess.run(argv, cwd=ROOT, env=around, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@cache
def composed(env: tuple[tuple[str, str], ...] = ()) -> dict[str, Any]:
    """All that it says."""
    found: dict[str, Any] = yaml.safe_load(ask("--profile", "sqlite", "config", env=env))
    return found


def services() -> dict[str, dict[str, Any]]:
    """Of both profiles."""
    found: dict[str, dict[str, Any]] = composed()["services"]
    return found


def words(service: str) -> list[str]:
    """What runs in it, as far as the compose file says."""
    one = services()[service]
    return [*one.get("entrypoint", []), *one.get("command", [])]


def check(service: str) -> list[str]:
    """Its health check."""
    found: list[str] = services()[service]["healthcheck"]["test"]
    return found


def unescaped(word: str) -> str:
    """As it reaches the container: compose makes one dollar of two."""
    return word.replace("$$", "$")


def environment(service: str, env: Mapping[str, str] | None = None) -> dict[str, str]:
    given: dict[str, Any] = composed(tuple((env or {}).items()))["services"][service].get("environment", {})
    return {name: unescaped(str(value)) for name, value in given.items()}


def deployed(name: str) -> str:
    return text(Path("deploy", "compose", name))


def filled() -> dict[str, str]:
    """.env.example with every line wanted."""
    lines = re.findall(r"^#([A-Z_]+)=(.*)$", text(EXAMPLE), re.MULTILINE)
    made = {
        "SLACK_BOT_TOKEN": "xoxb-made-up-bot-token",
        "SLACK_CHANNEL_ID": "C0EXAMPLE1",
        "PAGERDUTY_ROUTING_KEY": "R0MADE0UP0ROUTING0KEY00000000001",
        "PAGERDUTY_SERVICE_ID": "PEXMPL1",
        "PAGERDUTY_FROM_EMAIL": "ada@example.com",
        "ALERTMANAGER_URL": "http://alertmanager.example:9093",
    }
    return {name: value or made.get(name, f"made-up-{name.lower()}") for name, value in lines}


def settings(config: str, service: str, env: dict[str, str] | None = None) -> Settings:
    """What the bridge in this container makes of this configuration."""
    token = ROOT / "deploy" / "compose" / "alertmanager.token"
    return parse(deployed(config).replace(TOKEN_FILE, str(token)), environment(service, env), config)
