"""What `run` and `demo` say to whoever started them, whether or not anybody still reads it."""

import os
import sys
from typing import TextIO


def out(text: str) -> None:
    _write(sys.stdout, f"{text}\n")


def err(text: str) -> None:
    _write(sys.stderr, f"alert-bridge: {text}\n")


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
        stream.flush()
    except OSError:
        # A terminal that was closed, `| head`: no reason to leave the children alone. What is still in the buffer
        # would fail once more at the very end.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
