"""One POST to the bridge over real HTTP: the status, or None when no answer came in time."""

from __future__ import annotations

import threading
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from socket import SHUT_RDWR
from urllib.parse import urlsplit

from sandbox.pagerduty.envelope import Request

MOST_READ = 65_536  # of an answer that nobody looks at


class Post:
    """Follows no redirect and asks no proxy. What is under way can be broken off."""

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        self._open: set[HTTPConnection] = set()
        self._lock = threading.Lock()

    def send(self, bridge_url: str, request: Request) -> int | None:
        address = urlsplit(bridge_url)
        kind = HTTPSConnection if address.scheme == "https" else HTTPConnection
        connection = kind(address.hostname or "", address.port, timeout=self.timeout)
        with self._lock:
            self._open.add(connection)
        try:
            path = address.path.rstrip("/") + request.path
            connection.request("POST", path, request.body, request.headers)
            with connection.getresponse() as answer:
                answer.read(MOST_READ)
                return answer.status
        except (OSError, HTTPException):
            return None
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()

    def break_off(self) -> None:
        with self._lock:
            for connection in self._open:
                if connection.sock is not None:
                    with suppress(OSError):
                        connection.sock.shutdown(SHUT_RDWR)
