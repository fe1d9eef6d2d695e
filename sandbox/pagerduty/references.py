"""How things of the account point at each other: the short form that stands for a person, a service, an incident."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox import credentials
from sandbox.pagerduty.model import Agent, Incident

Reference = dict[str, Any]

POLICY, SECOND_POLICY = "PESCPOL", "PESCPL2"
POLICIES: Mapping[str, str] = {POLICY: "Sandbox policy", SECOND_POLICY: "Sandbox policy, second line"}
PRIORITIES: Mapping[str, str] = {"P1": "PPRIO01", "P2": "PPRIO02", "P3": "PPRIO03", "P4": "PPRIO04"}
COLLECTIONS = {"user_reference": "users", "inbound_integration_reference": "inbound_integrations"}


def time_text(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def page_address(url: str, incident: str) -> str:
    return f"{url}/#incident-{incident}"


def reference(url: str, key: str, kind: str, collection: str, summary: str) -> Reference:
    return {
        "id": key,
        "type": kind,
        "summary": summary,
        "self": f"{url}/pagerduty/{collection}/{key}",
        "html_url": f"{url}/",
    }


def service(url: str) -> Reference:
    name = credentials.PAGERDUTY_SERVICE_NAME
    return reference(url, credentials.PAGERDUTY_SERVICE_ID, "service_reference", "services", name)


def policy(url: str, key: str) -> Reference:
    return reference(url, key, "escalation_policy_reference", "escalation_policies", POLICIES[key])


def priority(url: str, name: str | None) -> Reference | None:
    if name is None:
        return None
    return reference(url, PRIORITIES[name], "priority_reference", "priorities", name)


def incident(url: str, one: Incident) -> Reference:
    told = reference(url, one.id, "incident_reference", "incidents", one.title)
    return {**told, "html_url": page_address(url, one.id)}


def agent(url: str, one: Agent) -> Reference:
    """Never an e-mail. Whose name is empty is told by id and type alone, as in a ping."""
    if not one.name:
        return {"id": one.id, "type": one.type}
    return reference(url, one.id, one.type, COLLECTIONS.get(one.type, "agents"), one.name)


def resolve_reason(url: str, one: Incident) -> dict[str, Any] | None:
    """Only a merge has one."""
    if one.merged_into is None:
        return None
    return {"type": "merge_resolve_reason", "incident": incident(url, one.merged_into)}
