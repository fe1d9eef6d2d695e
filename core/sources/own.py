"""Deeds that the bridge itself writes into the inbox: calls of its API, and what a target found at its far side."""

import re
from datetime import datetime
from typing import Any

import orjson

from core.domain.errors import Malformed
from core.domain.event import Deed, Verb
from core.domain.person import Actor, Provider

_ALERT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_WHAT = {
    Verb.ACKNOWLEDGE: "acknowledged",
    Verb.UNACKNOWLEDGE: "unacknowledged",
    Verb.RESOLVE: "resolved",
    Verb.REOPEN: "reopened",
    Verb.NOTE: "noted",
}


def read(body: bytes, received_at: datetime) -> Deed:
    """Raises Malformed."""
    try:
        given = orjson.loads(body)
        deed = _deed(given, received_at)
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise Malformed(f"Not a deed as the bridge writes it: {type(error).__name__}.") from None
    if not _ALERT.fullmatch(deed.alert_id) or deed.occurrence < 1 or not deed.event_id:
        raise Malformed("A deed that names no alert, no occurrence or no event.")
    return deed


def write(deed: Deed) -> bytes:
    """What `read` reads again."""
    return orjson.dumps(
        {
            "verb": deed.verb.value,
            "alert_id": deed.alert_id,
            "occurrence": deed.occurrence,
            "provider": deed.actor.provider.value,
            "id": deed.actor.id,
            "name": deed.actor.name,
            "text": deed.text,
            "event_id": deed.event_id,
            "occurred_at": deed.occurred_at.isoformat() if deed.occurred_at else None,
        }
    )


def _deed(given: dict[str, Any], received_at: datetime) -> Deed:
    verb, name = Verb(given["verb"]), str(given["name"])
    occurred_at = given.get("occurred_at")
    return Deed(
        verb=verb,
        actor=Actor(Provider(given.get("provider", Provider.API)), str(given.get("id", name)), name),
        alert_id=str(given["alert_id"]),
        occurrence=int(given["occurrence"]),
        at=received_at,
        event_id=str(given["event_id"]),
        what=_WHAT[verb],
        occurred_at=datetime.fromisoformat(occurred_at) if occurred_at else None,
        text=str(given.get("text") or ""),
    )
