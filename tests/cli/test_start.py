"""What the commands refuse to start with, and where the receiver can be reached."""

import socket
from contextlib import closing

import pytest

from sandbox import Sandbox
from tests.cli.command import Home, entries
from tests.servers import free_port


def test_run_without_a_configuration_never_turns_to_the_sandbox(home: Home) -> None:
    """A pretend Slack would take the alerts of somebody who has only mistyped a name."""
    said = home.say("run", config=None, status=1)
    assert "config/config.yaml  cannot be read" in said
    assert "copy config/config.example.yaml there" in said
    assert len(said.splitlines()) < 6


@pytest.mark.parametrize("arguments", [("run", "--sandbox"), ("demo",)])
def test_the_sandbox_takes_no_configuration(home: Home, arguments: tuple[str, ...]) -> None:
    """It brings its own, so one of the two was not meant."""
    assert "leave out" in home.say(*arguments, status=2)


@pytest.mark.parametrize("command", ["run", "api"])
def test_a_port_that_is_taken_is_told(home: Home, command: str) -> None:
    """Also one that its holder would share: two bridges on one port would each get half of the alerts."""
    with closing(socket.socket()) as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", home.port))
        other.listen()
        said = home.say(command, status=1)
    assert f"cannot listen on 127.0.0.1 port {home.port}: Address already in use" in said
    assert "change server.port" in said
    assert len(said.splitlines()) == 1


def test_an_address_of_another_machine_is_told(home: Home, sandbox: Sandbox) -> None:
    """Not as a fault of the port alone."""
    home.configure(sandbox, server={"host": "192.0.2.1"})
    assert "cannot listen on 192.0.2.1" in home.say("run", status=1)


@pytest.mark.parametrize("command", ["api", "worker"])
def test_memory_is_nothing_that_separate_commands_could_share(
    home: Home, sandbox: Sandbox, command: str
) -> None:
    """Each would have one of its own."""
    home.configure(sandbox, storage={"type": "memory"})
    said = home.say(command, status=1)
    assert "storage.type memory works only with `alert-bridge run`" in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("command", ["api", "worker"])
def test_separate_commands_on_mysql_need_a_broker(home: Home, sandbox: Sandbox, command: str) -> None:
    """They may be on two machines; said before anybody waits for the database."""
    server = {"host": "127.0.0.1", "port": free_port(), "database": "b", "username": "u", "password": "pass"}
    home.configure(sandbox, storage={"type": "mysql", "mysql": {"primary": server}})
    assert "set broker.url, or use run" in home.say(command, status=1)


def test_a_port_for_metrics_that_is_taken_is_told(home: Home, sandbox: Sandbox) -> None:
    """With the key that has to change."""
    with closing(socket.socket()) as other:
        other.bind(("0.0.0.0", 0))
        other.listen()
        port = other.getsockname()[1]
        home.configure(sandbox, worker={"metrics_port": port})
        said = home.say("worker", status=1)
    assert f"cannot serve metrics on port {port}: Address already in use. Set worker.metrics_port" in said


@pytest.mark.parametrize(("host", "address"), [("::", "[::1]"), ("localhost", "127.0.0.1")])
def test_the_address_that_is_said_can_be_opened(
    home: Home, sandbox: Sandbox, host: str, address: str
) -> None:
    """Whatever server.host is; port 0 is said as the one that was taken. And who lets everybody in says so."""
    home.configure(sandbox, server={"host": host, "port": 0}, alertmanager={"bearer_token": []})
    with home.command("api") as api:
        api.wait_until(lambda: len(entries(api.output())) >= 2, 20)
        started, warned = entries(api.output())
        assert (warned["level"], warned["event"]) == ("warning", "alerts are accepted from anybody")
        said, _, port = started["address"].rpartition(":")
        assert said == f"http://{address}"
        api.wait_until(
            lambda: home.ask("/health", port=int(port), host=address.strip("[]")).status == 200, 20
        )
        assert home.ask("/ready", port=int(port), host=address.strip("[]")).json["database"] == "ok"


def test_the_configuration_is_found_by_environment_too(home: Home) -> None:
    """CONFIG_PATH, where --config is not given."""
    with home.command("check-config", config=None, CONFIG_PATH=str(home.config)) as command:
        assert command.wait(20) == 0
        assert f"{home.config}: no faults" in command.output()
