"""What people do to a silence: (silence, deed) -> change. Pure and total, like `reduce`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from core.domain.matcher import Matcher
from core.domain.person import Actor
from core.domain.silence import Phase, Silence


class SilenceVerb(StrEnum):
    """What somebody wants of a silence."""

    MAKE = "make_silence"
    CHANGE = "change_silence"
    END = "end_silence"


@dataclass(frozen=True, slots=True)
class SilenceDeed:
    """What somebody did to a silence. `at` is our own clock, `event_id` is never used twice.

    One that is made has `matchers`, or `alert_id` and with it the names of those labels that it is to share (`like`);
    with neither it is about exactly that alert. A change has a new end, is `longer_by` so much, or has a reason; what
    is None stays. `place` is the Slack channel that it came from. Of one that was made at a target, `target` and
    `remote` are what is known of it there.
    """

    verb: SilenceVerb
    actor: Actor
    silence_id: str
    at: datetime
    event_id: str
    matchers: tuple[Matcher, ...] = ()
    like: tuple[str, ...] = ()
    start_at: datetime | None = None
    end_at: datetime | None = None
    longer_by: timedelta | None = None
    reason: str | None = None
    scope: str | None = None
    alert_id: str | None = None
    occurrence: int = 0
    acknowledges: bool = False
    place: str = ""
    target: str = ""
    remote: Mapping[str, Any] = field(default_factory=dict)


class SilenceKind(StrEnum):
    """What became of it: the record's words. NOTHING stores nothing."""

    NOTHING = "nothing"
    MADE = "silenced"
    EXTENDED = "silence_extended"
    SHORTENED = "silence_shortened"
    REWORDED = "silence_reworded"
    ENDED = "silence_ended"
    EXPIRED = "silence_expired"


@dataclass(frozen=True, slots=True)
class SilenceChange:
    """The silence as it now is; where nothing changed, `why` is a sentence for whoever asked."""

    kind: SilenceKind
    silence: Silence | None
    why: str = ""


def reduce_silence(silence: Silence | None, deed: SilenceDeed) -> SilenceChange:
    return _BY_VERB[deed.verb](silence, deed)


def _make(silence: Silence | None, deed: SilenceDeed) -> SilenceChange:
    if silence is not None:
        return _nothing(silence, "This silence has been made already.")
    start_at = deed.start_at or deed.at
    if deed.end_at is None or deed.end_at <= max(start_at, deed.at):
        return _nothing(None, "A silence has to end after it begins, and not in the past.")
    made = Silence(
        id=deed.silence_id,
        matchers=deed.matchers,
        start_at=start_at,
        end_at=deed.end_at,
        created_by=deed.actor.key,
        created_by_name=deed.actor.name,
        reason=deed.reason or "",
        source=deed.actor.provider.value,
        created_at=deed.at,
        scope=deed.scope,
        alert_id=deed.alert_id,
        acknowledges=deed.acknowledges,
        wake_at=deed.at,
    )
    return SilenceChange(SilenceKind.MADE, made)


def _change(silence: Silence | None, deed: SilenceDeed) -> SilenceChange:
    refused = _is_over(silence, deed)
    if silence is None or refused is not None:
        return refused or _nothing(None, _UNKNOWN)
    end_at = _new_end(silence, deed)
    if end_at <= max(deed.at, silence.start_at):
        return _nothing(silence, "A silence cannot end in the past; end it instead.")
    reason = silence.reason if deed.reason is None else deed.reason
    if (end_at, reason) == (silence.end_at, silence.reason):
        return _nothing(silence, "It is like that already.")
    if end_at == silence.end_at:
        kind = SilenceKind.REWORDED
    else:
        kind = SilenceKind.EXTENDED if end_at > silence.end_at else SilenceKind.SHORTENED
    return SilenceChange(kind, _signed(replace(silence, end_at=end_at, reason=reason), deed))


def _new_end(silence: Silence, deed: SilenceDeed) -> datetime:
    if deed.longer_by is not None:
        return silence.end_at + deed.longer_by
    return deed.end_at or silence.end_at


def _end(silence: Silence | None, deed: SilenceDeed) -> SilenceChange:
    refused = _is_over(silence, deed)
    if silence is None or refused is not None:
        return refused or _nothing(None, _UNKNOWN)
    ended = replace(silence, start_at=min(silence.start_at, deed.at), end_at=deed.at)
    return SilenceChange(SilenceKind.ENDED, _signed(ended, deed))


def _is_over(silence: Silence | None, deed: SilenceDeed) -> SilenceChange | None:
    if silence is None:
        return _nothing(None, _UNKNOWN)
    if silence.phase(deed.at) is Phase.EXPIRED:
        return _nothing(silence, "That silence has ended already.")
    return None


def _signed(silence: Silence, deed: SilenceDeed) -> Silence:
    return replace(
        silence,
        changed_by=deed.actor.key,
        changed_by_name=deed.actor.name,
        changed_at=deed.at,
        wake_at=deed.at,
        version=silence.version + 1,
    )


def _nothing(silence: Silence | None, why: str) -> SilenceChange:
    return SilenceChange(SilenceKind.NOTHING, silence, why)


_UNKNOWN = "There is no such silence."
_BY_VERB: Mapping[SilenceVerb, Callable[[Silence | None, SilenceDeed], SilenceChange]] = {
    SilenceVerb.MAKE: _make,
    SilenceVerb.CHANGE: _change,
    SilenceVerb.END: _end,
}
