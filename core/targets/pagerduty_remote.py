"""What is known of an alert's incidents at PagerDuty: one entry an occurrence, oldest first, as stored.

An entry is written before the first call about its occurrence. It keeps the routing key that it was opened with,
since PagerDuty drops a resolve sent with another one, with a 202. Rows of an earlier release must read well.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from core.domain.event import Deed
from core.domain.incident import Held
from core.targets.pagerduty_event import http_url

_INCIDENTS = "incidents"


TRIGGERED, ACKNOWLEDGED, RESOLVED = "triggered", "acknowledged", "resolved"
"""An incident's status, in PagerDuty's words."""

_KEPT = 6
_TOLD = 2
# PagerDuty tells when a status changed in whole seconds, and its webhooks to the millisecond.
SAME_MOMENT = timedelta(seconds=2)
# An act whose answer we do not have: its webhook may come from a clock a little behind ours, and some time after.
_BEFORE, _AFTERWARDS = timedelta(seconds=30), timedelta(seconds=120)


@dataclass(slots=True)
class Act:
    """What we did to an incident through the REST API, so that its webhook is known again.

    Written before the call. `by` is the person's id there, "" while it is not known; `at` is when PagerDuty says that
    it happened, None as long as it has not said.
    """

    verb: str
    since: datetime
    by: str = ""
    at: datetime | None = None

    def is_told_by(self, deed: Deed) -> bool:
        if deed.verb.value != self.verb or (self.by and deed.actor.id != self.by) or deed.occurred_at is None:
            return False
        if self.at is not None:
            return abs(deed.occurred_at - self.at) <= SAME_MOMENT
        return self.since - _BEFORE <= deed.occurred_at <= self.since + _AFTERWARDS

    def write(self) -> dict[str, str]:
        written = {"verb": self.verb, "since": self.since.isoformat(), "by": self.by}
        return {**written, "at": self.at.isoformat()} if self.at else written


@dataclass(slots=True)
class Entry:
    """One occurrence of an alert, as PagerDuty knows it.

    `triggered` means that PagerDuty confirmed it; an entry without that may or may not have been opened.
    `abandoned` says why its incident can no longer be reached. `looked` counts the look-ups of the incident's id,
    `look_at` is when the next one is due. `shown` is the status that both sides last agreed on, `acts` what we did
    to it as somebody, and `tries` how often that has failed by now. `unconfirmed` means that `shown` was asked for by
    an event and has not been seen yet, `kept` that it stayed acknowledged there though it was taken back here. `quiet`
    means that it was acknowledged for a silence, which will end; `hushed` that it was said to be silenced.
    """

    occurrence: int
    dedup_key: str
    routing_key: str = field(repr=False)
    since: str = ""
    triggered: bool = False
    resolved: bool = False
    abandoned: str | None = None
    incident_id: str | None = None
    number: int | None = None
    html_url: str | None = None
    looked: int = 0
    look_at: datetime | None = None
    shown: str | None = None
    acts: list[Act] = field(default_factory=list)
    tries: int = 0
    unconfirmed: bool = False
    kept: bool = False
    quiet: bool = False
    hushed: bool = False

    def adopt(self, incident_id: str, number: int | None, url: str) -> None:
        """It is this incident, by whomever that was learned: nothing is left to be looked up."""
        self.incident_id, self.number, self.html_url = incident_id, number, http_url(url)
        self.look_at = None

    def held(self, alert_id: str) -> Held | None:
        if self.incident_id is None:
            return None
        return Held(self.incident_id, alert_id, self.occurrence, self.number, self.html_url or "")

    @property
    def last_act(self) -> datetime | None:
        """When we last did something there, by PagerDuty's clock; what it has not told of has not been yet."""
        return max((act.at for act in self.acts if act.at), default=None)

    @property
    def closed(self) -> bool:
        """Nothing more can be done about it."""
        return self.resolved or self.abandoned is not None

    def write(self) -> dict[str, Any]:
        stored: dict[str, Any] = {
            "occurrence": self.occurrence,
            "dedup_key": self.dedup_key,
            "routing_key": self.routing_key,
            "since": self.since,
            "triggered": self.triggered,
            "resolved": self.resolved,
            "abandoned": self.abandoned,
            "incident_id": self.incident_id,
            "number": self.number,
            "html_url": self.html_url,
            "looked": self.looked,
            "look_at": self.look_at.isoformat() if self.look_at else None,
            "shown": self.shown,
            "acts": [act.write() for act in self.acts[-_KEPT:]] or None,
            "tries": self.tries or None,
            "unconfirmed": self.unconfirmed or None,
            "kept": self.kept or None,
            "quiet": self.quiet or None,
            "hushed": self.hushed or None,
        }
        return {name: value for name, value in stored.items() if value is not None}


def read(remote: Mapping[str, Any]) -> list[Entry]:
    """The entries of a stored remote, by occurrence."""
    stored = remote.get(_INCIDENTS)
    return sorted(
        (_entry(item) for item in stored or ()),
        key=lambda entry: entry.occurrence,
    )


def write(entries: list[Entry]) -> dict[str, Any]:
    """The remote to store: the newest entry, and of the older ones those that may still be open, or whose last acts may
    still come back.
    """
    older = entries[:-1]
    told = [entry for entry in older if entry.closed and entry.acts][-_TOLD:]
    kept = [entry for entry in older if not entry.closed or entry in told] + entries[-1:]
    return {_INCIDENTS: [entry.write() for entry in kept]} if kept else {}


def of_occurrence(entries: list[Entry], occurrence: int) -> Entry | None:
    return next((entry for entry in entries if entry.occurrence == occurrence), None)


def _entry(item: Mapping[str, Any]) -> Entry:
    look_at = item.get("look_at")
    return Entry(
        occurrence=item["occurrence"],
        dedup_key=item["dedup_key"],
        routing_key=item["routing_key"],
        since=item.get("since", ""),
        triggered=item.get("triggered", False),
        resolved=item.get("resolved", False),
        abandoned=item.get("abandoned"),
        incident_id=item.get("incident_id"),
        number=item.get("number"),
        html_url=item.get("html_url"),
        looked=item.get("looked", 0),
        look_at=datetime.fromisoformat(look_at) if look_at else None,
        shown=item.get("shown"),
        acts=[_act(act) for act in item.get("acts", ())],
        tries=item.get("tries", 0),
        unconfirmed=item.get("unconfirmed", False),
        kept=item.get("kept", False),
        quiet=item.get("quiet", False),
        hushed=item.get("hushed", False),
    )


def _act(item: Mapping[str, Any]) -> Act:
    at = item.get("at")
    since = datetime.fromisoformat(item["since"])
    return Act(item["verb"], since, item.get("by", ""), datetime.fromisoformat(at) if at else None)
