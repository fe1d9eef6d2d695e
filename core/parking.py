"""A row that cannot be used is put aside, by name and loudly, so that those behind it go on."""

import structlog

from core import metrics
from core.bridge import Bridge
from core.store import inbox

log = structlog.get_logger()


def park(bridge: Bridge, row: inbox.Claimed, token: str, error: str) -> None:
    bridge.store.transact(lambda c: inbox.park(c, row.id, token, error, bridge.clock()))
    metrics.INGESTED.labels("parked").inc()
    log.error("inbox row parked", row=row.id, lane=row.lane, error=error)
