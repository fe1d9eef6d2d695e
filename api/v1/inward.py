"""What a program wants done goes through the inbox like every click; who asked waits a moment for the outcome.

Nothing is decided here: ingest is asked, and what it did stands on record.
"""

import hashlib
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import flask
import orjson
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from api.errors import Failure, json_answer
from api.intake import Unavailable
from api.parts import Parts
from api.v1 import answers
from core.bridge import PEOPLE
from core.domain.errors import Malformed
from core.domain.person import Provider
from core.store import inbox
from core.store.bodies import pack, unpack
from core.store.outcome import Outcome, outcome

Answer = Callable[[Connection], flask.Response | None]
"""What there is to say of what was done; None where nothing stands on record."""

_PATIENCE = 2.0
_LOOK = 0.05
# Of the receiver's threads: the others belong to alerts that come in, also while no worker does anything.
_waiters = threading.BoundedSemaphore(8)
_RETRY_AFTER = "5"


def event_id(name: str, key: str | None) -> str:
    """The same for the same name and key and for no other; without a key never the same."""
    told = f"{name}\0{key or uuid.uuid4()}"
    return f"{Provider.API}:{hashlib.sha256(told.encode()).hexdigest()}"


def must_be_the_same(before: Outcome, expected: Mapping[str, Any]) -> None:
    """What came before under this key has to have asked for that. Raises Failure.

    A day after it is done a body is dropped; then the key alone has to do.
    """
    if before.body is None:
        return
    try:
        told = orjson.loads(unpack(before.body))
    except (Malformed, orjson.JSONDecodeError):
        return
    if any(told.get(name) != value for name, value in expected.items()):
        raise Failure(409, "conflict", "This Idempotency-Key was used for another request.")


def put(parts: Parts, body: bytes, event: str) -> None:
    """Return once it is stored. Raises Failure."""
    incoming = inbox.Incoming(source=Provider.API.value, lane=PEOPLE, body=pack(body), dedup_key=event)
    try:
        parts.intake.put(incoming)
    except Unavailable as unavailable:
        raise Failure(503, "unavailable", str(unavailable), {"Retry-After": _RETRY_AFTER}) from None


def wait(parts: Parts, event: str, answer: Answer) -> flask.Response:
    """It is stored, so whatever the database says from here on, it was accepted. Too many to wait do not wait."""
    told = None
    if _waiters.acquire(blocking=False):
        try:
            told = _look(parts, event, answer)
        finally:
            _waiters.release()
    return told or json_answer(202, answers.Accepted().dump({"status": "accepted"}))


def _look(parts: Parts, event: str, answer: Answer) -> flask.Response | None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        try:
            if told := _told(parts, event, answer):
                return told
        except SQLAlchemyError:
            return None
        time.sleep(_LOOK)
    return None


def _told(parts: Parts, event: str, answer: Answer) -> flask.Response | None:
    with parts.store.read() as connection:
        became = outcome(connection, event)
        if became is None or not became.done:
            return None
        if told := answer(connection):
            return told
        raise Failure(409, "conflict", became.error or "It changed nothing.")
