"""The best that this server can do: the receiver's granian, option by option, with an empty Flask route behind it.

    python -m benchmarks.empty CONFIG
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import flask
from granian import Granian

from cli import receiver
from config import load


def build() -> flask.Flask:
    app = flask.Flask("empty", static_folder=None)

    @app.post("/alertmanager/webhook")
    def webhook() -> tuple[str, int]:
        return "", 202

    return app


def serving(target: str) -> Callable[..., Granian]:
    """granian as the receiver would make it, whatever its options become, but for the application."""

    def make(_: str, **options: Any) -> Granian:
        return Granian(target, **options)

    return make


if __name__ == "__main__":
    _settings = load(Path(sys.argv[1]), os.environ)
    with patch.object(receiver, "Granian", serving("benchmarks.empty:build")):
        receiver.serve(_settings, _settings.server.port)
