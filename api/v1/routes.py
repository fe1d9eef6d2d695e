"""Which address of the API leads where; every one of them asks for a token first."""

from collections.abc import Callable
from typing import Any

import flask
import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from api.errors import Failure, json_answer
from api.parts import Parts
from api.signatures import Refused
from api.v1 import asked, questions, silence_routes, views
from api.v1.act import Asked, act
from api.v1.openapi import document
from api.v1.operations import OPERATIONS
from core.domain.event import Verb
from core.store import listing

PREFIX = "/api/v1"
_CHALLENGE = {"WWW-Authenticate": "Bearer"}

_log = structlog.get_logger()


def blueprint(parts: Parts) -> flask.Blueprint:
    routes = flask.Blueprint("api_v1", __name__, url_prefix=PREFIX)
    routes.before_request(lambda: _authenticate(parts))
    for error in (OperationalError, InterfaceError, PoolTimeout):
        routes.register_error_handler(error, _unavailable)
    views_by_name = {**_readers(parts), **_acts(parts), **silence_routes.views(parts)}
    for operation in OPERATIONS:
        view = views_by_name[operation.name]
        routes.add_url_rule(operation.path, operation.name, view, methods=[operation.method])
    return routes


def _authenticate(parts: Parts) -> None:
    if not parts.api.configured:
        told = "The API is closed: no token is configured in api.tokens."
        raise Failure(401, "unauthenticated", told, _CHALLENGE)
    try:
        flask.g.actor = parts.api.check(flask.request.headers, b"")
    except Refused as refused:
        _log.warning("an API request was refused", reason=str(refused), remote=flask.request.remote_addr)
        raise Failure(401, "unauthenticated", str(refused), _CHALLENGE) from None


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
                    alert_id=alert_id,
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
