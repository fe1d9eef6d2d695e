"""Every test types its commands in a folder of its own, and has a sandbox of its own to talk to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from tests.cli.command import Home


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(rate_limits=False) as started:
        yield started


@pytest.fixture
def home(tmp_path: Path, sandbox: Sandbox) -> Home:
    """With a configuration that is good."""
    home = Home(tmp_path)
    home.configure(sandbox)
    return home
