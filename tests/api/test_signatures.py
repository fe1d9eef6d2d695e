"""Who may come in from Slack and PagerDuty, as tables; and that no header, however odd, does more than be refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import Headers

from api.signatures import PagerDutySignatures, Refused, SlackSignatures
from tests.api.signed import hexdigest

NOW = 1_700_000_000
BODY = b"payload=%7B%22type%22%3A%22block_actions%22%7D"
SLACK = SlackSignatures(("slack-test-secret",), now=lambda: NOW)
GOOD = "v0=14cb853457b3a206415548e9d2d9ab2726f3ea1fc072689c6f247a9e8639cc82"

EVENT = b'{"event":{"id":"01TESTEVENT0000000000000001","event_type":"incident.acknowledged"}}'
FIRST = "v1=2d90bdfad1c86c3e776b260be47c4c79c6895bd5e18ef27714e6848caa53f8dd"
SECOND = "v1=6f3bf1d76436c6cf0908f9b50a2efde37bc89d38b8aef83a88722527cdbd3585"
PAGERDUTY = PagerDutySignatures(("pd-test-secret-1",))


def never() -> bytes:
    raise AssertionError("the body was read")


def slack_headers(signature: str = GOOD, stamp: str = str(NOW)) -> Headers:
    return Headers([("X-Slack-Request-Timestamp", stamp), ("X-Slack-Signature", signature)])


def pagerduty_headers(signature: str) -> Headers:
    return Headers([("X-PagerDuty-Signature", signature)])


def signed_at(stamp: str, body: bytes = BODY) -> Headers:
    return slack_headers("v0=" + hexdigest("slack-test-secret", f"v0:{stamp}:".encode() + body), stamp)


@pytest.mark.parametrize(
    ("body", "signature"),
    [
        (BODY, GOOD),
        (
            b"command=%2Falerts&text=&user_id=U00000001&channel_id=C00000001",
            "v0=c46fefb19a771eca85f88dea393371600dfbb68a7298ab27073e11819e4815b6",
        ),
        (
            "text=Überlast ✓".encode(),
            "v0=b03d0bd9c27a352940bd69a8b221e365af666d6f62533a40b1687534702ebd98",
        ),
        (b"", "v0=9ed7b499a96f4dca7561b74c7621e61337393d6cde3522b961a357f468265e1d"),
    ],
    ids=["interaction", "command", "utf-8", "empty"],
)
def test_what_slack_signed_comes_in(body: bytes, signature: str) -> None:
    assert body == SLACK.verified(slack_headers(signature), lambda: body)


@pytest.mark.parametrize(
    ("body", "signature"),
    [
        (EVENT, FIRST),
        (
            '{"note":"é✓"}'.encode(),
            "v1=a9518d0f6b847e5b90b44b6aa7b66d03bab9b5cedc312fc0bb79dcf54797aff2",
        ),
    ],
    ids=["event", "utf-8"],
)
def test_what_pagerduty_signed_comes_in(body: bytes, signature: str) -> None:
    assert body == PAGERDUTY.verified(pagerduty_headers(signature), lambda: body)


@pytest.mark.parametrize("position", range(len(BODY)))
def test_one_changed_byte_is_refused(position: int) -> None:
    changed = BODY[:position] + bytes([BODY[position] ^ 1]) + BODY[position + 1 :]
    with pytest.raises(Refused, match="The signature is wrong"):
        SLACK.verified(slack_headers(), lambda: changed)


def test_bytes_that_are_no_text_are_signed_like_any_others() -> None:
    body = b"\xff\xfe\x00payload"
    assert body == SLACK.verified(signed_at(str(NOW), body), lambda: body)
    headers = pagerduty_headers(f"v1={hexdigest('pd-test-secret-1', body)}")
    assert body == PAGERDUTY.verified(headers, lambda: body)


@pytest.mark.parametrize("offset", [-300, 0, 300])
def test_five_minutes_pass_in_both_directions(offset: int) -> None:
    assert SLACK.verified(signed_at(str(NOW + offset)), lambda: BODY) == BODY


@pytest.mark.parametrize(
    "stamp",
    [
        str(NOW - 301),
        str(NOW + 301),
        "0",
        "1700000000.5",
        "-1700000000",
        "+1700000000",
        "1_700_000_000",
        "17e8",
        "now",
        "\u0661\u0667",
        "1" * 4000,
        "9" * 12,
    ],
)
def test_an_old_a_future_or_an_odd_timestamp_is_refused_unread(stamp: str) -> None:
    with pytest.raises(Refused, match="The timestamp"):
        SLACK.verified(slack_headers(stamp=stamp), never)


@pytest.mark.parametrize(
    "headers",
    [
        Headers(),
        Headers([("X-Slack-Signature", GOOD)]),
        Headers([("X-Slack-Request-Timestamp", str(NOW))]),
        slack_headers(""),
        slack_headers(stamp=""),
        slack_headers("v0=" + "0" * 10_000),
        slack_headers(stamp="1" * 10_000),
    ],
)
def test_a_request_of_slacks_without_its_headers_is_refused_unread(headers: Headers) -> None:
    with pytest.raises(Refused, match="The signature is missing"):
        SLACK.verified(headers, never)


@pytest.mark.parametrize(
    "signature",
    [GOOD[3:], GOOD.replace("v0", "v1"), GOOD.upper(), "v0=", "v0", "v0=é", "v0=\xff\xfe", f"{GOOD},{GOOD}"],
)
def test_a_wrong_signature_of_slacks_is_refused(signature: str) -> None:
    with pytest.raises(Refused, match="The signature is wrong"):
        SLACK.verified(slack_headers(signature), lambda: BODY)


@pytest.mark.parametrize("signature", ["", "v1", "v2=" + FIRST[3:], FIRST[3:], ",,,=", "x" * 10_000])
def test_a_pagerduty_header_without_a_signature_is_refused_unread(signature: str) -> None:
    with pytest.raises(Refused, match="The signature is missing"):
        PAGERDUTY.verified(pagerduty_headers(signature), never)


@pytest.mark.parametrize("signature", [SECOND, "v1=", "v1=é", FIRST[:-1], ",".join(["v1=00"] * 1000)])
def test_a_wrong_signature_of_pagerdutys_is_refused(signature: str) -> None:
    with pytest.raises(Refused, match="The signature is wrong"):
        PAGERDUTY.verified(pagerduty_headers(signature), lambda: EVENT)


@pytest.mark.parametrize(
    "header", [f"{SECOND},{FIRST}", f"{SECOND}, {FIRST}", f" v2=ab ,  {FIRST} , v1=", FIRST]
)
def test_any_signature_of_pagerdutys_list_is_enough(header: str) -> None:
    assert PAGERDUTY.verified(pagerduty_headers(header), lambda: EVENT) == EVENT


def test_while_a_secret_is_changed_both_are_good() -> None:
    for secrets in (("old", "pd-test-secret-1"), ("pd-test-secret-1", "old")):
        assert PagerDutySignatures(secrets).verified(pagerduty_headers(FIRST), lambda: EVENT) == EVENT
    for secrets in (("old", "slack-test-secret"), ("slack-test-secret", "old")):
        both = SlackSignatures(secrets, now=lambda: NOW)
        assert both.verified(slack_headers(), lambda: BODY) == BODY


@pytest.mark.parametrize("kind", [SlackSignatures, PagerDutySignatures])
@pytest.mark.parametrize("secrets", [(), ("",), ("good", "")])
def test_an_empty_secret_is_a_fault_at_start(
    kind: type[SlackSignatures | PagerDutySignatures], secrets: tuple[str, ...]
) -> None:
    with pytest.raises(ValueError, match="empty"):
        kind(secrets)


@given(*[st.text(st.characters(exclude_characters="\r\n"))] * 2)
def test_no_header_raises_anything_but_refused(stamp: str, signature: str) -> None:
    for headers in (slack_headers(signature, stamp), slack_headers(f"v0={signature}")):
        with pytest.raises(Refused):
            SLACK.verified(headers, lambda: BODY)
    for header in (signature, f"v1={signature}, v1={stamp}"):
        with pytest.raises(Refused):
            PAGERDUTY.verified(pagerduty_headers(header), lambda: BODY)
