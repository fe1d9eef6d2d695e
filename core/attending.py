"""What a silence does to alerts, once it is committed: whoever shows them has to look again, for it began or ended.

Each silence has one timer. It goes off when it was made or changed, when it begins, a quarter of an hour before it ends
(its author is asked then), and when it ends. Doing a step again does no harm, so a crash between two of them costs
nothing but that.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection

from core import acknowledging
from core.bridge import Bridge
from core.changes import EDIT, LINE, URGENT
from core.domain.alert import State
from core.domain.errors import Conflict
from core.domain.matcher import all_match
from core.domain.person import Provider
from core.domain.severity import rank
from core.domain.silence import ASK_BEFORE, Phase, Silence, next_wake
from core.domain.silence_deed import SilenceKind
from core.store import deliveries, notices, open_alerts, silences
from core.store.open_alerts import Open
from core.store.silences import Line
from core.store.trouble import Away
from core.targets.target import Word

log = structlog.get_logger()

_MOST = 100
_AFTER_A_BUG = timedelta(minutes=1)
_CHUNK = 200
# So many alerts that a person waits for in front of the screen; beyond it edits take their turn.
_WATCHED = 20
# So many threads ring when a silence ends; beyond it one line speaks of all of them.
_RINGS = 3
_NOTHING: frozenset[str] = frozenset()


def attend_due(bridge: Bridge) -> int:
    """Everything whose timer has gone off; how many that were."""
    with bridge.store.read() as connection:
        due = silences.to_wake(connection, bridge.clock(), _MOST)
    for silence in due:
        try:
            attend(bridge, silence)
        except (Conflict, Away):
            raise
        except Exception:
            log.exception("a silence was not attended to", silence=silence.id)
            _later(bridge, silence)
    return len(due)


def _later(bridge: Bridge, silence: Silence) -> None:
    """One that cannot be attended to holds back no other."""
    again = bridge.clock() + _AFTER_A_BUG
    bridge.store.transact(lambda c: silences.rest(c, silence, again, silence.asked_for))


def attend(bridge: Bridge, silence: Silence) -> None:
    """Do what is due about it now."""
    now = bridge.clock()
    if silence.acknowledges:
        targets = bridge.store.transact(lambda c: _go_on(c, bridge, silence, now))
    else:
        targets = _Attention(bridge, silence, now).give()
    for name in targets:
        bridge.on_due(name)


def _go_on(connection: Connection, bridge: Bridge, silence: Silence, now: datetime) -> set[str]:
    present = silences.load(connection, [silence.id], to_change=True).get(silence.id)
    if present is None or present.version != silence.version:
        return set()
    if silence.end_at - now > acknowledging.LASTS / 2:
        silences.rest(connection, silence, acknowledging.next_look(silence, now), None)
        return set()
    return acknowledging.go_on(connection, bridge, silence, now)


@dataclass(slots=True)
class _Attention:
    """What one silence, as it was read, does to the alerts that are open now."""

    bridge: Bridge
    silence: Silence
    now: datetime

    def give(self) -> set[str]:
        silence, phase = self.silence, self.silence.phase(self.now)
        asked_for = silence.asked_for
        targets: set[str] = set()
        if phase is not Phase.PENDING:
            concerned = self._concerned()
            for start in range(0, len(concerned), _CHUNK):
                piece = concerned[start : start + _CHUNK]
                targets |= self._transact(lambda c, piece=piece: self._want(c, piece, len(concerned)))
            if phase is Phase.EXPIRED:
                targets |= self._transact(lambda c: self._end(c, concerned))
            else:
                targets |= self._transact(lambda c: self._begin(c, concerned))
                if self._is_time_to_ask():
                    targets |= self._transact(lambda c: self._ask(c, concerned))
                    asked_for = silence.end_at
            log.info("silence attended", silence=silence.id, phase=phase.value, alerts=len(concerned))
        following = next_wake(replace(silence, asked_for=asked_for), self.now)
        self.bridge.store.transact(lambda c: silences.rest(c, silence, following, asked_for))
        return targets

    def _transact(self, step: Any) -> set[str]:
        found: set[str] = self.bridge.store.transact(step)
        return found

    def _concerned(self) -> list[Open]:
        """What it hides; once it has ended, what it hid to the end. Most severe first."""
        silence, expired = self.silence, self.silence.phase(self.now) is Phase.EXPIRED
        found: list[Open] = []
        with self.bridge.store.read() as connection:
            for piece in open_alerts.walk(connection, silence.scope):
                found += [
                    alert
                    for alert in piece
                    if all_match(silence.matchers, alert.labels)
                    and not (expired and alert.fired_at > silence.end_at)
                ]
        return sorted(found, key=_order)

    def _want(self, connection: Connection, piece: Sequence[Open], count: int) -> set[str]:
        ended = self.silence.phase(self.now) is Phase.EXPIRED
        by_rank: dict[int, list[str]] = {}
        for alert in piece:
            by_rank.setdefault(rank(alert.severity), []).append(alert.id)
        for severity, ids in by_rank.items():
            first = 10 * (1 + severity)
            # What was quiet and is to ring again comes before what is new and no worse.
            later = first - 1 if ended else EDIT
            edit = URGENT if count <= _WATCHED else later
            deliveries.want(connection, ids, self.now, new=first, edit=edit)
        return deliveries.targets_of(connection, [alert.id for alert in piece])

    def _begin(self, connection: Connection, concerned: Sequence[Open]) -> set[str]:
        """A line in the threads of a few, where it was not made from one of them: there whoever made it has a line."""
        if self.silence.alert_id is not None or len(concerned) > _RINGS:
            return set()
        told: set[str] = set()
        for name, target in self.bridge.targets.items():
            if Word.DEED not in target.says:
                continue
            shown = deliveries.shown(connection, name, [alert.id for alert in concerned])
            notices.add(connection, [self._made(name, id_) for id_ in sorted(shown)], self.now)
            told |= {name} if shown else _NOTHING
        return told

    def _made(self, target: str, alert_id: str) -> notices.New:
        silence = self.silence
        line = {
            "what": SilenceKind.MADE.value,
            "name": silence.created_by_name,
            "provider": silence.source,
            "by_person": True,
            "text": silence.reason,
            "until": silence.end_at.isoformat(),
        }
        key = f"{silence.id}:{SilenceKind.MADE}:{alert_id}:{target}"
        return notices.New(key, target, Word.DEED, LINE, alert_id, line)

    def _end(self, connection: Connection, concerned: Sequence[Open]) -> set[str]:
        silence = self.silence
        if silence.changed_at != silence.end_at:
            event_id = f"expired:{silence.id}:{silence.end_at.isoformat()}"
            kind = SilenceKind.EXPIRED.value
            silences.tell(
                connection,
                Line(
                    silence.id, kind, silence.end_at, "", "", silence.source, silence.end_at, None, event_id
                ),
            )
        return self._say_over(connection, self._told_again(connection, concerned))

    def _told_again(self, connection: Connection, concerned: Sequence[Open]) -> list[Open]:
        """What fires, and nothing else hides."""
        others = silences.lasting(connection, self.now)
        return [
            alert
            for alert in concerned
            if alert.state is State.FIRING
            and not any(it.is_about(alert.source, alert.labels) for it in others)
        ]

    def _say_over(self, connection: Connection, firing: Sequence[Open]) -> set[str]:
        """That it has ended rings where the alert is shown already. What is not shown yet comes as a new message."""
        told: set[str] = set()
        for name, target in self.bridge.targets.items():
            if Word.SILENCE_OVER not in target.says:
                continue
            shown = deliveries.shown(connection, name, [alert.id for alert in firing])
            here = [alert for alert in firing if alert.id in shown]
            notices.add(connection, self._over(name, here, len(firing) - len(here)), self.now)
            told |= {name} if here else _NOTHING
        return told

    def _over(self, target: str, alerts: Sequence[Open], unseen: int) -> list[notices.New]:
        key = f"{self.silence.id}:{self.silence.end_at:%Y%m%dT%H%M%S}:{Word.SILENCE_OVER}"
        word = Word.SILENCE_OVER
        if len(alerts) > _RINGS:
            params = {**self._params(), "alerts": [alert.id for alert in alerts], "unseen": unseen}
            return [notices.New(f"{key}:{target}", target, word, URGENT, None, params)]
        return [
            notices.New(
                f"{key}:{alert.id[-12:]}:{target}",
                target,
                word,
                10 * (1 + rank(alert.severity)),
                alert.id,
                self._params(),
            )
            for alert in alerts
        ]

    def _is_time_to_ask(self) -> bool:
        silence = self.silence
        return (
            silence.asks
            and silence.asked_for != silence.end_at
            and silence.end_at - ASK_BEFORE <= self.now < silence.end_at
        )

    def _ask(self, connection: Connection, concerned: Sequence[Open]) -> set[str]:
        """Ask its author in the thread that it was made from, or in that of the worst that it hides."""
        silence, word = self.silence, Word.SILENCE_ENDS
        speakers = [name for name, target in self.bridge.targets.items() if word in target.says]
        for name in speakers if concerned else ():
            shown = deliveries.shown(connection, name, [alert.id for alert in concerned])
            here = [alert.id for alert in concerned if alert.id in shown]
            where = silence.alert_id if silence.alert_id in here else next(iter(here), None)
            params = {**self._params(), "count": len(concerned), "author": _slack_id(silence)}
            key = f"{silence.id}:{silence.end_at:%Y%m%dT%H%M%S}:{word}:{name}"
            new = notices.New(key, name, word, URGENT, where, params, silence.end_at)
            notices.add(connection, [new], self.now)
        return set(speakers)

    def _params(self) -> dict[str, Any]:
        silence = self.silence
        ended_by = silence.changed_by_name if silence.changed_at == silence.end_at else None
        return {
            "silence": silence.id,
            "by": silence.created_by_name,
            "provider": silence.source,
            "end_at": silence.end_at.isoformat(),
            "ended_by": ended_by,
            "reason": silence.reason,
        }


def _order(alert: Open) -> tuple[int, datetime, str]:
    return rank(alert.severity), alert.fired_at, alert.id


def _slack_id(silence: Silence) -> str:
    provider, _, id_ = silence.created_by.partition(":")
    return id_ if provider == Provider.SLACK else ""
