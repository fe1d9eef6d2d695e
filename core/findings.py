"""What telling a target brought to light besides that it agrees: kept in the transaction that records the delivery."""

from datetime import datetime

from sqlalchemy import Connection

from core.bridge import PEOPLE
from core.changes import LINE
from core.domain.alert import Alert
from core.sources import own
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
        leases.ensure_lane(connection, PEOPLE)
        found = inbox.Incoming("found", PEOPLE, bodies.pack(own.write(done.found)))
        inbox.put(connection, [found], now)


def tell_delivered(
    connection: Connection, delivery: deliveries.Delivery, alert: Alert, now: datetime
) -> None:
    """A line in the alert's story: this target knows of it now, and how long that took."""
    took = now - delivery.since if delivery.since is not None else None
    line = Happened(alert.id, alert.facts.occurrence, now, "delivered", delivery.target, took)
    record.tell(connection, [line])
