"""Alertmanager's webhook: verify, store, answer. Its bytes are read no further than the answer needs.

Only 5xx makes Alertmanager come again at once, so our own trouble is 503 and never 429
(prometheus/alertmanager notify/util.go).
"""

import re

import flask
import structlog

from api.authentication import Refused
from api.errors import Failure, json_answer
from api.intake import Unavailable
from api.parts import Parts
from core import metrics
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
_CHUNK = 256 * 1024

_log = structlog.get_logger()


def blueprint(parts: Parts) -> flask.Blueprint:
    routes = flask.Blueprint(_SENDER, __name__)
    received = {outcome: metrics.RECEIVED.labels(_SENDER, outcome) for outcome in OUTCOMES}

    def webhook() -> flask.Response:
        # Not the proxy, which looks for the request anew each time that it is asked something.
        request: flask.Request = flask.request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
        try:
            count = _receive(request, parts)
        except Failure as failure:
            received[failure.code].inc()
            _log.warning(
                "an Alertmanager request was refused",
                outcome=failure.code,
                reason=failure.message,
                remote=request.remote_addr,
            )
            raise
        received["accepted"].inc()
        return json_answer(202, {"status": "accepted", "alerts": count})

    for path in PATHS:
        routes.add_url_rule(path, view_func=webhook, methods=["POST"])
    return routes


def _receive(request: flask.Request, parts: Parts) -> int:
    """Store the request and say how many alerts it holds. Raises Failure."""
    body = _body(request, parts.max_body_bytes) if parts.authentication.needs_body(request.headers) else None
    try:
        token_name = parts.authentication.check(request.headers, body or b"")
    except Refused as refused:
        raise Failure(401, "unauthenticated", str(refused), {"WWW-Authenticate": "Bearer"}) from None
    if request.mimetype != "application/json":
        raise Failure(415, "unsupported", "The content type must be application/json.")
    source = _source(request, token_name)
    if body is None:
        body = _body(request, parts.max_body_bytes)
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


def _body(request: flask.Request, limit: int) -> bytes:
    """The body, of which one byte more than the limit is read at most, whatever its length is said to be."""
    too_large = Failure(413, "too_large", f"The body is larger than {limit} bytes.")
    length = request.content_length
    if length is not None:
        if length > limit:
            raise too_large
        whole: bytes = request.environ["wsgi.input"].read(length)
        return whole
    body = bytearray()
    while chunk := request.stream.read(min(_CHUNK, limit + 1 - len(body))):
        body += chunk
        if len(body) > limit:
            raise too_large
    return bytes(body)
