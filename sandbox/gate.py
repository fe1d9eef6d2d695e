"""Stands in front of the pretend services: applies the faults in force and records every request.

It works below Flask, because a connection that is closed without an answer is something no web framework will do.
"""

from __future__ import annotations

import io
import re
import socket
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
from flask import request
from werkzeug.wrappers import Response

from sandbox.faults import Fault, Faults, Kind
from sandbox.traffic import Traffic

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MOST_BODY = 20 * 1024 * 1024
NOTE = "sandbox.note"
TOO_MANY: dict[str, dict[str, Any]] = {
    "slack": {"ok": False, "error": "ratelimited"},
    "pagerduty_events": {"status": "throttle exceeded", "message": "Too many requests"},
    "pagerduty_rest": {"error": {"message": "Rate Limit Exceeded", "code": 2020}},
    "alertmanager_api": {"code": 429, "message": "Too Many Requests"},  # it has none; a proxy before it may
}
API = re.compile(r"^/alertmanager(?:/api/v2)?")
SILENCE = re.compile(r"^/silence/[^/]+$")
ONE_THING = re.compile(r"^(/(?:incidents|users|services|webhook_subscriptions))/[^/]+")


class _Passed(Response):
    """An answer handed on as it is, also where it has no type."""

    default_mimetype = None


@dataclass
class Note:
    """What a service says about the request it is answering, for the log."""

    check: str = ""
    summary: str = ""
    refused: bool = False


def note(*, check: str | None = None, summary: str | None = None, refused: bool = False) -> None:
    """Called by the services while they answer."""
    current: Note = request.environ.setdefault(NOTE, Note())
    current.check = current.check if check is None else check
    current.summary = current.summary if summary is None else summary
    current.refused = current.refused or refused


class Gate:
    """WSGI middleware around the whole app; paths that belong to no pretend service pass untouched."""

    def __init__(
        self, app: WSGIApplication, faults: Faults, traffic: Traffic, clock: Callable[[], float]
    ) -> None:
        self._app = app
        self._faults = faults
        self._traffic = traffic
        self._clock = clock

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        service = service_of(environ["PATH_INFO"])
        if service is None:
            return self._app(environ, start_response)
        began = time.monotonic()
        environ[NOTE] = Note()
        body = _read_body(environ)
        operation = operation_of(service, environ, body)
        fault = self._faults.pick(service, operation)
        answer = self._answer(environ, service, fault)
        self._record(environ, operation, fault, answer, began)
        if answer is None:
            raise _dropped(environ)
        return answer(environ, start_response)

    def _answer(self, environ: WSGIEnvironment, service: str, fault: Fault | None) -> Response | None:
        """None means: close the connection without a word."""
        kind = fault.kind if fault else None
        if fault and kind is Kind.HANG:
            self._faults.hold(fault.seconds)
        if kind in (Kind.REFUSE, Kind.HANG):
            return None
        if fault and kind in (Kind.STATUS, Kind.RATE_LIMIT, Kind.ERROR):
            return refusal(service, fault)
        answer = _Passed.from_app(self._app, environ, buffered=True)
        if fault and kind is Kind.LATE:
            self._faults.hold(fault.seconds)
        return None if kind is Kind.LOSE_ANSWER else answer

    def _record(
        self,
        environ: WSGIEnvironment,
        operation: str,
        fault: Fault | None,
        answer: Response | None,
        began: float,
    ) -> None:
        remark: Note = environ[NOTE]
        outcome = "ok"
        if fault is not None and fault.kind is not Kind.LATE:
            outcome = "fault"
        elif remark.refused or (answer is not None and answer.status_code >= 400):
            outcome = "refused"
        self._traffic.record(
            at=self._clock(),
            direction="in",
            service=service_of(environ["PATH_INFO"]),
            method=environ["REQUEST_METHOD"],
            path=environ["PATH_INFO"],
            operation=operation,
            status=answer.status_code if answer else None,
            outcome=outcome,
            milliseconds=round((time.monotonic() - began) * 1000, 1),
            check=remark.check,
            fault=fault.kind.value if fault else None,
            summary=remark.summary,
        )


def service_of(path: str) -> str | None:
    if path.startswith(("/slack/api/", "/slack/hooks/")):
        return "slack"
    if path.startswith("/alertmanager/"):
        return "alertmanager_api"
    if path == "/pagerduty/v2/enqueue":
        return "pagerduty_events"
    return "pagerduty_rest" if path.startswith("/pagerduty/") else None


def operation_of(service: str, environ: WSGIEnvironment, body: bytes) -> str:
    """The name a rule's `method` is held against: `chat.postMessage`, `PUT /incidents/{id}`, `DELETE /silence/{id}`."""
    path: str = environ["PATH_INFO"]
    if service == "slack":
        return path.removeprefix("/slack/api/") if path.startswith("/slack/api/") else "response_url"
    if service == "pagerduty_rest":
        return _rest_operation(environ["REQUEST_METHOD"], path)
    if service == "alertmanager_api":
        return f"{environ['REQUEST_METHOD']} {SILENCE.sub('/silence/{id}', API.sub('', path))}"
    with suppress(orjson.JSONDecodeError):
        event = orjson.loads(body)
        if isinstance(event, dict) and event.get("event_action") in ("trigger", "acknowledge", "resolve"):
            return str(event["event_action"])
    return "enqueue"


def _rest_operation(method: str, path: str) -> str:
    return f"{method} " + ONE_THING.sub(
        lambda match: f"{match.group(1)}/{{id}}", path.removeprefix("/pagerduty")
    )


def refusal(service: str, fault: Fault) -> Response:
    """What the service says when it does nothing: a status, a 429, or an error of its own kind."""
    if fault.kind is Kind.ERROR:
        if service == "slack":
            return _json({"ok": False, "error": fault.error}, 200)
        if service == "alertmanager_api":
            return _json(fault.error, 400)
        return _json({"error": {"message": fault.error, "code": 2000, "errors": []}}, 400)
    if fault.kind is Kind.STATUS:
        return Response(
            "" if fault.empty_body else "<html><body>upstream error</body></html>\n",
            fault.status,
            content_type="text/html",
        )
    answer = Response("", 429) if fault.empty_body else _json(TOO_MANY[service], 429)
    if fault.retry_after is not None:
        answer.headers["Retry-After"] = str(fault.retry_after)
    return answer


def _json(body: Any, status: int) -> Response:
    return Response(orjson.dumps(body), status, content_type="application/json")


def _read_body(environ: WSGIEnvironment) -> bytes:
    """Read whole before anything else: closing on unread bytes is a reset, and the caller sees another error."""
    declared = environ.get("CONTENT_LENGTH") or "0"
    length = min(int(declared), MOST_BODY) if declared.isdigit() else 0
    body: bytes = (
        environ["wsgi.input"].read()
        if environ.get("wsgi.input_terminated")
        else environ["wsgi.input"].read(length)
    )
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    return body


def _dropped(environ: WSGIEnvironment) -> ConnectionAbortedError:
    """Close the connection under the server; werkzeug takes this error for a caller that went away."""
    with suppress(OSError):
        environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    return ConnectionAbortedError("dropped by a fault")
