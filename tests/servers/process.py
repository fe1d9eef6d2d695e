"""A program under test, or one that a test needs: started in its own session, ended by pid, its output kept.

Nothing here waits without a bound, and every failure shows what the program said last.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import Self, TypeVar

T = TypeVar("T")
PATH = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"  # where Debian keeps mariadbd


def wait_until(predicate: Callable[[], T], timeout: float = 10.0, what: str = "the condition") -> T:
    """The first true answer of `predicate`, asked every 20 ms. A refused connection is a "not yet"."""
    deadline = time.monotonic() + timeout
    while True:
        trouble = ""
        try:
            if answer := predicate():
                return answer
        except (OSError, HTTPException) as error:
            trouble = f": {error!r}"
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {timeout:g} s{trouble}")
        time.sleep(0.02)


class Process:
    """One program. `with Process([...]) as it:` starts it and leaves nothing of it running.

    Start it from the test's main thread: where setpriv exists, the kernel ends the program when the thread that
    started it ends, so that a killed pytest leaves no servers behind.
    """

    def __init__(
        self,
        argv: Sequence[str | Path],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str | None] | None = None,
    ) -> None:
        """`env` is laid over the environment of the tests; None takes a variable away."""
        self.argv = [str(word) for word in argv]
        self.name = Path(self.argv[0]).name
        self._cwd = cwd
        merged = {**os.environ, "PATH": PATH, **(env or {})}
        self._env = {name: value for name, value in merged.items() if value is not None}
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (it lives as long as this object)
        self._runs: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        try:
            return self if self._runs else self.start()
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._log.close()

    def start(self) -> Self:
        """Also again, after stop() or kill9()."""
        assert not self.running, f"{self.name} runs already"
        command = shutil.which(self.argv[0], path=PATH)
        if command is None:
            raise FileNotFoundError(f"{self.argv[0]} is not installed; scripts/test-tools gets the servers")
        leash = ["setpriv", "--pdeathsig", "TERM", "--"] if shutil.which("setpriv", path=PATH) else []
        self._runs.append(
            subprocess.Popen(
                [*leash, command, *self.argv[1:]],
                cwd=self._cwd,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        )
        return self

    @property
    def pid(self) -> int:
        assert self._runs, f"{self.name} was not started"
        return self._runs[-1].pid

    @property
    def running(self) -> bool:
        return bool(self._runs) and self._runs[-1].returncode is None and self._exit_status() is None

    def output(self, size: int = 20_000) -> str:
        """The last of what it said, both streams of all its runs."""
        end = os.fstat(self._log.fileno()).st_size
        # pread: seek would move the place where the program writes.
        return os.pread(self._log.fileno(), size, max(0, end - size)).decode(errors="replace")

    def wait_until(self, predicate: Callable[[], T], timeout: float = 10.0, what: str = "ready") -> T:
        """As the function, but fails at once when the program ends, and shows its output."""

        def ask() -> T | bool:
            if not self.running:
                raise AssertionError(f"{self.name} ended with {self._status()} before it was {what}")
            return predicate()

        try:
            return wait_until(ask, timeout, f"{self.name} {what}")  # type: ignore[return-value]
        except AssertionError as error:
            error.add_note(f"--- the last output of {self.name} ---\n{self.output(4_000)}")
            raise

    def wait(self, timeout: float = 10.0) -> int:
        """Its exit status, negative for a signal, once it ends by itself."""
        try:
            wait_until(lambda: not self.running, timeout, f"{self.name} ended")
        except AssertionError as error:
            error.add_note(f"--- the last output of {self.name} ---\n{self.output(4_000)}")
            raise
        return self._status()

    def signal(self, number: signal.Signals) -> None:
        """To the program alone, not to its children."""
        if self.running:
            os.kill(self.pid, number)

    def freeze(self) -> None:
        """It holds its connections and answers nobody, like a machine that is gone."""
        self.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.signal(signal.SIGCONT)

    def kill9(self) -> None:
        """The program alone: its children live on, as after an out-of-memory kill."""
        self.signal(signal.SIGKILL)
        self.wait()

    def kill9_all(self) -> None:
        """The program and every child that it started, at once: a power cut."""
        self._kill_session(self.pid)
        self.wait()

    def stop(self, timeout: float = 10.0) -> int | None:
        """Its exit status after SIGTERM, or SIGKILL when that takes too long. Children that outlive it are killed."""
        if not self._runs:
            return None
        self.signal(signal.SIGTERM)
        self.thaw()
        with suppress(AssertionError):
            self.wait(timeout)
        status = None
        for run in self._runs:
            if run.returncode is None:
                # Before it is reaped: until then nobody else can have the number of its process group.
                self._kill_session(run.pid)
                status = run.wait()
        return self._runs[-1].returncode if status is None else status

    def _kill_session(self, pid: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)

    def _exit_status(self) -> int | None:
        """The status of a program that ended, which stays a zombie: its pid and group are not given away."""
        ended = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG)
        if ended is None:
            return None
        return ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status

    def _status(self) -> int:
        status = self._runs[-1].returncode
        if status is None:
            status = self._exit_status()
        assert status is not None
        return status
