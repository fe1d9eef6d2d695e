"""An alert: one episode of something being wrong, from its first firing to its last resolve.

`Facts` is what decisions are made on and is read for every report; `Content` is what people read and is only
loaded where somebody is told. State is derived from facts, never stored as an opinion of its own.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from core.domain.person import Person
from core.domain.silence import Silence


class State(StrEnum):
    """The words that people see everywhere."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Content:
    """What the last report said about the alert, as it came (hostile, of any length)."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    generator_url: str = ""

    @property
    def name(self) -> str:
        return self.labels.get("alertname", "") or "unnamed alert"

    @property
    def severity(self) -> str:
        return self.labels.get("severity", "").strip().lower()

    @property
    def instance(self) -> str:
        return self.labels.get("instance", "")

    @property
    def summary(self) -> str:
        return self.annotations.get("summary", "") or self.annotations.get("message", "")

    @property
    def description(self) -> str:
        return self.annotations.get("description", "")

    def digest(self) -> str:
        """32 hex digits that differ whenever anything a person could see differs."""
        hash_ = hashlib.blake2b(digest_size=16)
        for mapping in (self.labels, self.annotations):
            for name in sorted(mapping):
                _add(hash_, name)
                _add(hash_, mapping[name])
            hash_.update(b";")
        _add(hash_, self.generator_url)
        return hash_.hexdigest()


def _add(hash_: "hashlib.blake2b", text: str) -> None:
    """With its length before it, so that no text can pass for two."""
    data = text.encode("utf-8", "surrogatepass")
    hash_.update(b"%d:" % len(data))
    hash_.update(data)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about one episode. Times are UTC; `resolved_at` and `fired_at` are our clock's.

    `occurrence` counts firings inside one episode from 1. `seq` is the highest inbox id applied. `version` rises
    with every stored change but `seq`. `wake_at` is the alert's only timer. `firing` is Alertmanager's last
    word, also while the alert is closed by hand. `acknowledged_by` and `closed_by` are Actor keys;
    `acted_by` is that of the last deed that changed anything. `slack_at` and
    `pagerduty_at` are those providers' own times of the newest deed that was heard of from there.
    """

    id: str
    source: str
    fingerprint: str
    firing: bool
    starts_at: datetime
    fired_at: datetime
    occurrence: int
    seq: int
    content_hash: str
    version: int
    ends_at: datetime | None = None
    resolved_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by_name: str | None = None
    wake_at: datetime | None = None
    acknowledged_by: str | None = None
    closed_at: datetime | None = None
    closed_by_name: str | None = None
    closed_by: str | None = None
    acted_by_name: str | None = None
    acted_by: str | None = None
    slack_at: datetime | None = None
    pagerduty_at: datetime | None = None

    @property
    def state(self) -> State:
        if not self.firing or self.closed_at:
            return State.RESOLVED
        return State.ACKNOWLEDGED if self.acknowledged_at else State.FIRING

    @property
    def open_key(self) -> str | None:
        """Unique among all open episodes, None once Alertmanager has resolved it: only one can be open."""
        return f"{self.source}:{self.fingerprint}" if self.firing else None


@dataclass(frozen=True, slots=True)
class Alert:
    """One episode, whole: as a target sees it. `people` are those whom its facts and its silence name, by their key.

    `silence` is the one that hides it now, of several the last to end; `lapsed` the one that hid it until lately. Both
    are read when somebody is told and never kept. `suppressed` is why Alertmanager keeps quiet about it, as it last
    said: inhibited, or muted by its own timetable.
    """

    facts: Facts
    content: Content
    people: Mapping[str, Person] = field(default_factory=dict)
    silence: Silence | None = None
    lapsed: Silence | None = None
    suppressed: str | None = None

    @property
    def acknowledger(self) -> Person | None:
        return self._person(self.facts.acknowledged_by, self.facts.acknowledged_by_name)

    @property
    def closer(self) -> Person | None:
        return self._person(self.facts.closed_by, self.facts.closed_by_name)

    @property
    def actor(self) -> Person | None:
        """Who acted last, in whichever direction."""
        return self._person(self.facts.acted_by, self.facts.acted_by_name)

    @property
    def silencer(self) -> Person | None:
        """Whose silence hides it, or did until lately."""
        it = self.silence or self.lapsed
        return self._person(it.created_by, it.created_by_name) if it else None

    @property
    def is_silenced(self) -> bool:
        """Open, and nobody is to be told."""
        return self.silence is not None and self.state is not State.RESOLVED

    def _person(self, key: str | None, name: str | None) -> Person | None:
        """Who is not among the people is known by what was written down at the time."""
        if key is None:
            return None
        return self.people.get(key) or Person(key, name or "")

    @property
    def id(self) -> str:
        return self.facts.id

    @property
    def state(self) -> State:
        return self.facts.state
