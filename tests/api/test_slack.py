"""Slack's request URLs over real HTTP: who comes in, events, and slash commands."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from api.parts import Json, SlackParts
from api.patience import Patience
from api.signatures import SlackSignatures
from core.domain.errors import Conflict
from core.store.engine import Store
from tests.api.conftest import Receiver, Reply, Start
from tests.api.signed import SLACK_SECRET, click, form, slack_headers

INTERACTIONS, EVENTS, COMMANDS = "/slack/interaction", "/slack/events", "/slack/commands"
ALIASES = ["/webhook/slack/interactions", "/webhook/slack/events", "/webhook/slack/commands"]
ALL = [INTERACTIONS, EVENTS, COMMANDS, *ALIASES]
COMMAND = form(command="/alerts", text="firing eu", user_id="U0ADA", channel_id="C0SANDBOX1")


def echo(command: str, said: str, user: str, now: datetime) -> Json:
    fresh = abs((datetime.now(UTC) - now).total_seconds()) < 60
    return {"response_type": "ephemeral", "text": f"{command}|{said}|{user}|{fresh}"}


def no_view(*_: object) -> None:
    raise AssertionError("a modal was opened")


def parts(**changed: Any) -> SlackParts:
    given: dict[str, Any] = {
        "signatures": SlackSignatures((SLACK_SECRET, "slack-next-secret")),
        "open_view": no_view,
        "commands": echo,
    }
    return SlackParts(**given | changed)


@pytest.fixture
def receiver(start: Start) -> Receiver:
    return start(slack=parts())


def send(receiver: Receiver, path: str, body: bytes, **headers: str) -> Reply:
    return receiver.ask("POST", path, body, slack_headers(body) | headers)


def counted(outcome: str) -> float:
    labels = {"sender": "slack", "outcome": outcome}
    return REGISTRY.get_sample_value("alert_bridge_received_total", labels) or 0.0


@pytest.mark.parametrize("path", ALL)
def test_unauthenticated_input_changes_nothing_and_reveals_nothing(receiver: Receiver, path: str) -> None:
    body = COMMAND if "commands" in path else click()
    now = int(time.time())
    forged = [
        {},
        slack_headers(body, "wrong"),
        slack_headers(body + b"x"),
        slack_headers(body, at=now - 310),
        slack_headers(body, at=now + 310),
        slack_headers(body) | {"X-Slack-Request-Timestamp": "1" * 3000},
        slack_headers(body) | {"X-Slack-Request-Timestamp": f"{now}.5"},
        slack_headers(body) | {"X-Slack-Signature": "v0=é"},
    ]
    before = counted("unauthenticated")
    for headers in forged:
        reply = receiver.ask("POST", path, body, headers)
        assert (reply.status, reply.json["error"]) == (401, "unauthenticated")
        assert SLACK_SECRET.encode() not in reply.body
    assert (len(forged), []) == (counted("unauthenticated") - before, receiver.stored())


@pytest.mark.parametrize("path", ALL)
@pytest.mark.parametrize("secret", [SLACK_SECRET, "slack-next-secret"])
def test_either_secret_is_good_under_every_address(receiver: Receiver, path: str, secret: str) -> None:
    body = orjson.dumps({"type": "event_callback"}) if "events" in path else click()
    assert receiver.ask("POST", path, body, slack_headers(body, secret)).status == 200


def test_the_names_of_headers_may_be_written_in_any_case(receiver: Receiver) -> None:
    body = click()
    for change in (str.lower, str.upper, str.title):
        headers = {change(name): value for name, value in slack_headers(body).items()}
        assert receiver.ask("POST", INTERACTIONS, body, headers).status == 200
    assert receiver.rows() == 1


def test_a_body_in_chunks_is_one_body(receiver: Receiver) -> None:
    body = click()

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(body), 100):
            yield body[start : start + 100]

    headers = slack_headers(body) | {"Transfer-Encoding": "chunked"}
    assert receiver.ask("POST", INTERACTIONS, pieces(), headers).status == 200
    assert [body] == [stored for *_, stored in receiver.stored()]


@pytest.mark.parametrize("path", [INTERACTIONS, EVENTS, COMMANDS])
def test_more_than_a_mebibyte_is_too_large(receiver: Receiver, path: str) -> None:
    assert send(receiver, path, b"x" * 1024 * 1024).status == 200
    reply = send(receiver, path, b"x" * (1024 * 1024 + 1))
    assert (reply.status, reply.json["error"]) == (413, "too_large")


@pytest.mark.parametrize("path", ALL)
def test_without_slack_there_is_nothing_here(start: Start, path: str) -> None:
    reply = send(start(), path, COMMAND)
    assert (reply.status, reply.json["error"]) == (404, "not_found")


def test_the_address_proves_itself_to_slack(receiver: Receiver) -> None:
    body = orjson.dumps({"type": "url_verification", "token": "old", "challenge": "3eZbrw1aBm2rZgRNFdxV"})
    reply = send(receiver, EVENTS, body)
    assert (reply.status, reply.json) == (200, {"challenge": "3eZbrw1aBm2rZgRNFdxV"})
    assert receiver.ask("POST", EVENTS, body, slack_headers(body, "wrong")).status == 401


@pytest.mark.parametrize("kind", ["event_callback", "app_rate_limited", "something new", None])
def test_an_event_is_answered_and_not_stored(receiver: Receiver, kind: str | None) -> None:
    before = counted("ignored")
    reply = send(receiver, EVENTS, orjson.dumps({"type": kind, "event_id": "Ev0SANDBOX"}))
    assert (reply.status, reply.body, counted("ignored") - before, receiver.rows()) == (200, b"", 1.0, 0)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"\xff\xfe", b'{"type":"url_verification","challenge":5}']
)
def test_a_signed_event_that_cannot_be_read_is_answered_and_counted(receiver: Receiver, body: bytes) -> None:
    before = counted("malformed")
    assert (send(receiver, EVENTS, body).status, counted("malformed") - before) == (200, 1.0)


@pytest.mark.parametrize(
    ("reason", "label"), [("http_timeout", "http_timeout"), ("of our own", "other"), ("", "other")]
)
def test_what_slack_sends_again_is_counted_by_its_reason(receiver: Receiver, reason: str, label: str) -> None:
    def retries() -> float:
        return REGISTRY.get_sample_value("alert_bridge_slack_retries_total", {"reason": label}) or 0.0

    body = orjson.dumps({"type": "event_callback"})
    before = retries()
    send(receiver, EVENTS, body)
    send(receiver, EVENTS, body, **{"X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": reason})
    assert retries() - before == 1.0


def test_a_command_is_answered_at_once(receiver: Receiver) -> None:
    reply = send(receiver, COMMANDS, COMMAND)
    assert (
        reply.status,
        reply.json,
    ) == (200, {"response_type": "ephemeral", "text": "/alerts|firing eu|U0ADA|True"})
    assert receiver.rows() == 0


@pytest.mark.parametrize("body", [b"ssl_check=1", b"ssl_check=1&token=old", b"token=old&ssl_check=1"])
def test_slacks_look_at_the_certificate_needs_no_signature(receiver: Receiver, body: bytes) -> None:
    reply = receiver.ask("POST", COMMANDS, body, {"Content-Type": "application/x-www-form-urlencoded"})
    assert (reply.status, reply.body) == (200, b"")


@pytest.mark.parametrize(
    "body",
    [
        COMMAND + b"&ssl_check=1",
        b"ssl_check=1&" + COMMAND,
        b"ssl_check=0&token=old",
        b"ssl_check=0&ssl_check=1",
        b"ssl_check=1&token=" + b"x" * 1000,
        b"x=ssl_check=1",
    ],
)
def test_nothing_else_passes_for_a_look_at_the_certificate(receiver: Receiver, body: bytes) -> None:
    assert receiver.ask("POST", COMMANDS, body, slack_headers(body, "wrong")).status == 401


def test_a_database_that_refuses_gets_a_sentence_for_an_answer(start: Start, store: Store) -> None:
    def ask_for_what_is_not_there(*_: object) -> Json:
        with store.read() as connection:
            connection.execute(text("SELECT 1 FROM nowhere"))
        raise AssertionError

    def meet_another(*_: object) -> Json:
        raise Conflict("somebody else")

    for commands in (ask_for_what_is_not_there, meet_another):
        before = counted("unavailable")
        reply = send(start(slack=parts(commands=commands)), COMMANDS, COMMAND)
        assert (reply.status, reply.json["response_type"]) == (200, "ephemeral")
        assert "database does not answer" in reply.json["text"]
        assert counted("unavailable") - before == 1.0


def test_a_database_that_hangs_is_given_up_on_before_slack_gives_up(start: Start) -> None:
    """However many ask: the ones too many are not even put."""
    gone_on = threading.Event()

    def hang(*_: object) -> Json:
        gone_on.wait(10)
        return {}

    receiver = start(slack=parts(commands=hang, patience=Patience(1)))
    waiting = threading.Thread(target=send, args=(receiver, COMMANDS, COMMAND))
    began = time.monotonic()
    waiting.start()
    try:
        replies = [send(receiver, COMMANDS, COMMAND) for _ in range(3)]
        waiting.join()
        assert time.monotonic() - began < 3
    finally:
        gone_on.set()
    assert ["database did not answer in time" in reply.json["text"] for reply in replies] == [True] * 3


def test_a_bug_in_a_command_is_a_bug(start: Start) -> None:
    reply = send(start(slack=parts(commands=lambda *_: 1 / 0)), COMMANDS, COMMAND)
    assert (reply.status, reply.json["error"]) == (500, "internal_error")


def test_a_command_with_too_many_fields_is_answered_and_counted(receiver: Receiver) -> None:
    before = counted("malformed")
    assert send(receiver, COMMANDS, b"a=b&" * 100).status == 200
    assert counted("malformed") - before == 1.0
