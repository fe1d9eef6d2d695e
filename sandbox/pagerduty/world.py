"""The account as one object: what its people do, and what comes in through Events API v2.

Events are taken at once and worked off a moment later, in order, as in the real account: 202 is no incident yet.
"""

from __future__ import annotations

from typing import Any

from sandbox.pagerduty.answering import Answering
from sandbox.pagerduty.model import Agent, Alert, Incident, Status, integration_agent
from sandbox.pagerduty.references import POLICY
from sandbox.pagerduty.teamwork import Teamwork

URGENT = ("critical", "error")


class PagerDutyWorld(Answering, Teamwork):
    """Everything the account holds and everything that can happen to it."""

    def apply(self, event: dict[str, Any]) -> None:
        """One event that was answered 202: a trigger with an open key joins its alert, the rest without is dropped."""
        with self.lock:
            integration = self.integrations.get(event["routing_key"])
            if integration is None:
                return
            agent = integration_agent(integration)
            alert = self._open.get((integration, event["dedup_key"]))
            if alert is not None:
                self._apply_to(alert, event["event_action"], agent)
            elif event["event_action"] == "trigger":
                self._open_incident(integration, event, agent)

    def _apply_to(self, alert: Alert, action: str, agent: Agent) -> None:
        incident = self._incidents[alert.incident]
        if action == "trigger":
            alert.events += 1
            self._write(incident, "triggered again: added to the open alert", agent)
        elif action == "acknowledge" and incident.status is Status.TRIGGERED:
            self._acknowledge(incident, agent)
        elif action == "resolve":
            self._resolve_alert(alert, incident, agent)

    def _open_incident(self, integration: str, event: dict[str, Any], agent: Agent) -> None:
        alert = self._alert(integration, event)
        self._number += 1
        incident = Incident(
            id=alert.incident,
            number=self._number,
            title=alert.summary,
            created_at=alert.created_at,
            origin=alert,
            policy=POLICY,
            alerts=[alert],
            changed_at=alert.created_at,
            changed_by=agent,
            urgency="high" if alert.severity in URGENT else "low",
        )
        self._incidents[incident.id] = incident
        self._open[(integration, alert.key)] = alert
        client = {name: value for name, value in (("name", alert.client), ("url", alert.client_url)) if value}
        self.happened("incident.triggered", incident, agent, client=client or None)
        self._write(incident, "triggered", agent)

    def _alert(self, integration: str, event: dict[str, Any]) -> Alert:
        payload = event["payload"]
        return Alert(
            id=self._name("Q"),
            key=event["dedup_key"],
            integration=integration,
            incident=self._name("Q"),
            summary=payload["summary"],
            source=payload["source"],
            severity=payload["severity"],
            created_at=self.clock(),
            details=payload.get("custom_details") or {},
            links=event.get("links") or [],
            client=event.get("client"),
            client_url=event.get("client_url"),
        )

    def _resolve_alert(self, alert: Alert, incident: Incident, agent: Agent) -> None:
        self._close(alert)
        if all(one.resolved for one in incident.alerts):
            self._resolve(incident, agent)
        else:
            self._write(incident, "one alert resolved", agent)
