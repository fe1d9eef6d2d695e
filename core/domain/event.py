"""What happened, as a source told it, with everything provider-specific already taken off."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.domain.alert import Content
from core.domain.person import Actor


@dataclass(frozen=True, slots=True)
class Report:
    """Alertmanager's word about one alert: it fires, or it has resolved.

    `seq` is the inbox id it came in with and the only order we trust; `received_at` is our own clock.
    `starts_at` and `ends_at` are Alertmanager's, shown to people and used to recognise a stale resolve, never as
    a clock. `ends_at` is None where Alertmanager sent its year 1.

    One that is `reconciled` was concluded from Alertmanager's list, and holds only while `if_seq` is still the newest
    word about the alert (0: there was none): every word that Alertmanager itself has sent since wins.
    """

    source: str
    fingerprint: str
    firing: bool
    content: Content
    starts_at: datetime
    ends_at: datetime | None
    seq: int
    received_at: datetime
    if_seq: int | None = None

    @property
    def reconciled(self) -> bool:
        return self.if_seq is not None

    def is_outdated(self, seq: int) -> bool:
        """Whether something was heard of the alert since this was concluded."""
        return self.if_seq is not None and self.if_seq != seq


@dataclass(frozen=True, slots=True)
class Tick:
    """The alert's timer has gone off."""

    at: datetime


class Verb(StrEnum):
    """What somebody did to an alert. TELL changes nothing and belongs to the story (reassigned, escalated)."""

    ACKNOWLEDGE = "acknowledge"
    UNACKNOWLEDGE = "unacknowledge"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    NOTE = "note"
    TELL = "tell"


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody did to one occurrence of one alert.

    `at` is our own clock. `occurred_at` is the provider's and orders deeds of that provider on that alert, nothing
    else. `event_id` is never used twice. `what` is the record's word for it ("acknowledged", "reassigned"), `text`
    a note or, with TELL, what happened in a sentence. `place` is the Slack channel that a click came from.
    """

    verb: Verb
    actor: Actor
    alert_id: str
    occurrence: int
    at: datetime
    event_id: str
    what: str
    occurred_at: datetime | None = None
    text: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Apology:
    """A click that could not be served: its actor is to be told `text` where they clicked, and nothing else."""

    actor: Actor
    alert_id: str
    event_id: str
    text: str
    place: str


@dataclass(frozen=True, slots=True)
class IncidentEvent:
    """PagerDuty's word about one incident; which alerts of ours it holds is not said there.

    `verb` is None where nothing follows from it (a trigger, a type that nobody here knows). `merged_into` names the
    incident that took over this one's alerts: such a resolve is a move. `client_url` is ours only on a trigger.
    """

    event_id: str
    what: str
    incident_id: str
    occurred_at: datetime
    actor: Actor
    verb: Verb | None = None
    text: str = ""
    number: int | None = None
    url: str = ""
    service_id: str = ""
    client_url: str = ""
    merged_into: str | None = None
    by_integration: bool = False


Event = Report | Tick | Deed
