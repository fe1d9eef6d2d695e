"""Calls from Slack to the app on the wire: signed bytes, three seconds, retries of events only, a line in the log."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Any

import pytest
import requests
from slack_sdk.signature import Clock, SignatureVerifier

from sandbox import Sandbox, credentials
from sandbox.slack.outgoing import signature
from tests.sandbox.kit import alert

# Facts of Slack, section 1.1: what the vendor's own verifier makes of these bodies.
VECTORS = [
    (
        b"payload=%7B%22type%22%3A%22block_actions%22%7D",
        "v0=14cb853457b3a206415548e9d2d9ab2726f3ea1fc072689c6f247a9e8639cc82",
    ),
    (
        b"command=%2Falerts&text=&user_id=U00000001&channel_id=C00000001",
        "v0=c46fefb19a771eca85f88dea393371600dfbb68a7298ab27073e11819e4815b6",
    ),
    (
        "text=Überlast ✓".encode(),
        "v0=b03d0bd9c27a352940bd69a8b221e365af666d6f62533a40b1687534702ebd98",
    ),
    (b"", "v0=9ed7b499a96f4dca7561b74c7621e61337393d6cde3522b961a357f468265e1d"),
]


@pytest.fixture
def message(sandbox: Sandbox, slack: Any) -> Any:
    slack.post(**alert())
    return sandbox.slack.messages[0]


@pytest.mark.parametrize(("body", "expected"), VECTORS)
def test_a_signature_is_what_the_vendors_verifier_expects(body: bytes, expected: str) -> None:
    assert signature("slack-test-secret", "1700000000", body) == expected


def test_every_kind_of_call_passes_the_vendors_verifier(sandbox: Sandbox, app: Any, message: Any) -> None:
    hand = sandbox.slack_hand
    hand.click(message, "ack")
    hand.command("/alert-status", "critical")
    hand.event({"type": "app_mention"})
    hand.ssl_check()
    verifier = SignatureVerifier(credentials.SLACK_SIGNING_SECRET)
    assert [verifier.is_valid_request(call.body, call.headers) for call in app.calls] == [True] * 4
    assert [call.path for call in app.calls] == [
        "/slack/interaction",
        "/slack/commands",
        "/slack/events",
        "/slack/commands",
    ]
    assert {call.headers["user-agent"] for call in app.calls} == {
        "Slackbot 1.0 (+https://api.slack.com/robots)"
    }
    assert [call.headers["content-type"] for call in app.calls] == [
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded",
        "application/json",
        "application/x-www-form-urlencoded",
    ]


def test_the_stamp_is_the_sandboxes_own_time(limited: Sandbox, clock: Any) -> None:
    request = limited.slack_hand.build_ssl_check()
    assert request.headers["X-Slack-Request-Timestamp"] == str(int(clock.now))


def test_a_reply_tells_status_body_and_time_and_the_log_shows_it(
    sandbox: Sandbox, app: Any, message: Any
) -> None:
    app.will_answer("noted")
    reply = sandbox.slack_hand.click(message, "ack", credentials.BRUNO)
    assert (reply.status, reply.body, reply.problem) == (200, "noted", None)
    assert reply.outcome == f"answered in {reply.milliseconds:.0f} ms"
    logged = sandbox.traffic.calls("slack", "block_actions")[-1]
    assert (logged.direction, logged.path, logged.status, logged.outcome, logged.check, logged.summary) == (
        "out",
        "/slack/interaction",
        200,
        "ok",
        "signature",
        "bruno · ack",
    )


def test_the_path_of_the_apps_address_is_kept(sandbox: Sandbox, app: Any) -> None:
    sandbox.bridge_url = f"{app.url}/behind/a/proxy/"
    assert sandbox.slack_hand.ssl_check().status == 200
    assert app.calls[0].path == "/behind/a/proxy/slack/commands"


def test_a_proxy_of_the_environment_is_not_asked(
    sandbox: Sandbox, app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert sandbox.slack_hand.ssl_check().status == 200


def test_an_answer_after_the_deadline_is_a_timeout(sandbox: Sandbox, app: Any, message: Any) -> None:
    app.hold.clear()
    assert sandbox.slack_hand.wire.deadline == 3
    sandbox.slack_hand.wire.deadline = 0.2
    reply = sandbox.slack_hand.click(message, "ack")
    assert (reply.status, reply.problem, reply.outcome) == (None, "timeout", "timeout")
    assert sandbox.traffic.calls("slack", "block_actions")[-1].outcome == "failed"


def test_an_answer_that_drips_gains_no_time(sandbox: Sandbox, message: Any) -> None:
    """Every byte comes in time, the whole answer never does."""
    over = threading.Event()

    def drip(listener: socket.socket) -> None:
        line, _ = listener.accept()
        with line, suppress(OSError):
            line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            while not over.wait(0.05):
                line.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=drip, args=[listener], daemon=True).start()
        sandbox.bridge_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        sandbox.slack_hand.wire.deadline = 0.3
        reply = sandbox.slack_hand.click(message, "ack")
        over.set()
    assert (reply.problem, reply.milliseconds < 2000) == ("timeout", True)


def test_nobody_there_is_said_and_not_raised(sandbox: Sandbox, message: Any) -> None:
    sandbox.bridge_url = "http://127.0.0.1:1"
    assert sandbox.slack_hand.click(message, "ack").problem == "no answer: Connection refused"
    sandbox.bridge_url = None
    assert "without its address" in str(sandbox.slack_hand.click(message, "ack").problem)


@pytest.mark.parametrize("status", [201, 204, 302, 401, 500])
def test_only_200_will_do_for_a_click(sandbox: Sandbox, app: Any, message: Any, status: int) -> None:
    app.will_answer(status=status, Location="/elsewhere")
    reply = sandbox.slack_hand.click(message, "ack")
    assert (reply.status, reply.problem) == (status, f"status {status}")


def test_clicks_and_commands_are_not_tried_again(sandbox: Sandbox, app: Any, message: Any) -> None:
    app.answers = [(500, {}, b"")] * 2
    sandbox.slack_hand.click(message, "ack")
    sandbox.slack_hand.command("/alert-status")
    assert len(app.calls) == 2


def test_the_same_bytes_can_be_sent_again(sandbox: Sandbox, app: Any, message: Any) -> None:
    request = sandbox.slack_hand.build_click(message, "ack")
    assert app.calls == []
    replies = [sandbox.slack_hand.repeat(request).status for _ in range(2)]
    assert (replies, app.calls[0]) == ([200, 200], app.calls[1])


def test_a_built_request_can_be_spoilt_and_sent(sandbox: Sandbox, app: Any, message: Any) -> None:
    path, headers, body = sandbox.slack_hand.build_click(message, "ack")
    spoilt = sandbox.slack_hand.build_click(message, "ack")._replace(body=body[:-9])
    app.will_answer(status=401)
    assert sandbox.slack_hand.repeat(spoilt).status == 401
    answer = requests.post(app.url + path, data=body, headers=headers, timeout=5)
    assert answer.status_code == 200
    verifier = SignatureVerifier(credentials.SLACK_SIGNING_SECRET)
    assert [verifier.is_valid_request(call.body, call.headers) for call in app.calls] == [False, True]


def test_any_bytes_can_be_signed_for_any_time(limited: Sandbox, clock: Any) -> None:
    body = b"payload=%7B%22type%22%3A%22block_actions%22%7D"
    now, old = (limited.slack_hand.sign("/slack/interaction", body, at=at) for at in (None, 1.0))
    verifier = SignatureVerifier(credentials.SLACK_SIGNING_SECRET, FrozenClock(clock.now))
    assert [verifier.is_valid_request(one.body, one.headers) for one in (now, old)] == [True, False]
    assert old.headers["X-Slack-Signature"] == signature(credentials.SLACK_SIGNING_SECRET, "1", body)


class FrozenClock(Clock):
    def __init__(self, at: float) -> None:
        self._at = at

    def now(self) -> float:
        return self._at


def test_altered_bytes_that_say_nothing_have_no_effect(sandbox: Sandbox, app: Any) -> None:
    for body in (
        b"",
        b"payload=%7B",
        b"payload=%7B%22type%22%3A%22block_actions%22%7D",
        b"\xff",
        b"command=%2Fx",
    ):
        app.will_answer("words")
        assert sandbox.slack_hand.repeat(sandbox.slack_hand.sign("/slack/interaction", body)).status == 200
    assert (sandbox.slack.messages, sandbox.slack.ephemerals) == ([], [])


def test_an_event_is_tried_three_more_times_and_says_why(sandbox: Sandbox, app: Any) -> None:
    app.answers = [(503, {}, b"")] * 3
    reply = sandbox.slack_hand.event({"type": "app_mention", "user": "U0ADA"}, "Ev0ONE")
    assert reply.status == 200
    assert [
        (call.headers.get("x-slack-retry-num"), call.headers.get("x-slack-retry-reason"))
        for call in app.calls
    ] == [(None, None), ("1", "http_error"), ("2", "http_error"), ("3", "http_error")]
    assert len({call.body for call in app.calls}) == 1
    assert b'"event_id":"Ev0ONE"' in app.calls[0].body


def test_an_event_is_given_up_after_three_retries_or_when_the_app_wants_none(
    sandbox: Sandbox, app: Any
) -> None:
    app.answers = [(500, {}, b"")] * 9
    assert sandbox.slack_hand.event({"type": "app_mention"}).status == 500
    assert len(app.calls) == 4
    app.answers = [(500, {"X-Slack-No-Retry": "1"}, b"")]
    assert sandbox.slack_hand.event({"type": "app_mention"}).status == 500
    assert len(app.calls) == 5


def test_an_event_that_nobody_took_names_that_as_the_reason(sandbox: Sandbox, app: Any) -> None:
    sandbox.bridge_url = "http://127.0.0.1:1"
    assert sandbox.slack_hand.event({"type": "app_mention"}).status is None
    assert sandbox.traffic.count("slack", "event_callback", "failed") == 4
    app.hold.clear()
    sandbox.bridge_url, sandbox.slack_hand.wire.deadline = app.url, 0.1
    sandbox.slack_hand.event({"type": "app_mention"})
    assert app.calls[1].headers["x-slack-retry-reason"] == "http_timeout"


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ("challenge-1", None),
        ({"challenge": "challenge-1"}, None),
        ("something else", "the challenge did not come back"),
        (b"", "the challenge did not come back"),
    ],
)
def test_the_challenge_has_to_come_back(sandbox: Sandbox, app: Any, answer: Any, problem: str | None) -> None:
    app.will_answer(answer)
    assert sandbox.slack_hand.url_verification("challenge-1").problem == problem
    assert app.calls[0].body.endswith(b'"challenge":"challenge-1","type":"url_verification"}')
