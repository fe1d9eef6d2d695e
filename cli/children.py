"""The processes behind `run`: started, watched, restarted, and ended in order."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cli.lifeline import FD

_STEADY = 30.0
_LONGEST_PAUSE = 10.0


@dataclass(slots=True)
class Child:
    """One program of ours. `fails` counts its ends since it last ran steadily."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    keep: Sequence[int] = ()
    stdout: int | None = None
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    fails: int = 0
    restart_at: float | None = None
    _line: list[int] = field(default_factory=list)

    def start(self) -> None:
        """In a process group of its own: Ctrl-C in the terminal reaches the command alone, which ends it in order."""
        reading, writing = os.pipe()
        self._line.append(writing)
        self.process = subprocess.Popen(
            # -P: what lies in the folder that somebody happens to be in is not ours, whatever its name.
            [sys.executable, "-P", "-m", *self.argv],
            env={**os.environ, **self.env, FD: str(reading)},
            stdin=subprocess.DEVNULL,
            stdout=self.stdout,
            pass_fds=(reading, *self.keep),
            process_group=0,
        )
        os.close(reading)
        self.started = time.monotonic()
        self.restart_at = None

    @property
    def ended(self) -> int | None:
        """Its exit status once it has ended by itself."""
        return self.process.poll() if self.process else None

    def revive(self) -> str | None:
        """Start it again when it has ended; what to say about that, if anything."""
        now = time.monotonic()
        if self.restart_at is not None:
            if now >= self.restart_at:
                self.start()
            return None
        status = self.ended
        if status is None:
            return None
        self.fails = 1 if now - self.started > _STEADY else self.fails + 1
        pause = 0.0 if self.fails == 1 else min(_LONGEST_PAUSE, 2.0 ** (self.fails - 1))
        self.restart_at = now + pause
        self._drop_line()
        return f"{self.name} ended with {_told(status)}; starting it again" + (
            f" in {pause:g} s" if pause else ""
        )

    def ask_to_end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def end(self, seconds: float) -> bool:
        """Wait so long for it, then kill it and all that it started. False: it had to be killed."""
        if self.process is None:
            return True
        try:
            self.process.wait(max(0.0, seconds))
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            return False
        finally:
            self._drop_line()
        return True

    def _drop_line(self) -> None:
        while self._line:
            os.close(self._line.pop())


def bury(children: Sequence[Child]) -> None:
    """What a killed child leaves behind falls to the first process of a container, and stays a zombie without this."""
    ours = {child.process.pid for child in children if child.process is not None}
    with contextlib.suppress(ChildProcessError):
        while ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            if ended.si_pid in ours:
                return
            os.waitpid(ended.si_pid, 0)


def _told(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"status {status}"
