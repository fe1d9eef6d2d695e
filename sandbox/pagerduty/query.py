"""GET /incidents: which ones are asked for, and a page of them (PagerDuty, "List incidents", "Pagination")."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from werkzeug.datastructures import MultiDict

from sandbox import credentials
from sandbox.pagerduty.account import open_ones
from sandbox.pagerduty.errors import invalid_input
from sandbox.pagerduty.model import Incident, Status
from sandbox.pagerduty.world import PagerDutyWorld

T = TypeVar("T")
Arguments = MultiDict[str, str]

MONTH = 30 * 24 * 3600.0
MOST_MONTHS = 6
DEFAULT_LIMIT, MOST_LIMIT, LAST_RESULT = 25, 100, 10_000
SORTABLE = {
    "incident_number": lambda one: one.number,
    "created_at": lambda one: one.created_at,
    "resolved_at": lambda one: one.resolved_at or 0.0,
    "urgency": lambda one: one.urgency,
}


def select_incidents(world: PagerDutyWorld, arguments: Arguments) -> list[Incident]:
    found = world.incidents
    if "incident_key" in arguments:
        # An EMPTY key is no filter: the real one answers with everything that is open.
        key = arguments["incident_key"]
        found = world.with_key(key) if key else open_ones(found)
    statuses = arguments.getlist("statuses[]") or arguments.getlist("statuses")
    if any(status not in list(Status) for status in statuses):
        raise invalid_input("Statuses must be triggered, acknowledged or resolved")
    if statuses:
        found = [incident for incident in found if incident.status in statuses]
    services = arguments.getlist("service_ids[]")
    if services and credentials.PAGERDUTY_SERVICE_ID not in services:
        found = []
    urgencies = arguments.getlist("urgencies[]")
    if urgencies:
        found = [incident for incident in found if incident.urgency in urgencies]
    begin, end = _dates(world.clock(), arguments)
    return _sorted([incident for incident in found if begin <= incident.created_at <= end], arguments)


def _dates(now: float, arguments: Arguments) -> tuple[float, float]:
    """Without date_range=all only the last month is searched; since and until span at most six."""
    if "date_range" in arguments:
        if arguments["date_range"] != "all":
            raise invalid_input("date_range must be all")
        return float("-inf"), float("inf")
    end = _time(arguments["until"]) if "until" in arguments else now
    begin = _time(arguments["since"]) if "since" in arguments else end - MONTH
    if end - begin > MOST_MONTHS * 31 * 24 * 3600:
        raise invalid_input("The date range may span at most 6 months")
    return begin, end


def _time(text: str) -> float:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise invalid_input(f"Not a time: {text[:40]}") from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _sorted(incidents: list[Incident], arguments: Arguments) -> list[Incident]:
    for order in reversed(arguments.get("sort_by", "incident_number:asc").split(",")):
        name, _, direction = order.partition(":")
        if name not in SORTABLE or direction not in ("asc", "desc", ""):
            raise invalid_input(f"Cannot sort by {order[:40]}")
        incidents = sorted(incidents, key=SORTABLE[name], reverse=direction == "desc")
    return incidents


def page_of(
    name: str, found: Sequence[T], tell: Callable[[T], dict[str, Any]], arguments: Arguments
) -> dict[str, Any]:
    limit, offset = _whole(arguments, "limit", DEFAULT_LIMIT), _whole(arguments, "offset", 0)
    limit = min(limit, MOST_LIMIT)
    if limit < 1 or offset + limit > LAST_RESULT:
        raise invalid_input(f"Offset plus limit must not exceed {LAST_RESULT}")
    shown = found[offset : offset + limit]
    total = len(found) if arguments.get("total") == "true" else None
    return {
        name: [tell(item) for item in shown],
        "limit": limit,
        "offset": offset,
        "total": total,
        "more": offset + limit < len(found),
    }


def _whole(arguments: Arguments, name: str, otherwise: int) -> int:
    text = arguments.get(name, str(otherwise))
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        raise invalid_input(f"{name} must be a number")
    return int(text)
