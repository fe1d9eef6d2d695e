"""Free ports of 127.0.0.1, below the range from which the kernel serves outgoing connections.

A port asked of the kernel may be somebody's outgoing connection before its server binds it. These can't be.
"""

import os
import socket
from collections.abc import Iterator
from itertools import cycle

_FIRST, _COUNT = 20_000, 10_000


def _candidates() -> Iterator[int]:
    """All of them in a circle; each process starts elsewhere, so that parallel test workers seldom meet."""
    start = os.getpid() * 97 % _COUNT
    return cycle(_FIRST + (start + step) % _COUNT for step in range(_COUNT))


_ports = _candidates()


def free_port() -> int:
    """A port that nobody holds now, for TCP or UDP, and that this process has not handed out lately."""
    return next(port for port in _ports if _is_free(port))


def _is_free(port: int) -> bool:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                # As servers do: a port whose last connections are only timing out can be taken.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True
