"""How `run` ends: in order, at once, in the middle of its start, and by a kill."""

import signal
import time

from sandbox import Sandbox
from sandbox.faults import Kind
from tests.cli.command import RUNNING, Home, alert, alive, children, shows
from tests.servers import Process, wait_until

INT, TERM, HUP = signal.SIGINT, signal.SIGTERM, signal.SIGHUP


def in_order(run: Process, number: signal.Signals) -> None:
    """Status 0, so nobody had to be killed; not a word too much, and nobody is left behind."""
    below = children(run.pid)
    run.signal(number)
    assert run.wait(15) == 0, run.output()
    assert not [pid for pid in below if alive(pid)]
    assert run.output().endswith("stopped\n")
    assert "Traceback" not in run.output()


def test_ctrl_c_ends_it_in_order(home: Home, sandbox: Sandbox) -> None:
    """No child and no folder remains. On every interface, it names the address that can be opened here."""
    home.configure(sandbox, server={"host": "0.0.0.0"})
    with home.command("run") as run:
        run.wait_until(lambda: RUNNING in run.output(), 30)
        assert f"its health   http://127.0.0.1:{home.port}/ready" in run.output()
        home.post(alert("Stops"))
        wait_until(lambda: shows(sandbox, "Stops"), 20, "shown")
        assert home.runtime.exists()
        in_order(run, INT)
        assert "receiver stopped" in run.output()
        assert "worker stopped" in run.output()
    assert not home.runtime.exists()


def test_a_supervisor_ends_it_in_order_though_nobody_reads(home: Home) -> None:
    """`alert-bridge run | true`: it goes on without its reader, and SIGTERM is as good as Ctrl-C."""
    with home.command("run", wrapped=["bash", "-c", 'exec "$@" 2>&1 > >(true)', "bash"]) as run:
        home.wait_ready(run)
        below = children(run.pid)
        run.signal(TERM)
        assert run.wait(15) == 0, run.output()
        assert not [pid for pid in below if alive(pid)]
        assert "BrokenPipe" not in run.output()


def test_a_stop_in_the_middle_of_the_start_is_heard_by_all(home: Home) -> None:
    """The receiver's application is still being made when the signal comes; nobody has to wait for a time-out."""
    with home.command("run") as run:
        run.wait_until(lambda: len(children(run.pid)) >= 3, 20, "in the middle")
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
        assert run.wait(5) == 1
        assert "worker was killed before it had finished" in run.output()
        assert not [pid for pid in below if alive(pid)]


def test_children_do_not_outlive_a_run_that_was_killed(home: Home, sandbox: Sandbox) -> None:
    """They notice by themselves. The next one starts, and ends in order when its terminal closes.

    Whoever runs the tests under nohup hands its deaf ear down, so it is opened here.
    """
    with home.command("run", wrapped=["env", "--default-signal=HUP"]) as run:
        home.wait_ready(run)
        below = children(run.pid)
        assert len(below) >= 3
        run.kill9()
        wait_until(lambda: not any(alive(pid) for pid in below), 60, "children gone")
        run.start()
        home.wait_ready(run)
        home.post(alert("Again"))
        wait_until(lambda: shows(sandbox, "Again"), 60, "shown")
        in_order(run, HUP)
