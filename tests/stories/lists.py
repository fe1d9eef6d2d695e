"""A member of a cluster whose answers a test writes, where a real one could not be caught at the right moment."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

from sandbox import alerts


class Lists:
    """A member whose answers a test writes; `meanwhile` happens while its list is asked for."""

    def __init__(self) -> None:
        self.url = ""
        self.started = datetime.now(UTC) - timedelta(days=1)
        self.alerts: list[dict[str, Any]] = []
        self.meanwhile: Callable[[], object] = lambda: None

    def answer(self, path: str) -> Any:
        if path == "/api/v2/status":
            return {"uptime": self.started.isoformat(), "config": {"original": "route: {group_interval: 1s}"}}
        self.meanwhile()
        return self.alerts


@contextmanager
def open_lists() -> Iterator[Lists]:
    ours = Lists()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = orjson.dumps(ours.answer(self.path))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        ours.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield ours
        finally:
            server.shutdown()
            thread.join()


def listed(payload: Mapping[str, Any], state: str = "active") -> list[dict[str, Any]]:
    """The same alerts as Alertmanager's list has them."""
    return [
        {**one, "receivers": [{"name": alerts.RECEIVER}], "status": {"state": state, "silencedBy": []}}
        for one in payload["alerts"]
    ]
