"""The embedded broker: kombu's folder of messages, made safe and prompt.

kombu's own creates a message's file and then fills it. A consumer that looks in between takes an empty file for a
message, cannot decode it, and ends the whole worker. Here a message appears under its name only once it is complete,
and whoever puts one there rings a bell (a named pipe), so that consumers need not look fifty times a second.
"""

import math
import os
import select
import time
import uuid
from contextlib import suppress
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps, loads

SCHEME = "embedded"
_PART = ".part"
_BELL = "bell"
# How often a consumer looks when no bell has rung: another consumer may have heard it first.
_LOOK = 0.25


class Channel(filesystem.Channel):
    """One folder; a message's name is its time, something random, and its queue."""

    supports_fanout = False

    def _put(self, queue: str, payload: Any, **_: Any) -> None:  # type: ignore[override]
        folder = Path(self.data_folder_out)
        name = f"{time.monotonic_ns():020}-{uuid.uuid4().hex[:8]}.{queue}"
        part = folder / f"{name}{_PART}"
        part.write_text(dumps(payload), encoding="utf-8")  # type: ignore[no-untyped-call]
        part.rename(folder / name)
        _ring(folder / _BELL)

    def _get(self, queue: str, timeout: float | None = None) -> Any:  # noqa: ARG002 (kombu's signature)
        for path in self._waiting(queue):
            try:
                text = path.read_text(encoding="utf-8")
                path.unlink()
                return loads(text)  # type: ignore[no-untyped-call]
            except (FileNotFoundError, ValueError):
                continue  # another consumer was faster; or somebody put a file of his own there
        raise Empty

    def _size(self, queue: str) -> int:
        return len(self._waiting(queue))

    def _purge(self, queue: str) -> int:
        waiting = self._waiting(queue)
        for path in waiting:
            path.unlink(missing_ok=True)
        return len(waiting)

    def _waiting(self, queue: str) -> list[Path]:
        """Its messages, oldest first; none where the whole folder was taken away."""
        try:
            folder = Path(self.data_folder_in)
            return sorted(path for path in folder.iterdir() if path.name.partition(".")[2] == queue)
        except FileNotFoundError:
            return []

    # Each queue has an exchange and a key of its own name: there is no table to keep, and none to find half written.

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        pass

    def get_table(self, exchange: str) -> list[Any]:
        return [filesystem.exchange_queue_t(exchange, "", exchange)]

    def _delete(self, queue: str, *_: Any, **__: Any) -> None:
        self._purge(queue)


class Transport(filesystem.Transport):
    Channel = Channel
    driver_type = driver_name = SCHEME
    _heard: int | None = None

    def drain_events(self, connection: Any, timeout: float | None = None, **_: Any) -> None:  # noqa: ARG002
        """Deliver one message. Raises TimeoutError, as kombu's loop expects it."""
        # Between two looks Celery asks whether it should stop; kombu's two seconds, twice, would be long at a Ctrl-C.
        deadline = math.inf if timeout is None else time.monotonic() + min(_LOOK, timeout)
        while True:
            try:
                self.cycle.get(self._deliver, timeout=timeout)  # type: ignore[union-attr]
            except Empty:
                left = min(_LOOK, deadline - time.monotonic())
                if left <= 0:
                    raise TimeoutError from None
                self._listen(left)
            else:
                return

    def close_connection(self, connection: Any) -> None:
        super().close_connection(connection)  # type: ignore[no-untyped-call]
        if self._heard is not None:
            os.close(self._heard)
            self._heard = None

    def _listen(self, seconds: float) -> None:
        """Until the bell rings, or for so long."""
        if self._heard is None:
            options: dict[str, str] = self.client.transport_options  # type: ignore[union-attr]
            self._heard = _open(Path(options["data_folder_in"], _BELL))
        if self._heard is None:
            time.sleep(seconds)
        elif select.select([self._heard], [], [], seconds)[0]:
            with suppress(BlockingIOError):
                os.read(self._heard, 4096)


def _open(bell: Path) -> int | None:
    """For reading and writing, so that it never blocks and never ends; None where there can't be one."""
    try:
        with suppress(FileExistsError):
            os.mkfifo(bell, 0o600)
        return os.open(bell, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None


def _ring(bell: Path) -> None:
    """Best effort: who does not hear it looks by itself before long."""
    descriptor = _open(bell)
    if descriptor is not None:
        with suppress(BlockingIOError):
            os.write(descriptor, b"!")
        os.close(descriptor)


TRANSPORT_ALIASES[SCHEME] = f"{__name__}:Transport"
