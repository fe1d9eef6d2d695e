"""What the account holds, in memory with a lock around every step, and the steps that every way of acting shares.

Each step tells the page that something changed, and whoever listens (the webhooks) what happened.
"""

from __future__ import annotations

import random
import string
import threading
from collections.abc import Callable, Iterable
from typing import Any

from sandbox import credentials
from sandbox.credentials import Person
from sandbox.pagerduty.errors import RestError
from sandbox.pagerduty.model import AccountEvent, Agent, Alert, Incident, LogEntry, Status
from sandbox.pagerduty.webhook_data import incident_data


class Account:
    """Everything there is. Public attributes are for tests to read and to set."""

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
        self.told: Callable[[AccountEvent], None] = lambda _: None
        self.lock = threading.RLock()
        self._names = random.SystemRandom()
        self.reset()

    def reset(self) -> None:
        with self.lock:
            known = (*credentials.PEOPLE, credentials.PAGERDUTY_BOT)
            self.people = {p.pagerduty_id: p for p in known if p.pagerduty_id}
            self.integrations = dict(credentials.PAGERDUTY_INTEGRATIONS)
            self.token_revoked = False
            self.keys_revoked = False
            self.drop_unknown_keys = False
            self.unacknowledge_refused = False
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
        """Incidents that hold an alert of this dedup key, open or not; a merge moves it to another incident."""
        with self.lock:
            return [one for one in self._incidents.values() if key in one.dedup_keys]

    def person_by_email(self, email: str) -> Person | None:
        wanted = email.casefold()
        return next((p for p in self.people.values() if p.email and p.email.casefold() == wanted), None)

    # Telling

    def happened(
        self,
        event_type: str,
        incident: Incident | None = None,
        agent: Agent | None = None,
        *,
        data: dict[str, Any] | None = None,
        client: dict[str, str] | None = None,
    ) -> AccountEvent:
        """Say so to whoever listens. Without `data` it is the incident as it is now."""
        with self.lock:
            if data is None:
                data = incident_data(self.url, incident) if incident else {}
            event = AccountEvent(
                id=self._name("01", 24),
                event_type=event_type,
                occurred_at=self.clock(),
                incident=incident.id if incident else None,
                agent=agent,
                data=data,
                client=client,
            )
            self.events.append(event)
            self.told(event)
            return event

    # Steps

    def _acknowledge(self, incident: Incident, agent: Agent) -> None:
        self._change(incident, Status.ACKNOWLEDGED, agent)
        incident.acknowledgers = [*incident.acknowledgers, (incident.changed_at, agent)]
        self.happened("incident.acknowledged", incident, agent)
        self._write(incident, "acknowledged", agent)

    def _unacknowledge(self, incident: Incident, agent: Agent | None, what: str) -> None:
        if incident.status is not Status.ACKNOWLEDGED:
            raise RestError(400, 1012, "Incident Is Not Acknowledged")
        self._change(incident, Status.TRIGGERED, agent)
        self.happened("incident.unacknowledged", incident, agent)
        self._write(incident, what, agent)

    def _resolve(self, incident: Incident, agent: Agent, what: str = "resolved") -> None:
        self._change(incident, Status.RESOLVED, agent)
        incident.resolved_at = incident.changed_at
        self.happened("incident.resolved", incident, agent)
        self._write(incident, what, agent)

    def _reopen(self, incident: Incident, agent: Agent) -> None:
        self._change(incident, Status.TRIGGERED, agent)
        incident.resolved_at = incident.merged_into = None
        incident.reopened_at = incident.changed_at
        for alert in incident.alerts:
            # A newer incident may hold the key by now; then the old alert stays closed.
            if (alert.integration, alert.key) not in self._open:
                alert.resolved = False
                self._open[(alert.integration, alert.key)] = alert
        self.happened("incident.reopened", incident, agent)
        self._write(incident, "reopened", agent)

    def _close(self, alert: Alert) -> None:
        alert.resolved = True
        if self._open.get((alert.integration, alert.key)) is alert:
            del self._open[(alert.integration, alert.key)]

    def _change(self, incident: Incident, status: Status, agent: Agent | None) -> None:
        incident.status, incident.changed_at, incident.changed_by = status, self.clock(), agent
        incident.snoozed_until = None
        if status is not Status.ACKNOWLEDGED:
            incident.acknowledgers = []

    def _write(self, incident: Incident, what: str, agent: Agent | None) -> None:
        incident.log.append(LogEntry(self.clock(), what, agent.name if agent else "PagerDuty itself"))
        self._changed("incident", incident.id)

    def _need_open(self, incident: Incident) -> None:
        if not incident.is_open:
            raise RestError(400, 1001, "Incident Already Resolved")

    def _name(self, prefix: str, length: int = 13) -> str:
        return prefix + "".join(self._names.choices(string.ascii_uppercase + string.digits, k=length))


def open_ones(incidents: Iterable[Incident]) -> list[Incident]:
    return [incident for incident in incidents if incident.is_open]
