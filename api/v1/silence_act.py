"""What a program does to silences: looked at beforehand, stored like every click, and told what became of it.

The operator's rules are asked before anything is stored; what becomes of it is for ingest to say.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import flask
import orjson
from sqlalchemy import Connection

from api.errors import Failure, json_answer
from api.parts import Parts
from api.v1 import inward, silence_answers, silence_views
from api.v1.draft import Draft, draft, end_of, must_be_storable
from core.bridge import PEOPLE
from core.domain.person import Actor, Provider
from core.domain.silence import silence_id
from core.domain.silence_deed import SilenceDeed, SilenceKind, SilenceVerb, reduce_silence
from core.domain.silence_rules import Rules
from core.silencing import Preview, preview
from core.sources import own_silence
from core.store import inbox, silences
from core.store.outcome import outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the holder of the token called `name` asks for: `told` is the loaded body, `id` names the silence.

    `key` names the request, if they named it.
    """

    verb: SilenceVerb
    name: str
    key: str | None
    id: str | None = None
    told: Mapping[str, Any] = field(default_factory=dict)

    def digest(self) -> str:
        """The same for the same request, whenever it comes: two hours are two hours."""
        told = [self.verb, self.id, self.told]
        return hashlib.sha256(orjson.dumps(told, _plain, orjson.OPT_SORT_KEYS)).hexdigest()


def act(parts: Parts, asked: Asked) -> flask.Response:
    """Store what is asked for and answer with what became of it. Raises Failure."""
    event_id = inward.event_id(asked.name, asked.key)
    with parts.store.read() as connection:
        before = outcome(connection, event_id) if asked.key else None
        deed = None if before else _DEEDS[asked.verb](connection, parts.rules, asked, event_id, parts.clock())
    if before is not None:
        inward.must_be_the_same(before, {"asked": asked.digest()})
    elif deed is not None:
        inward.put(parts, _body(deed, asked), event_id)
    return inward.wait(parts, event_id, lambda c: _answer(c, event_id, parts.clock()))


def look(parts: Parts, told: Mapping[str, Any]) -> flask.Response:
    """What such a silence would do; nothing is made. Raises Failure."""
    now = parts.clock()
    with parts.store.read() as connection:
        wanted = draft(connection, told, now)
        seen = _seen(connection, parts.rules, wanted, now)
    view = silence_views.preview(seen, wanted.matchers, wanted.start_at, wanted.end_at)
    return json_answer(200, silence_answers.SilenceMade().dump({"preview": view}))


def _seen(connection: Connection, rules: Rules, wanted: Draft, now: datetime) -> Preview:
    return preview(connection, rules, wanted.matchers, wanted.start_at, wanted.end_at, now, wanted.scope)


def _make(connection: Connection, rules: Rules, asked: Asked, event_id: str, now: datetime) -> SilenceDeed:
    told, wanted = asked.told, draft(connection, asked.told, now)
    _must_be_allowed(_seen(connection, rules, wanted, now))
    return SilenceDeed(
        SilenceVerb.MAKE,
        _actor(asked),
        silence_id(event_id, now),
        now,
        event_id,
        matchers=tuple(told["matchers"]),
        start_at=wanted.start_at,
        end_at=wanted.end_at,
        reason=told["reason"],
        scope=wanted.scope,
        alert_id=told["alert_id"],
    )


def _change(connection: Connection, rules: Rules, asked: Asked, event_id: str, now: datetime) -> SilenceDeed:
    """The rules are asked where it would last longer: to end it earlier is always allowed."""
    silence = silences.load(connection, [asked.id or ""]).get(asked.id or "")
    if silence is None:
        raise Failure(404, "not_found", "There is no such silence.")
    deed = SilenceDeed(asked.verb, _actor(asked), silence.id, now, event_id, **_wishes(asked.told, now))
    change = reduce_silence(silence, deed)
    # What is stored and not ingested yet comes first, and may make a difference: then ingest has to say.
    if change.kind is SilenceKind.NOTHING and not inbox.is_waiting(connection, PEOPLE):
        raise Failure(409, "conflict", change.why)
    if change.kind is SilenceKind.EXTENDED and change.silence is not None:
        until = change.silence.end_at
        must_be_storable(until, asked.told)
        begin = max(silence.start_at, now)
        seen = preview(connection, rules, silence.matchers, begin, until, now, silence.scope, but=silence.id)
        _must_be_allowed(seen)
    return deed


def _wishes(told: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Of whoever ends it there are none."""
    if not told:
        return {}
    return {"end_at": end_of(told, now), "longer_by": told["extend_by"], "reason": told["reason"]}


_DEEDS = {SilenceVerb.MAKE: _make, SilenceVerb.CHANGE: _change, SilenceVerb.END: _change}


def _must_be_allowed(seen: Preview) -> None:
    if seen.objections:
        raise Failure(409, "refused", " ".join(seen.objections))


def _actor(asked: Asked) -> Actor:
    return Actor(Provider.API, asked.name, asked.name)


def _body(deed: SilenceDeed, asked: Asked) -> bytes:
    """With what a repeat of the request is known by; ingest does not look at that."""
    return orjson.dumps({**orjson.loads(own_silence.write(deed)), "asked": asked.digest()})


def _plain(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value.total_seconds()
    raise TypeError


def _answer(connection: Connection, event_id: str, now: datetime) -> flask.Response | None:
    line = silences.line(connection, event_id)
    silence = silences.load(connection, [line.silence_id]).get(line.silence_id) if line else None
    if line is None or silence is None:
        return None
    view = silence_views.silence(connection, silence, now)
    return json_answer(200, {"silence": view, "record": silence_answers.SilenceRecord().dump(line)})
