"""What a transaction has made of some alerts: their rows, their story, and what each target now has to be told.

Everything that changes an alert comes through here: reports, deeds and timers.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from core import acknowledging
from core.bridge import Bridge
from core.domain.alert import Alert, Content, Facts
from core.domain.change import Change, Kind
from core.domain.lasting import lasted
from core.domain.severity import rank
from core.store import alerts, deliveries, notices, record
from core.store.record import Happened
from core.targets.target import Word

URGENT, RESOLVE, EDIT, COSMETIC, LINE = 0, 50, 60, 70, 75
"""Priorities, most urgent first: what people did, which may use what is kept for them; 10 to 40 is a new post, by
severity; then ends, changes, links that were learned, and lines of a thread.
"""

_BY_KIND = {
    Kind.RESOLVED: RESOLVE,
    Kind.ACKNOWLEDGED: URGENT,
    Kind.UNACKNOWLEDGED: URGENT,
    Kind.CLOSED: URGENT,
    Kind.RESTORED: URGENT,
}


@dataclass(slots=True)
class Episode:
    """One alert as it stood before this transaction (None: not at all) and as it stands now."""

    before: Facts | None
    facts: Facts
    content: Content
    kinds: list[Kind] = field(default_factory=list)
    story: list[Happened] = field(default_factory=list)

    def take(self, change: Change, *, reconciled: bool = False) -> None:
        """One event's change, on top of those before it; `reconciled`: nobody told us, the list did."""
        if change.facts is None:
            return
        if change.kind.is_change:
            self.story += _story(change.facts, change.kind)
            if reconciled:
                self.story.append(_reconciled(change.facts))
            self.kinds.append(change.kind)
        self.facts = change.facts
        if change.content is not None:
            self.content = change.content

    @property
    def alert(self) -> Alert:
        return Alert(self.facts, self.content)

    @property
    def first_priority(self) -> int:
        return 10 * (1 + rank(self.content.severity))

    @property
    def edit_priority(self) -> int:
        kind = self.kinds[-1]
        return self.first_priority if kind is Kind.REOPENED else _BY_KIND.get(kind, EDIT)


def save(connection: Connection, bridge: Bridge, episodes: list[Episode], now: datetime) -> set[str]:
    """Write everything; the targets that have something to be told. Raises Conflict where an alert has moved on."""
    new = [it for it in episodes if it.before is None]
    changed = [it for it in episodes if it.before is not None and it.kinds]
    seen = [it for it in episodes if it.before is not None and not it.kinds]
    # One step up from what was read, however many events this transaction applied: that is the guard.
    for it in changed:
        if it.before is not None:
            it.facts = replace(it.facts, version=it.before.version + 1)
    # First what has ended lets its open_key go: in the same batch its alert may have begun another episode.
    alerts.change(connection, [it.alert for it in changed], now)
    alerts.add(connection, [it.alert for it in new], now)
    alerts.touch(connection, {it.facts.id: it.facts.seq for it in seen})
    record.tell(connection, [line for it in (*new, *changed) for line in it.story])
    quiet = acknowledging.follow(connection, bridge, [it.alert for it in changed], now)
    return quiet | _want(connection, bridge, new=new, changed=changed, seen=seen, now=now)


def words_to(bridge: Bridge, known: set[tuple[str, str]], alert_id: str, word: Word) -> list[str]:
    """The targets that take such a word about this alert."""
    return [
        name for name, target in bridge.targets.items() if word in target.says and (alert_id, name) in known
    ]


def _story(after: Facts, kind: Kind) -> list[Happened]:
    if kind is Kind.OPENED:
        return [Happened(after.id, after.occurrence, after.fired_at, "fired")]
    if kind is Kind.REOPENED:
        return [Happened(after.id, after.occurrence, after.fired_at, "fired_again")]
    if kind in (Kind.RESOLVED, Kind.CLOSED) and after.resolved_at:
        took = lasted(after)
        return [Happened(after.id, after.occurrence, after.resolved_at, "resolved", took=took)]
    return []


def _reconciled(after: Facts) -> Happened:
    at = after.fired_at if after.firing else after.resolved_at or after.fired_at
    return Happened(after.id, after.occurrence, at, "reconciled")


def _want(
    connection: Connection,
    bridge: Bridge,
    *,
    new: list[Episode],
    changed: list[Episode],
    seen: list[Episode],
    now: datetime,
) -> set[str]:
    known = deliveries.known(connection, [it.facts.id for it in (*changed, *seen)])
    by_priority: dict[tuple[int, int], list[str]] = {}
    for it in changed:
        by_priority.setdefault((it.first_priority, it.edit_priority), []).append(it.facts.id)
    for (first, later), ids in by_priority.items():
        deliveries.want(connection, ids, now, new=first, edit=later)
    # A target that was configured after the alert began gets its row with the next report.
    rows = [
        (it.facts.id, name, it.first_priority)
        for it in (*new, *changed, *seen)
        if it.facts.firing and not it.facts.closed_at
        for name, target in bridge.targets.items()
        if (it.facts.id, name) not in known and target.concerns(it.alert)
    ]
    deliveries.add(connection, rows, now)
    discussed = record.with_deeds(
        connection, [it.facts.id for it in changed if it.kinds[-1] is Kind.RESOLVED]
    )
    words = [word for it in changed for word in _words(bridge, it, known, discussed=it.facts.id in discussed)]
    notices.add(connection, words, now)
    touched = {it.facts.id for it in changed}
    return {name for _, name, _ in rows} | {name for id_, name in known if id_ in touched}


def _words(bridge: Bridge, it: Episode, known: set[tuple[str, str]], *, discussed: bool) -> list[notices.New]:
    words: list[tuple[Word, int, dict[str, Any]]] = []
    if Kind.REOPENED in it.kinds:
        words.append((Word.FIRED_AGAIN, it.first_priority, _reopening(it)))
    # Where nobody has said anything the message itself says that it is over.
    if it.kinds[-1] is Kind.RESOLVED and (it.facts.occurrence > 1 or discussed):
        seconds = lasted(it.facts).total_seconds()
        words.append((Word.OVER, LINE, {"occurrence": it.facts.occurrence, "seconds": seconds}))
    return [
        notices.New(
            unique_key=f"{it.facts.id}:{it.facts.occurrence}:{word}:{name}",
            target=name,
            kind=word,
            priority=priority,
            alert_id=it.facts.id,
            params=params,
        )
        for word, priority, params in words
        for name in words_to(bridge, known, it.facts.id, word)
    ]


def _reopening(it: Episode) -> dict[str, Any]:
    """What opened it again: a new firing, or that it went on firing after somebody had closed it."""
    before = it.before
    params: dict[str, Any] = {"occurrence": it.facts.occurrence}
    if before is not None and before.firing and before.closed_at and it.kinds == [Kind.REOPENED]:
        params["closed_by"] = before.closed_by_name or ""
        params["closed_for"] = (it.facts.fired_at - before.closed_at).total_seconds()
    return params
