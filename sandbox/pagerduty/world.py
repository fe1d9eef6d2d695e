"""The account itself: incidents and what happens to them, in memory, with a lock around every step.

Events are taken at once and worked off a moment later, in order, as in the real account: 202 is no incident yet.
"""

from __future__ import annotations

import random
import string
import threading
from collections.abc import Callable, Iterable
from typing import Any

from sandbox import credentials
from sandbox.credentials import Person
from sandbox.pagerduty.model import (
    AccountEvent,
    Agent,
    Alert,
    Incident,
    LogEntry,
    Status,
    integration_agent,
    person_agent,
)

URGENT = ("critical", "error")


class PagerDutyWorld:
    """Everything the account holds. Public attributes are for tests to read and to set."""

    def __init__(
        self,
        clock: Callable[[], float],
        changed: Callable[[str, str], None] = lambda _kind, _key: None,
        delay: float = 0.05,
    ) -> None:
        self.clock = clock
        self._changed = changed
        self.delay = delay
        self.url = ""
        self.lock = threading.RLock()
        self._names = random.SystemRandom()
        self.reset()

    def reset(self) -> None:
        with self.lock:
            self.people = {p.pagerduty_id: p for p in credentials.PEOPLE if p.pagerduty_id}
            self.integrations = dict(credentials.PAGERDUTY_INTEGRATIONS)
            self.token_revoked = False
            self.keys_revoked = False
            self.drop_unknown_keys = False
            self._incidents: dict[str, Incident] = {}
            self._open: dict[tuple[str, str], Alert] = {}
            self.events: list[AccountEvent] = []
            self._number = 1000

    # Reading

    @property
    def incidents(self) -> list[Incident]:
        """All of them, oldest first."""
        with self.lock:
            return list(self._incidents.values())

    def find(self, incident: str) -> Incident | None:
        with self.lock:
            return self._incidents.get(incident)

    def with_key(self, key: str) -> list[Incident]:
        """Incidents that hold, or held, an alert of this dedup key."""
        with self.lock:
            return [one for one in self._incidents.values() if key in one.dedup_keys]

    def person_by_email(self, email: str) -> Person | None:
        wanted = email.casefold()
        return next((p for p in self.people.values() if p.email and p.email.casefold() == wanted), None)

    # Events API (Events API v2, "Overview": triggers with an open key join the alert, the rest is dropped in silence)

    def apply(self, event: dict[str, Any]) -> None:
        """One event that was answered 202."""
        with self.lock:
            integration = self.integrations.get(event["routing_key"])
            if integration is None:
                return
            alert = self._open.get((integration, event["dedup_key"]))
            action = event["event_action"]
            if action == "trigger" and alert is None:
                self._open_incident(integration, event)
            elif alert is not None:
                incident = self._incidents[alert.incident]
                agent = integration_agent(integration)
                if action == "trigger":
                    alert.events += 1
                    self._write(incident, "triggered again: added to the open alert", agent)
                elif action == "acknowledge" and incident.status is Status.TRIGGERED:
                    self._acknowledge(incident, agent)
                elif action == "resolve":
                    self._resolve_alert(alert, incident, agent)

    def _open_incident(self, integration: str, event: dict[str, Any]) -> None:
        payload, now, agent = event["payload"], self.clock(), integration_agent(integration)
        self._number += 1
        incident = Incident(
            id=self._name("Q"),
            number=self._number,
            title=payload["summary"],
            created_at=now,
            changed_at=now,
            changed_by=agent,
            urgency="high" if payload["severity"] in URGENT else "low",
        )
        alert = Alert(
            id=self._name("Q"),
            key=event["dedup_key"],
            integration=integration,
            incident=incident.id,
            summary=payload["summary"],
            source=payload["source"],
            severity=payload["severity"],
            created_at=now,
            details=payload.get("custom_details") or {},
            links=event.get("links") or [],
            client=event.get("client"),
            client_url=event.get("client_url"),
        )
        incident.alerts.append(alert)
        self._incidents[incident.id] = incident
        self._open[(integration, alert.key)] = alert
        client = {name: value for name, value in (("name", alert.client), ("url", alert.client_url)) if value}
        self._happened(incident, "incident.triggered", agent, {"client": client or None})
        self._write(incident, "triggered", agent)

    def _resolve_alert(self, alert: Alert, incident: Incident, agent: Agent) -> None:
        self._close(alert)
        if all(one.resolved for one in incident.alerts):
            self._resolve(incident, agent)
        else:
            self._write(incident, "one alert resolved", agent)

    # REST

    def acknowledge(self, incident: Incident, person: Person) -> None:
        """REST API, PUT /incidents/{id}: on a resolved incident this REOPENS it, and assigns it to who asked."""
        with self.lock:
            agent = person_agent(person)
            if not incident.is_open:
                self._reopen(incident, agent)
            incident.assignees = [person]
            self._acknowledge(incident, agent)

    def resolve(self, incident: Incident, person: Person) -> None:
        with self.lock:
            for alert in incident.alerts:
                self._close(alert)
            self._resolve(incident, person_agent(person))

    def trigger_again(self, incident: Incident, person: Person) -> None:
        """Status `triggered` by REST: un-acknowledges an open incident, reopens a resolved one."""
        with self.lock:
            agent = person_agent(person)
            if not incident.is_open:
                self._reopen(incident, agent)
            elif incident.status is Status.ACKNOWLEDGED:
                self._change(incident, Status.TRIGGERED, agent)
                self._happened(incident, "incident.unacknowledged", agent)
                self._write(incident, "unacknowledged", agent)

    def annotate(self, incident: Incident, person: Person, content: str) -> dict[str, Any]:
        with self.lock:
            agent = person_agent(person)
            note = {
                "id": self._name("P"),
                "user": agent.reference(),
                "content": content,
                "created_at": self.clock(),
                "channel": {"summary": "The PagerDuty API"},
            }
            incident.notes.append(note)
            self._happened(incident, "incident.annotated", agent, {"note": note})
            self._write(incident, f"note: {content}", agent)
            return note

    def rename(self, incident: Incident, person: Person, title: str) -> None:
        with self.lock:
            incident.title = title
            self._write(incident, "title changed", person_agent(person))

    # Steps that both APIs share

    def _acknowledge(self, incident: Incident, agent: Agent) -> None:
        self._change(incident, Status.ACKNOWLEDGED, agent)
        incident.acknowledgers = [*incident.acknowledgers, (incident.changed_at, agent)]
        self._happened(incident, "incident.acknowledged", agent)
        self._write(incident, "acknowledged", agent)

    def _resolve(self, incident: Incident, agent: Agent) -> None:
        self._change(incident, Status.RESOLVED, agent)
        incident.resolved_at = incident.changed_at
        self._happened(incident, "incident.resolved", agent)
        self._write(incident, "resolved", agent)

    def _reopen(self, incident: Incident, agent: Agent) -> None:
        self._change(incident, Status.TRIGGERED, agent)
        incident.resolved_at = None
        for alert in incident.alerts:
            # A newer incident may hold the key by now; then the old alert stays closed.
            if (alert.integration, alert.key) not in self._open:
                alert.resolved = False
                self._open[(alert.integration, alert.key)] = alert
        self._happened(incident, "incident.reopened", agent)
        self._write(incident, "reopened", agent)

    def _close(self, alert: Alert) -> None:
        alert.resolved = True
        if self._open.get((alert.integration, alert.key)) is alert:
            del self._open[(alert.integration, alert.key)]

    def _change(self, incident: Incident, status: Status, agent: Agent) -> None:
        incident.status, incident.changed_at, incident.changed_by = status, self.clock(), agent
        if status is not Status.ACKNOWLEDGED:
            incident.acknowledgers = []

    def _write(self, incident: Incident, what: str, agent: Agent) -> None:
        incident.log.append(LogEntry(self.clock(), what, agent.name))
        self._changed("incident", incident.id)

    def _happened(
        self, incident: Incident, event_type: str, agent: Agent, data: dict[str, Any] | None = None
    ) -> None:
        self.events.append(
            AccountEvent(self._name("01", 24), event_type, self.clock(), incident.id, agent, data or {})
        )

    def _name(self, prefix: str, length: int = 13) -> str:
        return prefix + "".join(self._names.choices(string.ascii_uppercase + string.digits, k=length))


def open_ones(incidents: Iterable[Incident]) -> list[Incident]:
    return [incident for incident in incidents if incident.is_open]
