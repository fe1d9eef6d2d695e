"""PagerDuty's webhooks over real HTTP: whatever it signed is 2xx or, on our own trouble, 503."""

import hashlib
from collections.abc import Callable, Iterator

import pytest
import structlog
from prometheus_client import REGISTRY

from api.signatures import PagerDutySignatures
from core.sources import pagerduty as source
from tests.api.conftest import Receiver, Reply, Start, no_inbox
from tests.api.signed import PAGERDUTY_SECRET, hexdigest, pagerduty_headers, webhook

PATH, ALIAS = "/pagerduty/webhook", "/webhook/pagerduty"
KEY = "pagerduty:01TESTEVENT0000000000000001"


@pytest.fixture
def receiver(start: Start) -> Receiver:
    return start(pagerduty=PagerDutySignatures((PAGERDUTY_SECRET, "pd-test-secret-2")))


@pytest.fixture
def log() -> Iterator[Callable[[], list[tuple[str, str]]]]:
    """Level and event of every line so far."""
    with structlog.testing.capture_logs() as lines:
        yield lambda: [(line["log_level"], line["event"]) for line in lines]


def send(receiver: Receiver, body: bytes, **more: str) -> Reply:
    return receiver.ask("POST", PATH, body, pagerduty_headers(body, **more))


def counted(outcome: str) -> float:
    labels = {"sender": "pagerduty", "outcome": outcome}
    return REGISTRY.get_sample_value("alert_bridge_received_total", labels) or 0.0


def of_type(label: str) -> float:
    return REGISTRY.get_sample_value("alert_bridge_pagerduty_events_total", {"type": label}) or 0.0


@pytest.mark.parametrize("path", [PATH, ALIAS])
@pytest.mark.parametrize("secret", [PAGERDUTY_SECRET, "pd-test-secret-2"])
def test_an_event_is_stored_as_it_came(receiver: Receiver, path: str, secret: str) -> None:
    body = webhook()
    before = counted("accepted")
    reply = receiver.ask("POST", path, body, pagerduty_headers(body, secret))
    assert (reply.status, reply.json, counted("accepted") - before) == (202, {"status": "accepted"}, 1.0)
    assert receiver.stored() == [("pagerduty", "people", KEY, body)]
    assert receiver.hints == ["people"]


def test_a_replay_is_the_same_event_under_whatever_webhook_id(receiver: Receiver) -> None:
    """Nothing else protects against one: there is no timestamp, and that header is not signed."""
    replies = [send(receiver, webhook(), **{"X-Webhook-Id": f"webhook-{n}"}) for n in range(3)]
    assert ([reply.status for reply in replies], receiver.rows()) == ([202] * 3, 1)
    assert send(receiver, webhook(id="01TESTEVENT0000000000000002")).status == 202
    assert receiver.rows() == 2


@pytest.mark.parametrize("id_", [None, "", 5, "x" * 81, "a b", "é", "a\n", ["01TEST"]])
def test_an_event_without_a_usable_id_is_known_by_its_bytes(receiver: Receiver, id_: object) -> None:
    body = webhook(id=id_)
    assert [send(receiver, body).status, send(receiver, body).status] == [202, 202]
    key = f"pagerduty:{hashlib.sha256(body).hexdigest()}"
    assert receiver.stored() == [("pagerduty", "people", key, body)]


@pytest.mark.parametrize("event_type", sorted(source.FOLLOWED))
def test_every_type_from_which_something_follows_is_stored(receiver: Receiver, event_type: str) -> None:
    before = of_type(event_type)
    assert send(receiver, webhook(event_type)).status == 202
    assert (of_type(event_type) - before, receiver.rows()) == (1.0, 1)


@pytest.mark.parametrize(
    ("event_type", "label"),
    [
        ("pagey.ping", "pagey.ping"),
        ("incident.workflow.started", "incident.workflow.started"),
        ("service.updated", "service.updated"),
        ("incident.invented_next_year", "other"),
        ("x" * 5000, "other"),
    ],
)
def test_other_types_are_answered_counted_and_not_stored(
    receiver: Receiver, event_type: str, label: str
) -> None:
    before, ignored = of_type(label), counted("ignored")
    reply = send(receiver, webhook(event_type))
    assert (reply.status, reply.json) == (202, {"status": "ignored"})
    assert (of_type(label) - before, counted("ignored") - ignored, receiver.rows()) == (1.0, 1.0, 0)


MALFORMED = [
    b"",
    b"{",
    b"[]",
    b"\xff\xfe",
    b"NaN",
    b"[" * 50_000,
    b"{}",
    b'{"event":[]}',
    b'{"event":{"event_type":5}}',
]


