"""A silence as it is asked for, before there is one: what it would be about, and from when until when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from api.errors import Failure
from core.bridge import PEOPLE
from core.domain.alert import State
from core.domain.matcher import Matcher, exactly
from core.store import inbox, listing
from core.store.types import LAST


@dataclass(frozen=True, slots=True)
class Draft:
    """`scope` is the source whose alerts it is about, None: all of them."""

    matchers: Sequence[Matcher]
    scope: str | None
    start_at: datetime
    end_at: datetime


def draft(connection: Connection, told: Mapping[str, Any], now: datetime) -> Draft:
    """Of a loaded NewSilence. One that should have begun earlier begins now. Raises Failure."""
    start_at = max(told["start_at"] or now, now)
    end_at = end_of(told, start_at) or start_at
    if end_at <= start_at:
        raise _malformed("end_at", "A silence has to end after it begins, and not in the past.")
    must_be_storable(end_at, told)
    if told["alert_id"] is None:
        return Draft(told["matchers"], None, start_at, end_at)
    alert = listing.one(connection, told["alert_id"])
    if alert is None:
        raise Failure(404, "not_found", "There is no such alert.")
    # What is stored and not ingested yet may have opened it again: then ingest has to say.
    if alert.state is State.RESOLVED and not inbox.is_waiting(connection, PEOPLE):
        raise Failure(409, "conflict", "It is already resolved, so there is nothing to silence.")
    return Draft(exactly(alert.labels), alert.source, start_at, end_at)


def end_of(told: Mapping[str, Any], begin: datetime) -> datetime | None:
    """Where `duration` or `end_at` leads from there; None where neither is told."""
    end_at: datetime | None = begin + told["duration"] if told["duration"] else told["end_at"]
    return end_at


def must_be_storable(end_at: datetime, told: Mapping[str, Any]) -> None:
    """Raises Failure."""
    if end_at > LAST:
        name = next(name for name in ("duration", "extend_by", "end_at") if told.get(name))
        raise _malformed(name, f"A silence can last until {LAST:%Y-%m-%d} at most.")


def _malformed(name: str, why: str) -> Failure:
    return Failure(400, "malformed", f"`{name}`: {why}")
