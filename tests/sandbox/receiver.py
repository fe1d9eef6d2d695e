"""A bridge that only remembers what arrives and answers as it is told: real HTTP on a free port."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import orjson


@dataclass(frozen=True)
class Received:
    """One POST."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        told: dict[str, Any] = orjson.loads(self.body)["event"]
        return told

    @property
    def incident(self) -> str:
        data = self.event["data"]
        return str(data["incident"]["id"] if "incident" in data else data["id"])


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Who has hung up does not hear the answer; nobody needs to read of it."""


class Receiver:
    """`answer` chooses the status of each; `with` it."""

    def __init__(self, port: int = 0) -> None:
        self.received: list[Received] = []
        self.answer: Callable[[Received], int] = lambda _: 202
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                one = Received(self.path, dict(self.headers.items()), body)
                receiver.received.append(one)
                self.send_response(receiver.answer(one))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = _Server(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def told(self) -> list[str]:
        """The types of the events, in order of arrival."""
        return [one.event["event_type"] for one in self.received]

    def of(self, incident: str) -> list[str]:
        return [one.event["event_type"] for one in self.received if one.incident == incident]

    def wait(self, count: int, seconds: float = 5.0) -> None:
        end = time.monotonic() + seconds
        while len(self.received) < count:
            assert time.monotonic() < end, f"only {len(self.received)} of {count} arrived"
            time.sleep(0.005)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
