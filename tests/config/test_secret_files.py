"""X_file beside a secret X: read, without its last line end; what cannot be read is named, never shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from config import Fault, Settings

Faults = Callable[..., dict[str, Fault]]
Build = Callable[..., Settings]
START = "slack:\n  enabled: true\n  signing_secret: made-up\n  channel_id: C012\n"


@pytest.fixture
def put(tmp_path: Path) -> Callable[[str, bytes], Path]:
    def write(name: str, content: bytes) -> Path:
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    return write


@pytest.mark.parametrize(
    ("content", "secret"),
    [
        (b"plain", "plain"),
        (b"plain\n", "plain"),
        (b"plain\r\n", "plain"),
        (b"two\nlines\n", "two\nlines"),
        ("größer".encode(), "größer"),
        (b"${HOME}", "${HOME}"),
        (b"$$", "$$"),
    ],
)
def test_a_secret_is_read_from_its_file_as_it_is(
    settings: Build, put: Callable[[str, bytes], Path], content: bytes, secret: str
) -> None:
    text = f"alertmanager: {{webhook_secret_file: {put('secret', content)}}}\n"
    assert [secret] == [found.reveal() for found in settings(text).alertmanager.webhook_secret]


def test_the_path_may_come_from_a_variable(settings: Build, put: Callable[[str, bytes], Path]) -> None:
    path = put("token", b"abc")
    found = settings("alertmanager: {bearer_token_file: '${DIR}/token'}\n", DIR=str(path.parent))
    assert [token.reveal() for token in found.alertmanager.bearer_token] == ["abc"]


def test_where_secrets_may_be_several_so_may_files(
    settings: Build, put: Callable[[str, bytes], Path]
) -> None:
    text = f"alertmanager: {{webhook_secret_file: [{put('a', b'new')}, {put('b', b'old')}]}}\n"
    assert [secret.reveal() for secret in settings(text).alertmanager.webhook_secret] == ["new", "old"]


def test_named_tokens_may_be_in_files(settings: Build, put: Callable[[str, bytes], Path]) -> None:
    text = f"api: {{tokens: {{ana_file: {put('ana', b'of-ana')}, bot: of-bot}}}}\n"
    tokens = {token.name: token.token.reveal() for token in settings(text).api.tokens}
    assert tokens == {"ana": "of-ana", "bot": "of-bot"}


@pytest.mark.parametrize(
    ("key", "name", "reason"),
    [
        ("bot_token_file", "/nonexistent/token", "/nonexistent/token cannot be read: No such file"),
        ("bot_token_file", "/", "/ cannot be read: Is a directory"),
        ("bot_token_file", '"/a\\0b"', "not the path of a file"),
        ("bot_token_file", "{a: b}", "a mapping where a path"),
        ("bot_token_file", "[/nonexistent/a]", "/nonexistent/a cannot be read"),
        ("bot_token_file", "/dev/null", "/dev/null is empty"),
        ("bot_token_file", "/dev/zero", "/dev/zero is larger than 64 KiB"),
    ],
)
def test_a_file_that_cannot_be_read_is_the_only_fault(
    faults: Faults, key: str, name: str, reason: str
) -> None:
    (fault,) = faults(f"{START}  {key}: {name}\n").values()
    assert fault.path.removesuffix("[0]") == f"slack.{key}"
    assert reason in fault.problem


def test_a_file_that_is_no_text_is_a_fault(faults: Faults, put: Callable[[str, bytes], Path]) -> None:
    (fault,) = faults(f"{START}  bot_token_file: {put('token', bytes([255, 254]))}\n").values()
    assert "not UTF-8" in fault.problem


def test_a_secret_and_its_file_are_one_too_many(faults: Faults, put: Callable[[str, bytes], Path]) -> None:
    (fault,) = faults(f"{START}  bot_token: xoxb-1\n  bot_token_file: {put('t', b'xoxb-2')}\n").values()
    assert (fault.path, fault.problem) == ("slack.bot_token_file", "is given and slack.bot_token too")


def test_what_is_in_the_file_is_checked_like_a_value(
    faults: Faults, put: Callable[[str, bytes], Path]
) -> None:
    found = faults(f"{START}  bot_token_file: {put('t', b'xoxp-1')}\n")
    assert "a user token" in found["slack.bot_token"].problem


@pytest.mark.parametrize("key", ["channel_id_file", "enabled_file", "colour_file"])
def test_only_secrets_have_files(faults: Faults, key: str) -> None:
    assert (
        "not a key" in faults(f"{START}  bot_token: xoxb-1\n  {key}: /etc/hostname\n")[f"slack.{key}"].problem
    )


def test_a_misspelt_file_key_is_suggested(faults: Faults) -> None:
    found = faults(f"{START}  bot_token: xoxb-1\n  signing_secrt_file: /x\n")
    assert found["slack.signing_secrt_file"].remedy == "did you mean slack.signing_secret_file?"
