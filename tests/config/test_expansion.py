"""${VAR} is expanded in values, not in the file; what is unset is absent, and named where it is needed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import Fault, Settings, parse

Faults = Callable[..., dict[str, Fault]]
Build = Callable[..., Settings]
VALUES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).map(str.strip).filter(bool)


@pytest.mark.parametrize(
    ("value", "expanded"),
    [
        ("${A}", "one"),
        ("${A}-${B}", "one-two"),
        ("x${A}${A}y", "xoneoney"),
        ("$$", "$"),
        ("$${A}", "${A}"),
        ("$$${A}", "$one"),
        ("pa$word", "pa$word"),
        ("$1", "$1"),
        ("cost: $5", "cost: $5"),
        ("${C}", "${A}"),
    ],
)
def test_variables_are_expanded_once(settings: Build, value: str, expanded: str) -> None:
    """What a variable holds is not expanded again."""
    text = f"alertmanager: {{webhook_secret: '{value}'}}\n"
    (secret,) = settings(text, A="one", B="two", C="${A}").alertmanager.webhook_secret
    assert expanded == secret.reveal()


@given(VALUES)
def test_no_value_of_a_variable_can_break_the_file(value: str) -> None:
    text = "slack: {enabled: true, bot_token: xoxb-1, signing_secret: '${SECRET}', channel_id: C012}"
    slack = parse(text, {"SECRET": value}).slack
    assert slack is not None
    assert [value] == [secret.reveal() for secret in slack.signing_secret]


@pytest.mark.parametrize("word", ["true", "TRUE", "yes", "on", "1"])
def test_switches_numbers_and_durations_may_come_from_variables(word: str) -> None:
    text = """
    slack: {enabled: "${ON}", bot_token: xoxb-1, signing_secret: made-up, channel_id: C012, posts_per_second: "${RATE}"}
    server: {port: "${PORT}", shutdown_timeout: "${WAIT}"}
    """
    settings = parse(text, {"ON": word, "RATE": "0.5", "PORT": "9000", "WAIT": "1m"})
    assert settings.slack is not None
    assert settings.slack.posts_per_second == 0.5
    assert (settings.server.port, settings.server.shutdown_timeout.total_seconds()) == (9000, 60)


@pytest.mark.parametrize("word", ["false", "no", "OFF", "0"])
def test_a_variable_may_turn_a_block_off(faults: Faults, word: str) -> None:
    assert list(faults("slack: {enabled: '${ON}'}", {"ON": word})) == ["slack.enabled"]


@pytest.mark.parametrize("environ", [{}, {"SLACK_BOT_TOKEN": ""}])
def test_a_required_key_names_the_variable_it_needs(faults: Faults, environ: dict[str, str]) -> None:
    text = "slack: {enabled: true, bot_token: '${SLACK_BOT_TOKEN}', signing_secret: ['${A}', '${B}'], channel_id: C012}"
    found = faults(text, environ)
    assert "SLACK_BOT_TOKEN" in found["slack.bot_token"].problem
    assert found["slack.bot_token"].remedy == "set SLACK_BOT_TOKEN, or turn it off with slack.enabled: false"
    assert "needs A" in found["slack.signing_secret"].problem


def test_a_required_secret_file_names_its_variable_too(faults: Faults) -> None:
    text = (
        "slack: {enabled: true, bot_token_file: '${TOKEN_FILE}', signing_secret: made-up, channel_id: C012}"
    )
    assert "TOKEN_FILE" in faults(text)["slack.bot_token"].problem


def test_an_optional_key_with_an_unset_variable_is_absent_and_remarked(settings: Build) -> None:
    found = settings(
        "api: {public_url: '${URL}'}\nserver: {port: '${PORT}'}\nbroker: {url: 'redis://${HOST}'}\n"
    )
    assert (found.api.public_url, found.server.port, found.broker.url) == (None, 8080, None)
    said = {remark.path: remark.text for remark in found.remarks}
    assert {"api.public_url", "server.port", "broker.url"} <= said.keys()
    assert "HOST" in said["broker.url"]


def test_an_unset_item_of_a_list_is_passed_over_and_keeps_the_numbers_of_the_others(
    settings: Build, faults: Faults, slack: str
) -> None:
    secrets = settings("alertmanager: {webhook_secret: ['${NEW}', old]}\n").alertmanager.webhook_secret
    assert [secret.reveal() for secret in secrets] == ["old"]
    assert "alertmanager.url[1]" in faults(slack + "alertmanager: {url: ['${A}', nowhere]}\n")


@pytest.mark.parametrize("value", ["${", "${A", "${A-b}", "${}", "${1A}", "x ${A:-default}"])
def test_a_brace_that_is_no_variable_is_a_fault(faults: Faults, slack: str, value: str) -> None:
    found = faults(slack + f"server: {{host: '{value}'}}\n", {"A": "a"})
    assert "${NAME}" in found["server.host"].problem


def test_a_variable_without_braces_is_a_fault(faults: Faults) -> None:
    """Otherwise the text $SIGNING_SECRET would be the secret that anybody can guess."""
    text = "slack: {enabled: true, bot_token: xoxb-1, signing_secret: $SIGNING_SECRET, channel_id: C012}"
    found = faults(text, {"SIGNING_SECRET": "made-up"})
    assert list(found) == ["slack.signing_secret"]
    assert "${NAME}" in found["slack.signing_secret"].remedy


@pytest.mark.parametrize("value", ["${", "$NAME", "${NAME}"])
def test_in_a_block_that_is_off_nobody_asks(settings: Build, value: str) -> None:
    block = (
        f"{{enabled: false, routing_key: '{value}', api_url: nowhere, webhook_secret_file: /nonexistent/x}}"
    )
    found = settings(
        f"pagerduty: {block}\nstorage: {{type: sqlite, mysql: {{primary: {{host: '{value}'}}}}}}\n"
    )
    assert found.pagerduty is None
    assert not [remark for remark in found.remarks if remark.path.startswith(("pagerduty", "storage"))]


def test_a_broken_switch_does_not_turn_a_block_off_in_silence(faults: Faults, slack: str) -> None:
    assert "pagerduty.enabled" in faults(slack + "pagerduty: {enabled: '${ON'}\n")


@pytest.mark.parametrize("value", ["\udce9", "a\ud800"])
def test_bytes_that_are_no_text_are_a_fault(faults: Faults, slack: str, value: str) -> None:
    assert "UTF-8" in faults(slack + "server: {host: '${A}'}\n", {"A": value})["server.host"].remedy
