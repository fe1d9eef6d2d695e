"""Ingest: what came in becomes alerts, and what each target now has to be told.

One ingester per lane (a lease), rows in the order received. What a lane's rows mean is in ingest_reports and
ingest_deeds; here is only how they are taken, and what becomes of those that can't be.
"""

import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta

import structlog
from sqlalchemy import Connection

from core import metrics
from core.bridge import LOOKUP, PEOPLE, Bridge
from core.domain.errors import ClaimLost, Conflict
from core.ingest_deeds import take_deed
from core.ingest_reports import take_reports
from core.parking import park
from core.store import inbox, leases
from core.store.tables import lanes
from core.store.trouble import Away

log = structlog.get_logger()

BATCH = 50
_PAUSE = timedelta(seconds=1)


def drain(bridge: Bridge, lane: str, stop: Callable[[], bool] = lambda: False) -> None:
    """Ingest what the lane has due, until nothing is, or somebody else is at it."""
    bridge.pay()
    while not stop():
        with bridge.busy.at(f"lane {lane}") as mine:
            if not mine or not _drain(bridge, lane, stop):
                return
        # What was stored between the last look and the release had its hint turned away: look once more.
        with bridge.store.read() as connection:
            if not inbox.is_next_due(connection, lane, bridge.clock()):
                return


def _drain(bridge: Bridge, lane: str, stop: Callable[[], bool]) -> bool:
    """False: somebody else holds the lane."""
    held = False
    try:
        while not stop():
            token = f"{bridge.holder}{uuid.uuid4().hex[:12]}"
            rows = bridge.store.transact(lambda c, token=token: _claim(bridge, c, lane, token))  # type: ignore[misc]
            held = bool(rows)
            if rows is None:
                return False
            if not rows:
                break
            _ingest(bridge, lane, rows, token)
    finally:
        if held:
            bridge.store.transact(lambda c: leases.release(c, lanes, lane, bridge.holder))
    return True


def _claim(bridge: Bridge, connection: Connection, lane: str, token: str) -> list[inbox.Claimed] | None:
    """The next rows, with the lane; without any the lane is let go. None: somebody else holds it."""
    now = bridge.clock()
    if not leases.take_lane(connection, lane, bridge.holder, now):
        return None
    rows = inbox.claim(connection, lane, token, now, BATCH)
    if not rows:
        leases.release(connection, lanes, lane, bridge.holder)
    return rows


def _ingest(bridge: Bridge, lane: str, rows: Sequence[inbox.Claimed], token: str) -> None:
    try:
        worn = [row for row in rows if row.attempts > inbox.MOST_ATTEMPTS]
        for row in worn:
            park(bridge, row, token, "tried too often without an outcome")
        good = [row for row in rows if row not in worn]
        if lane in (PEOPLE, LOOKUP):
            for row in good:
                take_deed(bridge, row, token)
        elif good:
            take_reports(bridge, good, token)
    except ClaimLost:
        metrics.CLAIMS_LOST.inc()
        log.warning("claim lost", rows=[row.id for row in rows])
    except (Conflict, Away) as error:
        # The database's trouble is not the rows' fault: it must not count towards parking them.
        ids, why = [row.id for row in rows], type(error).__name__
        bridge.owed.append(lambda c: inbox.give_back(c, ids, token, bridge.clock() + _PAUSE, why))
        bridge.pay()
        raise
