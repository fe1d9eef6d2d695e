"""What an event did to an alert: the outcome of `reduce`."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from core.domain.alert import Content, Facts


class Kind(StrEnum):
    """NOTHING stores nothing; SEEN stores how far has been read; NOTED, TOLD and LATE go on record and change nothing;
    the others are a new version.
    """

    NOTHING = "nothing"
    SEEN = "seen"
    OPENED = "opened"
    REOPENED = "reopened"
    UPDATED = "updated"
    RESOLVED = "resolved"
    REMINDED = "reminded"
    UNWOUND = "unwound"
    ACKNOWLEDGED = "acknowledged"
    UNACKNOWLEDGED = "unacknowledged"
    CLOSED = "closed"
    RESTORED = "restored"
    NOTED = "noted"
    TOLD = "told"
    LATE = "late"

    @property
    def is_change(self) -> bool:
        return self not in _UNCHANGED


_UNCHANGED = frozenset({Kind.NOTHING, Kind.SEEN, Kind.NOTED, Kind.TOLD, Kind.LATE})


class Why(StrEnum):
    """Why a deed changed nothing: what its doer is told."""

    UNKNOWN_ALERT = "unknown_alert"
    NO_SUCH_OCCURRENCE = "no_such_occurrence"
    ALREADY_ACKNOWLEDGED = "already_acknowledged"
    NOT_ACKNOWLEDGED = "not_acknowledged"
    ALREADY_RESOLVED = "already_resolved"
    NOT_CLOSED = "not_closed"
    EARLIER_OCCURRENCE = "earlier_occurrence"
    OVERTAKEN = "overtaken"


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator chose: `alerting.*` of the configuration."""

    deduplication_window: timedelta
    resend_interval: timedelta


@dataclass(frozen=True, slots=True)
class Change:
    """The outcome: the facts as they now are, the content where it is new, and why a deed changed nothing."""

    kind: Kind
    facts: Facts | None
    content: Content | None = None
    why: Why | None = None
