"""Sweep: find what a lost hint left behind, and let timers go off. Works without the broker."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from core.attending import attend_due
from core.bridge import Bridge
from core.changes import Episode, save
from core.domain.change import Change, Kind
from core.domain.event import Tick
from core.domain.reduce import reduce
from core.store import alerts, inbox, leases, notices
from core.store import targets as target_rows
from core.store.tables import lanes, targets
from core.targets.target import Word

OF_ALL = "sweep"
"""What one of all workers does, whatever they are kept to: the timers."""
EVERY = 2.0
_LEASE = timedelta(seconds=6)
_MOST = 500
_REMINDER = 35
# A timer that changes nothing that anybody sees.
_QUIET = (Kind.REMINDED, Kind.UNWOUND)


@dataclass(frozen=True, slots=True)
class Due:
    """What has something to do now."""

    lanes: list[str]
    targets: list[str]


def elected(bridge: Bridge, *names: str) -> list[str]:
    """Which of these sweepings this process does for now: one does each, among all workers."""

    def step(connection: Connection) -> list[str]:
        for name in names:
            leases.ensure_lane(connection, name)
        now = bridge.clock()
        return [name for name in names if leases.take_lane(connection, name, bridge.holder, now, _LEASE)]

    return bridge.store.transact(step)


def find(bridge: Bridge) -> Due:
    with bridge.store.read() as connection:
        now = bridge.clock()
        return Due(inbox.due_lanes(connection, now), target_rows.due(connection, bridge.far_sides, now))


def left_alone(bridge: Bridge, due: Due) -> Due:
    """Of these, what nobody is at."""
    with bridge.store.read() as connection:
        now = bridge.clock()
        return Due(
            [name for name in due.lanes if not leases.is_held(connection, lanes, name, now)],
            [name for name in due.targets if not leases.is_held(connection, targets, name, now)],
        )


def wake(bridge: Bridge) -> int:
    """Let the timers that are due go off. One digest a target: the alerts whose time comes soon are reminded along."""
    woken, told = bridge.store.transact(lambda connection: _wake(bridge, connection))
    for target in told:
        bridge.on_due(target)
    return woken + attend_due(bridge)


def _wake(bridge: Bridge, connection: Connection) -> tuple[int, set[str]]:
    now, interval = bridge.clock(), bridge.policy.resend_interval
    woken = alerts.to_wake(connection, now, now + interval / 2, _MOST)
    if not woken:
        return 0, set()
    changes = [reduce(facts, Tick(now), bridge.policy) for facts in woken]
    alerts.change(connection, [it.facts for it in changes if it.facts and it.kind in _QUIET], now)
    _remind(connection, bridge, [it.facts.id for it in changes if it.facts and it.kind is Kind.REMINDED], now)
    return len(woken), _reopen(connection, bridge, changes, now)


def _reopen(connection: Connection, bridge: Bridge, changes: list[Change], now: datetime) -> set[str]:
    """Closed by hand, and it fires on: everybody hears of it again."""
    reopened = {it.facts.id: it for it in changes if it.facts and it.kind is Kind.REOPENED}
    if not reopened:
        return set()
    episodes = []
    for id_, alert in alerts.load(connection, list(reopened)).items():
        episode = Episode(alert.facts, alert.facts, alert.content)
        episode.take(reopened[id_])
        episodes.append(episode)
    return save(connection, bridge, episodes, now)


def _remind(connection: Connection, bridge: Bridge, ids: list[str], now: datetime) -> None:
    if not ids:
        return
    notices.add(
        connection,
        [
            notices.New(
                unique_key=f"{Word.REMINDER}:{name}:{now:%Y%m%dT%H%M%S.%f}",
                target=name,
                kind=Word.REMINDER,
                priority=_REMINDER,
                alert_id=None,
                params={"alerts": ids},
                expires_at=now + bridge.policy.resend_interval,
            )
            for name, target in bridge.targets.items()
            if Word.REMINDER in target.says
        ],
        now,
    )
