"""The unit for systemd starts what exists, and gives it the time to end that it may take."""

import configparser
import re
import shlex
from collections.abc import Mapping
from pathlib import Path

import pytest

from cli.main import main
from config import parse
from tests.repo.tree import text

PAGE = Path("docs/installation.md")
ENOUGH = """
slack: {enabled: true, bot_token: xoxb-made-up, signing_secret: made-up, channel_id: C0123456789}
alertmanager: {bearer_token: a-made-up-bearer-token}
"""


@pytest.fixture(scope="module")
def service() -> Mapping[str, str]:
    unit = configparser.ConfigParser(interpolation=None, strict=True)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(text(Path("deploy/systemd/alert-bridge.service")))
    return unit["Service"]


def test_it_starts_a_command_with_options_that_exist(service: Mapping[str, str]) -> None:
    """From where the page installs it."""
    program, command, *options = shlex.split(service["ExecStart"])
    known = {name for parameter in main.commands[command].params for name in parameter.opts}
    assert [word for word in options if word.startswith("--") and word not in known] == []
    assert f"{program} --version" in text(PAGE)


def test_every_file_that_it_reads_is_put_there_by_the_page(service: Mapping[str, str]) -> None:
    wanted = [service["EnvironmentFile"], re.findall(r"--config (\S+)", service["ExecStart"])[0]]
    assert [path for path in wanted if f" {path}\n" not in text(PAGE)] == []


def test_it_waits_longer_than_the_bridge_takes_to_end(service: Mapping[str, str]) -> None:
    """And tells `run` alone, which ends its children in order."""
    patience = int(service["TimeoutStopSec"].removesuffix("s"))
    assert patience >= parse(ENOUGH, {}).server.shutdown_timeout.total_seconds() + 10
    assert (service["KillMode"], service["KillSignal"]) == ("mixed", "SIGTERM")


def test_the_database_is_where_the_unit_may_write(service: Mapping[str, str]) -> None:
    path = parse(ENOUGH, {}).storage.sqlite.path
    assert not path.is_absolute()
    assert service["WorkingDirectory"] == f"/var/lib/{service['StateDirectory']}"
