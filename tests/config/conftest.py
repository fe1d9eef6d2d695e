"""What the tests of the configuration share: a file that loads, and the faults of one that does not, by path."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from config import ConfigurationError, Fault, Settings, parse

SLACK = """
slack:
  enabled: true
  bot_token: xoxb-made-up
  signing_secret: made-up-signing-secret
  channel_id: C0123456
"""

Faults = Callable[..., dict[str, Fault]]


@pytest.fixture
def slack() -> str:
    """The smallest file that loads."""
    return SLACK


@pytest.fixture
def settings() -> Callable[..., Settings]:
    """The settings of a file with Slack enabled and the given keys added."""

    def build(text: str = "", **environ: str) -> Settings:
        return parse(SLACK + text, environ)

    return build


@pytest.fixture
def faults() -> Faults:
    """The faults of a whole file by path; each path has one fault, told once."""

    def find(text: str, environ: Mapping[str, str] | None = None) -> dict[str, Fault]:
        with pytest.raises(ConfigurationError) as raised:
            parse(text, environ or {}, "bridge.yaml")
        found = raised.value.faults
        paths = [fault.path for fault in found]
        assert sorted(set(paths)) == sorted(paths), "one fault per path"
        assert all(fault.problem and fault.remedy for fault in found)
        return {fault.path: fault for fault in found}

    return find
