"""Events API v2 over HTTP: POST /v2/enqueue takes an event, answers 202, and nothing has happened yet."""

from __future__ import annotations

import uuid
from typing import Any

import orjson
from flask import Blueprint, Response, jsonify, request

from sandbox import gate
from sandbox.limits import Limit, Limits
from sandbox.pagerduty.event_rules import check_event
from sandbox.pagerduty.pending import Pending
from sandbox.pagerduty.world import PagerDutyWorld

MOST_BODY = 512_000  # "512 KB"; Alertmanager takes it for 512,000 bytes, the stricter reading
UNRECOGNIZED = "Event object format is unrecognized"
# About 120 a minute per integration key over a sliding minute; half a second less, since an exact pace jitters.
PER_KEY = Limit(120, 59.5)


class InvalidEvent(Exception):
    """Answered as 400 (or 413) with a list of sentences."""

    def __init__(
        self, errors: list[str], message: str = "Event object is invalid", status: int = 400
    ) -> None:
        super().__init__(message)
        self.errors = errors
        self.message = message
        self.status = status


def make_blueprint(world: PagerDutyWorld, pending: Pending, limits: Limits) -> Blueprint:
    blueprint = Blueprint("pagerduty_events", __name__, url_prefix="/pagerduty/v2")

    @blueprint.errorhandler(InvalidEvent)
    def refuse(error: InvalidEvent) -> Response:
        gate.note(refused=True, summary="; ".join(error.errors))
        answer = jsonify(status="invalid event", message=error.message, errors=error.errors)
        answer.status_code = error.status
        return answer

    @blueprint.post("/enqueue")
    def enqueue() -> Response:
        event = _read_event(request.get_data())
        known = _check_key(world, event)
        if not limits.take(f"events {event['routing_key']}", PER_KEY).allowed:
            return Response("", 429)  # no Retry-After is documented, and the body may be empty
        event["dedup_key"] = event.get("dedup_key") or uuid.uuid4().hex
        if known:
            pending.put(event)
        answer = jsonify(status="success", message="Event processed", dedup_key=event["dedup_key"])
        answer.status_code = 202
        return answer

    return blueprint


def _read_event(body: bytes) -> dict[str, Any]:
    if len(body) > MOST_BODY:
        raise InvalidEvent(["Event object is too large"], status=413)
    try:
        event = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise InvalidEvent(["JSON parse error"], UNRECOGNIZED) from None
    if not isinstance(event, dict):
        raise InvalidEvent(["Event object must be a JSON object"], UNRECOGNIZED)
    errors = check_event(event)
    if errors:
        raise InvalidEvent(errors)
    return event


def _check_key(world: PagerDutyWorld, event: dict[str, Any]) -> bool:
    """Whether the key is one of ours. An unknown one is seen to give 400 or 202: `drop_unknown_keys` chooses."""
    known = event["routing_key"] in world.integrations and not world.keys_revoked
    gate.note(check="routing key" if known else "unknown routing key", summary=_summary(event))
    if not known and not world.drop_unknown_keys:
        raise InvalidEvent(["Invalid routing key"])
    return known


def _summary(event: dict[str, Any]) -> str:
    payload = event.get("payload")
    words = str(payload.get("summary", "")) if isinstance(payload, dict) else ""
    return f"{event['event_action']} {str(event.get('dedup_key') or '')[:40]} {words[:100]}".strip()
