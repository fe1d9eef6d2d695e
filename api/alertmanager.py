"""Alertmanager's webhook: verify, store, answer. Its bytes are read no further than the answer needs.

Only 5xx makes Alertmanager come again at once, so our own trouble is 503 and never 429
(prometheus/alertmanager notify/util.go).
"""

import re

import flask

from api.errors import Failure, json_answer
from api.intake import Unavailable
from api.parts import Parts
from api.reading import Unverified, current_request, is_compressed, read_body
from api.received import Received
from api.signatures import Refused
from core.domain.errors import Malformed
from core.sources import alertmanager
from core.store.bodies import pack
from core.store.inbox import Incoming

PATHS = ("/alertmanager/webhook", "/webhook/alertmanager")
OUTCOMES = ("accepted", "malformed", "unauthenticated", "too_large", "unsupported", "unavailable")

_SENDER = "alertmanager"
_SOURCE = re.compile(r"[A-Za-z0-9._-]{1,60}")
_DEFAULT_SOURCE = "default"
_RETRY_AFTER = "5"


def blueprint(parts: Parts) -> flask.Blueprint:
    routes = flask.Blueprint(_SENDER, __name__)
    received = Received(_SENDER, OUTCOMES)
    unverified = Unverified(parts.max_body_bytes)

    def webhook() -> flask.Response:
        request = current_request()
        try:
            count = _receive(request, parts, unverified)
        except Failure as failure:
            received.refused(failure, request)
            raise
        received.count("accepted")
        return json_answer(202, {"status": "accepted", "alerts": count})

    for path in PATHS:
        routes.add_url_rule(path, view_func=webhook, methods=["POST"])
    return routes


def _receive(request: flask.Request, parts: Parts, unverified: Unverified) -> int:
    """Store the request and say how many alerts it holds. Raises Failure."""
    body = unverified.read(request) if parts.authentication.needs_body(request.headers) else None
    try:
        token_name = parts.authentication.check(request.headers, body or b"")
    except Refused as refused:
        raise parts.brake.refusal(request.remote_addr, str(refused), {"WWW-Authenticate": "Bearer"}) from None
    if request.mimetype != "application/json":
        raise Failure(415, "unsupported", "The content type must be application/json.")
    if is_compressed(request):
        raise Failure(415, "unsupported", "The body must not be compressed.")
    source = _source(request, token_name)
    if body is None:
        body = read_body(request, parts.max_body_bytes)
    try:
        count = alertmanager.check(body)
    except Malformed as malformed:
        raise Failure(400, "malformed", str(malformed)) from None
    try:
        parts.intake.put(Incoming(source=source, lane=f"{_SENDER}:{source}", body=pack(body)))
    except Unavailable as unavailable:
        raise Failure(503, "unavailable", str(unavailable), {"Retry-After": _RETRY_AFTER}) from None
    return count


def _source(request: flask.Request, token_name: str | None) -> str:
    asked = request.args.get("source") if request.query_string else None
    if asked is None:
        return token_name or _DEFAULT_SOURCE
    if not _SOURCE.fullmatch(asked):
        raise Failure(
            400, "malformed", "`source` must be 1 to 60 letters, digits, dots, underscores or hyphens."
        )
    return asked
