"""How the account describes its things: to a caller of the REST API, and to the page."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sandbox import credentials
from sandbox.credentials import Person
from sandbox.pagerduty.model import Alert, Incident, person_agent
from sandbox.pagerduty.world import PagerDutyWorld


def time_text(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def page_address(world: PagerDutyWorld, incident: str) -> str:
    return f"{world.url}/#incident-{incident}"


def service_reference(world: PagerDutyWorld) -> dict[str, Any]:
    return _reference(
        world,
        credentials.PAGERDUTY_SERVICE_ID,
        "service_reference",
        "services",
        credentials.PAGERDUTY_SERVICE_NAME,
    )


def _reference(world: PagerDutyWorld, key: str, kind: str, collection: str, summary: str) -> dict[str, Any]:
    return {
        "id": key,
        "type": kind,
        "summary": summary,
        "self": f"{world.url}/pagerduty/{collection}/{key}",
        "html_url": f"{world.url}/",
    }


def incident_answer(world: PagerDutyWorld, incident: Incident) -> dict[str, Any]:
    """`incident_key` is null: an incident with alerts in it has none (seen in every capture of 2025)."""
    resolved = sum(alert.resolved for alert in incident.alerts)
    changed_by = incident.changed_by.reference() if incident.changed_by else None
    return {
        "id": incident.id,
        "type": "incident",
        "summary": f"[#{incident.number}] {incident.title}",
        "self": f"{world.url}/pagerduty/incidents/{incident.id}",
        "html_url": page_address(world, incident.id),
        "incident_number": incident.number,
        "title": incident.title,
        "description": incident.title,
        "created_at": time_text(incident.created_at),
        "updated_at": time_text(incident.changed_at),
        "status": incident.status.value,
        "incident_key": None,
        "service": service_reference(world),
        "urgency": incident.urgency,
        "priority": None,
        "resolve_reason": None,
        "teams": [],
        "pending_actions": [],
        "escalation_policy": _reference(
            world, "PESCPOL", "escalation_policy_reference", "escalation_policies", "Sandbox policy"
        ),
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
        "html_url": page_address(world, alert.incident),
        "self": f"{world.url}/pagerduty/incidents/{alert.incident}/alerts/{alert.id}",
        "service": service_reference(world),
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
    reference = _reference(world, str(person.pagerduty_id), "user", "users", person.name)
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
    first = incident.alerts[0]
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
        "changed_by": incident.changed_by.name if incident.changed_by else None,
        "assignees": [person.name for person in incident.assignees],
        "dedup_keys": incident.dedup_keys,
        "details": first.details,
        "links": first.links,
        "source": first.source,
        "client": first.client,
        "client_url": first.client_url,
        "notes": [
            {"by": note["user"]["summary"], "content": note["content"], "at": note["created_at"]}
            for note in incident.notes
        ],
        "log": [asdict(entry) for entry in incident.log],
    }
