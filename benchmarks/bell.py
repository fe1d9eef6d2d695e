"""kombu's `memory://` with a bell for its consumer, so that the comparison is not about how often somebody looks."""

import threading
import time
from queue import Empty
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, memory

SCHEME = "bell"
_LOOK = 0.25
_BELL = threading.Event()


class Channel(memory.Channel):
    def _put(self, queue: str, message: Any, **more: Any) -> None:
        super()._put(queue, message, **more)  # type: ignore[no-untyped-call]
        _BELL.set()


class Transport(memory.Transport):
    Channel = Channel

    def drain_events(self, connection: Any, timeout: float | None = None, **_: Any) -> None:  # noqa: ARG002
        """As the shipped broker's."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            _BELL.clear()
            try:
                self.cycle.get(self._deliver, timeout=timeout)  # type: ignore[union-attr]
            except Empty:
                left = _LOOK if deadline is None else min(_LOOK, deadline - time.monotonic())
                if left <= 0:
                    raise TimeoutError from None
                _BELL.wait(left)
            else:
                return


TRANSPORT_ALIASES[SCHEME] = f"{__name__}:Transport"
