"""docker-compose.yml as Debian's docker-compose understands it."""

import os
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.repo.tree import ROOT, text

OURS = "alert-bridge:local"
TOKEN_FILE = "/run/secrets/alertmanager_token"
CONFIGS = ("sandbox.yaml", "bridge.yaml")


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
