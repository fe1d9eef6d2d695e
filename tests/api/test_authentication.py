"""Who may come in, as a table; and that no header, however odd, does more than be refused."""

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import Headers

from api.authentication import SIGNATURE, Authentication
from api.signatures import Refused
from tests.api.conftest import Start
from tests.api.payload import body

BODY = b'{"a": 1}'
ALL = Authentication(
    tokens=("first", "second"),
    source_tokens=(("eu", "token-eu"), ("eu", "token-eu-next"), ("us", "tökén")),
    basic=("bridge", "pass:wörd"),
    webhook_secrets=("old", "new"),
)


def sign(secret: str, signed: bytes = BODY) -> str:
    return "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def latin(text: str) -> str:
    """A header as WSGI hands it over."""
    return text.encode().decode("latin-1")


@pytest.mark.parametrize(
    ("name", "value", "source"),
    [
        ("Authorization", "Bearer first", None),
        ("Authorization", "bearer second", None),
        ("Authorization", "Bearer   second ", None),
        ("Authorization", "Bearer token-eu", "eu"),
        ("Authorization", "Bearer token-eu-next", "eu"),
        ("Authorization", latin("Bearer tökén"), "us"),
        ("Authorization", basic("bridge:pass:wörd"), None),
        (SIGNATURE, sign("old"), None),
        (SIGNATURE, sign("new"), None),
        (SIGNATURE, f"{sign('wrong')}, {sign('new')}", None),
        (SIGNATURE, sign("new").upper().replace("V1", "v1"), None),
    ],
)
def test_any_configured_kind_is_enough(name: str, value: str, source: str | None) -> None:
    assert source == ALL.check(Headers([(name, value)]), BODY)


HOSTILE = [
    ("Authorization", ""),
    ("Authorization", "Bearer"),
    ("Authorization", "Bearer "),
    ("Authorization", "Bearer third"),
    ("Authorization", "Basic first"),
    ("Authorization", "first"),
    ("Authorization", "Bearer \u20ac\U0001f600"),
    ("Authorization", "Bearer " + "x" * 1_000_000),
    ("Authorization", "Basic ???"),
    ("Authorization", "Basic YQ"),
    ("Authorization", "Basic \xff\xfe"),
    ("Authorization", "Basic " + base64.b64encode(b"\xff\x00").decode()),
    ("Authorization", basic("bridge:wrong")),
    ("Authorization", basic("other:pass:wörd")),
    ("Authorization", "Digest username=bridge"),
    (SIGNATURE, ""),
    (SIGNATURE, "v1="),
    (SIGNATURE, "v1"),
    (SIGNATURE, ",,,="),
    (SIGNATURE, sign("wrong")),
    (SIGNATURE, sign("new", b"other body")),
    (SIGNATURE, sign("new")[3:]),
    (SIGNATURE, sign("new").replace("v1", "v0")),
    (SIGNATURE, "v1=\xff\xfe"),
    (SIGNATURE, ",".join(["v1=00"] * 100_000)),
]


@pytest.mark.parametrize(("name", "value"), HOSTILE, ids=[str(n) for n in range(len(HOSTILE))])
def test_what_is_wrong_or_odd_is_refused(name: str, value: str) -> None:
    with pytest.raises(Refused, match="The credentials are wrong"):
        ALL.check(Headers([(name, value)]), BODY)


def test_missing_credentials_are_said_to_be_missing() -> None:
    with pytest.raises(Refused, match="Credentials are missing"):
        ALL.check(Headers(), BODY)


@pytest.mark.parametrize("only", [Authentication(tokens=("t",)), Authentication(webhook_secrets=("t",))])
def test_a_kind_that_is_not_configured_lets_nobody_in(only: Authentication) -> None:
    for headers in (Headers([("Authorization", basic("bridge:"))]), Headers([(SIGNATURE, sign(""))])):
        with pytest.raises(Refused):
            only.check(headers, BODY)


def test_one_wrong_kind_does_not_spoil_a_right_one() -> None:
    headers = Headers([("Authorization", "Bearer wrong"), (SIGNATURE, sign("new"))])
    assert ALL.check(headers, BODY) is None


def test_nothing_configured_accepts_everybody() -> None:
    assert Authentication().check(Headers(), BODY) is None
    assert not Authentication().configured


@pytest.mark.parametrize(
    "empty",
    [
        {"tokens": ("",)},
        {"source_tokens": (("eu", ""),)},
        {"basic": ("bridge", "")},
        {"webhook_secrets": ("a", "")},
    ],
)
def test_an_empty_secret_is_a_fault_at_start(empty: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(ValueError, match="empty"):
        Authentication(**empty)  # type: ignore[arg-type]


@given(st.sampled_from(["Authorization", SIGNATURE]), st.text(st.characters(exclude_characters="\r\n")))
def test_no_header_raises_anything_but_refused(name: str, value: str) -> None:
    with pytest.raises(Refused):
        ALL.check(Headers([(name, value)]), BODY)


def test_unauthenticated_input_changes_nothing_reveals_nothing_costs_little(start: Start) -> None:
    """Nothing is stored or parsed, the answer names no secret, and a body is not read for a stranger."""
    receiver = start(ALL)
    for headers in ({}, {"Authorization": "Bearer secret-guess"}, {SIGNATURE: sign("guess", body())}):
        for sent in (body(), b"broken", b"x" * 60_000):
            reply = receiver.post(sent, headers)
            assert reply.status == 401
            assert reply.headers["WWW-Authenticate"] == "Bearer"
            assert reply.json["error"] == "unauthenticated"
            assert not any(
                word in reply.body for word in (b"first", b"second", b"token-eu", b"guess", b"bridge")
            )
    assert (receiver.rows(), receiver.hints) == (0, [])


def test_each_kind_comes_in_over_http(start: Start) -> None:
    receiver = start(ALL)
    sent = body()
    for headers in (
        {"Authorization": "Bearer first"},
        {"Authorization": "Bearer token-eu"},
        {"Authorization": basic("bridge:pass:wörd")},
        {SIGNATURE: sign("new", sent)},
    ):
        assert receiver.post(sent, headers).status == 202
    lanes = ["alertmanager:default", "alertmanager:eu", "alertmanager:default", "alertmanager:default"]
    assert lanes == receiver.hints
