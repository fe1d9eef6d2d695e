"""A private Redis that keeps nothing on disk."""

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.servers.ports import free_port
from tests.servers.server import Server, data_folder


class Redis(Server):
    password = ""

    @property
    def url(self) -> str:
        credentials = f":{self.password}@" if self.password else ""
        return f"redis://{credentials}127.0.0.1:{self.port}/0"

    def is_ready(self) -> bool:
        """Answers anything at all: with a password that is -NOAUTH."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith((b"+PONG", b"-NOAUTH"))


@contextmanager
def redis_server(*, password: str = "", options: Sequence[str] = ()) -> Iterator[Redis]:
    """`options` as on its command line: ["--maxmemory", "1mb"]."""
    port = free_port()
    flags = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", *options]
    if password:
        flags += ["--requirepass", password]
    with data_folder() as folder:
        server = Redis(port, folder, ["redis-server", *flags])
        server.password = password
        with server:
            yield server
