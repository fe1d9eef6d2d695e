"""`alert-bridge health`, by which a container says how it is."""

import signal

import pytest

from sandbox import Sandbox
from tests.cli.command import RUNNING, Home
from tests.servers import free_port


def test_a_receiver_that_answers_is_alive_and_ready(home: Home) -> None:
    """Two questions, one sentence each."""
    with home.command("run") as run:
        run.wait_until(lambda: RUNNING in run.output(), 30)
        assert home.say("health") == f"the receiver at http://127.0.0.1:{home.port} is alive\n"
        assert home.say("health", "--ready") == f"the receiver at http://127.0.0.1:{home.port} is ready\n"


def test_where_nobody_listens_it_says_so(home: Home) -> None:
    """With an exit status that Docker understands."""
    said = home.say("health", status=1)
    assert (
        f"alert-bridge: the receiver at http://127.0.0.1:{home.port} does not answer: Connection refused\n"
        == said
    )


def test_a_receiver_without_its_database_is_alive_and_not_ready(home: Home, sandbox: Sandbox) -> None:
    """To start it again would not bring the database back."""
    home.configure(
        sandbox, storage=mysql_on(free_port()), broker={"url": f"redis://127.0.0.1:{free_port()}/0"}
    )
    with home.command("api") as api:
        api.wait_until(lambda: home.ask("/health").status == 200, 30)
        assert home.say("health") == f"the receiver at http://127.0.0.1:{home.port} is alive\n"
        said = home.say("health", "--ready", status=1)
    assert "answers 503: database unreachable, migrations unknown" in said


def test_a_worker_that_waits_for_its_database_is_alive(home: Home, sandbox: Sandbox) -> None:
    """It answers from its first moment; frozen it does not."""
    port = free_port()
    home.configure(
        sandbox,
        storage=mysql_on(free_port()),
        broker={"url": f"redis://127.0.0.1:{free_port()}/0"},
        worker={"metrics_port": port},
    )
    with home.command("worker") as worker:
        worker.wait_until(lambda: "waiting for the database" in worker.output(), 30)
        assert home.say("health", "--worker") == f"the worker at http://127.0.0.1:{port} is alive\n"
        worker.signal(signal.SIGSTOP)
        said = home.say("health", "--worker", status=1)
        worker.thaw()
    assert said == f"alert-bridge: the worker at http://127.0.0.1:{port} does not answer: TimeoutError\n"


@pytest.mark.parametrize(
    ("option", "blocks", "key"),
    [("--ready", {"server": {"port": 0}}, "server.port"), ("--worker", {}, "worker.metrics_port")],
)
def test_an_address_that_nobody_knows_is_asked_for(
    home: Home, sandbox: Sandbox, option: str, blocks: dict[str, dict[str, int]], key: str
) -> None:
    """By the key that is missing."""
    home.configure(sandbox, **blocks)
    assert key in home.say("health", option, status=1)


def mysql_on(port: int) -> dict[str, object]:
    primary = {
        "host": "127.0.0.1",
        "port": port,
        "database": "bridge",
        "username": "bridge",
        "password": "bridge",
    }
    return {"type": "mysql", "mysql": {"primary": primary}}
