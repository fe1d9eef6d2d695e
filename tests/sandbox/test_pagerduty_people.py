"""What people do in PagerDuty, and what the webhooks say of it."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from sandbox import Sandbox, credentials
from sandbox.pagerduty.errors import RestError
from sandbox.pagerduty.model import Status

ADA, BRUNO, CHIDI = credentials.ADA, credentials.BRUNO, credentials.CHIDI


def told(sandbox: Sandbox, since: int = 1) -> list[tuple[str, str | None]]:
    """(type, who) of every event after the trigger."""
    return [
        (one.event_type, one.agent.name if one.agent else None) for one in sandbox.pagerduty.events[since:]
    ]


def act(sandbox: Sandbox, action: str, incident: str, person: Any = ADA, **more: Any) -> requests.Response:
    body = {"incident": incident, "action": action, "person": person.pagerduty_id, **more}
    return requests.post(f"{sandbox.url}/control/pagerduty/act", json=body, timeout=5)


def code(error: pytest.ExceptionInfo[RestError]) -> tuple[int, int]:
    return error.value.status, error.value.code


def test_an_acknowledgement_that_times_out_goes_back_to_triggered(sandbox: Sandbox, incident: Any) -> None:
    world = sandbox.pagerduty
    world.acknowledge(incident, ADA)
    world.time_out(incident)
    assert (incident.status, incident.acknowledged_by) == (Status.TRIGGERED, [])
    assert told(sandbox)[-1] == ("incident.unacknowledged", None)
    with pytest.raises(RestError) as refused:
        world.time_out(incident)
    assert code(refused) == (400, 1012)


def test_the_start_of_a_snooze_is_silent_and_its_end_is_not(sandbox: Sandbox, incident: Any) -> None:
    world = sandbox.pagerduty
    world.acknowledge(incident, ADA)
    world.snooze(incident, ADA, 3600)
    assert told(sandbox) == [("incident.acknowledged", ADA.name)]
    world.end_snooze(incident)
    assert told(sandbox)[-1] == ("incident.unacknowledged", None)
    assert incident.status is Status.TRIGGERED


@pytest.mark.parametrize("action", ["acknowledge", "reassign"])
def test_another_acknowledgement_or_a_reassignment_ends_a_snooze(
    sandbox: Sandbox, incident: Any, action: str
) -> None:
    sandbox.pagerduty.acknowledge(incident, ADA)
    sandbox.pagerduty.snooze(incident, ADA, 60)
    assert act(sandbox, action, incident.id, to=BRUNO.pagerduty_id).status_code == 200
    assert incident.snoozed_until is None


def test_only_what_is_acknowledged_can_be_snoozed(pagerduty: Any, incident: Any) -> None:
    def snooze(duration: Any) -> tuple[int, Any]:
        answer = pagerduty.call("POST", f"/incidents/{incident.id}/snooze", json={"duration": duration})
        return answer.status_code, answer.json().get("error", {}).get("code")

    assert snooze(60) == (400, 1012)
    pagerduty.put(incident.id, "acknowledged")
    assert [snooze(seconds) for seconds in (0, 604_801, "60", True)] == [
        (400, 1013), (400, 1013), (400, 2001), (400, 2001),
    ]  # fmt: skip
    assert snooze(604_800) == (201, None)
    pending = pagerduty.call("GET", f"/incidents/{incident.id}").json()["incident"]["pending_actions"]
    assert [one["type"] for one in pending] == ["unacknowledge"]


def test_who_takes_over_has_acknowledged_nothing_yet(sandbox: Sandbox, incident: Any) -> None:
    world = sandbox.pagerduty
    world.acknowledge(incident, ADA)
    world.reassign(incident, ADA, BRUNO)
    assert (incident.status, incident.assignees) == (Status.TRIGGERED, [BRUNO])
    assert told(sandbox)[-1] == ("incident.reassigned", ADA.name)
    assert [one["summary"] for one in world.events[-1].data["assignees"]] == [BRUNO.name]


def test_an_escalation_goes_to_the_next_person_also_when_nobody_asked(
    sandbox: Sandbox, incident: Any
) -> None:
    world = sandbox.pagerduty
    world.escalate(incident)
    world.escalate(incident, ADA)
    assert incident.assignees == [BRUNO]
    assert told(sandbox) == [("incident.escalated", None), ("incident.escalated", ADA.name)]


def test_a_delegation_goes_to_another_policy(sandbox: Sandbox, incident: Any) -> None:
    before = sandbox.pagerduty.events[0].data["escalation_policy"]["id"]
    sandbox.pagerduty.delegate(incident, ADA)
    assert told(sandbox) == [("incident.delegated", ADA.name)]
    assert sandbox.pagerduty.events[-1].data["escalation_policy"]["id"] != before


def test_a_priority_is_told_and_shown(sandbox: Sandbox, pagerduty: Any, incident: Any) -> None:
    sandbox.pagerduty.set_priority(incident, ADA, "P1")
    assert told(sandbox) == [("incident.priority_updated", ADA.name)]
    data = sandbox.pagerduty.events[-1].data["priority"]
    assert (data["type"], data["summary"]) == ("priority_reference", "P1")
    answer = pagerduty.call("GET", f"/incidents/{incident.id}").json()["incident"]
    assert answer["priority"]["summary"] == "P1"
    with pytest.raises(RestError):
        sandbox.pagerduty.set_priority(incident, ADA, "P9")


def test_who_is_asked_to_help_replies(sandbox: Sandbox, incident: Any) -> None:
    world = sandbox.pagerduty
    with pytest.raises(RestError):
        world.responder_replied(incident, BRUNO)
    world.add_responder(incident, ADA, BRUNO)
    world.responder_replied(incident, BRUNO, accepted=False)
    assert told(sandbox) == [
        ("incident.responder.added", ADA.name),
        ("incident.responder.replied", BRUNO.name),
    ]
    data = [one.data for one in world.events[1:]]
    assert [one["type"] for one in data] == ["incident_responder"] * 2
    assert [one["state"] for one in data] == ["pending", "declined"]
    assert [one["user"]["summary"] for one in data] == [BRUNO.name] * 2


def test_a_note_with_the_resolve_is_an_event_of_its_own(sandbox: Sandbox, incident: Any) -> None:
    sandbox.pagerduty.resolve(incident, ADA, note="it was the cable")
    assert told(sandbox) == [("incident.resolved", ADA.name), ("incident.annotated", ADA.name)]
    assert sandbox.pagerduty.events[-1].data["content"] == "Resolution Note: it was the cable"
    assert sandbox.pagerduty.events[-2].data["resolve_reason"] is None


def test_only_what_is_resolved_can_be_reopened(sandbox: Sandbox, incident: Any) -> None:
    with pytest.raises(RestError):
        sandbox.pagerduty.reopen(incident, ADA)
    sandbox.pagerduty.resolve(incident, ADA)
    sandbox.pagerduty.reopen(incident, BRUNO)
    assert incident.status is Status.TRIGGERED
    assert told(sandbox)[-1] == ("incident.reopened", BRUNO.name)
    assert "reopened_at" in sandbox.pagerduty.events[-1].data


@pytest.fixture
def pair(pagerduty: Any, sandbox: Sandbox) -> list[Any]:
    pagerduty.event(key="a")
    pagerduty.event(key="b")
    return sandbox.pagerduty.incidents


def test_a_merge_moves_the_alerts_and_is_told_as_a_resolve_with_a_reason(
    sandbox: Sandbox, pagerduty: Any, pair: list[Any]
) -> None:
    into, source = pair
    body = {"source_incidents": [{"id": source.id, "type": "incident_reference"}]}
    answer = pagerduty.call("PUT", f"/incidents/{into.id}/merge", json=body)
    assert answer.status_code == 200
    assert answer.json()["incident"]["alert_counts"] == {"all": 2, "triggered": 2, "resolved": 0}
    assert (into.status, source.status) == (Status.TRIGGERED, Status.RESOLVED)
    assert told(sandbox, 2) == [("incident.resolved", ADA.name)]
    event = sandbox.pagerduty.events[-1]
    assert event.incident == source.id
    assert event.data["resolve_reason"]["type"] == "merge_resolve_reason"
    assert event.data["resolve_reason"]["incident"]["id"] == into.id
    found = pagerduty.call("GET", "/incidents", params={"incident_key": "b"}).json()["incidents"]
    assert [one["id"] for one in found] == [into.id]


def test_what_was_merged_resolves_with_the_last_of_its_alerts(
    pagerduty: Any, sandbox: Sandbox, pair: Any
) -> None:
    into, source = pair
    sandbox.pagerduty.merge(into, [source], ADA)
    pagerduty.event("acknowledge", key="b")
    assert into.status is Status.ACKNOWLEDGED
    pagerduty.event("resolve", key="a")
    assert into.is_open
    pagerduty.event("resolve", key="b")
    assert not into.is_open


def test_a_merge_that_makes_no_sense_changes_nothing(
    pagerduty: Any, sandbox: Sandbox, pair: list[Any]
) -> None:
    def merge(target: str, *sources: str) -> tuple[int, int]:
        body = {"source_incidents": [{"id": one, "type": "incident_reference"} for one in sources]}
        answer = pagerduty.call("PUT", f"/incidents/{target}/merge", json=body)
        return answer.status_code, answer.json()["error"]["code"]

    into, source = pair
    assert merge(into.id) == (400, 2001)
    assert merge(into.id, into.id) == (400, 2001)
    assert merge(into.id, source.id, source.id) == (400, 2001)
    assert merge(into.id, "QNONE") == (404, 5001)
    pagerduty.event("resolve", key="a")
    assert merge(into.id, source.id) == (400, 1001)
    assert source.is_open
    pagerduty.event(key="c")
    third = sandbox.pagerduty.incidents[-1]
    sandbox.pagerduty.merge(third, [source], ADA)
    assert merge(third.id, source.id) == (400, 1019)


def test_the_page_acts_through_a_door(sandbox: Sandbox, pair: list[Any]) -> None:
    into, source = pair
    steps: list[tuple[str, dict[str, Any]]] = [
        ("acknowledge", {}), ("snooze", {"seconds": 60}), ("end_snooze", {}), ("acknowledge", {}), ("time_out", {}),
        ("note", {"content": "looking"}), ("escalate", {}), ("delegate", {}), ("set_priority", {"priority": "P2"}),
        ("add_responder", {"to": CHIDI.email}), ("resolve", {"note": "done"}), ("reopen", {}),
        ("merge", {"into": into.id}),
    ]  # fmt: skip
    for action, more in steps:
        assert act(sandbox, action, source.id, **more).json()["ok"], action
    assert [name.removeprefix("incident.") for name, _ in told(sandbox, 2)] == [
        "acknowledged", "unacknowledged", "acknowledged", "unacknowledged", "annotated", "escalated", "delegated",
        "priority_updated", "responder.added", "resolved", "annotated", "reopened", "resolved",
    ]  # fmt: skip


def test_what_pagerduty_refuses_is_told_to_who_pressed(sandbox: Sandbox, incident: Any) -> None:
    sandbox.pagerduty.resolve(incident, ADA)
    answer = act(sandbox, "resolve", incident.id)
    assert (answer.status_code, answer.json()["ok"]) == (409, False)
    assert answer.json()["message"] == "PagerDuty refuses: Incident Already Resolved."


@pytest.mark.parametrize(
    "changes",
    [{"action": "explode"}, {"incident": "QNONE"}, {"person": "PNONE"}, {"person": credentials.EMIL.email},
     {"action": "reassign", "to": "PNONE"}, {"action": "merge", "into": "QNONE"},
     {"action": "resolve", "note": ["x"]}, {"action": "snooze", "seconds": "many"}],
)  # fmt: skip
def test_a_wish_that_makes_no_sense_changes_nothing(
    sandbox: Sandbox, incident: Any, changes: dict[str, Any]
) -> None:
    body = {"incident": incident.id, "action": "acknowledge", "person": ADA.pagerduty_id, **changes}
    answer = requests.post(f"{sandbox.url}/control/pagerduty/act", json=body, timeout=5)
    assert (answer.status_code, answer.json()["ok"]) == (400, False)
    assert told(sandbox) == []


def test_an_incident_says_who_acknowledged_and_who_has_it(pagerduty: Any, incident: Any) -> None:
    pagerduty.put(incident.id, "acknowledged", headers={"From": BRUNO.email})
    answer = pagerduty.call("GET", f"/incidents/{incident.id}").json()["incident"]
    assert [one["acknowledger"]["id"] for one in answer["acknowledgements"]] == [BRUNO.pagerduty_id]
    assert [one["assignee"]["id"] for one in answer["assignments"]] == [BRUNO.pagerduty_id]
    assert answer["alert_counts"] == {"all": 1, "triggered": 1, "resolved": 0}
