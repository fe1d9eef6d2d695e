"""From PagerDuty's incidents to our alerts: what an incident holds is learned, from a trigger of ours or by asking.

An event of an incident that nobody here knows is set aside into a lane of its own, where asking PagerDuty may take
its time; what turns out not to be ours is remembered for a while, so that a busy account costs next to nothing.
"""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from core.bridge import LOOKUP, Bridge
from core.changes import COSMETIC, URGENT
from core.domain.errors import Permanent, Verdict
from core.domain.event import Deed, IncidentEvent, Verb
from core.domain.incident import Held
from core.store import deliveries, inbox, incidents, leases, notices
from core.targets.pagerduty_event import occurrence_of, origin

log = structlog.get_logger()

_ASK_AGAIN = timedelta(seconds=10)
_GIVE_UP = timedelta(hours=1)


class Unknown(Exception):
    """Nobody here knows the incident yet, and it can be asked about."""


def bring_in(
    connection: Connection, bridge: Bridge, event: IncidentEvent, row: inbox.Claimed, now: datetime
) -> list[Deed]:
    """What the event means for each alert of ours in its incident. Raises Unknown."""
    ours = origin(event.client_url)
    if ours is not None:
        _learn_from_trigger(connection, bridge, event, ours, now)
    held = incidents.holds(connection, event.incident_id)
    if event.merged_into is not None:
        # The alerts go on, in another incident: nobody has resolved anything.
        incidents.move(connection, event.incident_id, event.merged_into, now)
        # The other incident may be in another state, and its link is another one.
        deliveries.want(connection, list(held), now, new=URGENT, edit=URGENT)
        return []
    if event.verb is None:
        return []
    if not held:
        if row.lane != LOOKUP and _can_ask(bridge, event, now):
            raise Unknown(event.incident_id)
        return []
    if event.by_integration or _is_our_note(connection, bridge, event, list(held)):
        return []
    return [
        Deed(
            verb=event.verb,
            actor=event.actor,
            alert_id=alert_id,
            occurrence=occurrence,
            at=row.received_at,
            event_id=f"{event.event_id}:{alert_id}"[-150:],
            what=event.what,
            occurred_at=event.occurred_at,
            text=event.text,
        )
        for alert_id, occurrence in sorted(held.items())
    ]


def set_aside(connection: Connection, row: inbox.Claimed, now: datetime) -> str:
    """Put the row's bytes into the lane of look-ups; the lane's name."""
    leases.ensure_lane(connection, LOOKUP)
    inbox.put(connection, [inbox.Incoming(row.source, LOOKUP, row.body)], now)
    return LOOKUP


def look_up(bridge: Bridge, event: IncidentEvent, row: inbox.Claimed, token: str) -> bool:
    """Ask PagerDuty what the incident holds, where this row is here for that. False: not now, the row waits."""
    if row.lane != LOOKUP or bridge.incidents is None:
        return True
    now = bridge.clock()
    if is_ours(bridge, event) or bridge.strangers.knows(event.incident_id, now):
        return True
    try:
        keys = bridge.incidents.keys(event.incident_id)
    except Permanent:
        keys = []
    except Verdict as verdict:
        log.warning("an incident could not be looked up", incident=event.incident_id, reason=verdict.reason)
        return _later(bridge, row, token, str(verdict), now)
    held = [
        Held(event.incident_id, *ours, event.number, event.url)
        for key in keys
        if (ours := occurrence_of(key))
    ]
    if not held:
        bridge.strangers.add(event.incident_id, now)
    bridge.store.transact(lambda connection: incidents.learn(connection, held, now))
    return True


def is_ours(bridge: Bridge, event: IncidentEvent) -> bool:
    """Whether the incident is known to hold an alert of ours."""
    with bridge.store.read() as connection:
        return bool(incidents.holds(connection, event.incident_id))


def _later(bridge: Bridge, row: inbox.Claimed, token: str, why: str, now: datetime) -> bool:
    if now - row.received_at > _GIVE_UP:
        log.error("an incident was never looked up; its event is dropped", row=row.id, error=why)
        return True
    again = now + _ASK_AGAIN
    bridge.store.transact(lambda connection: inbox.give_back(connection, [row.id], token, again, why))
    return False


def _learn_from_trigger(
    connection: Connection, bridge: Bridge, event: IncidentEvent, ours: tuple[str, int], now: datetime
) -> None:
    incidents.learn(connection, [Held(event.incident_id, *ours, event.number, event.url)], now)
    # Without a token this is where the incident's link is learned from: the others may show it.
    if bridge.incidents is None:
        for name, target in bridge.targets.items():
            if target.provider is not event.actor.provider:
                deliveries.want(connection, [ours[0]], now, new=COSMETIC, edit=COSMETIC, only=name)


def _can_ask(bridge: Bridge, event: IncidentEvent, now: datetime) -> bool:
    if bridge.incidents is None or bridge.strangers.knows(event.incident_id, now):
        return False
    return bridge.incidents.may_hold_ours(event.service_id)


def _is_our_note(connection: Connection, bridge: Bridge, event: IncidentEvent, alert_ids: list[str]) -> bool:
    if event.verb is not Verb.NOTE:
        return False
    return any(
        notices.has_said(connection, name, alert_ids, event.text)
        for name, target in bridge.targets.items()
        if target.provider is event.actor.provider
    )
