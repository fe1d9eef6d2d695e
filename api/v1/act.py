"""What a program does to an alert goes through the inbox like every click; who asked waits a moment for the outcome.

Nothing is decided here: ingest is asked, and what it did stands on record. Looking first only saves the wait.
"""

import hashlib
import threading
import time
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import flask
import orjson
from sqlalchemy.exc import SQLAlchemyError

from api.errors import Failure, json_answer
from api.intake import Unavailable
from api.parts import Parts
from api.v1 import answers, views
from api.v1.refusal import refusal
from core.bridge import PEOPLE
from core.domain.errors import Malformed
from core.domain.event import Deed, Verb
from core.domain.person import Actor, Provider
from core.store import alerts, inbox, listing
from core.store.bodies import pack, unpack
from core.store.outcome import Outcome, outcome, record

_PATIENCE = 2.0
_LOOK = 0.05
# Of the receiver's threads: the others belong to alerts that come in, also while no worker does anything.
_waiters = threading.BoundedSemaphore(8)
_RETRY_AFTER = "5"


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
    event_id = _event_id(asked)
    with parts.store.read() as connection:
        before = outcome(connection, event_id) if asked.key else None
        # What is stored and not ingested yet comes first, and may make a difference: then ingest has to say.
        is_last_word = not inbox.is_waiting(connection, PEOPLE)
        alert = alerts.load(connection, [asked.alert_id]).get(asked.alert_id)
    if alert is None:
        raise Failure(404, "not_found", "There is no such alert.")
    if before is not None:
        _must_be_the_same(before, asked)
        return _await(parts, alert.id, event_id)
    occurrence = asked.occurrence or alert.facts.occurrence
    why = refusal(alert.facts, _deed(asked, occurrence, event_id, parts.clock()))
    if why and is_last_word:
        raise Failure(409, "conflict", why)
    _put(parts, asked, occurrence, event_id)
    return _await(parts, alert.id, event_id)


def _deed(asked: Asked, occurrence: int, event_id: str, now: datetime) -> Deed:
    actor = Actor(Provider.API, asked.name, asked.name)
    return Deed(asked.verb, actor, asked.alert_id, occurrence, now, event_id, asked.verb.value)


def _event_id(asked: Asked) -> str:
    """The same for the same name and key and for no other; without a key never the same."""
    told = f"{asked.name}\0{asked.key or uuid.uuid4()}"
    return f"{Provider.API}:{hashlib.sha256(told.encode()).hexdigest()}"


def _put(parts: Parts, asked: Asked, occurrence: int, event_id: str) -> None:
    body = _body(asked) | {"occurrence": occurrence, "event_id": event_id}
    incoming = inbox.Incoming(
        source=Provider.API.value, lane=PEOPLE, body=pack(orjson.dumps(body)), dedup_key=event_id
    )
    try:
        parts.intake.put(incoming)
    except Unavailable as unavailable:
        raise Failure(503, "unavailable", str(unavailable), {"Retry-After": _RETRY_AFTER}) from None


def _body(asked: Asked) -> dict[str, Any]:
    return {
        "verb": asked.verb.value,
        "alert_id": asked.alert_id,
        "name": asked.name,
        "text": asked.text,
    }


def _must_be_the_same(before: Outcome, asked: Asked) -> None:
    """A day after it is done a body is dropped; then the key alone has to do."""
    if before.body is None:
        return
    try:
        told = orjson.loads(unpack(before.body))
    except (Malformed, orjson.JSONDecodeError):
        return
    expected = _body(asked) | ({"occurrence": asked.occurrence} if asked.occurrence else {})
    if any(told.get(name) != value for name, value in expected.items()):
        raise Failure(409, "conflict", "This Idempotency-Key was used for another request.")


def _await(parts: Parts, alert_id: str, event_id: str) -> flask.Response:
    """It is stored, so whatever the database says from here on, it was accepted. Too many to wait do not wait."""
    answer = None
    if _waiters.acquire(blocking=False):
        try:
            answer = _look(parts, alert_id, event_id)
        finally:
            _waiters.release()
    return answer or json_answer(202, answers.Accepted().dump({"status": "accepted"}))


def _look(parts: Parts, alert_id: str, event_id: str) -> flask.Response | None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        try:
            if answer := _answer(parts, alert_id, event_id):
                return answer
        except SQLAlchemyError:
            return None
        time.sleep(_LOOK)
    return None


def _answer(parts: Parts, alert_id: str, event_id: str) -> flask.Response | None:
    with parts.store.read() as connection:
        became = outcome(connection, event_id)
        if became is None or not became.done:
            return None
        told = record(connection, event_id)
        alert = listing.one(connection, alert_id)
        if told is None or alert is None:
            raise Failure(409, "conflict", became.error or "It changed nothing.")
        view = views.alert(connection, alert)
    return json_answer(200, {"alert": view, "record": answers.Record().dump(told)})
