"""Processes of tests: bounded waits that explain themselves, and nothing left behind."""

import signal
import sys
import time
from pathlib import Path

import pytest

from tests.servers import Process, free_port, wait_until

SLEEPER = [sys.executable, "-c", "import time; print('asleep', flush=True); time.sleep(60)"]
WITH_CHILD = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])
print(child.pid, flush=True)
time.sleep(60)
"""
PARENT = [sys.executable, "-c", WITH_CHILD]


def gone(pid: int) -> bool:
    """Dead, or a zombie that waits for a parent in a container without a reaper."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


def test_a_process_is_ended_with_its_block() -> None:
    """After the block nothing runs; the exit status is the signal's."""
    with Process(SLEEPER) as sleeper:
        sleeper.wait_until(lambda: "asleep" in sleeper.output())
        pid = sleeper.pid
    assert gone(pid)
    assert sleeper.stop() == -signal.SIGTERM


def test_children_do_not_outlive_the_block() -> None:
    """What a program started goes with it, also when the program itself was killed."""
    with Process(PARENT) as parent:
        child = int(parent.wait_until(lambda: parent.output().strip()))
        parent.kill9()
        assert not parent.running
        assert not gone(child)
    wait_until(lambda: gone(child), 2, "child gone")


def test_kill9_all_ends_parent_and_children_at_once() -> None:
    """A power cut spares nobody."""
    with Process(PARENT) as parent:
        child = int(parent.wait_until(lambda: parent.output().strip()))
        parent.kill9_all()
        wait_until(lambda: gone(child), 2, "child gone")
        assert not parent.running


def test_a_process_can_be_started_again() -> None:
    """After kill9() the same object runs the same program under a new pid."""
    with Process(SLEEPER) as sleeper:
        first = sleeper.pid
        sleeper.kill9()
        sleeper.start()
        assert first != sleeper.pid
        assert sleeper.running


def test_a_program_deaf_to_sigterm_is_killed() -> None:
    """stop() is bounded."""
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True); time.sleep(60)"
    with Process([sys.executable, "-c", deaf]) as process:
        process.wait_until(lambda: "on" in process.output())
        assert process.stop(timeout=0.2) == -signal.SIGKILL


def test_a_frozen_program_can_be_stopped() -> None:
    """SIGTERM reaches it because it is thawed first."""
    with Process(SLEEPER) as sleeper:
        sleeper.freeze()
        assert sleeper.stop(timeout=5) == -signal.SIGTERM


def test_exit_status_of_a_program_that_ends_by_itself() -> None:
    """wait() tells it, and so does stop() afterwards."""
    with Process([sys.executable, "-c", "raise SystemExit(3)"]) as process:
        assert process.wait() == 3
        assert process.stop() == 3


def test_a_failed_wait_shows_what_the_program_said_last() -> None:
    """The reader of a CI log needs no second run."""
    with Process([sys.executable, "-c", "print('no database here'); raise SystemExit(4)"]) as process:
        with pytest.raises(AssertionError, match=r"ended with 4 before it was ready") as failure:
            process.wait_until(lambda: False)
        assert "no database here" in failure.value.__notes__[0]


def test_waiting_is_bounded_and_tells_the_last_trouble() -> None:
    """A refused connection is a "not yet" that the failure repeats."""

    def refused() -> bool:
        raise ConnectionRefusedError("nobody listens")

    started = time.monotonic()
    with pytest.raises(AssertionError, match=r"the port: not within 0\.1 s.*nobody listens"):
        wait_until(refused, 0.1, "the port")
    assert time.monotonic() - started < 2


def test_a_missing_program_is_named_with_the_remedy() -> None:
    """Never a skipped test."""
    with (
        pytest.raises(FileNotFoundError, match=r"no-such-server is not installed; scripts/test-tools"),
        Process(["no-such-server"]),
    ):
        pass


def test_the_environment_is_laid_over_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """A value replaces, None removes."""
    monkeypatch.setenv("AWAY", "1")
    show = "import os; print(os.environ.get('HERE'), os.environ.get('AWAY'), 'PATH' in os.environ)"
    with Process([sys.executable, "-c", show], env={"HERE": "2", "AWAY": None}) as process:
        process.wait()
        assert process.output() == "2 None True\n"


def test_free_ports_differ_and_lie_below_the_outgoing_ones() -> None:
    """No outgoing connection can take one between its choice and its use."""
    lowest_outgoing = int(
        Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0]
    )
    ports = {free_port() for _ in range(50)}
    assert len(ports) == 50
    assert max(ports) < max(lowest_outgoing, 30_000)
