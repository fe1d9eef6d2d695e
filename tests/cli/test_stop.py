"""How `run` ends: in order, at once, in the middle of its start, and by a kill."""

import signal
import time

import pytest

from sandbox import Sandbox
from sandbox.faults import Kind
from tests.cli.command import Home, alert, alive, children, shows, words
from tests.servers import Process, wait_until

INT, TERM, HUP = signal.SIGINT, signal.SIGTERM, signal.SIGHUP


def in_order(run: Process, number: signal.Signals) -> None:
    """It ends with status 0, soon, without a word too much and without leaving anybody behind."""
    below = children(run.pid)
    run.signal(number)
    assert run.wait(8) == 0, run.output()
    assert not [pid for pid in below if alive(pid)]
    assert run.output().endswith("stopped\n")
    assert "Traceback" not in run.output()


@pytest.mark.parametrize("number", [INT, TERM, HUP])
def test_a_signal_ends_it_in_order(home: Home, sandbox: Sandbox, number: signal.Signals) -> None:
    """Ctrl-C, a supervisor, a terminal that closes: no child and no folder remains."""
    with home.command("run") as run:
        home.wait_ready(run)
        home.post(alert("Stops"))
        wait_until(lambda: shows(sandbox, "Stops"), 20, "shown")
        in_order(run, number)
    assert not home.runtime.exists()


def test_a_stop_in_the_middle_of_the_start_is_heard_by_all(home: Home) -> None:
    """The receiver's application is still being made when the signal comes; nobody has to wait for a time-out."""
    with home.command("run") as run:
        run.wait_until(lambda: sum("api" in words(pid) for pid in children(run.pid)) == 2, 20, "forked")
        in_order(run, INT)


def test_a_second_signal_ends_it_at_once(home: Home, sandbox: Sandbox) -> None:
    """The worker waits for a Slack that hangs: who does not want to wait says so again."""
    sandbox.faults.add("slack", Kind.HANG, seconds=60)
    with home.command("run") as run:
        home.wait_ready(run)
        home.post(alert("Hangs"))
        run.wait_until(lambda: sandbox.traffic.count("pagerduty_events", "trigger"), 20, "being delivered")
        below = children(run.pid)
        run.signal(INT)
        run.wait_until(lambda: "stopping" in run.output(), 5, "stopping")
        time.sleep(1)
        assert run.running
        run.signal(INT)
        assert run.wait(3) == 1
        assert "worker was killed before it had finished" in run.output()
        assert not [pid for pid in below if alive(pid)]


def test_children_do_not_outlive_a_run_that_was_killed(home: Home, sandbox: Sandbox) -> None:
    """They notice by themselves, and the next one starts where this one ended."""
    with home.command("run") as run:
        home.wait_ready(run)
        below = children(run.pid)
        assert len(below) == 3
        run.kill9()
        wait_until(lambda: not any(alive(pid) for pid in below), 20, "children gone")
        run.start()
        home.wait_ready(run)
        home.post(alert("Again"))
        wait_until(lambda: shows(sandbox, "Again"), 20, "shown")


def test_nobody_reading_is_no_reason_to_leave_children_behind(home: Home) -> None:
    """`alert-bridge run | true`: it goes on, and is stopped as always."""
    with home.command("run", wrapped=["bash", "-c", 'exec "$@" 2>&1 > >(true)', "bash"]) as run:
        home.wait_ready(run)
        below = children(run.pid)
        run.signal(TERM)
        assert run.wait(8) == 0, run.output()
        assert not [pid for pid in below if alive(pid)]
        assert "BrokenPipe" not in run.output()
