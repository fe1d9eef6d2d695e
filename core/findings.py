"""What telling a target brought to light besides that it agrees: kept in the transaction that records the delivery."""

from datetime import datetime

from sqlalchemy import Connection

from core.bridge import PEOPLE
from core.changes import LINE
from core.domain.alert import Alert
from core.domain.event import Deed
from core.domain.silence_deed import SilenceDeed
from core.sources import own, own_silence
from core.store import bodies, deliveries, inbox, incidents, leases, notices, record
from core.store.record import Happened
from core.targets.target import Converged


def learn(connection: Connection, target: str, done: Converged, alert: Alert, now: datetime) -> None:
    """Where the alert is held, what is to be said there, and what was done there that nobody has told us of."""
    if done.held is not None:
        incidents.learn(connection, [done.held], now)
    words = [notices.New(it.key, target, it.word, LINE, alert.id, it.params) for it in done.words]
    notices.add(connection, words, now)
    if done.found is not None:
        report(connection, done.found, now)


def report(connection: Connection, found: Deed | SilenceDeed, now: datetime, key: str | None = None) -> None:
    """What was done at a target becomes a row of the people's lane; one with the same `key` is there only once."""
    leases.ensure_lane(connection, PEOPLE)
    if key is not None and inbox.is_known(connection, key):
        return
    body = own_silence.write(found) if isinstance(found, SilenceDeed) else own.write(found)
    inbox.put(connection, [inbox.Incoming("found", PEOPLE, bodies.pack(body), key)], now)


def tell_delivered(
    connection: Connection, delivery: deliveries.Delivery, alert: Alert, now: datetime
) -> None:
    """A line in the alert's story: this target knows of it now, and how long that took."""
    took = now - delivery.since if delivery.since is not None else None
    line = Happened(alert.id, alert.facts.occurrence, now, "delivered", delivery.target, took)
    record.tell(connection, [line])
