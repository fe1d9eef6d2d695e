"""A private Redis that keeps nothing on disk."""

import socket
import ssl
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.servers.ports import free_port
from tests.servers.server import Server, data_folder

_CERTIFICATE = (
    "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=redis -addext subjectAltName=IP:127.0.0.1"
)


class Redis(Server):
    password = ""
    certificate: Path | None = None

    @property
    def url(self) -> str:
        credentials = f":{self.password}@" if self.password else ""
        if self.certificate is None:
            return f"redis://{credentials}127.0.0.1:{self.port}/0"
        return f"rediss://{credentials}127.0.0.1:{self.port}/0?ssl_ca_certs={self.certificate}"

    def is_ready(self) -> bool:
        """Answers anything at all: with a password that is -NOAUTH."""
        with self._connected() as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith((b"+PONG", b"-NOAUTH"))

    def _connected(self) -> socket.socket:
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=2)
        if self.certificate is None:
            return plain
        context = ssl.create_default_context(cafile=self.certificate)
        return context.wrap_socket(plain, server_hostname="127.0.0.1")


@contextmanager
def redis_server(*, password: str = "", tls: bool = False, options: Sequence[str] = ()) -> Iterator[Redis]:
    """`options` as on its command line: ["--maxmemory", "1mb"]. With `tls` its certificate is its own authority."""
    port = free_port()
    flags = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", *options]
    if password:
        flags += ["--requirepass", password]
    with data_folder() as folder:
        flags += _tls_flags(folder, port) if tls else ["--port", str(port)]
        server = Redis(port, folder, ["redis-server", *flags])
        server.password = password
        server.certificate = folder / "cert.pem" if tls else None
        with server:
            yield server


def _tls_flags(folder: Path, port: int) -> list[str]:
    key, certificate = folder / "key.pem", folder / "cert.pem"
    argv = [*_CERTIFICATE.split(), "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(argv, check=True, capture_output=True, timeout=60)
    files = ["--tls-key-file", str(key), "--tls-cert-file", str(certificate), "--tls-auth-clients", "no"]
    return ["--port", "0", "--tls-port", str(port), *files]
