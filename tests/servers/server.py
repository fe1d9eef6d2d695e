"""What all servers have in common: a port, a data folder, a process, and a way to ask whether it answers."""

import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Self

from tests.servers.process import Process


@contextmanager
def data_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="alert-bridge-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


class Server(ABC):
    """Runs inside its `with` block. stop(), kill9() and start() in between keep port and data."""

    start_timeout: ClassVar[float] = 20.0

    def __init__(
        self,
        port: int,
        folder: Path,
        argv: Sequence[str | Path],
        env: Mapping[str, str | None] | None = None,
    ) -> None:
        self.port = port
        self.folder = folder
        self.process = Process(argv, cwd=folder, env=env)

    @abstractmethod
    def is_ready(self) -> bool:
        """Whether it answers now; may raise OSError while it does not."""

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.process.__exit__()
            raise

    def __exit__(self, *_: object) -> None:
        self.process.__exit__()

    def start(self) -> Self:
        self.process.start()
        return self.wait_ready()

    def wait_ready(self) -> Self:
        self.process.wait_until(self.is_ready, self.start_timeout)
        return self

    def stop(self) -> None:
        self.process.stop()

    def kill9(self) -> None:
        self.process.kill9()

    def freeze(self) -> None:
        self.process.freeze()

    def thaw(self) -> None:
        self.process.thaw()
