"""Which address of the API leads where; every one of them asks for a token first."""

from collections.abc import Callable
from typing import Any

import flask
from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from api.authentication import Authentication
from api.errors import Failure, json_answer
from api.parts import Parts
from api.received import Received
from api.signatures import Refused
from api.v1 import asked, questions, silence_routes, views
from api.v1.act import Asked, act
from api.v1.openapi import document
from api.v1.operations import OPERATIONS
from core.domain.event import Verb
from core.store import listing

PREFIX = "/api/v1"
_CHALLENGE = {"WWW-Authenticate": "Bearer"}


def blueprint(parts: Parts) -> flask.Blueprint:
    routes = flask.Blueprint("api_v1", __name__, url_prefix=PREFIX)
    received = Received("api", ("unauthenticated",))
    routes.before_request(lambda: _authenticate(parts, received))
    for error in (OperationalError, InterfaceError, PoolTimeout):
        routes.register_error_handler(error, _unavailable)
    views_by_name = {**_readers(parts), **_acts(parts), **silence_routes.views(parts)}
    for operation in OPERATIONS:
        view = views_by_name[operation.name]
        routes.add_url_rule(operation.path, operation.name, view, methods=[operation.method])
    return routes


def _authenticate(parts: Parts, received: Received) -> None:
    try:
        flask.g.actor = _actor(parts.api)
    except Refused as refused:
        failure = parts.brake.refusal(flask.request.remote_addr, str(refused), _CHALLENGE)
        received.refused(failure, flask.request)
        raise failure from None


def _actor(tokens: Authentication) -> str | None:
    """Raises Refused."""
    if not tokens.configured:
        raise Refused("The API is closed: no token is configured in api.tokens.")
    return tokens.check(flask.request.headers, b"")


def _readers(parts: Parts) -> dict[str, Callable[..., flask.Response]]:
    def list_alerts() -> flask.Response:
        wanted = asked.query(questions.AlertsQuery, flask.request.args)
        now = parts.clock()
        return json_answer(200, parts.store.look(lambda connection: views.page(connection, wanted, now)))

    def show_alert(alert_id: str) -> flask.Response:
        now = parts.clock()

        def show(connection: Connection) -> dict[str, Any] | None:
            alert = listing.one(connection, alert_id) if alert_id.isascii() else None
            return views.alert_with_timeline(connection, alert, now) if alert else None

        told = parts.store.look(show)
        if told is None:
            # A replica may not know the newest yet.
            with parts.store.read() as connection:
                told = show(connection)
        if told is None:
            raise Failure(404, "not_found", "There is no such alert.")
        return json_answer(200, told)

    def summarise() -> flask.Response:
        wanted = asked.query(questions.SummaryQuery, flask.request.args)
        now = parts.clock()
        return json_answer(200, parts.store.look(lambda connection: views.summary(connection, wanted, now)))

    def describe() -> flask.Response:
        return json_answer(200, document(PREFIX))

    return {view.__name__: view for view in (list_alerts, show_alert, summarise, describe)}


def _acts(parts: Parts) -> dict[str, Callable[..., flask.Response]]:
    def doer(verb: Verb) -> Callable[[str], flask.Response]:
        body = questions.Note if verb is Verb.NOTE else questions.Act

        def do(alert_id: str) -> flask.Response:
            told = asked.body(body)
            key = asked.headers(questions.ActHeaders)["key"]
            return act(
                parts,
                Asked(
                    verb=verb,
                    # MySQL does not compare what is not ASCII with its key columns.
                    alert_id=alert_id if alert_id.isascii() else "",
                    name=flask.g.actor,
                    occurrence=told["occurrence"],
                    text=told["note"],
                    key=key,
                ),
            )

        return do

    return {
        verb.value: doer(verb) for verb in (Verb.ACKNOWLEDGE, Verb.UNACKNOWLEDGE, Verb.RESOLVE, Verb.NOTE)
    }


def _unavailable(_: Exception) -> flask.Response:
    told = {"error": "unavailable", "message": "The database does not answer."}
    return json_answer(503, told, {"Retry-After": "5"})
