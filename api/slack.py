"""Slack's three request URLs: verify the raw bytes, then let the one who knows answer, within Slack's three seconds.

Everything that Slack signed is answered 200, whatever it is: a 4xx would show people an error at a button that is not
ours. Only what could not be stored is 503; the error which Slack then shows is true.
"""

from collections.abc import Callable
from functools import partial

import flask
import structlog

from api import slack_command, slack_interaction
from api.errors import Failure, json_answer
from api.parts import Parts, SlackParts
from api.reading import Unverified, current_request
from api.received import Received
from api.signatures import Refused
from api.slack_answer import Answer, nothing
from core import metrics
from core.domain.errors import Malformed
from core.sources.tamed import document

INTERACTION_PATHS = ("/slack/interaction", "/webhook/slack/interactions")
EVENT_PATHS = ("/slack/events", "/webhook/slack/events")
COMMAND_PATHS = ("/slack/commands", "/webhook/slack/commands")
# Answered: with something to see, and nothing to store. Ignored: nothing of it concerns the bridge.
OUTCOMES = ("accepted", "answered", "ignored", "malformed", "unauthenticated", "too_large", "unavailable")
# Slack's own words (The Events API, "Retries").
RETRY_REASONS = (
    "http_timeout",
    "too_many_redirects",
    "connection_failed",
    "ssl_error",
    "http_error",
    "unknown_error",
)

# An interaction repeats its whole message, some 100 kB at most.
MOST_BODY = 1024 * 1024

_SENDER = "slack"
_RETRY_NUMBER, _RETRY_REASON = "X-Slack-Retry-Num", "X-Slack-Retry-Reason"
_OTHER = "other"

_log = structlog.get_logger()

Read = Callable[[], bytes]
Step = Callable[[Parts, SlackParts, flask.Request, Read], Answer]


def blueprint(parts: Parts) -> flask.Blueprint:
    routes = flask.Blueprint(_SENDER, __name__)
    received = Received(_SENDER, OUTCOMES)
    unverified = Unverified(MOST_BODY)
    for reason in (*RETRY_REASONS, _OTHER):
        metrics.SLACK_RETRIES.labels(reason)
    steps: dict[tuple[str, ...], Step] = {
        INTERACTION_PATHS: _interaction,
        EVENT_PATHS: _event,
        COMMAND_PATHS: _command,
    }
    for paths, step in steps.items():
        view = partial(_view, parts, received, unverified, step)
        for path in paths:
            routes.add_url_rule(path, endpoint=step.__name__, view_func=view, methods=["POST"])
    return routes


def _view(parts: Parts, received: Received, unverified: Unverified, step: Step) -> flask.Response:
    if parts.slack is None:
        raise Failure(404, "not_found", "Slack is not enabled here.")
    request = current_request()
    try:
        outcome, answer = step(parts, parts.slack, request, partial(unverified.read, request))
    except Refused as refused:
        failure = parts.brake.refusal(request.remote_addr, str(refused))
        received.refused(failure, request)
        raise failure from None
    except Failure as failure:
        received.refused(failure, request)
        raise
    except Malformed as malformed:
        _log.warning("a signed request of Slack's cannot be read", path=request.path, reason=str(malformed))
        outcome, answer = "malformed", nothing()
    received.count(outcome)
    return answer


def _interaction(parts: Parts, slack: SlackParts, request: flask.Request, read: Read) -> Answer:
    """Raises Refused, as all steps do."""
    return slack_interaction.answer(parts, slack, slack.signatures.verified(request.headers, read))


def _event(_: Parts, slack: SlackParts, request: flask.Request, read: Read) -> Answer:
    """Nothing is subscribed, so nothing follows from an event; but the address has to prove itself."""
    body = slack.signatures.verified(request.headers, read)
    if _RETRY_NUMBER in request.headers:
        reason = request.headers.get(_RETRY_REASON, "")
        metrics.SLACK_RETRIES.labels(reason if reason in RETRY_REASONS else _OTHER).inc()
    event = document(body)
    if event.get("type") != "url_verification":
        return "ignored", nothing()
    challenge = event.get("challenge")
    if not isinstance(challenge, str):
        raise Malformed("The challenge is not a string.")
    return "answered", json_answer(200, {"challenge": challenge})


def _command(parts: Parts, slack: SlackParts, request: flask.Request, read: Read) -> Answer:
    body = read()
    if slack_command.is_ssl_check(body):
        return "answered", nothing()
    return slack_command.answer(parts, slack, slack.signatures.verified(request.headers, lambda: body))
