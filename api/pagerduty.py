"""PagerDuty's webhooks: verify the raw bytes, store, answer.

Whatever PagerDuty signed is answered 2xx or, on our own trouble, 503: after three 4xx in a row it switches the
subscription off for a day (facts §3.2).
"""

import flask
import structlog

from api.errors import Failure, json_answer
from api.intake import Unavailable
from api.parts import Parts
from api.reading import Unverified, current_request
from api.received import Received
from api.signatures import PAGERDUTY_SIGNATURE, Refused
from core import metrics
from core.bridge import PEOPLE
from core.domain.errors import Malformed
from core.sources import pagerduty as source
from core.store.bodies import pack
from core.store.inbox import Incoming

PATHS = ("/pagerduty/webhook", "/webhook/pagerduty")
# Ignored: a type from which nothing follows.
OUTCOMES = ("accepted", "ignored", "malformed", "unauthenticated", "too_large", "unavailable")
# PagerDuty itself drops what is above 256 KB.
MOST_BODY = 1024 * 1024

_SENDER = "pagerduty"
_OTHER = "other"
_RETRY_AFTER = "5"
# PagerDuty waits for 5 seconds.
_PATIENCE = 4.0
_REMEDY = (
    "compare pagerduty.webhook_secret with the secret of the webhook subscription; after three refusals in a row "
    "PagerDuty switches the subscription off"
)

_log = structlog.get_logger()


def blueprint(parts: Parts) -> flask.Blueprint:
    routes = flask.Blueprint(_SENDER, __name__)
    received = Received(_SENDER, OUTCOMES)
    unverified = Unverified(MOST_BODY)
    for type_ in (*sorted(source.TYPES), _OTHER):
        metrics.PAGERDUTY_EVENTS.labels(type_)

    def webhook() -> flask.Response:
        if parts.pagerduty is None:
            raise Failure(404, "not_found", "PagerDuty is not enabled here.")
        request = current_request()
        try:
            body = parts.pagerduty.verified(request.headers, lambda: unverified.read(request))
            outcome = _receive(parts, body)
        except Refused as refused:
            failure = parts.brake.refusal(request.remote_addr, str(refused))
            received.refused(failure, request, _remedy(request))
            raise failure from None
        except Failure as failure:
            received.refused(failure, request)
            raise
        received.count(outcome)
        return json_answer(202, {"status": outcome})

    for path in PATHS:
        routes.add_url_rule(path, view_func=webhook, methods=["POST"])
    return routes


def _remedy(request: flask.Request) -> str:
    """Without the header it is some stranger; with it, it may well be PagerDuty and our secret wrong."""
    return _REMEDY if PAGERDUTY_SIGNATURE in request.headers else ""


def _receive(parts: Parts, body: bytes) -> str:
    """What became of it. Raises Failure."""
    try:
        head = source.look(body)
    except Malformed as malformed:
        _log.error("a signed PagerDuty webhook cannot be read", reason=str(malformed), size=len(body))
        return "malformed"
    metrics.PAGERDUTY_EVENTS.labels(head.type if head.type in source.TYPES else _OTHER).inc()
    if head.type not in source.FOLLOWED:
        return "ignored"
    incoming = Incoming(source=_SENDER, lane=PEOPLE, body=pack(body), dedup_key=head.event_id)
    try:
        parts.intake.put(incoming, _PATIENCE)
    except Unavailable as unavailable:
        raise Failure(503, "unavailable", str(unavailable), {"Retry-After": _RETRY_AFTER}) from None
    return "accepted"
