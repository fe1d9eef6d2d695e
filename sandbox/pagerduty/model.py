"""What a PagerDuty account is made of: incidents, the alerts inside them, who did what.

Plain records; how they change is in account.py and beside it, how the REST API tells them in views.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sandbox.credentials import Person


class Status(StrEnum):
    """Of an incident. An alert is only ever triggered or resolved."""

    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


@dataclass(frozen=True)
class Agent:
    """Who acted: a person, or an integration whose name is all that PagerDuty tells of it."""

    id: str
    type: str
    name: str

    def reference(self) -> dict[str, Any]:
        return {"id": self.id, "type": self.type, "summary": self.name, "html_url": None}


def person_agent(person: Person) -> Agent:
    return Agent(str(person.pagerduty_id), "user_reference", person.name)


def integration_agent(integration: str) -> Agent:
    return Agent(integration, "inbound_integration_reference", "Events API V2")


@dataclass(frozen=True)
class LogEntry:
    """One line of an incident's history, for people to read."""

    at: float
    what: str
    by: str


@dataclass
class Alert:
    """One dedup key of one integration, inside an incident."""

    id: str
    key: str
    integration: str
    incident: str
    summary: str
    source: str
    severity: str
    created_at: float
    details: dict[str, Any]
    links: list[dict[str, Any]]
    client: str | None = None
    client_url: str | None = None
    resolved: bool = False
    events: int = 1


@dataclass
class Responder:
    """Somebody who was asked to help with an incident, and what became of that."""

    person: Person
    message: str
    state: str = "pending"


@dataclass
class Incident:
    """One incident as it is now. `origin` opened it and stays known when a merge has moved the alerts away."""

    id: str
    number: int
    title: str
    urgency: str
    created_at: float
    origin: Alert
    policy: str
    status: Status = Status.TRIGGERED
    alerts: list[Alert] = field(default_factory=list)
    assignees: list[Person] = field(default_factory=list)
    acknowledgers: list[tuple[float, Agent]] = field(default_factory=list)
    changed_at: float = 0.0
    changed_by: Agent | None = None
    resolved_at: float | None = None
    reopened_at: float | None = None
    snoozed_until: float | None = None
    merged_into: Incident | None = None
    priority: str | None = None
    responders: list[Responder] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    log: list[LogEntry] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        return self.status is not Status.RESOLVED

    @property
    def acknowledged_by(self) -> list[str]:
        return [agent.name for _, agent in self.acknowledgers]

    @property
    def dedup_keys(self) -> list[str]:
        return [alert.key for alert in self.alerts]


@dataclass(frozen=True)
class AccountEvent:
    """What the account tells a webhook: `data` is the state at that moment. Agent None is PagerDuty itself."""

    id: str
    event_type: str
    occurred_at: float
    incident: str | None
    agent: Agent | None
    data: dict[str, Any]
    client: dict[str, str] | None = None
