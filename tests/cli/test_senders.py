"""The receiver as it is served, with its secrets from the configuration: Slack and PagerDuty come in, others don't."""

import hashlib
import http.client
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox, credentials
from tests.api import signed
from tests.cli.command import Home

SECRETS = ["made-up-signing-secret", credentials.SLACK_SIGNING_SECRET]
WEBHOOK_SECRETS = ["made-up-webhook-secret", credentials.PAGERDUTY_WEBHOOK_SECRET]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    home = Home(tmp_path_factory.mktemp("senders"))
    with Sandbox(rate_limits=False) as sandbox:
        blocks = {"slack": {"signing_secret": SECRETS}, "pagerduty": {"webhook_secret": WEBHOOK_SECRETS}}
        home.configure(sandbox, **blocks)
        with home.command("api") as api:
            home.wait_ready(api)
            yield home


def send(home: Home, path: str, body: bytes | Iterator[bytes], headers: dict[str, str]) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", home.port, timeout=15)
    try:
        connection.request("POST", path, body, headers, encode_chunked=not isinstance(body, bytes))
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def stored(database: Path) -> list[str]:
    with sqlite3.connect(database) as connection:
        keys = connection.execute("SELECT dedup_key FROM inbox ORDER BY id").fetchall()
    connection.close()
    return [key for (key,) in keys]


@pytest.mark.parametrize("secret", SECRETS)
def test_a_click_is_stored_under_each_secret(home: Home, secret: str) -> None:
    body = signed.click(trigger_id=secret)
    assert send(home, "/slack/interaction", body, signed.slack_headers(body, secret)) == (200, b"")
    assert f"slack:{hashlib.sha256(body).hexdigest()}" in stored(home.database)


@pytest.mark.parametrize("secret", WEBHOOK_SECRETS)
def test_an_event_is_stored_under_each_secret(home: Home, secret: str) -> None:
    body = signed.webhook(id=secret)
    status, _ = send(home, "/pagerduty/webhook", body, signed.pagerduty_headers(body, secret))
    assert (status, f"pagerduty:{secret}" in stored(home.database)) == (202, True)


def test_a_body_in_chunks_is_one_body(home: Home) -> None:
    body = signed.webhook(id="in-chunks", data={"padding": "é" * 50_000})
    pieces = (body[start : start + 5000] for start in range(0, len(body), 5000))
    headers = signed.pagerduty_headers(body, WEBHOOK_SECRETS[0]) | {"Transfer-Encoding": "chunked"}
    assert send(home, "/pagerduty/webhook", pieces, headers)[0] == 202
    assert "pagerduty:in-chunks" in stored(home.database)


def test_nobody_else_comes_in_and_nothing_of_theirs_is_kept(home: Home) -> None:
    before = stored(home.database)
    body = signed.click(trigger_id="of a stranger")
    for path in ("/slack/interaction", "/slack/events", "/slack/commands", "/pagerduty/webhook"):
        for headers in ({}, signed.slack_headers(body, "guess"), signed.pagerduty_headers(body, "guess")):
            status, said = send(home, path, body, headers)
            assert (status, b"unauthenticated" in said) == (401, True)
    assert before == stored(home.database)


def test_a_command_is_answered_with_how_the_bridge_is_used(home: Home) -> None:
    body = signed.form(command="/alerts", text="", user_id="U0ADA")
    status, said = send(home, "/slack/commands", body, signed.slack_headers(body, SECRETS[0]))
    assert (status, b"ephemeral" in said) == (200, True)


def test_the_log_holds_no_secret_of_a_sender(tmp_path: Path) -> None:
    """Not even where a request is refused and the remedy is named."""
    home = Home(tmp_path)
    with Sandbox(rate_limits=False) as sandbox:
        home.configure(sandbox)
        with home.command("api") as api:
            home.wait_ready(api)
            body = signed.webhook()
            send(home, "/pagerduty/webhook", body, signed.pagerduty_headers(body, "guess"))
            send(home, "/slack/interaction", body, signed.slack_headers(body, "guess"))
            api.wait_until(lambda: "pagerduty.webhook_secret" in api.output(), 10)
            log = api.output()
    secrets = [credentials.SLACK_SIGNING_SECRET, credentials.PAGERDUTY_WEBHOOK_SECRET, "guess"]
    assert [secret for secret in secrets if secret in log] == []


def test_what_is_not_enabled_is_not_there(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with Sandbox(rate_limits=False) as sandbox:
        home.configure(sandbox, pagerduty={"enabled": False})
        with home.command("api") as api:
            home.wait_ready(api)
            body = signed.webhook()
            headers = signed.pagerduty_headers(body, credentials.PAGERDUTY_WEBHOOK_SECRET)
            assert send(home, "/pagerduty/webhook", body, headers)[0] == 404
            assert send(home, "/slack/interaction", body, headers)[0] == 401
