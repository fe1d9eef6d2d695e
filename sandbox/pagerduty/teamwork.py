"""How an incident changes hands, or becomes part of another: reassign, escalate, ask for help, merge.

What PagerDuty would refuse raises a RestError and changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.credentials import Person
from sandbox.pagerduty.account import Account
from sandbox.pagerduty.errors import RestError, invalid_input
from sandbox.pagerduty.model import Incident, Responder, Status, person_agent
from sandbox.pagerduty.references import PRIORITIES, SECOND_POLICY
from sandbox.pagerduty.webhook_data import responder_data

MOST_ALERTS = 1000


class Teamwork(Account):
    """Several people, or several incidents."""

    def reassign(self, incident: Incident, by: Person | None, to: Person) -> None:
        self._hand_over(incident, by, to, "incident.reassigned", f"reassigned to {to.name}")

    def escalate(self, incident: Incident, by: Person | None = None) -> None:
        """To the next person of the policy; without `by` because nobody answered in time."""
        to = self._next_person(incident)
        self._hand_over(incident, by, to, "incident.escalated", f"escalated to {to.name}")

    def delegate(self, incident: Incident, by: Person | None) -> None:
        """To whom another escalation policy names."""
        with self.lock:
            self._need_open(incident)
            incident.policy, to = SECOND_POLICY, self._next_person(incident)
            self._hand_over(incident, by, to, "incident.delegated", f"delegated to {to.name}")

    def _hand_over(
        self, incident: Incident, by: Person | None, to: Person, event_type: str, what: str
    ) -> None:
        """Who takes over has acknowledged nothing yet: back to triggered, and a snooze is over."""
        with self.lock:
            self._need_open(incident)
            agent = person_agent(by) if by else None
            incident.assignees = [to]
            if incident.status is Status.ACKNOWLEDGED:
                self._change(incident, Status.TRIGGERED, agent)
            self.happened(event_type, incident, agent)
            self._write(incident, what, agent)

    def _next_person(self, incident: Incident) -> Person:
        people = list(self.people.values())
        had = next((people.index(one) for one in incident.assignees if one in people), -1)
        return people[(had + 1) % len(people)]

    def set_priority(self, incident: Incident, by: Person | None, priority: str | None) -> None:
        """One of P1 to P4, or None to take it away."""
        with self.lock:
            if priority is not None and priority not in PRIORITIES:
                raise invalid_input(f"Priority must be one of {', '.join(PRIORITIES)}")
            agent = person_agent(by) if by else None
            incident.priority = priority
            self.happened("incident.priority_updated", incident, agent)
            self._write(incident, f"priority {priority or 'taken away'}", agent)

    def add_responder(
        self, incident: Incident, by: Person, person: Person, message: str = "Please help with this incident"
    ) -> None:
        with self.lock:
            self._need_open(incident)
            responder = Responder(person, message)
            incident.responders.append(responder)
            agent, data = person_agent(by), responder_data(self.url, incident, responder)
            self.happened("incident.responder.added", incident, agent, data=data)
            self._write(incident, f"asked {person.name} to help", agent)

    def responder_replied(self, incident: Incident, person: Person, *, accepted: bool = True) -> None:
        with self.lock:
            asked = [one for one in incident.responders if one.person == person]
            if not asked:
                raise invalid_input(f"{person.name} has not been asked to help")
            asked[-1].state = "accepted" if accepted else "declined"
            agent, data = person_agent(person), responder_data(self.url, incident, asked[-1])
            self.happened("incident.responder.replied", incident, agent, data=data)
            self._write(incident, f"{asked[-1].state} to help", agent)

    def merge(self, into: Incident, sources: Sequence[Incident], by: Person) -> None:
        """The sources' alerts move and stay as they are; each source is told as resolved, with the reason."""
        with self.lock:
            self._check_merge(into, sources)
            agent = person_agent(by)
            for source in sources:
                for alert in source.alerts:
                    alert.incident = into.id
                into.alerts, source.alerts = into.alerts + source.alerts, []
                source.merged_into = into
                self._resolve(source, agent, f"merged into #{into.number}")
                self._write(into, f"took in #{source.number}", agent)

    def _check_merge(self, into: Incident, sources: Sequence[Incident]) -> None:
        if not sources or len({one.id for one in (into, *sources)}) != len(sources) + 1:
            raise invalid_input("Source incidents must be others than the target")
        if any(source.merged_into for source in (into, *sources)):
            raise RestError(400, 1019, "Incident Already Merged")
        for incident in (into, *sources):
            self._need_open(incident)
        if sum(len(one.alerts) for one in (into, *sources)) > MOST_ALERTS:
            raise invalid_input(f"An incident can have at most {MOST_ALERTS} alerts")
