"""How the account describes its things: to a caller of the REST API, and to the page."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sandbox import credentials
from sandbox.credentials import Person
from sandbox.pagerduty import references
from sandbox.pagerduty.model import Alert, Incident, person_agent
from sandbox.pagerduty.references import page_address, time_text
from sandbox.pagerduty.world import PagerDutyWorld


def incident_answer(world: PagerDutyWorld, incident: Incident) -> dict[str, Any]:
    """`incident_key` is null: an incident with alerts in it has none (seen in every capture of 2025)."""
    resolved = sum(alert.resolved for alert in incident.alerts)
    changed_by = incident.changed_by.reference() if incident.changed_by else None
    return {
        "id": incident.id,
        "type": "incident",
        "summary": f"[#{incident.number}] {incident.title}",
        "self": f"{world.url}/pagerduty/incidents/{incident.id}",
        "html_url": page_address(world.url, incident.id),
        "incident_number": incident.number,
        "title": incident.title,
        "description": incident.title,
        "created_at": time_text(incident.created_at),
        "updated_at": time_text(incident.changed_at),
        "status": incident.status.value,
        "incident_key": None,
        "service": references.service(world.url),
        "urgency": incident.urgency,
        "priority": references.priority(world.url, incident.priority),
        "resolve_reason": references.resolve_reason(world.url, incident),
        "teams": [],
        "pending_actions": _pending_actions(incident),
        "escalation_policy": references.policy(world.url, incident.policy),
        "assignments": [
            {"at": time_text(incident.changed_at), "assignee": person_agent(person).reference()}
            for person in incident.assignees
        ],
        "acknowledgements": [
            {"at": time_text(at), "acknowledger": agent.reference()} for at, agent in incident.acknowledgers
        ],
        "last_status_change_at": time_text(incident.changed_at),
        "last_status_change_by": changed_by,
        "resolved_at": time_text(incident.resolved_at),
        "alert_counts": {
            "all": len(incident.alerts),
            "triggered": len(incident.alerts) - resolved,
            "resolved": resolved,
        },
        "is_mergeable": True,
    }


def _pending_actions(incident: Incident) -> list[dict[str, Any]]:
    at = time_text(incident.snoozed_until)
    return [{"type": "unacknowledge", "at": at}] if at else []


def alert_answer(world: PagerDutyWorld, alert: Alert) -> dict[str, Any]:
    return {
        "id": alert.id,
        "type": "alert",
        "summary": alert.summary,
        "alert_key": alert.key,
        "status": "resolved" if alert.resolved else "triggered",
        "severity": alert.severity,
        "suppressed": False,
        "created_at": time_text(alert.created_at),
        "html_url": page_address(world.url, alert.incident),
        "self": f"{world.url}/pagerduty/incidents/{alert.incident}/alerts/{alert.id}",
        "service": references.service(world.url),
        "incident": {"id": alert.incident, "type": "incident_reference"},
        "integration": {
            "id": alert.integration,
            "type": "events_api_v2_inbound_integration_reference",
            "summary": "Events API V2",
        },
        "body": {
            "type": "alert_body",
            "details": alert.details,
            "cef_details": {
                "client": alert.client,
                "client_url": alert.client_url,
                "dedup_key": alert.key,
                "message": alert.summary,
                "severity": alert.severity,
                "source_origin": alert.source,
                "details": alert.details,
            },
        },
    }


def user_answer(world: PagerDutyWorld, person: Person) -> dict[str, Any]:
    reference = references.reference(world.url, str(person.pagerduty_id), "user", "users", person.name)
    return {
        **reference,
        "name": person.name,
        "email": person.email,
        "role": "user",
        "time_zone": "Etc/UTC",
        "job_title": None,
        "invitation_sent": False,
    }


def for_page(incident: Incident) -> dict[str, Any]:
    first, merged_into = incident.origin, incident.merged_into
    return {
        "key": incident.id,
        "number": incident.number,
        "title": incident.title,
        "status": incident.status.value,
        "urgency": incident.urgency,
        "severity": first.severity,
        "service": credentials.PAGERDUTY_SERVICE_NAME,
        "created_at": incident.created_at,
        "changed_at": incident.changed_at,
        "resolved_at": incident.resolved_at,
        "resolved_by": incident.changed_by.name if incident.changed_by and not incident.is_open else None,
        "acknowledged_by": incident.acknowledged_by,
        "assignees": [person.name for person in incident.assignees],
        "priority": incident.priority,
        "merged_into": merged_into and {"key": merged_into.id, "number": merged_into.number},
        "snoozed_until": incident.snoozed_until,
        "responders": [{"name": one.person.name, "state": one.state} for one in incident.responders],
        "dedup_keys": incident.dedup_keys,
        "details": first.details,
        "links": first.links,
        "source": first.source,
        "client": first.client,
        "client_url": first.client_url,
        "notes": [
            {
                "key": note["id"],
                "by": note["user"]["summary"],
                "content": note["content"],
                "at": note["created_at"],
            }
            for note in incident.notes
        ],
        "log": [asdict(entry) for entry in incident.log],
    }
