"""REST API v2: who may ask, what is found, what changes, and the traps of it."""

from __future__ import annotations

from typing import Any

import pdpyras
import pytest

from sandbox import Sandbox, credentials
from sandbox.pagerduty.model import Status

LOOK_UP = {"incident_key": "key-1", "date_range": "all", "statuses[]": ["triggered", "acknowledged"]}


def error(answer: Any) -> tuple[int, int]:
    return answer.status_code, answer.json()["error"]["code"]


def found(pagerduty: Any, **parameters: Any) -> list[str]:
    return [one["id"] for one in pagerduty.call("GET", "/incidents", params=parameters).json()["incidents"]]


@pytest.mark.parametrize("token", [None, "Token token=wrong", f"Bearer {credentials.PAGERDUTY_API_TOKEN}"])
def test_without_the_right_token_nothing_is_told(pagerduty: Any, token: str | None) -> None:
    assert error(pagerduty.call("GET", "/incidents", headers={"Authorization": token})) == (401, 2006)


def test_a_revoked_token_is_a_wrong_one(pagerduty: Any, sandbox: Sandbox) -> None:
    sandbox.pagerduty.token_revoked = True
    assert error(pagerduty.call("GET", "/users")) == (401, 2006)


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/vnd.pagerduty+json;version=1"])
def test_version_two_must_be_accepted(pagerduty: Any, accept: str) -> None:
    assert pagerduty.call("GET", "/users", headers={"Accept": accept}).status_code == 406


def test_pdpyras_finds_and_acknowledges_as_a_person(sandbox: Sandbox, incident: Any) -> None:
    session = pdpyras.APISession(credentials.PAGERDUTY_API_TOKEN, default_from=credentials.BRUNO.email)
    session.url = sandbox.pagerduty_api_url
    [one] = session.rget("/incidents", params=LOOK_UP)
    assert one["incident_key"] is None
    assert one["html_url"] == f"{sandbox.url}/#incident-{incident.id}"
    changed = session.rput(
        f"/incidents/{one['id']}", json={"type": "incident_reference", "status": "acknowledged"}
    )
    assert changed["acknowledgements"][0]["acknowledger"]["summary"] == credentials.BRUNO.name
    assert session.rget(f"/incidents/{one['id']}/alerts")[0]["alert_key"] == "key-1"
    session.close()


def test_an_empty_key_finds_everything_that_is_open(pagerduty: Any, sandbox: Sandbox) -> None:
    for key in ("a", "b", "c"):
        pagerduty.event(key=key)
    pagerduty.event("resolve", key="c")
    numbers = [one.id for one in sandbox.pagerduty.incidents]
    assert found(pagerduty, incident_key="") == numbers[:2]
    assert found(pagerduty, incident_key="c") == numbers[2:]
    assert found(pagerduty, incident_key="nothing") == []


def test_incidents_are_filtered_sorted_and_paged(pagerduty: Any, sandbox: Sandbox) -> None:
    for number in range(5):
        pagerduty.event(key=f"k{number}")
    pagerduty.event("resolve", key="k0")
    ids = [one.id for one in sandbox.pagerduty.incidents]
    assert found(pagerduty) == ids
    assert found(pagerduty, **{"statuses[]": "resolved"}) == ids[:1]
    assert found(pagerduty, **{"service_ids[]": "POTHER"}) == []
    assert found(pagerduty, sort_by="incident_number:desc", limit=2) == ids[:2:-1]
    page = pagerduty.call("GET", "/incidents", params={"limit": 2, "offset": 2}).json()
    assert [one["id"] for one in page["incidents"]] == ids[2:4]
    assert (page["more"], page["total"]) == (True, None)


def test_only_the_last_month_is_searched_unless_all_is_asked_for(limited: Sandbox, clock: Any) -> None:
    from tests.sandbox.conftest import PagerDuty  # noqa: PLC0415 this sandbox is not the fixture's

    client = PagerDuty(limited)
    client.event()
    clock.now += 31 * 24 * 3600
    assert found(client, incident_key="key-1") == []
    assert len(found(client, incident_key="key-1", date_range="all")) == 1
    client.session.close()


@pytest.mark.parametrize(
    "parameters",
    [{"statuses[]": "burning"}, {"date_range": "most"}, {"since": "then"}, {"offset": 9_990, "limit": 25},
     {"limit": "many"}, {"sort_by": "colour"}, {"since": "2020-01-01", "until": "2021-01-01"}],
)  # fmt: skip
def test_a_question_that_makes_no_sense_is_refused(pagerduty: Any, parameters: dict[str, Any]) -> None:
    assert error(pagerduty.call("GET", "/incidents", params=parameters)) == (400, 2001)


def test_a_change_needs_a_person(pagerduty: Any, incident: Any) -> None:
    assert error(pagerduty.put(incident.id, "acknowledged", headers={"From": None})) == (400, 2016)
    assert error(pagerduty.put(incident.id, "acknowledged", headers={"From": "nobody@x.example"})) == (
        400,
        1008,
    )
    assert error(pagerduty.put(incident.id, "acknowledged", headers={"From": credentials.EMIL.email})) == (
        400,
        1008,
    )
    assert incident.status is Status.TRIGGERED


