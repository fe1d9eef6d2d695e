"""Whatever the file holds, it is loaded or refused with faults; nothing else is ever raised."""

from __future__ import annotations

import json
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from config import ConfigurationError, parse
from config.reference import keys

WORDS = sorted({part for key in keys() for part in key.path.split(".")})
VALUES = [
    "5m",
    "0",
    "true",
    "false",
    "${A}",
    "${",
    "mysql",
    "https://a",
    "xoxb-1",
    "C012",
    "/nonexistent",
    "",
    None,
    7,
]
NAMES = st.one_of(
    st.sampled_from(WORDS), st.sampled_from([f"{word}_file" for word in WORDS]), st.text(max_size=4)
)
TREES = st.recursive(
    st.one_of(st.sampled_from(VALUES), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=6)),
    max_leaves=30,
)
BLOCKS = sorted({key.path.split(".")[0] for key in keys()})
FILES = st.dictionaries(st.sampled_from(BLOCKS), TREES)


@given(FILES, st.dictionaries(st.just("A"), st.text(max_size=8)))
def test_any_tree_is_loaded_or_refused(tree: object, environ: dict[str, str]) -> None:
    with suppress(ConfigurationError):
        parse(json.dumps(tree), environ)


@given(st.text())
def test_any_text_is_loaded_or_refused(text: str) -> None:
    with suppress(ConfigurationError):
        parse(text, {})


@given(st.sampled_from(keys()), TREES)
def test_any_value_of_any_key_is_loaded_or_refused(key: object, value: object) -> None:
    """In a file that is else in order, so that nothing hides behind another fault."""
    path = str(getattr(key, "path", "")).split(".")
    tree: dict[str, object] = {
        "slack": {"enabled": True, "bot_token": "xoxb-1", "signing_secret": "made-up", "channel_id": "C012"},
        "pagerduty": {"enabled": True, "routing_key": "0" * 32, "webhook_secret": "made-up"},
        "storage": {
            "type": "mysql",
            "mysql": {"primary": dict.fromkeys(["host", "database", "username", "password"], "a")},
        },
    }
    block: dict[str, object] = tree
    for name in path[:-1]:
        inner = block.setdefault(name, {})
        assert isinstance(inner, dict)
        block = inner
    block[path[-1]] = value
    with suppress(ConfigurationError):
        parse(json.dumps(tree), {"A": "made-up"})
