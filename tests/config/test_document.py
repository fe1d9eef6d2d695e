"""A file that is not YAML, or not ours in shape, is a sentence with a place, never a traceback."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from config import Fault, Settings

Faults = Callable[..., dict[str, Fault]]
Build = Callable[..., Settings]


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("server:\n\tport: 1", "line 2, column 1", "tab"),
        ("a: [1, 2", "line 1, column 9", "comma or bracket"),
        ('a: "open', "line 1, column 9", "not closed"),
        ('a: "bad \\q"', "line 1, column 10", "backslash"),
        ("a: b: c", "line 1, column 5", "colon"),
        ("a: *here", "line 1, column 4", "starts with *"),
        ("a: &", "line 1, column 5", "starts with &"),
        ("a: @x", "line 1, column 4", "starts with @"),
        ("a: 1\n---\nb: 2", "line 2, column 1", "second document"),
        ("  a: 1\n b: 2", "line 2, column 2", "indentation"),
        ("a: 1\nb\n", "line 3, column 1", "neither"),
        ("a: 1\nb: \x00", "line 2, column 4", "character"),
        ("server: {host: ${HOST}}", "line 1, column 17", "${VAR} needs quotes"),
        ("- a\nb: 1", "line 2, column 1", "indentation"),
    ],
)
def test_a_syntax_error_is_one_sentence_with_its_place(
    faults: Faults, text: str, place: str, words: str
) -> None:
    fault = faults(text)["bridge.yaml"]
    assert fault.problem.startswith(place)
    assert words in fault.problem
    assert "\n" not in fault.problem


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- a", "is not a mapping"),
        ("just words", "is not a mapping"),
        ("[" * 100_000, "nested too deeply"),
        ("a: &x [*x]", "repeats itself"),
        (
            "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
            + "".join(
                f"{new}: &{new} [{','.join([f'*{old}'] * 10)}]\n"
                for old, new in zip("abcde", "bcdef", strict=True)
            ),
            "repeats itself",
        ),
        ("a: " + "x" * (1 << 20), "larger than 1 MiB"),
    ],
)
def test_what_is_no_configuration_is_said_in_words(faults: Faults, text: str, words: str) -> None:
    assert words in faults(text)["bridge.yaml"].problem


def test_a_key_that_stands_twice_is_a_fault_with_both_lines(faults: Faults, slack: str) -> None:
    found = faults(slack + "server:\n  port: 1\n  host: a\n  port: 2\n")
    assert found["server.port"].problem == "stands twice: on lines 8 and 10"


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        ("server: {port: !secret 1}", "server.port", "YAML tag"),
        ("server: {? [a] : 1}", "server", "not a plain word"),
        ("server: {<<: {port: 1}}", "server.***", "merges"),
    ],
)
def test_what_only_yaml_can_do_is_refused(
    faults: Faults, slack: str, text: str, path: str, words: str
) -> None:
    found = faults(slack + text)
    assert words in found[path].problem


@pytest.mark.parametrize("text", ["", "# only a comment", "~", "{}", "slack:\npagerduty:\n", "---"])
def test_an_empty_file_says_what_to_do(faults: Faults, text: str) -> None:
    found = faults(text)
    assert list(found) == ["slack.enabled"]
    assert "enabled: true" in found["slack.enabled"].remedy


def test_an_empty_block_is_a_block_with_its_defaults(settings: Build) -> None:
    assert settings("server:\nlogging: {}\n").server.port == 8080


def test_a_value_is_text_until_its_key_says_what_it_is(settings: Build) -> None:
    """A key of digits keeps its zeros, and `on` can be a name."""
    digits = "0" * 31 + "1"
    block = (
        f"pagerduty: {{enabled: yes, routing_key: {digits}, webhook_secret: 0x1F, severities: [on, 1.0]}}\n"
    )
    pagerduty = settings(block).pagerduty
    assert pagerduty is not None
    assert pagerduty.routing_key.reveal() == digits
    assert [secret.reveal() for secret in pagerduty.webhook_secret] == ["0x1F"]
    assert pagerduty.severities == ("on", "1.0")


def test_anchors_that_repeat_little_are_fine(settings: Build) -> None:
    assert (
        settings("server: {host: &host localhost}\nstorage: {sqlite: {path: *host}}\n").server.host
        == "localhost"
    )
