"""What a webhook says of a thing (PagerDuty, "Webhooks: Overview", event data types): the state at that moment.

`incident_key` is null, as in every capture of 2025, and nobody's acknowledgements are listed.
"""

from __future__ import annotations

from typing import Any

from sandbox.pagerduty import references
from sandbox.pagerduty.model import Incident, Responder, person_agent

Data = dict[str, Any]


def incident_data(url: str, incident: Incident) -> Data:
    told = {
        "id": incident.id,
        "type": "incident",
        "self": f"{url}/pagerduty/incidents/{incident.id}",
        "html_url": references.page_address(url, incident.id),
        "number": incident.number,
        "status": incident.status.value,
        "incident_key": None,
        "created_at": references.time_text(incident.created_at),
        "title": incident.title,
        "incident_type": {"name": "incident_default"},
        "service": references.service(url),
        "assignees": [references.agent(url, person_agent(person)) for person in incident.assignees],
        "escalation_policy": references.policy(url, incident.policy),
        "teams": [],
        "priority": references.priority(url, incident.priority),
        "urgency": incident.urgency,
        "conference_bridge": None,
        "resolve_reason": references.resolve_reason(url, incident),
    }
    if incident.reopened_at is not None:
        told["reopened_at"] = references.time_text(incident.reopened_at)
    return told


def note_data(url: str, incident: Incident, note: dict[str, Any]) -> Data:
    return {
        "incident": references.incident(url, incident),
        "id": note["id"],
        "content": note["content"],
        "trimmed": False,
        "type": "incident_note",
    }


def responder_data(url: str, incident: Incident, responder: Responder) -> Data:
    return {
        "incident": references.incident(url, incident),
        "user": references.agent(url, person_agent(responder.person)),
        "escalation_policy": None,
        "message": responder.message,
        "state": responder.state,
        "type": "incident_responder",
    }
