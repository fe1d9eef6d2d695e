"""Sweep: find what a lost hint left behind, and let timers go off. Works without the broker."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from core.bridge import Bridge
from core.domain.change import Kind
from core.domain.event import Tick
from core.domain.reduce import reduce
from core.store import alerts, inbox, leases, notices
from core.store import targets as target_rows
from core.targets.target import Word

LANE = "sweep"
EVERY = 2.0
_LEASE = timedelta(seconds=6)
_MOST = 500
_REMINDER = 35


@dataclass(frozen=True, slots=True)
class Due:
    """What has something to do now."""

    lanes: list[str]
    targets: list[str]


def elected(bridge: Bridge) -> bool:
    """Whether this process does the sweeping for now: one does, among all workers."""

    def step(connection: Connection) -> bool:
        leases.ensure_lane(connection, LANE)
        return leases.take_lane(connection, LANE, bridge.holder, bridge.clock(), _LEASE)

    return bridge.store.transact(step)


def find(bridge: Bridge) -> Due:
    with bridge.store.read() as connection:
        now = bridge.clock()
        return Due(inbox.due_lanes(connection, now), target_rows.due(connection, list(bridge.targets), now))


def wake(bridge: Bridge) -> int:
    """Let the timers that are due go off. One digest a target: the alerts whose time comes soon are reminded along."""
    return bridge.store.transact(lambda connection: _wake(bridge, connection))


def _wake(bridge: Bridge, connection: Connection) -> int:
    now, interval = bridge.clock(), bridge.policy.resend_interval
    woken = alerts.to_wake(connection, now, now + interval / 2, _MOST)
    if not woken:
        return 0
    changes = [reduce(facts, Tick(now), bridge.policy) for facts in woken]
    alerts.change(
        connection,
        [change.facts for change in changes if change.facts is not None and change.kind is not Kind.NOTHING],
        now,
    )
    ids = [change.facts.id for change in changes if change.facts and change.kind is Kind.REMINDED]
    if ids:
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
                    expires_at=now + interval,
                )
                for name, target in bridge.targets.items()
                if Word.REMINDER in target.says
            ],
            now,
        )
    return len(woken)
