"""How people answer an incident, on PagerDuty's pages or by REST: acknowledge, snooze, resolve, reopen, write a note.

What PagerDuty would refuse raises a RestError and changes nothing.
"""

from __future__ import annotations

from typing import Any

from sandbox.credentials import Person
from sandbox.pagerduty.account import Account
from sandbox.pagerduty.errors import RestError, invalid_input
from sandbox.pagerduty.model import Incident, Status, person_agent
from sandbox.pagerduty.webhook_data import note_data

LONGEST_SNOOZE = 604_800
MOST_NOTES = 2000


class Answering(Account):
    """One person and one incident."""

    def acknowledge(self, incident: Incident, person: Person) -> None:
        """On a resolved incident this REOPENS it. It assigns to who asked, and says nothing twice for one person."""
        with self.lock:
            agent = person_agent(person)
            if not incident.is_open:
                self._reopen(incident, agent)
            incident.assignees = [person]
            if agent in [one for _, one in incident.acknowledgers]:
                incident.snoozed_until = None
                self._write(incident, "acknowledged once more", agent)
            else:
                self._acknowledge(incident, agent)

    def resolve(self, incident: Incident, person: Person, note: str | None = None) -> None:
        with self.lock:
            self._need_open(incident)
            for alert in incident.alerts:
                self._close(alert)
            self._resolve(incident, person_agent(person))
            if note:
                # "Resolve with note" writes a note that begins with these words.
                self.annotate(incident, person, f"Resolution Note: {note}")

    def reopen(self, incident: Incident, person: Person) -> None:
        with self.lock:
            if incident.is_open:
                raise invalid_input("Only a resolved incident can be reopened")
            self._reopen(incident, person_agent(person))

    def trigger_again(self, incident: Incident, person: Person) -> None:
        """Status `triggered` by REST: un-acknowledges an open incident, reopens a resolved one."""
        with self.lock:
            if not incident.is_open:
                self._reopen(incident, person_agent(person))
            elif incident.status is Status.ACKNOWLEDGED:
                self._unacknowledge(incident, person_agent(person), "unacknowledged")

    def time_out(self, incident: Incident) -> None:
        """The service's acknowledgement timeout; nobody did it."""
        with self.lock:
            self._unacknowledge(incident, None, "the acknowledgement timed out")

    def snooze(self, incident: Incident, person: Person, seconds: int) -> None:
        """No webhook tells of this, only of its end."""
        with self.lock:
            if not 1 <= seconds <= LONGEST_SNOOZE:
                raise RestError(400, 1013, "Snooze Duration Is Invalid")
            if incident.status is not Status.ACKNOWLEDGED:
                raise RestError(400, 1012, "Incident Is Not Acknowledged")
            incident.snoozed_until = self.clock() + seconds
            self._write(incident, f"snoozed for {seconds} s", person_agent(person))

    def end_snooze(self, incident: Incident) -> None:
        """Its time is over; the clock does not do this by itself."""
        with self.lock:
            if incident.snoozed_until is None:
                raise invalid_input("Incident is not snoozed")
            self._unacknowledge(incident, None, "the snooze is over")

    def annotate(self, incident: Incident, person: Person, content: Any) -> dict[str, Any]:
        with self.lock:
            if not isinstance(content, str) or not content.strip():
                raise invalid_input("Content can't be blank")
            if len(incident.notes) >= MOST_NOTES:
                raise invalid_input(f"An incident can have at most {MOST_NOTES} notes")
            agent = person_agent(person)
            note = {
                "id": self._name("P"),
                "user": agent.reference(),
                "content": content,
                "created_at": self.clock(),
                "channel": {"summary": "The PagerDuty website or APIs"},
            }
            incident.notes.append(note)
            self.happened("incident.annotated", incident, agent, data=note_data(self.url, incident, note))
            self._write(incident, "note added", agent)
            return note

    def rename(self, incident: Incident, person: Person, title: str) -> None:
        with self.lock:
            incident.title = title
            self._write(incident, "title changed", person_agent(person))
