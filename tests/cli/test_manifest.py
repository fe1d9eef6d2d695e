"""The Slack app's manifest: within Slack's limits, and with the address of this bridge."""

import re
from typing import Any

import pytest
import yaml

from sandbox import Sandbox
from tests.cli.command import ROOT, Home

FILE = ROOT / "config" / "slack-app-manifest.yaml"
EXAMPLE = "https://alert-bridge.example.com"
# Slack, "App manifest reference": longest texts by where they stand.
LONGEST = {
    "display_information.name": 35,
    "display_information.description": 140,
    "features.bot_user.display_name": 80,
    "features.slash_commands.command": 32,
    "features.slash_commands.description": 2000,
    "features.slash_commands.usage_hint": 1000,
}
BLOCKS = {"_metadata", "display_information", "features", "oauth_config", "settings", "incoming_webhooks"}
SCOPES = {"chat:write", "commands", "users:read", "users:read.email", "channels:history", "groups:history"}


def manifest() -> Any:
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))


def leaves(tree: Any, path: str = "") -> list[tuple[str, Any]]:
    if isinstance(tree, dict):
        return [leaf for name, inner in tree.items() for leaf in leaves(inner, f"{path}.{name}".strip("."))]
    if isinstance(tree, list):
        return [leaf for inner in tree for leaf in leaves(inner, path)]
    return [(path, tree)]


def test_the_manifest_keeps_to_slacks_limits() -> None:
    told = manifest()
    assert told.keys() <= BLOCKS
    assert "name" in told["display_information"]
    assert LONGEST.keys() <= {path for path, _ in leaves(told)}
    assert [(path, text) for path, text in leaves(told) if len(str(text)) > LONGEST.get(path, 3000)] == []
    assert 1 <= len(told["features"]["slash_commands"]) <= 50
    assert re.fullmatch(r"#[0-9a-f]{6}", told["display_information"]["background_color"])


def test_all_commands_are_there_and_begin_with_a_slash() -> None:
    commands = manifest()["features"]["slash_commands"]
    assert [command["command"] for command in commands] == ["/alert-status", "/summary", "/silence"]
    assert all(command["url"] and command["description"] and command["usage_hint"] for command in commands)


def test_the_app_asks_for_no_more_than_the_bridge_uses() -> None:
    told = manifest()
    assert {who: set(scopes) for who, scopes in told["oauth_config"]["scopes"].items()} == {"bot": SCOPES}
    assert told["settings"]["socket_mode_enabled"] is False
    assert told["settings"]["interactivity"]["is_enabled"] is True


def test_the_address_is_filled_in_wherever_it_stands(home: Home) -> None:
    """And without any configuration: this is what one begins with."""
    said = home.say("slack-manifest", "--url", "https://bridge.example.org/", config=None)
    assert EXAMPLE not in said
    addresses = [text for path, text in leaves(yaml.safe_load(said)) if path.endswith("url")]
    assert sorted(addresses) == [
        *["https://bridge.example.org/slack/commands"] * 3,
        "https://bridge.example.org/slack/interaction",
    ]


def test_the_address_of_the_configuration_is_used(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox, api={"public_url": "https://alerts.example.net/bridge"})
    assert "url: https://alerts.example.net/bridge/slack/commands\n" in home.say("slack-manifest")


def test_without_an_address_it_is_asked_for(home: Home) -> None:
    assert "--url" in home.say("slack-manifest", status=1)


@pytest.mark.parametrize(
    "url",
    ["http://bridge.example.org", "bridge", "https://", "https://a/?b", "https://a\nx: y", "https://a #"],
)
def test_an_address_that_slack_would_not_take_is_refused(home: Home, url: str) -> None:
    said = home.say("slack-manifest", "--url", url, status=2, config=None)
    assert "Slack needs an address like https://" in said
