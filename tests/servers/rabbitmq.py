"""A private RabbitMQ with its own name, folder and epmd: nothing of the machine's is asked or left running."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.ports import free_port
from tests.servers.process import Process
from tests.servers.server import Server, data_folder

# Debian's /usr/sbin/rabbitmq-server becomes another user when root starts it, who may not write into our folder.
_PROGRAM = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")


class RabbitMQ(Server):
    start_timeout = 60.0

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    def is_ready(self) -> bool:
        """It takes a connection and begins to speak AMQP."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
            connection.settimeout(2)
            connection.sendall(b"AMQP\x00\x00\x09\x01")
            return bool(connection.recv(8))

    # What listens is a child of the script that is started.

    def kill9(self) -> None:
        self.process.kill9_all()

    def freeze(self) -> None:
        os.killpg(self.process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        if self.process.running:
            os.killpg(self.process.pid, signal.SIGCONT)


@contextmanager
def rabbitmq_server() -> Iterator[RabbitMQ]:
    port, names = free_port(), free_port()
    with data_folder() as folder:
        plugins = folder / "plugins"
        plugins.write_text("[].\n", encoding="ascii")
        env = {
            "HOME": str(folder),  # for the cookie
            "ERL_EPMD_PORT": str(names),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"bridge-{port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(plugins),
            "RABBITMQ_CONFIG_FILE": str(folder / "none"),
            "RABBITMQ_CONF_ENV_FILE": os.devnull,
        }
        server = RabbitMQ(port, folder, [_PROGRAM], env)
        # In the foreground, so that it ends with us; RabbitMQ would start one that stays for ever.
        with Process(["epmd", "-address", "127.0.0.1", "-port", str(names)], env=env), server:
            yield server
