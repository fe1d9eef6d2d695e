"""The door of a worker: its own numbers at /metrics, and at /health whether it still goes its rounds.

Alive means that its sweep comes round, for the sweep does whatever else stands still: a worker that has lost its
broker or its database is alive, and to start it again would bring neither back.
"""

import json
import threading
import time
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import make_wsgi_app

# A round takes two seconds, and as long as a database that hangs makes it (storage.mysql.timeout is 30 s at most).
_LONGEST_ROUND = 60.0


class Rounds:
    """When the last round of the sweep began. `limit` is what one may take, in seconds."""

    def __init__(self, limit: float = _LONGEST_ROUND) -> None:
        self._limit = limit
        self._last = time.monotonic()

    def begin(self) -> None:
        self._last = time.monotonic()

    def trouble(self) -> str | None:
        silent = time.monotonic() - self._last
        return f"the sweep has not come round for {silent:.0f} s" if silent > self._limit else None


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Handler(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Who looks every few seconds need not be on record."""


def open_door(port: int, trouble: Callable[[], str | None], host: str = "") -> WSGIServer:
    """Answer from the moment this returns, until `server_close`. OSError when the port is taken."""
    metrics = make_wsgi_app()

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/health":
            numbers: Iterable[bytes] = metrics(environ, start_response)
            return numbers
        told = trouble()
        start_response(
            "503 Service Unavailable" if told else "200 OK", [("Content-Type", "application/json")]
        )
        return [json.dumps({"status": told or "ok"}).encode()]

    server = make_server(host, port, answer, server_class=_Server, handler_class=_Handler)
    threading.Thread(target=server.serve_forever, name="door", daemon=True).start()
    return server
