"""What a program does to an alert. Looking first only saves the wait: what becomes of it is for ingest to say."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import flask
import orjson
from sqlalchemy import Connection

from api.errors import Failure, json_answer
from api.parts import Parts
from api.v1 import answers, inward, views
from api.v1.refusal import refusal
from core.bridge import PEOPLE
from core.domain.event import Deed, Verb
from core.domain.person import Actor, Provider
from core.store import alerts, inbox, listing
from core.store.outcome import outcome, record


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the holder of the token called `name` asks for; `key` names the request, if they named it."""

    verb: Verb
    alert_id: str
    name: str
    occurrence: int | None
    text: str
    key: str | None


def act(parts: Parts, asked: Asked) -> flask.Response:
    """Store what is asked for and answer with what became of it. Raises Failure."""
    event_id = inward.event_id(asked.name, asked.key)
    with parts.store.read() as connection:
        before = outcome(connection, event_id) if asked.key else None
        # What is stored and not ingested yet comes first, and may make a difference: then ingest has to say.
        is_last_word = not inbox.is_waiting(connection, PEOPLE)
        alert = alerts.load(connection, [asked.alert_id]).get(asked.alert_id)
    if alert is None:
        raise Failure(404, "not_found", "There is no such alert.")
    if before is not None:
        inward.must_be_the_same(before, _expected(asked))
    else:
        occurrence = asked.occurrence or alert.facts.occurrence
        why = refusal(alert.facts, _deed(asked, occurrence, event_id, parts.clock()))
        if why and is_last_word:
            raise Failure(409, "conflict", why)
        body = _body(asked) | {"occurrence": occurrence, "event_id": event_id}
        inward.put(parts, orjson.dumps(body), event_id)
    return inward.wait(parts, event_id, lambda c: _answer(c, alert.id, event_id, parts.clock()))


def _deed(asked: Asked, occurrence: int, event_id: str, now: datetime) -> Deed:
    actor = Actor(Provider.API, asked.name, asked.name)
    return Deed(asked.verb, actor, asked.alert_id, occurrence, now, event_id, asked.verb.value)


def _body(asked: Asked) -> dict[str, Any]:
    return {
        "verb": asked.verb.value,
        "alert_id": asked.alert_id,
        "name": asked.name,
        "text": asked.text,
    }


def _expected(asked: Asked) -> dict[str, Any]:
    return _body(asked) | ({"occurrence": asked.occurrence} if asked.occurrence else {})


def _answer(connection: Connection, alert_id: str, event_id: str, now: datetime) -> flask.Response | None:
    told = record(connection, event_id)
    alert = listing.one(connection, alert_id)
    if told is None or alert is None:
        return None
    done = {"alert": views.alert(connection, alert, now), "record": answers.Record().dump(told)}
    return json_answer(200, done)
