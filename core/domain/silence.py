"""A silence: which alerts are not to be told of, from when until when, by whom and why.

Made in Slack, through the API or in Alertmanager, it is one thing. Its matchers never change: who wants others makes
another silence, as in Alertmanager itself.
"""

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from core.domain.ids import at_moment
from core.domain.matcher import Matcher, all_match
from core.domain.person import Provider


class Phase(StrEnum):
    """Where a silence stands in its life, in Alertmanager's words."""

    PENDING = "pending"
    ACTIVE = "active"
    EXPIRED = "expired"


ASK_BEFORE = timedelta(minutes=15)
"""How long before its end the author of a silence is asked whether it should go on."""


@dataclass(frozen=True, slots=True)
class Silence:
    """`scope` is the source whose alerts it is about, None: all of them. `alert_id` is the alert that it was made from.

    `created_by` and `changed_by` are Actor keys. One that `acknowledges` goes with an acknowledgement: it keeps
    Alertmanager quiet and changes nothing here. `asked_for` is the end that its author was last asked about. `wake_at`
    is when something about it has to be done next. Ended early, it ends when somebody said so.
    """

    id: str
    matchers: tuple[Matcher, ...]
    start_at: datetime
    end_at: datetime
    created_by: str
    created_by_name: str
    reason: str
    source: str
    created_at: datetime
    version: int = 1
    scope: str | None = None
    alert_id: str | None = None
    fingerprint: str | None = None
    acknowledges: bool = False
    changed_by: str | None = None
    changed_by_name: str | None = None
    changed_at: datetime | None = None
    asked_for: datetime | None = None
    wake_at: datetime | None = None

    def phase(self, now: datetime) -> Phase:
        if now >= self.end_at:
            return Phase.EXPIRED
        return Phase.ACTIVE if now >= self.start_at else Phase.PENDING

    def is_about(self, source: str, labels: Mapping[str, str]) -> bool:
        """Whether it hides such an alert while it lasts."""
        return not self.acknowledges and self.covers(source, labels)

    def covers(self, source: str, labels: Mapping[str, str]) -> bool:
        return self.scope in (None, source) and all_match(self.matchers, labels)

    @property
    def instance(self) -> str:
        """The one instance that it names, empty where it names none or several."""
        named = [it.value for it in self.matchers if it.label == "instance" and it.equal and not it.regex]
        return named[0] if named else ""

    @property
    def asks(self) -> bool:
        """Whether its author is asked before it ends: one made in Slack that lasts longer than the asking."""
        long = self.end_at - self.start_at >= 2 * ASK_BEFORE
        return long and self.source == Provider.SLACK and not self.acknowledges


def next_wake(silence: Silence, now: datetime) -> datetime | None:
    """When something has to be done about it, after everything due until now was done. None: never again."""
    ask_at = silence.end_at - ASK_BEFORE
    times = [silence.start_at, silence.end_at]
    if silence.asks and silence.asked_for != silence.end_at:
        times.append(ask_at)
    return min((at for at in times if at > now), default=None)


def silence_id(event_id: str, at: datetime) -> str:
    """The same for the same event: doing a step again makes no second silence."""
    return at_moment(at, hashlib.blake2b(event_id.encode(), digest_size=10).digest())


def is_silence_id(text: str) -> bool:
    """Ours, or one that Alertmanager made: both are UUIDs."""
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
