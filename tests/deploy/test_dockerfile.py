"""The Dockerfile: what it says, and what a container of that image does. No engine is needed for either."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from cli.main import main
from sandbox import Sandbox
from tests.cli.command import RUNNING, Home, alert, children, shows, words
from tests.deploy.dockerfile import bridge, context, stages
from tests.deploy.image import Image, built
from tests.repo.tree import ROOT, pyproject
from tests.servers import wait_until

HADOLINT = Path(sys.executable).with_name("hadolint")


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    with built() as image:
        yield image


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(rate_limits=False) as started:
        yield started


def test_the_linter_has_no_word_against_it() -> None:
    """Without a rule switched off."""
    done = subprocess.run([HADOLINT, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_every_base_is_one_exact_version_of_our_python() -> None:
    """All stages the same, or what was built would not fit what runs it."""
    (base,) = {stage.base for stage in stages()}
    assert re.fullmatch(r"python:3\.11\.\d+-slim-bookworm", base)


@pytest.mark.parametrize("name", ["flower", ""])
def test_nobody_in_particular_runs_it(name: str) -> None:
    """A number, so that Kubernetes can see that it is not root; SIGTERM reaches the program itself."""
    (stage,) = (one for one in stages() if one.name == name)
    assert stage.all("USER") == ["10001:10001"]
    assert stage.all("STOPSIGNAL") == ["SIGTERM"]
    assert stage.command
    assert stage.health


def test_only_what_is_installed_goes_in() -> None:
    """No tests, no data, no configuration of somebody's."""
    packages = {name.partition(".")[0] for name in pyproject()["tool"]["setuptools"]["packages"]}
    beside = {"LICENSE", "README.md", "pyproject.toml", "deploy"}
    assert {path.parts[0] for path in context()} == packages | beside
    assert Path("deploy/bridge.lock") in context()


def test_what_it_starts_and_asks_exists() -> None:
    """Commands with their options."""
    for command, *options in (bridge().command[1:], bridge().health[1:]):
        known = {name for parameter in main.commands[command].params for name in parameter.opts}
        assert [option for option in options if option not in known] == []
    assert [bridge().command[0], bridge().health[0]] == list(pyproject()["project"]["scripts"]) * 2


def test_a_container_takes_an_alert_and_ends_in_order(image: Image, sandbox: Sandbox) -> None:
    """On a read-only root, as a number that nobody has, with no capability; what it keeps is in the volume."""
    home = configured(image, sandbox)
    before = image.files()
    with image.start(*bridge().command) as run:
        run.wait_until(lambda: RUNNING in run.output(), 60)
        home.post(alert("Contained"))
        wait_until(lambda: shows(sandbox, "Contained"), 20, "shown")
        assert said(image, *bridge().health) == f"the receiver at http://127.0.0.1:{home.port} is alive\n"
        os.kill(image.first(run), signal.SIGTERM)
        assert run.wait(30) == 0, run.output()
        assert run.output().endswith("stopped\n")
    assert image.files() - before == {"data/alert-bridge.db", "data/alert-bridge.db.lock"}


def test_what_a_killed_receiver_leaves_behind_is_buried(image: Image, sandbox: Sandbox) -> None:
    """Its orphans fall to process 1, which in a container is the command itself."""
    home = configured(image, sandbox)
    with image.start(*bridge().command) as run:
        run.wait_until(lambda: RUNNING in run.output(), 60)
        receiver, *left = (pid for pid in children(image.first(run)) if "api" in words(pid))
        os.kill(receiver, signal.SIGKILL)
        run.wait_until(lambda: "receiver ended with signal 9; starting it again" in run.output(), 20)
        run.wait_until(lambda: not any(Path("/proc", str(pid)).exists() for pid in left), 30, "rid of them")
        home.wait_ready(run)


def test_a_stop_is_heard_while_a_command_still_starts(image: Image, sandbox: Sandbox) -> None:
    """Process 1 ignores what it does not handle: `docker stop` would wait until it may kill."""
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        port = int(silent.getsockname()[1])
        primary = {"host": "127.0.0.1", "port": port, "database": "b", "username": "b", "password": "b"}
        configured(image, sandbox, type="mysql", mysql={"primary": primary, "timeout": "30s"})
        with image.start("alert-bridge", "migrate") as command:
            silent.settimeout(60)
            held, _ = silent.accept()
            os.kill(image.first(command), signal.SIGTERM)
            assert command.wait(20) == (128 + signal.SIGTERM if image.contained else -signal.SIGTERM)
            held.close()


def test_all_that_is_no_code_is_in_it_too(image: Image) -> None:
    """The Slack manifest, the tables' migrations, the sandbox's page."""
    assert "slash_commands" in said(
        image, "alert-bridge", "slack-manifest", "--url", "https://bridge.example"
    )
    with image.start("python", "-m", "sandbox", "--port", "0") as pretend:
        url = pretend.wait_until(lambda: re.search(r"^(http://\S+)\n", pretend.output()), 20)[1]
        with urllib.request.urlopen(f"{url}/page/page.js", timeout=10) as page:  # noqa: S310 (our own)
            assert page.status == 200


def configured(image: Image, sandbox: Sandbox, **storage: Any) -> Home:
    """Where the image looks for it; the database stays where it is by default."""
    home = Home(image.root / "config")
    home.configure(sandbox, storage=storage or {"type": "sqlite", "sqlite": {}})
    home.config.rename(image.root / "config" / "config.yaml")
    return home


def said(image: Image, *command: str) -> str:
    with image.start(*command) as process:
        assert process.wait(30) == 0, process.output()
        return process.output()
