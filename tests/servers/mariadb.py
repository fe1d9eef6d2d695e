"""A private MariaDB. One takes some seconds to set up: keep it for a module or a session, and ask it for databases."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.exc import OperationalError

from tests.servers.ports import free_port
from tests.servers.process import PATH
from tests.servers.server import Server, data_folder

_FLAGS = (
    "--bind-address=127.0.0.1",
    "--skip-name-resolve",
    "--skip-log-bin",
    "--skip-log-error",  # to stderr, where Process keeps it
    "--socket=mariadb.sock",  # inside the data folder
    "--innodb-buffer-pool-size=64M",
    "--innodb-log-file-size=16M",
    "--innodb-flush-log-at-trx-commit=2",  # survives kill -9; a power cut is not tested here
    "--character-set-server=utf8mb4",
)


class MariaDB(Server):
    user, password = "bridge", "bridge-password"
    start_timeout = 30.0

    def __init__(self, port: int, folder: Path, argv: Sequence[str | Path]) -> None:
        super().__init__(port, folder, argv)
        self._numbers = count(1)
        # AUTOCOMMIT, no pool: nothing of it outlives a statement, so kill9() and stop() meet no held connection.
        root = f"mysql+pymysql://root@127.0.0.1:{port}/?connect_timeout=2"
        self._root = create_engine(root, poolclass=NullPool, isolation_level="AUTOCOMMIT")

    def new_database(self) -> str:
        """The name of an empty database that is the caller's alone."""
        name = f"bridge_{next(self._numbers)}"
        self.execute(
            f"CREATE DATABASE {name} CHARACTER SET utf8mb4",
            f"GRANT ALL ON {name}.* TO '{self.user}'@'%' IDENTIFIED BY '{self.password}'",
        )
        return name

    def url(self, database: str) -> str:
        """For SQLAlchemy."""
        return f"mysql+pymysql://{self.user}:{self.password}@127.0.0.1:{self.port}/{database}?charset=utf8mb4"

    def execute(self, *statements: str) -> None:
        """As root."""
        with self._root.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))

    def ask(self, statement: str) -> list[Any]:
        """The first column, as root."""
        with self._root.connect() as connection:
            return list(connection.execute(text(statement)).scalars())

    def follow(self, primary: "MariaDB") -> None:
        """Repeat whatever happens there from the beginning; both need a --server-id, the other one a --log-bin."""
        primary.execute("GRANT REPLICATION SLAVE ON *.* TO 'follower'@'%' IDENTIFIED BY 'follower-password'")
        self.execute(
            f"CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT={primary.port}, MASTER_USER='follower', "
            "MASTER_PASSWORD='follower-password', MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1",
            "START SLAVE",
        )

    def is_ready(self) -> bool:
        try:
            self.execute("SELECT 1")
        except OperationalError as error:
            raise ConnectionError(str(error.orig)) from error
        return True


def _install(folder: Path, as_user: Sequence[str]) -> None:
    data = f"--datadir={folder / 'data'}"
    temporary = folder / "tmp"
    temporary.mkdir()
    flags = [
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
        "--skip-name-resolve",
        data,
        # Its temporary tables have names that two servers starting at once would share in /tmp.
        f"--tmpdir={temporary}",
        *as_user,
    ]
    try:
        subprocess.run(
            ["mariadb-install-db", "--no-defaults", *flags],
            env={**os.environ, "PATH": PATH},
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        )
    except subprocess.CalledProcessError as error:
        error.add_note(error.stdout + error.stderr)
        raise


@contextmanager
def mariadb_server(*, options: Sequence[str] = ()) -> Iterator[MariaDB]:
    """`options` as on its command line: ["--max-allowed-packet=64M"]."""
    port = free_port()
    as_user = ["--user=root"] if os.geteuid() == 0 else []  # it refuses to be root until asked to
    with data_folder() as folder:
        _install(folder, as_user)
        paths = [f"--datadir={folder / 'data'}", f"--tmpdir={folder / 'tmp'}"]
        flags = [*paths, f"--port={port}", *_FLAGS, *as_user, *options]
        with MariaDB(port, folder, ["mariadbd", "--no-defaults", *flags]) as server:
            yield server
