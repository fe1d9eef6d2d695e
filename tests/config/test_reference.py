"""The reference is the one list of keys; example and documentation are held to it, both ways."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from config import Settings, document, parse
from config.document import Tree
from config.reference import Key, entries, keys

ROOT = Path(__file__).parents[2]
EXAMPLE = (ROOT / "config/config.example.yaml").read_text()
DOCS = (ROOT / "docs/configuration.md").read_text()
KEYS = {key.path: key for key in keys()}
# A line that begins with # and no blank is a key that is off.
ALL_ON = re.sub(r"(?m)^( *)#(?=\S)", r"\1", EXAMPLE)
# Of the two ways into Alertmanager's API only one may be on.
LOADS = re.sub(r"(?m)^ *api_bearer_token: .*\n", "", ALL_ON)
OPEN_ENDED = ("api.tokens", "alerting.protected_labels", "resilience")
FORMS = {
    "SLACK_BOT_TOKEN": "xoxb-made-up",
    "SLACK_CHANNEL_ID": "C0123456",
    "SLACK_APP_ID": "A0123456",
    "PAGERDUTY_ROUTING_KEY": "0123456789abcdef0123456789abcdef",
    "PAGERDUTY_SERVICE_ID": "PABC123",
    "PAGERDUTY_FROM_EMAIL": "oncall@example.org",
    "ALERTMANAGER_URL": "http://alertmanager.example.org:9093",
    "ALERT_BRIDGE_PUBLIC_URL": "https://bridge.example.org",
}
ENVIRON = {name: f"made-up-{name.lower()}" for name in re.findall(r"\$\{(\w+)\}", EXAMPLE)} | FORMS


def leaves(tree: Tree, path: str = "") -> Iterator[tuple[str, Tree]]:
    if isinstance(tree, dict) and path not in OPEN_ENDED:
        for name, value in tree.items():
            yield from leaves(value, f"{path}.{name}" if path else name)
    else:
        yield path, tree


def in_example(text: str) -> dict[str, Tree]:
    tree, faults = document.read(text, "config.example.yaml")
    assert not faults
    return dict(leaves(tree))


def row(key: Key) -> str:
    default = "required" if key.required else "none" if key.default is None else f"`{key.default}`"
    return f"| `{key.path}` | {default} | {key.text} |"


def test_the_example_has_every_key_and_no_other() -> None:
    assert KEYS.keys() == in_example(ALL_ON).keys()


@pytest.mark.parametrize("text", [EXAMPLE, LOADS], ids=["as it is", "every key on"])
@pytest.mark.parametrize("storage", ["sqlite", "mysql"])
def test_the_example_loads(text: str, storage: str) -> None:
    settings = parse(text.replace("type: sqlite", f"type: {storage}"), ENVIRON)
    assert settings.slack is not None
    assert settings.pagerduty is not None


def test_the_example_as_it_is_needs_no_remark() -> None:
    assert parse(EXAMPLE, ENVIRON).remarks == ()


def test_the_example_shows_the_defaults() -> None:
    """Except where a default would switch off what the example is there to show."""
    shown = {
        "slack.enabled",
        "pagerduty.enabled",
        "storage.mysql.replica.enabled",
        "storage.mysql.tls.enabled",
    }
    for path, value in in_example(EXAMPLE).items():
        default = KEYS[path].default
        if default is not None and path not in shown:
            written = f"[{', '.join(map(str, value))}]" if isinstance(value, list) else value
            assert (path, default) == (path, written)


def test_every_block_of_the_example_is_explained() -> None:
    """A comment on the line of the key, or on one above it in the same run of lines."""
    for paragraph in EXAMPLE.split("\n\n"):
        assert re.search(r"#(?: |$)", paragraph), paragraph


def test_the_documentation_has_a_row_for_every_key_and_no_other() -> None:
    rows = [line for line in DOCS.splitlines() if line.startswith("| `")]
    assert [row(key) for key in keys()] == rows


def test_every_key_says_what_it_means_in_a_sentence() -> None:
    for key in keys():
        assert key.text[0].isupper() or key.text[0] == "`"
        assert key.text.endswith(".")
        assert "|" not in key.text
        assert key.type


def test_secrets_have_no_default() -> None:
    assert not [key for key in keys() if key.secret and key.default is not None]
    assert {"slack.bot_token", "broker.url", "api.tokens", "storage.mysql.primary.password"} <= {
        key.path for key in keys() if key.secret
    }


def test_every_key_that_has_an_effect_is_in_the_settings() -> None:
    """And the other way round: no setting without a key."""
    settings = parse(
        LOADS.replace("type: sqlite", "type: mysql").replace("      enabled: false\n", ""), ENVIRON
    )
    without = {path for path, entry in entries().items() if not entry.kept}
    without |= {path for path in KEYS if path.startswith("slack.socket_mode.")}
    renamed = {
        "alertmanager.clusters": "alertmanager.url",
        "alertmanager.source_tokens": "alertmanager.bearer_token",
    }
    found = {renamed.get(path, path) for path in _settings(settings)}
    assert KEYS.keys() - without == found - {"remarks"}


def _settings(value: object, path: str = "") -> Iterator[str]:
    if is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from _settings(getattr(value, field.name), f"{path}.{field.name}" if path else field.name)
    else:
        yield path


def test_settings_are_frozen_and_hashable() -> None:
    settings = parse(EXAMPLE, ENVIRON)
    assert isinstance(hash(settings), int)
    with pytest.raises(AttributeError):
        settings.slack = None  # type: ignore[misc]
    assert not hasattr(settings, "__dict__")
    assert isinstance(settings, Settings)
