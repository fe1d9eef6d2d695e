"""PagerDuty's webhooks, read: what happened to an incident, and that nothing but Malformed is ever raised."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import Malformed
from core.domain.event import IncidentEvent, Verb
from core.domain.person import Actor, Provider
from core.sources.pagerduty import FOLLOWED, TYPES, look, read
from tests.api.signed import incident, webhook
from tests.sources.test_slack import JSON

RECEIVED = datetime(2026, 11, 23, 12, 0, 9, tzinfo=UTC)
ADA = Actor(Provider.PAGERDUTY, "PUADA01", "Ada Example")
INCIDENT = {
    "id": "PINC001",
    "type": "incident_reference",
    "html_url": "https://sandbox.example/incidents/PINC001",
}


def event(*given_: Any, **changed: Any) -> IncidentEvent:
    found = read(webhook(*given_, **changed), RECEIVED)
    assert found is not None
    return found


def test_an_acknowledgement_is_read_whole() -> None:
    expected = IncidentEvent(
        event_id="pagerduty:01TESTEVENT0000000000000001",
        what="acknowledged",
        incident_id="PINC001",
        occurred_at=datetime(2026, 11, 23, 12, 0, 5, 123000, tzinfo=UTC),
        actor=ADA,
        verb=Verb.ACKNOWLEDGE,
        text="",
        number=42,
        url="https://sandbox.example/incidents/PINC001",
        service_id="PSVC001",
        client_url="",
        merged_into=None,
        by_integration=False,
    )
    assert expected == event()


@pytest.mark.parametrize(
    ("type_", "verb", "what"),
    [
        ("incident.triggered", None, "triggered"),
        ("incident.acknowledged", Verb.ACKNOWLEDGE, "acknowledged"),
        ("incident.unacknowledged", Verb.UNACKNOWLEDGE, "unacknowledged"),
        ("incident.resolved", Verb.RESOLVE, "resolved"),
        ("incident.reopened", Verb.REOPEN, "reopened"),
        ("incident.reassigned", Verb.TELL, "reassigned"),
        ("incident.escalated", Verb.TELL, "escalated"),
        ("incident.delegated", Verb.TELL, "delegated"),
        ("incident.priority_updated", Verb.TELL, "priority_changed"),
    ],
)
def test_each_type_has_its_verb_and_its_word(type_: str, verb: Verb | None, what: str) -> None:
    assert (verb, what) == (event(type_).verb, event(type_).what)


BRUNO, CHIDI = {"summary": "Bruno Sample"}, {"summary": "Chidi Placeholder"}


@pytest.mark.parametrize(
    ("type_", "data", "text"),
    [
        ("reassigned", incident(assignees=[BRUNO]), "reassigned it to Bruno Sample"),
        (
            "reassigned",
            incident(assignees=[BRUNO, CHIDI]),
            "reassigned it to Bruno Sample and Chidi Placeholder",
        ),
        (
            "reassigned",
            incident(assignees=[BRUNO] * 9),
            f"reassigned it to {'Bruno Sample, ' * 4}Bruno Sample and 4 more",
        ),
        ("reassigned", incident(assignees=[None, {"summary": " "}, 5]), "reassigned it"),
        ("reassigned", incident(assignees=None), "reassigned it"),
        ("escalated", incident(assignees=[CHIDI]), "escalated it to Chidi Placeholder"),
        ("escalated", incident(assignees=[]), "escalated it"),
        ("delegated", incident(), "delegated it to the escalation policy Night shift"),
        ("delegated", incident(escalation_policy=None), "delegated it to Ada Example"),
        ("priority_updated", incident(priority={"summary": "P1"}), "set its priority to P1"),
        ("priority_updated", incident(priority={"name": "P2", "id": "PPRI002"}), "set its priority to P2"),
        ("priority_updated", incident(priority=None), "removed its priority"),
        ("priority_updated", incident(priority={"id": "PPRI002"}), "changed its priority"),
        ("responder.added", {"incident": INCIDENT, "user": CHIDI}, "asked Chidi Placeholder to help"),
        (
            "responder.added",
            {"incident": INCIDENT, "user": None, "escalation_policy": {"summary": "Database\n team"}},
            "asked Database team to help",
        ),
        ("responder.added", {"incident": INCIDENT}, "asked somebody to help"),
        (
            "responder.replied",
            {"incident": INCIDENT, "user": CHIDI, "state": "accepted", "type": "incident_responder"},
            "answered the request for help: accepted",
        ),
        ("responder.replied", {"incident": INCIDENT}, "answered the request for help"),
    ],
)
def test_a_story_is_told_as_far_as_the_event_tells_it(type_: str, data: Any, text: str) -> None:
    found = event(f"incident.{type_}", data)
    assert (Verb.TELL, text, "PINC001") == (found.verb, found.text, found.incident_id)
    assert "Ada" not in found.text or found.text.endswith("to Ada Example")


@pytest.mark.parametrize(
    ("content", "trimmed", "text"),
    [
        ("looking at it", False, "looking at it"),
        (" Resolution Note: restarted\nthe ✓ node\n", False, "Resolution Note: restarted\nthe ✓ node"),
        ("the first half", True, "the first half …"),
        ("x" * 5000, False, "x" * 2999 + "…"),
    ],
)
def test_a_note_is_of_the_incident_that_it_names(content: str, trimmed: bool, text: str) -> None:
    data = {
        "type": "incident_note",
        "id": "PNOTE01",
        "incident": INCIDENT,
        "content": content,
        "trimmed": trimmed,
    }
    found = event("incident.annotated", data)
    assert (Verb.NOTE, "noted", "PINC001", text) == (found.verb, found.what, found.incident_id, found.text)
    assert found.url == INCIDENT["html_url"]


@pytest.mark.parametrize("content", [None, "", "  ", 5])
def test_nothing_follows_from_a_blank_note(content: Any) -> None:
    data = {"type": "incident_note", "incident": INCIDENT, "content": content, "trimmed": True}
    assert (event("incident.annotated", data).verb, event("incident.annotated", data).text) == (None, "")


def test_a_merge_is_a_move_and_no_resolve() -> None:
    reason = {"type": "merge_resolve_reason", "incident": {"id": "PINC002", "type": "incident_reference"}}
    found = event("incident.resolved", incident(resolve_reason=reason))
    assert (found.verb, found.what, found.merged_into) == (None, "merged", "PINC002")


@pytest.mark.parametrize("into", [None, {}, {"id": 5}, {"id": "a b"}])
def test_a_merge_into_nobody_knows_what_is_no_resolve_either(into: Any) -> None:
    found = event(
        "incident.resolved", incident(resolve_reason={"type": "merge_resolve_reason", "incident": into})
    )
    assert (found.verb, found.what, found.merged_into) == (None, "merged", None)


@pytest.mark.parametrize("reason", [None, {}, {"type": "another reason"}, "merge_resolve_reason"])
def test_any_other_reason_is_a_resolve(reason: Any) -> None:
    found = event("incident.resolved", incident(resolve_reason=reason))
    assert (found.verb, found.what, found.merged_into) == (Verb.RESOLVE, "resolved", None)


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        ({"name": "Alert Bridge", "url": "https://bridge.example/a#1"}, "https://bridge.example/a#1"),
        ({"url": "javascript:alert(1)"}, ""),
        ({"url": "https://a b"}, ""),
        ({"url": "https://" + "a" * 4000}, ""),
        ({"name": "Alert Bridge"}, ""),
        (None, ""),
    ],
)
def test_a_trigger_brings_back_the_address_that_it_was_given(client: Any, expected: str) -> None:
    assert event("incident.triggered", client=client).client_url == expected
    assert event("incident.acknowledged", client=client).client_url == ""


@pytest.mark.parametrize(
    ("agent", "actor", "by_integration"),
    [
        (None, Actor(Provider.PAGERDUTY, "", "PagerDuty"), False),
        ("a string", Actor(Provider.PAGERDUTY, "", "PagerDuty"), False),
        (
            {"type": "inbound_integration_reference", "id": "PINTEG1", "summary": "Events API V2"},
            Actor(Provider.PAGERDUTY, "", "Events API V2"),
            True,
        ),
        ({"type": "inbound_integration_reference"}, Actor(Provider.PAGERDUTY, "", "PagerDuty"), True),
        ({"type": "service_reference", "summary": "Shop"}, Actor(Provider.PAGERDUTY, "", "Shop"), False),
        ({}, Actor(Provider.PAGERDUTY, "", "PagerDuty"), False),
        ({"type": "user_reference", "id": "PUADA01"}, Actor(Provider.PAGERDUTY, "PUADA01", ""), False),
        (
            {"type": "user_reference", "summary": "Ada Example"},
            Actor(Provider.PAGERDUTY, "", "Ada Example"),
            False,
        ),
        ({"type": "user_reference", "id": "a b"}, Actor(Provider.PAGERDUTY, "", "PagerDuty"), False),
    ],
)
def test_who_acted_is_a_user_or_pagerduty_itself(agent: Any, actor: Actor, by_integration: bool) -> None:
    found = event(agent=agent)
    assert (actor, by_integration) == (found.actor, found.by_integration)


@pytest.mark.parametrize(
    "at", [None, "", "yesterday", 1763892000, "2026-02-30T10:00:00Z", "0001-01-01T00:00:00Z"]
)
def test_a_time_that_is_none_is_that_of_receipt(at: Any) -> None:
    assert event(occurred_at=at).occurred_at == RECEIVED


@pytest.mark.parametrize(
    ("number", "expected"), [(7, 7), (0, None), (-1, None), (True, None), ("7", None), (2**63, None)]
)
def test_a_number_is_a_number(number: Any, expected: int | None) -> None:
    assert event(data=incident(number=number)).number == expected


@pytest.mark.parametrize(
    "data", [{}, {"type": "incident"}, incident(id=None), incident(id="a/b"), [], "x", {"id": "PNOTE01"}]
)
def test_an_event_that_names_no_incident_is_malformed(data: Any) -> None:
    for type_ in FOLLOWED:
        with pytest.raises(Malformed, match="does not name an incident"):
            read(webhook(type_, data), RECEIVED)


@pytest.mark.parametrize("type_", [*sorted(TYPES - FOLLOWED), "incident.invented_next_year"])
def test_from_other_types_nothing_follows(type_: str) -> None:
    assert read(webhook(type_, {"message": "Hello", "type": "ping"}), RECEIVED) is None


def test_an_event_is_known_by_its_id_or_by_its_bytes() -> None:
    assert look(webhook()).event_id == "pagerduty:01TESTEVENT0000000000000001"
    body = webhook(id=None)
    assert look(body).event_id == f"pagerduty:{hashlib.sha256(body).hexdigest()}"
    assert event(id=None).event_id == look(body).event_id


@given(
    st.sampled_from(sorted(FOLLOWED)), st.sampled_from(["id", "occurred_at", "agent", "client", "data"]), JSON
)
def test_nothing_but_malformed_is_raised_by_an_event(type_: str, field: str, value: Any) -> None:
    try_to_read(webhook(type_, **{field: value}))


@given(
    st.sampled_from(sorted(FOLLOWED)),
    st.sampled_from([*incident(), "incident", "user", "content", "state", "trimmed"]),
    JSON,
)
def test_nothing_but_malformed_is_raised_by_an_incident(type_: str, field: str, value: Any) -> None:
    try_to_read(webhook(type_, incident(**{field: value})))
    try_to_read(webhook(type_, {"incident": INCIDENT, field: value}))


@given(st.binary())
def test_nothing_but_malformed_is_raised_by_bytes(body: bytes) -> None:
    try_to_read(body)


def try_to_read(body: bytes) -> None:
    try:
        found = read(body, RECEIVED)
    except Malformed:
        return
    assert found is None or isinstance(found, IncidentEvent)
