"""The best that this server can do: the receiver's granian, option by option, with an empty Flask route behind it.

python -m benchmarks.empty CONFIG
"""

import os
import sys
from pathlib import Path
from unittest.mock import patch

import flask

from cli import receiver
from config import load


def build() -> flask.Flask:
    app = flask.Flask("empty", static_folder=None)

    @app.post("/alertmanager/webhook")
    def webhook() -> tuple[str, int]:
        return "", 202

    return app


if __name__ == "__main__":
    _settings = load(Path(sys.argv[1]), os.environ)
    # The application alone is another one: whatever the receiver's options become, they hold here too.
    with patch.object(receiver, "_build", build):
        receiver.serve(_settings, _settings.server.port)
