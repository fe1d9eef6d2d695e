"""Requests without credentials: how often they are answered 401, what they cost, and whom they may not hold up."""

import base64
import gzip
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from prometheus_client import REGISTRY
from sqlalchemy import event

from api.authentication import Authentication
from api.brake import MOST_LINES, MOST_OF_ALL, MOST_OF_ONE, Brake, Lines
from api.parts import SlackParts
from api.signatures import PagerDutySignatures, SlackSignatures
from tests.api.conftest import PATH, Receiver, Start
from tests.api.payload import body
from tests.api.signed import (
    PAGERDUTY_SECRET,
    SLACK_SECRET,
    click,
    pagerduty_headers,
    slack_headers,
    webhook,
)

GOOD = {"Authorization": "Bearer good"}
BAD = {"Authorization": "Bearer bad"}
DOORS = [
    (PATH, body(), BAD),
    ("/slack/interaction", click(), slack_headers(click(), "bad")),
    ("/slack/commands", b"command=x", {}),
    ("/pagerduty/webhook", webhook(), pagerduty_headers(webhook(), "bad")),
    ("/api/v1/alerts", b"", BAD),
]


@pytest.fixture
def receiver(start: Start) -> Receiver:
    def nothing(*_: object) -> dict[str, Any]:
        return {}

    return start(
        Authentication(tokens=("good",)),
        slack=SlackParts(SlackSignatures((SLACK_SECRET,)), nothing, nothing),
        pagerduty=PagerDutySignatures((PAGERDUTY_SECRET,)),
        api=Authentication(source_tokens=(("bot", "good"),)),
    )


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as captured:
        yield captured


def ask(receiver: Receiver, path: str, sent: bytes, headers: dict[str, str]) -> int:
    return receiver.ask(
        "GET" if "/api/" in path else "POST", path, sent, {"Content-Type": "application/json", **headers}
    ).status


@pytest.mark.parametrize(("path", "sent", "headers"), DOORS, ids=[door[0] for door in DOORS])
def test_whoever_keeps_failing_is_told_to_wait(
    receiver: Receiver, path: str, sent: bytes, headers: dict[str, str]
) -> None:
    # A minute may begin on the way, and counts anew.
    told = [ask(receiver, path, sent, headers) for _ in range(3 * MOST_OF_ONE)]
    assert told[:1] == [401]
    assert set(told) == {401, 429}
    reply = receiver.ask("GET", "/api/v1/alerts", b"", BAD)
    assert reply.json["error"] == "unauthenticated"
    if reply.status == 429:
        assert 0 < int(reply.headers["Retry-After"]) <= 61


def test_good_credentials_pass_at_once_from_the_address_of_a_stranger(receiver: Receiver) -> None:
    for _ in range(3 * MOST_OF_ONE):
        receiver.post(body(), BAD)
        assert receiver.post(body(), GOOD).status == 202
    for _ in range(MOST_OF_ONE):
        assert ask(receiver, "/slack/interaction", click(), slack_headers(click())) == 200
        assert ask(receiver, "/pagerduty/webhook", webhook(), pagerduty_headers(webhook())) == 202
        assert ask(receiver, "/api/v1/alerts", b"", GOOD) == 200


def test_what_a_header_says_of_an_address_is_not_believed(receiver: Receiver) -> None:
    told = [
        ask(receiver, PATH, body(), BAD | {"X-Forwarded-For": f"192.0.2.{number}"})
        for number in range(3 * MOST_OF_ONE)
    ]
    assert 429 in told


def test_a_failure_asks_nothing_of_the_database(receiver: Receiver) -> None:
    asked: list[str] = []
    for engine in (receiver.store.writer, receiver.store.reader):
        event.listen(engine, "before_cursor_execute", lambda _, __, statement, *___: asked.append(statement))
    for path, sent, headers in DOORS:
        for _ in range(MOST_OF_ONE):
            assert ask(receiver, path, sent, headers) in (401, 429)
    assert asked == []


def test_a_flood_is_counted_whole_and_logged_in_part(receiver: Receiver, lines: list[Any]) -> None:
    labels = {"sender": "alertmanager", "outcome": "unauthenticated"}
    before = REGISTRY.get_sample_value("alert_bridge_received_total", labels) or 0.0
    for _ in range(5 * MOST_LINES):
        receiver.post(body(), BAD)
    after = REGISTRY.get_sample_value("alert_bridge_received_total", labels) or 0.0
    assert after - before == 5 * MOST_LINES
    # Two minutes may have had a share in it.
    assert len([line for line in lines if line["event"] == "a request was refused"]) <= 2 * MOST_LINES


def test_a_minute_later_all_is_forgotten() -> None:
    at = 0.0
    brake = Brake(lambda: at)
    told = [brake.refusal("192.0.2.1", "No.").status for _ in range(MOST_OF_ONE + 5)]
    assert told == [401] * MOST_OF_ONE + [429] * 5
    assert brake.refusal("192.0.2.2", "No.").status == 401
    at = 60.0
    assert brake.refusal("192.0.2.1", "No.").status == 401


def test_many_addresses_together_are_braked_and_not_all_remembered() -> None:
    brake = Brake(lambda: 0.0)
    told = [brake.refusal(f"2001:db8::{number:x}", "No.").status for number in range(20_000)]
    assert told == [401] * MOST_OF_ALL + [429] * (20_000 - MOST_OF_ALL)
    assert len(brake._by_address) == MOST_OF_ALL


def test_lines_that_were_left_out_are_counted_in_the_next_minute() -> None:
    at = 30.0
    lines = Lines(lambda: at)
    written = [lines.kept_back() for _ in range(MOST_LINES + 7)]
    assert written == [0] * MOST_LINES + [None] * 7
    at = 61.0
    assert (lines.kept_back(), lines.kept_back()) == (7, 0)


@pytest.mark.parametrize(
    "user_and_password",
    [
        "bridge:",
        ":",
        "",
        "bridg:password",
        "bridgé:password",
        "bridge:passwor",
        "bridge:password2",
        "b" * 5000,
    ],
)
def test_a_name_and_password_are_right_together_or_wrong(start: Start, user_and_password: str) -> None:
    receiver = start(Authentication(basic=("bridge", "password")))
    given = base64.b64encode(user_and_password.encode()).decode()
    assert receiver.post(body(), {"Authorization": f"Basic {given}"}).status == 401
    assert receiver.rows() == 0


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "x-gzip", "identity, gzip"])
def test_a_compressed_body_is_unsupported(receiver: Receiver, encoding: str) -> None:
    sent = gzip.compress(body(1000))
    reply = receiver.post(sent, GOOD | {"Content-Encoding": encoding})
    assert (reply.status, reply.json["error"], receiver.rows()) == (415, "unsupported", 0)
    asked = {**GOOD, "Content-Type": "application/json", "Content-Encoding": encoding}
    reply = receiver.ask("POST", "/api/v1/silences", sent[:1000], asked)
    assert (reply.status, reply.json["error"], receiver.rows()) == (415, "unsupported", 0)


@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics", "/nowhere", "/api/v1/alerts", PATH])
def test_no_answer_is_kept_or_taken_for_a_page(receiver: Receiver, path: str) -> None:
    told = receiver.ask("GET", path).headers
    assert (told["X-Content-Type-Options"], told["Cache-Control"]) == ("nosniff", "no-store")
