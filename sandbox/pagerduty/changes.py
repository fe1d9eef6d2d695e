"""What PUT /incidents may change, and when it refuses. Many at once are all checked before one is changed."""

from __future__ import annotations

from typing import Any

from sandbox.credentials import Person
from sandbox.pagerduty.errors import RestError, invalid_input
from sandbox.pagerduty.model import Incident, Status
from sandbox.pagerduty.world import PagerDutyWorld

MOST_AT_ONCE = 250
TYPES = ("incident", "incident_reference")
CHANGEABLE = frozenset({"id", "type", "status", "title", "resolution", "urgency"})


def check(world: PagerDutyWorld, incident: Incident, wanted: dict[str, Any]) -> None:
    if wanted.get("type") not in TYPES:
        raise invalid_input("Type must be incident or incident_reference")
    unknown = set(wanted) - CHANGEABLE
    if unknown:
        raise invalid_input(f"Cannot change: {', '.join(sorted(unknown))}")
    status = wanted.get("status")
    if status is not None and status not in list(Status):
        raise invalid_input("Status must be triggered, acknowledged or resolved")
    if wanted.get("urgency") not in (None, "high", "low"):
        raise invalid_input("Urgency must be high or low")
    if "title" in wanted and (not isinstance(wanted["title"], str) or not wanted["title"].strip()):
        raise invalid_input("Title can't be blank")
    if status == incident.status == Status.RESOLVED:
        raise RestError(400, 1001, "Incident Already Resolved")
    if status == Status.TRIGGERED and incident.status is Status.ACKNOWLEDGED and world.unacknowledge_refused:
        raise invalid_input("Status cannot go back to triggered")


def apply(world: PagerDutyWorld, incident: Incident, wanted: dict[str, Any], person: Person) -> None:
    if "title" in wanted:
        world.rename(incident, person, wanted["title"])
    if wanted.get("urgency"):
        incident.urgency = wanted["urgency"]
    match wanted.get("status"):
        case Status.ACKNOWLEDGED:
            world.acknowledge(incident, person)
        case Status.RESOLVED:
            world.resolve(incident, person, wanted.get("resolution"))
        case Status.TRIGGERED:
            world.trigger_again(incident, person)


def summary(pairs: list[tuple[Incident, dict[str, Any]]], person: Person) -> str:
    told = ", ".join(
        f"#{incident.number} {wanted.get('status') or 'changed'}" for incident, wanted in pairs[:3]
    )
    return f"{told} by {person.name}"
