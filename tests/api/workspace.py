"""A Slack that opens modals, and nothing else, over real HTTP: it keeps what it was asked and says what it is told."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

from core.targets.slack_api import Api


@dataclass
class Workspace:
    """`answer` is what it says; while `open` is not set it says nothing yet."""

    port: int = 0
    answer: dict[str, Any] = field(default_factory=lambda: {"ok": True, "view": {"id": "V1"}})
    status: int = 200
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    open: threading.Event = field(default_factory=threading.Event)

    def api(self, port: int | None = None) -> Api:
        return Api("xoxb-made-up", f"http://127.0.0.1:{port or self.port}/api/", 2.0)


@contextmanager
def workspace() -> Iterator[Workspace]:
    world = Workspace()
    world.open.set()
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(world)) as server:
        server.daemon_threads = True
        world.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield world
        finally:
            world.open.set()
            server.shutdown()
            thread.join()


def _handler(world: Workspace) -> Callable[..., BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            world.calls.append((self.path, orjson.loads(body)))
            world.open.wait(10)
            said = orjson.dumps(world.answer)
            self.send_response(world.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            """Standard error stays quiet."""

    return Handler
