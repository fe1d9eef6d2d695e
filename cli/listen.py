"""Where the receiver listens, and how it is reached from the same machine."""

import socket
from dataclasses import dataclass

from cli.places import NotHere
from config.settings import Server

_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}


@dataclass(frozen=True, slots=True)
class Address:
    """`ip` is numeric: granian resolves no names."""

    ip: str
    port: int

    @property
    def nearby(self) -> str:
        """Where a program on this machine connects to."""
        return _ANY.get(self.ip, self.ip)

    @property
    def url(self) -> str:
        return (
            f"http://[{self.nearby}]:{self.port}" if ":" in self.ip else f"http://{self.nearby}:{self.port}"
        )


def resolve(server: Server, port: int | None = None) -> Address:
    """Numbers for `server.host`: of a name that has both kinds, IPv4. Raises NotHere."""
    wanted = server.port if port is None else port
    try:
        found = socket.getaddrinfo(server.host, wanted, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise NotHere(f"server.host {server.host} is not an address to listen on: {error.strerror}") from None
    ips = [str(place[0]) for family, _, _, _, place in found if family in (socket.AF_INET, socket.AF_INET6)]
    return Address(min(ips, key=lambda ip: ":" in ip), wanted)


def claim(server: Server, port: int | None = None) -> Address:
    """One that was free a moment ago, with port 0 replaced. Raises NotHere.

    To be asked first: granian shares a port with whoever else shares it, and half the alerts would go to another one.
    """
    address = resolve(server, port)
    family = socket.AF_INET6 if ":" in address.ip else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.ip, address.port))
        except OSError as error:
            raise NotHere(
                f"cannot listen on {address.ip} port {address.port}: {error.strerror}. "
                "Stop what listens there, or change server.port or server.host"
            ) from None
        return Address(address.ip, int(probe.getsockname()[1]))