@pytest.mark.parametrize("body", MALFORMED, ids=range(len(MALFORMED)))
def test_what_is_signed_and_cannot_be_read_is_never_4xx(
    receiver: Receiver, body: bytes, log: Callable[[], list[tuple[str, str]]]
) -> None:
    before = counted("malformed")
    assert send(receiver, body).status == 202
    assert (counted("malformed") - before, receiver.rows()) == (1.0, 0)
    assert log() == [("error", "a signed PagerDuty webhook cannot be read")]


def test_a_database_that_is_gone_is_a_503_and_nothing_is_lost(receiver: Receiver) -> None:
    """PagerDuty comes again for two days."""
    before = counted("unavailable")
    with no_inbox(receiver.store):
        reply = send(receiver, webhook())
    assert (reply.status, reply.json["error"]) == (503, "unavailable")
    assert (int(reply.headers["Retry-After"]) > 0, counted("unavailable") - before) == (True, 1.0)
    assert (send(receiver, webhook()).status, receiver.rows()) == (202, 1)


def test_unauthenticated_input_changes_nothing_and_reveals_nothing(receiver: Receiver) -> None:
    body = webhook()
    good = f"v1={hexdigest(PAGERDUTY_SECRET, body)}"
    forged = [
        {},
        pagerduty_headers(body, "wrong"),
        pagerduty_headers(body + b" "),
        {"X-PagerDuty-Signature": good.replace("v1", "v2")},
        {"X-PagerDuty-Signature": "v1=é"},
        {"X-PagerDuty-Signature": ",".join(["v1=00"] * 1000)},
    ]
    before = counted("unauthenticated")
    for headers in forged:
        reply = receiver.ask("POST", PATH, body, headers)
        assert (reply.status, reply.json["error"]) == (401, "unauthenticated")
        assert PAGERDUTY_SECRET.encode() not in reply.body
    assert (counted("unauthenticated") - before, receiver.rows()) == (len(forged), 0)


def test_one_changed_byte_is_refused(receiver: Receiver) -> None:
    body = webhook()
    for position in (0, len(body) // 2, len(body) - 1):
        changed = body[:position] + bytes([body[position] ^ 1]) + body[position + 1 :]
        assert receiver.ask("POST", PATH, changed, pagerduty_headers(body)).status == 401


def test_a_wrong_signature_is_logged_with_what_to_do(
    receiver: Receiver, log: Callable[[], list[tuple[str, str]]]
) -> None:
    """It may be our own secret that is wrong; without the header it is only a stranger."""
    refused = [("warning", "a request was refused")]
    receiver.ask("POST", PATH, webhook(), {})
    assert log() == refused
    receiver.ask("POST", PATH, webhook(), pagerduty_headers(webhook(), "wrong"))
    assert log() == [*refused, ("error", "a request was refused")]


def test_any_signature_of_a_list_is_enough_and_header_names_have_any_case(receiver: Receiver) -> None:
    body = webhook()
    listed = f"v2=ab, v1={'0' * 64} ,  v1={hexdigest(PAGERDUTY_SECRET, body)}"
    for name in ("X-PagerDuty-Signature", "x-pagerduty-signature", "X-PAGERDUTY-SIGNATURE"):
        assert receiver.ask("POST", PATH, body, {name: listed}).status == 202
    assert receiver.rows() == 1


def test_a_body_in_chunks_is_one_body(receiver: Receiver) -> None:
    body = webhook(data={"padding": "é" * 50_000})

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(body), 5000):
            yield body[start : start + 5000]

    headers = pagerduty_headers(body) | {"Transfer-Encoding": "chunked"}
    assert receiver.ask("POST", PATH, pieces(), headers).status == 202
    assert [stored for *_, stored in receiver.stored()] == [body]


def test_all_that_pagerduty_sends_fits_and_more_than_a_mebibyte_does_not(receiver: Receiver) -> None:
    largest = webhook(data={"padding": "x" * 256_000})
    assert send(receiver, largest).status == 202
    reply = send(receiver, b"x" * (1024 * 1024 + 1))
    assert (reply.status, reply.json["error"]) == (413, "too_large")


@pytest.mark.parametrize("path", [PATH, ALIAS])
def test_without_pagerduty_there_is_nothing_here(start: Start, path: str) -> None:
    reply = start().ask("POST", path, webhook(), pagerduty_headers(webhook()))
    assert (reply.status, reply.json["error"]) == (404, "not_found")


def test_every_type_is_counted_from_zero_on(receiver: Receiver) -> None:
    """A rule on a counter that is not there yet never fires."""
    metrics = receiver.ask("GET", "/metrics").body.decode()
    missing = [
        one for one in (*source.TYPES, "other") if f'pagerduty_events_total{{type="{one}"}}' not in metrics
    ]
    assert missing == []
