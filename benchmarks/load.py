"""The load generator, a process of its own: many kept connections, on each one request at a time.

One thread and raw sockets, because a client written with more comfort costs more than the server that it measures.
"""

import json
import re
import selectors
import socket
import subprocess
import sys
import time
from dataclasses import asdict, dataclass

_PATIENCE = 10.0
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_GOOD = b"HTTP/1.1 202"


@dataclass(frozen=True, slots=True)
class Load:
    """What one round brought. `busy` is the generator's own share of one core: near 1 it was the limit."""

    answered: int
    refused: int
    seconds: float
    busy: float

    @property
    def rate(self) -> float:
        return self.answered / self.seconds


def run(port: int, request: bytes, *, connections: int, seconds: float) -> Load:
    """One round, in a fresh process. Raises OSError, or AssertionError where anything but 202 came back."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load", str(port), str(connections), str(seconds)],
        input=request,
        stdout=subprocess.PIPE,
        timeout=seconds + 3 * _PATIENCE,
        check=False,
    )
    assert done.returncode == 0, "the load generator failed; what it said is above"
    load = Load(**json.loads(done.stdout))
    assert not load.refused, (
        f"{load.refused} requests of {load.answered + load.refused} were not answered 202"
    )
    assert load.answered, "no request was answered"
    return load


class _Line:
    """One connection."""

    def __init__(self, port: int, request: bytes) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._request = request
        self._seen = b""

    def ask(self) -> None:
        self._seen = b""
        self.socket.sendall(self._request)

    def hear(self) -> bool | None:
        """Whether it was a 202, once the answer is whole. Raises ConnectionError."""
        part = self.socket.recv(65536)
        if not part:
            raise ConnectionError("the server closed a connection")
        self._seen += part
        head, end, body = self._seen.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not end or len(body) < (int(length[1]) if length else 0):
            return None
        return head.startswith(_GOOD)


def drive(port: int, request: bytes, connections: int, seconds: float) -> Load:
    """Ask until the time is over, then wait for what is under way, which is not counted."""
    lines = [_Line(port, request) for _ in range(connections)]
    with selectors.DefaultSelector() as waiting:
        for line in lines:
            waiting.register(line.socket, selectors.EVENT_READ, line)
        cpu, started = time.process_time(), time.monotonic()
        for line in lines:
            line.ask()
        good, bad = _until(waiting, started + seconds)
        elapsed, busy = time.monotonic() - started, time.process_time() - cpu
        _finish(waiting)
    for line in lines:
        line.socket.close()
    return Load(good, bad, elapsed, busy / elapsed)


def _until(waiting: selectors.BaseSelector, deadline: float) -> tuple[int, int]:
    good = bad = 0
    while time.monotonic() < deadline:
        for key, _ in waiting.select(_PATIENCE):
            line: _Line = key.data
            answer = line.hear()
            if answer is not None:
                good, bad = good + answer, bad + (not answer)
                line.ask()
    return good, bad


def _finish(waiting: selectors.BaseSelector) -> None:
    deadline = time.monotonic() + _PATIENCE
    while waiting.get_map() and time.monotonic() < deadline:
        for key, _ in waiting.select(1.0):
            if key.data.hear() is not None:
                waiting.unregister(key.fileobj)


if __name__ == "__main__":
    _port, _connections, _seconds = sys.argv[1:]
    _load = drive(int(_port), sys.stdin.buffer.read(), int(_connections), float(_seconds))
    print(json.dumps(asdict(_load)))
