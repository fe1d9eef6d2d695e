"""Children do not outlive the command that started them, whatever ended it.

The parent holds the writing end of a pipe and never writes; when it is gone, by kill -9 too, reading ends.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable

FD = "ALERT_BRIDGE_LIFELINE"
# What a child may take to finish by itself before it is ended.
_GRACE = 15.0


def hold_on() -> None:
    """Ask this process to end, as by SIGTERM, once its parent is gone. Nothing to do where nobody holds the line."""
    given = os.environ.pop(FD, None)
    if given is not None:
        _when(lambda: os.read(int(given), 1))


def hold_on_to_spawner() -> None:
    """The same for a process that multiprocessing started."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        _when(parent.join)


def _when(gone: Callable[[], object]) -> None:
    def watch() -> None:
        gone()
        threading.Timer(_GRACE, os._exit, (1,)).start()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()