def test_an_acknowledgement_reassigns_to_who_asked(pagerduty: Any, incident: Any) -> None:
    answer = pagerduty.put(incident.id, "acknowledged", headers={"From": credentials.CHIDI.email}).json()[
        "incident"
    ]
    assert answer["status"] == "acknowledged"
    assert answer["assignments"][0]["assignee"]["summary"] == credentials.CHIDI.name


def test_acknowledging_what_is_resolved_reopens_it(pagerduty: Any, sandbox: Sandbox, incident: Any) -> None:
    pagerduty.event("resolve")
    assert pagerduty.put(incident.id, "acknowledged").status_code == 200
    assert [one.status for one in sandbox.pagerduty.incidents] == [Status.ACKNOWLEDGED]
    assert [one.event_type for one in sandbox.pagerduty.events][-2:] == [
        "incident.reopened",
        "incident.acknowledged",
    ]
    pagerduty.event("resolve")
    assert incident.status is Status.RESOLVED


def test_what_is_resolved_already_has_a_code_of_its_own(pagerduty: Any, incident: Any) -> None:
    pagerduty.put(incident.id, "resolved")
    assert error(pagerduty.put(incident.id, "resolved")) == (400, 1001)


def test_acknowledging_again_is_told_only_of_somebody_else(
    pagerduty: Any, sandbox: Sandbox, incident: Any
) -> None:
    for person in (credentials.ADA, credentials.ADA, credentials.BRUNO):
        answer = pagerduty.put(incident.id, "acknowledged", headers={"From": person.email})
        assert answer.status_code == 200
    assert incident.acknowledged_by == [credentials.ADA.name, credentials.BRUNO.name]
    assert [one.agent and one.agent.name for one in sandbox.pagerduty.events[1:]] == incident.acknowledged_by


def test_unacknowledging_goes_back_to_triggered(pagerduty: Any, sandbox: Sandbox, incident: Any) -> None:
    pagerduty.put(incident.id, "acknowledged")
    pagerduty.put(incident.id, "triggered")
    assert incident.status is Status.TRIGGERED
    assert sandbox.pagerduty.events[-1].event_type == "incident.unacknowledged"


def test_an_account_may_refuse_to_unacknowledge(pagerduty: Any, sandbox: Sandbox, incident: Any) -> None:
    pagerduty.put(incident.id, "acknowledged")
    sandbox.pagerduty.unacknowledge_refused = True
    assert error(pagerduty.put(incident.id, "triggered")) == (400, 2001)
    assert incident.status is Status.ACKNOWLEDGED


def test_many_change_together_or_not_at_all(pagerduty: Any, sandbox: Sandbox) -> None:
    pagerduty.event(key="a")
    pagerduty.event(key="b")
    ids = [one.id for one in sandbox.pagerduty.incidents]
    wanted = [{"id": one, "type": "incident_reference", "status": "acknowledged"} for one in ids]
    refused = pagerduty.call("PUT", "/incidents", json={"incidents": [*wanted, {**wanted[0], "id": "QNONE"}]})
    assert error(refused) == (404, 5001)
    assert [one.status for one in sandbox.pagerduty.incidents] == [Status.TRIGGERED] * 2
    assert pagerduty.call("PUT", "/incidents", json={"incidents": wanted}).status_code == 200
    assert [one.status for one in sandbox.pagerduty.incidents] == [Status.ACKNOWLEDGED] * 2
    assert pagerduty.call("PUT", "/incidents", json={"incidents": wanted[:1] * 251}).status_code == 413


@pytest.mark.parametrize(
    "body",
    [{}, {"incident": {"status": "resolved"}}, {"incident": {"type": "incident", "status": "gone"}},
     {"incident": {"type": "incident", "colour": "red"}}, {"incident": {"type": "incident", "title": " "}}],
)  # fmt: skip
def test_a_change_that_makes_no_sense_is_refused(pagerduty: Any, incident: Any, body: dict[str, Any]) -> None:
    assert error(pagerduty.call("PUT", f"/incidents/{incident.id}", json=body)) == (400, 2001)


def test_notes_carry_their_author(pagerduty: Any, sandbox: Sandbox, incident: Any) -> None:
    answer = pagerduty.call("POST", f"/incidents/{incident.id}/notes", json={"note": {"content": "looking"}})
    assert (answer.status_code, answer.json()["note"]["user"]["summary"]) == (200, credentials.ADA.name)
    assert sandbox.pagerduty.events[-1].event_type == "incident.annotated"
    blank = pagerduty.call("POST", f"/incidents/{incident.id}/notes", json={"note": {"content": " "}})
    assert error(blank) == (400, 2001)


def test_people_are_listed_and_found(pagerduty: Any) -> None:
    told = pagerduty.call("GET", "/users", params={"query": "bruno"}).json()["users"]
    assert [user["email"] for user in told] == [credentials.BRUNO.email]
    by_mail = pagerduty.call("GET", "/users", params={"query": credentials.ADA.email}).json()["users"]
    assert [user["id"] for user in by_mail] == [credentials.ADA.pagerduty_id]
    one = pagerduty.call("GET", f"/users/{credentials.ADA.pagerduty_id}").json()["user"]
    assert one["name"] == credentials.ADA.name
    assert pagerduty.call("GET", "/users/me").status_code == 400
    assert error(pagerduty.call("GET", "/users/PNONE")) == (404, 2100)
    assert error(pagerduty.call("GET", "/incidents/QNONE")) == (404, 5001)
    assert error(pagerduty.call("GET", "/no/such/thing")) == (404, 2100)
