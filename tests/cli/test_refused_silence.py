"""A silence that an Alertmanager has refused by the time its making is answered: a bridge that answers so."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Home

END = "2036-11-23T14:30:00+00:00"
MATCHERS = [{"name": "größe", "value": "x", "isRegex": False, "isEqual": True}]
PREVIEW = {"matchers": MATCHERS, "end_at": END, "hides": 0, "already": 0, "alerts": [], "objections": []}
WORDS = "refused: HTTP 400: invalid label name"
PLACES = [
    {"target": "alertmanager:default", "standing": "behind", "id": None, "error": None},
    {"target": "alertmanager:eu", "standing": "parked", "id": None, "error": WORDS},
]
SILENCE = {
    "short_id": "019aafd1",
    "phase": "active",
    "end_at": END,
    "matchers": MATCHERS,
    "targets": PLACES,
}


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        made = {"silence": SILENCE, "record": {"action": "silenced"}}
        answer: dict[str, Any] = {"preview": PREVIEW} if asked.get("dry_run") else made
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (its name there)
        """Nothing: what is said belongs to the command."""


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_whoever_makes_a_silence_hears_that_an_alertmanager_refuses_it(tmp_path: Path, url: str) -> None:
    """It is done all the same, so the status is 0; that another has yet to be told is nothing to hear of."""
    arguments = ("silence", "größe=x", "--for", "2h", "--reason", "deploy", "--yes", "--url", url)
    with Home(tmp_path).command(*arguments, config=None, ALERT_BRIDGE_TOKEN="a-token") as command:
        status, said = command.wait(30), command.output()
    *_, done, refused = said.splitlines()
    assert status == 0
    assert done.startswith("silenced until 2036-11-23 ")
    assert refused == f"but not in alertmanager:eu: {WORDS}"
