"""What Alertmanager's list says about the alerts that we hold open, and about those that we do not.

Pure. Being absent from a list is no event: an alert that ended, one that a restarted Alertmanager has forgotten and one
whose end is still on its way to us all look alike. Here stands when it counts all the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from core.domain.alert import Content


class Suppression(StrEnum):
    """Why Alertmanager keeps quiet about an alert that fires."""

    SILENCED = "silenced"
    INHIBITED = "inhibited"
    MUTED = "muted"


@dataclass(frozen=True, slots=True)
class Mark:
    """What the list says of an alert beside its being there; `by` are silences, alerts or time intervals."""

    suppressed: Suppression | None = None
    by: tuple[str, ...] = ()


ACTIVE = Mark()


@dataclass(frozen=True, slots=True)
class Sighting:
    """What the list last said of an alert. `absent_since` is when it was first looked for in vain."""

    seen_at: datetime
    mark: Mark = ACTIVE
    absent_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """An alert that is open here, as it was before the list was asked for.

    `heard_at` is when Alertmanager's last word about it came in, None where that is longer ago than anybody keeps.
    """

    id: str
    fingerprint: str
    seq: int
    fired_at: datetime
    heard_at: datetime | None
    closed: bool = False
    sighting: Sighting | None = None

    @property
    def last(self) -> Sighting | None:
        """What was seen before it fired was not about this firing."""
        it = self.sighting
        return it if it is not None and it.seen_at >= self.fired_at else None


@dataclass(frozen=True, slots=True)
class Listed:
    """An active alert of the list that nobody here holds open."""

    fingerprint: str
    starts_at: datetime
    content: Content


@dataclass(frozen=True, slots=True)
class Ended:
    """The last episode of an alert that is not open any more, or is open again by now."""

    seq: int
    resolved_at: datetime | None


@dataclass(frozen=True, slots=True)
class Timing:
    """How long Alertmanager may keep a firing, or an end, to itself: of all routes that lead here the longest."""

    group_wait: timedelta = timedelta(seconds=30)
    group_interval: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Rules:
    """`grace` is what clocks may differ and words may be under way; `restart_grace` how long Alertmanager takes to
    learn again what it knew before a restart.
    """

    grace: timedelta = timedelta(minutes=1)
    restart_grace: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Picture:
    """What the members have answered, put together. `asked_at` is before the first of them was asked.

    `marks` are the alerts that are on somebody's list, None where Alertmanager has not yet made up its mind; `started`
    are the members' own starts. Only when all members have answered it is `complete`.
    """

    asked_at: datetime
    marks: Mapping[str, Mark | None]
    started: Sequence[datetime | None]
    complete: bool
    timing: Timing = field(default_factory=Timing)

    def is_settled(self, rules: Rules) -> bool:
        """Whether no member has started so lately that its list may be short. One that does not say may have."""
        latest = self.asked_at - rules.restart_grace
        return all(at is not None and at <= latest for at in self.started)


@dataclass(slots=True)
class Findings:
    """`ended` are to be resolved; `seen` is to be written down, None: nothing worth keeping; `remarked` are those
    whose suppression has changed, `reshown` those of them where that is to be seen: of a silence we know better.
    """

    ended: list[Held] = field(default_factory=list)
    seen: dict[str, Sighting | None] = field(default_factory=dict)
    remarked: list[str] = field(default_factory=list)
    reshown: list[str] = field(default_factory=list)


def compare(held: Iterable[Held], picture: Picture, rules: Rules) -> Findings:
    findings = Findings()
    proves_absence = picture.complete and picture.is_settled(rules)
    for it in held:
        if it.fingerprint in picture.marks:
            mark = picture.marks[it.fingerprint]
            _see(findings, it, _mark_of(it) if mark is None else mark, None, picture.asked_at)
        elif not proves_absence:
            continue
        elif _is_over(it, picture, rules):
            findings.ended.append(it)
            if it.sighting is not None:
                findings.seen[it.id] = None
        else:
            since = it.last.absent_since if it.last else None
            _see(findings, it, _mark_of(it), since or picture.asked_at, picture.asked_at)
    return findings


def is_overdue(starts_at: datetime, picture: Picture, rules: Rules) -> bool:
    """Whether Alertmanager has had the time to tell us of it in its usual course, a group that exists included."""
    usual = picture.timing.group_wait + picture.timing.group_interval + rules.grace
    return picture.is_settled(rules) and starts_at < picture.asked_at - usual


def is_missed(known: Ended | None, picture: Picture, rules: Rules) -> bool:
    """Whether what is overdue may be taken in: not while it is open, and not where it has only just ended."""
    if known is None:
        return True
    return known.resolved_at is not None and known.resolved_at < picture.asked_at - rules.grace


def _is_over(it: Held, picture: Picture, rules: Rules) -> bool:
    now = picture.asked_at
    if it.heard_at is not None and it.heard_at >= now - rules.grace:
        return False
    # What ends while it is suppressed is told to nobody (facts: muted alerts vanish): there is nothing to wait for.
    if _mark_of(it).suppressed is not None:
        return True
    if it.last is None or it.last.absent_since is None:
        return False
    since = max(it.last.absent_since, it.heard_at or it.last.absent_since)
    return now - since > picture.timing.group_interval + rules.grace


def _mark_of(it: Held) -> Mark:
    return it.last.mark if it.last else ACTIVE


def _see(findings: Findings, it: Held, mark: Mark, absent_since: datetime | None, now: datetime) -> None:
    """Written down only where something has changed: ten thousand alerts are not ten thousand updates a minute."""
    before = it.last or Sighting(now)
    if it.last is it.sighting and (before.mark, before.absent_since) == (mark, absent_since):
        return
    plain = mark == ACTIVE and absent_since is None
    findings.seen[it.id] = None if plain else Sighting(now, mark, absent_since)
    if mark.suppressed != before.mark.suppressed and not it.closed:
        findings.remarked.append(it.id)
        if {mark.suppressed, before.mark.suppressed} - {None, Suppression.SILENCED}:
            findings.reshown.append(it.id)
