"""What is done to silences, as the bridge writes it into the inbox: calls of its API, and what a target found."""

from datetime import datetime, timedelta
from typing import Any

import orjson

from core.domain.errors import Malformed
from core.domain.matcher import from_json, to_json
from core.domain.person import Actor, Provider
from core.domain.silence import is_silence_id
from core.domain.silence_deed import SilenceDeed, SilenceVerb


def is_one(body: bytes) -> bool:
    """Whether a row of our own is about a silence; what `read` then says of it is another matter."""
    return body.startswith(b'{"silence":')


def write(deed: SilenceDeed) -> bytes:
    """What `read` reads again, but for `at`, which is the moment of its receipt."""
    return orjson.dumps(
        {
            "silence": deed.silence_id,
            "verb": deed.verb.value,
            "provider": deed.actor.provider.value,
            "id": deed.actor.id,
            "name": deed.actor.name,
            "event_id": deed.event_id,
            "matchers": [to_json(matcher) for matcher in deed.matchers],
            "like": list(deed.like),
            "start_at": _written(deed.start_at),
            "end_at": _written(deed.end_at),
            "longer_by": deed.longer_by.total_seconds() if deed.longer_by else None,
            "reason": deed.reason,
            "scope": deed.scope,
            "alert_id": deed.alert_id,
            "occurrence": deed.occurrence,
            "acknowledges": deed.acknowledges,
            "place": deed.place,
            "target": deed.target,
            "remote": dict(deed.remote),
        }
    )


def read(body: bytes, received_at: datetime) -> SilenceDeed:
    """Raises Malformed."""
    try:
        deed = _deed(orjson.loads(body), received_at)
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise Malformed(f"Not a silence as the bridge writes it: {type(error).__name__}.") from None
    if not is_silence_id(deed.silence_id) or not deed.event_id:
        raise Malformed("It names no silence, or no event.")
    return deed


def _deed(given: dict[str, Any], received_at: datetime) -> SilenceDeed:
    longer_by = given.get("longer_by")
    return SilenceDeed(
        verb=SilenceVerb(given["verb"]),
        actor=Actor(Provider(given["provider"]), str(given["id"]), str(given["name"])),
        silence_id=given["silence"],
        at=received_at,
        event_id=str(given["event_id"]),
        matchers=tuple(from_json(matcher) for matcher in given.get("matchers", ())),
        like=tuple(map(str, given.get("like", ()))),
        start_at=_moment(given.get("start_at")),
        end_at=_moment(given.get("end_at")),
        longer_by=timedelta(seconds=longer_by) if longer_by is not None else None,
        reason=given.get("reason"),
        scope=given.get("scope"),
        alert_id=given.get("alert_id"),
        occurrence=int(given.get("occurrence") or 0),
        acknowledges=bool(given.get("acknowledges")),
        place=str(given.get("place") or ""),
        target=str(given.get("target") or ""),
        remote=dict(given.get("remote") or {}),
    )


def _written(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
