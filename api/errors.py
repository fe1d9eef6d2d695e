"""Every answer that is not a success: `{"error": code, "message": sentence}`, with nothing in it of what was sent.

A bug is a 500, which Alertmanager takes as a reason to come again.
"""

import flask
import orjson
import structlog
from werkzeug.exceptions import HTTPException

_log = structlog.get_logger()

_WORDS = {
    400: ("malformed", "The request is not one that can be read."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take this method."),
    413: ("too_large", "The request is too large."),
}


class Failure(Exception):
    """An answer that ends the request. `code` is also the outcome that the metric counts."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}


def install(app: flask.Flask) -> None:
    app.register_error_handler(Failure, _failure)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _bug)


def json_answer(status: int, content: object, headers: dict[str, str] | None = None) -> flask.Response:
    return flask.Response(
        orjson.dumps(content) + b"\n", status=status, mimetype="application/json", headers=headers
    )


def _failure(failure: Failure) -> flask.Response:
    return _answer(failure.status, failure.code, failure.message, failure.headers)


def _http(error: HTTPException) -> flask.Response:
    status = error.code or 500
    if 300 <= status < 400 and error.response is not None:
        return flask.Response(status=status, headers=dict(error.response.headers))
    code, message = _WORDS.get(status, ("refused", "The request cannot be served."))
    # Allow, of a 405, is the one header that says something the text does not.
    headers = {name: value for name, value in error.get_headers() if name == "Allow"}
    return _answer(status, code, message, headers)


def _bug(error: Exception) -> flask.Response:
    _log.error("a request failed through a bug", path=flask.request.path, exc_info=error)
    return _answer(500, "internal_error", "Something is wrong here; it is in the log.", {})


def _answer(status: int, code: str, message: str, headers: dict[str, str]) -> flask.Response:
    return json_answer(status, {"error": code, "message": message}, headers)
