"""Whatever is printed, logged or raised, no secret is in it; only reveal() and Settings.secrets() give them up."""

from __future__ import annotations

import copy
import json
import pickle
import string
from collections.abc import Callable
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import ConfigurationError, Secret, Settings, parse
from config.faults import join, looks_secret

Build = Callable[..., Settings]
# Begins as none of our own words do: hypothesis also tries the words it finds in our code.
VISIBLE = st.text(string.ascii_letters + string.digits + string.punctuation, min_size=8, max_size=40).map(
    "Zq7{}".format
)
GOOD = """
slack: {enabled: true, bot_token: "xoxb-${S}", signing_secret: ["${S}", "2${S}"], channel_id: C012}
pagerduty: {enabled: true, routing_key: "${KEY}", api_token: "${S}", webhook_secret: "${S}"}
alertmanager:
  webhook_secret: "${S}"
  bearer_token: {prod: "${S}"}
  basic_auth: {username: am, password: "${S}"}
  api_bearer_token: "3${S}"
storage: {type: mysql, mysql: {primary: {host: h, database: d, username: u, password: "${S}"}}}
broker: {url: "redis://:${PASSWORD}@cache:6379/0"}
api: {tokens: {bot: "${S}"}}
"""
BAD = """
server: {host: {a: "${S}"}, port: "${S}", shutdown_timeout: "${S}"}
slack: {enabled: true, bot_token: "${S}", signing_secret: {"a": "${S}"}, channel_id: "${S}", app_id: "${S}",
  api_url: "http://me:${S}@slack", posts_per_second: "${S}"}
pagerduty: {enabled: true, routing_key: "${S}", api_token: " ${S}", webhook_secret: "${S} ",
  severities: ["${S}", "${S}"]}
alertmanager: {url: "${S}", basic_auth: {username: "a:${S}"}, bearer_token: {a: "${S}", b: "${S}"},
  poll_interval: "${S}", restart_grace: "${S}", api_bearer_token: " ${S}", api_basic_auth: {username: ":${S}"}}
storage: {type: "${S}", mysql: {primary: "${S}"}}
broker: {url: "${S}"}
api: {tokens: "${S}", public_url: "${S}"}
alerting: {resend_interval: "${S}", silence_durations: ["${S}"], longest_silence: {info: "${S}"}, ack_silences: "${S}",
  protected_labels: {a: {b: "${S}"}, c: ["${S}", "${S}"]}}
logging: {level: "${S}", format: "${S}"}
"""


@given(VISIBLE)
def test_settings_print_no_secret_and_give_every_one(secret: str) -> None:
    password = "".join(letter for letter in secret if letter.isalnum()) + "-of-the-broker"
    environ = {"S": secret, "KEY": (secret * 3)[:32], "PASSWORD": password}
    settings = parse(GOOD, environ)
    given_up = set(settings.secrets())
    assert given_up == {
        secret,
        "xoxb-" + secret,
        "2" + secret,
        "3" + secret,
        environ["KEY"],
        password,
        f"redis://:{password}@cache:6379/0",
    }
    printed = [repr(settings), str(settings), f"{settings}", json.dumps(asdict(settings), default=str)]
    printed.append(repr(replace(settings, slack=None).remarks))
    for text in printed:
        assert not [hidden for hidden in given_up if hidden in text]


@given(VISIBLE)
def test_no_fault_repeats_a_value(secret: str) -> None:
    """Also where the secret stands in the place of something else."""
    with pytest.raises(ConfigurationError) as raised:
        parse(BAD, {"S": secret})
    assert len(raised.value.faults) > 20
    assert secret not in str(raised.value)
    assert secret not in repr(raised.value)


@given(
    VISIBLE, st.sampled_from(["{}", "'{}", '"{}', "!{}", "*{}", "&{}", "[{}", "{{{}", "? {}", "%{}", "- {}"])
)
def test_no_syntax_error_repeats_the_file(secret: str, frame: str) -> None:
    text = f"slack: {{enabled: true}}\nserver:\n  host: {frame.format(secret)}\n"
    with pytest.raises(ConfigurationError) as raised:  # Slack's secrets are missing in any case
        parse(text, {})
    assert secret not in str(raised.value)


@given(VISIBLE.map(lambda text: text.replace("/", "-")))
def test_a_secret_in_the_place_of_its_file_is_not_repeated(secret: str) -> None:
    text = "slack: {enabled: true, bot_token_file: '${S}', signing_secret: a, channel_id: C012}"
    with pytest.raises(ConfigurationError) as raised:
        parse(text, {"S": secret})
    assert secret not in str(raised.value)


@pytest.mark.parametrize(
    "secret",
    ["xoxb-12-ab", "xapp-1-A", "0123456789abcdef0123456789abcdef", "u+yhDJ82hsgGGshkDqqz", "päßwörd", "a: b"],
)
def test_a_key_that_looks_like_a_secret_is_not_repeated(secret: str) -> None:
    text = f"slack: {{{json.dumps(secret)}: 1}}\napi: {{tokens: {{{json.dumps(secret)}: [{{}}]}}}}\n"
    with pytest.raises(ConfigurationError) as raised:
        parse(text, {})
    assert secret not in str(raised.value)


@pytest.mark.parametrize(
    "name", ["conn_max_idle_time", "prod-eu-1", "ana@example.org", "Ana Lind", "prometheus-cluster-west-2"]
)
def test_a_plain_name_is_shown(name: str) -> None:
    assert join("api.tokens", name) == f"api.tokens.{name}"
    assert not looks_secret(name)


def test_a_secret_prints_as_stars_everywhere() -> None:
    secret = Secret("made-up")
    printed = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret!r}",
        f"{secret:s}",
    ]
    assert set(printed) == {"***"}
    assert f"{secret:>5}" == "  ***"
    assert json.dumps({"a": secret}, default=str) == '{"a": "***"}'
    assert secret.__structlog__() == "***"
    assert repr([secret]) == "[***]"


def test_a_secret_is_neither_pickled_nor_changed_nor_empty() -> None:
    secret = Secret("made-up")
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(secret)
    with pytest.raises(AttributeError):
        secret._text = "other"  # type: ignore[misc]
    with pytest.raises(ValueError, match="empty"):
        Secret("")
    with pytest.raises(TypeError):
        json.dumps(secret)
    assert not hasattr(secret, "__dict__")


def test_secrets_are_equal_by_what_they_hold() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("***") != "***"
    assert len({Secret("ä"), Secret("ä"), Secret("b")}) == 2


def test_a_copy_of_a_secret_is_the_secret() -> None:
    secret = Secret("made-up")
    assert copy.copy(secret) is secret
    assert copy.deepcopy([secret])[0] is secret
