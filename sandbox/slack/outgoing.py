"""Calls from Slack to the app: signed bytes, one answer within three seconds, a line in the log.

Nothing of a request is kept outside its bytes, so the same bytes can be sent again, or altered ones in their place.
"""

from __future__ import annotations

import hashlib
import hmac
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

import orjson

from sandbox import credentials
from sandbox.traffic import Traffic

INTERACTION = "/slack/interaction"
COMMANDS = "/slack/commands"
EVENTS = "/slack/events"
FORM = "application/x-www-form-urlencoded"
USER_AGENT = "Slackbot 1.0 (+https://api.slack.com/robots)"
DEADLINE = 3.0
MOST_READ = 1_000_000


class Request(NamedTuple):
    """What goes over the wire."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """What came back; `problem` is what was wrong with it in Slack's eyes, None when nothing was."""

    status: int | None
    body: str
    milliseconds: float
    problem: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case

    @property
    def outcome(self) -> str:
        if self.problem == "timeout":
            return "timeout"
        if self.status is None:
            return self.problem or "not sent"
        answered = f"answered in {self.milliseconds:.0f} ms"
        return answered if self.status < 300 else f"{answered} with status {self.status}"


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Slack, "Verifying requests from Slack": the secret is plain text, the base holds the raw body."""
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


def signed(path: str, body: bytes, at: float, content_type: str = FORM) -> Request:
    timestamp = str(int(at))
    headers = {
        "User-Agent": USER_AGENT,
        "Accept": "application/json,*/*",
        "Accept-Encoding": "identity",
        "Content-Type": content_type,
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": signature(credentials.SLACK_SIGNING_SECRET, timestamp, body),
    }
    return Request(path, headers, body)


def interaction(payload: Mapping[str, Any], at: float) -> Request:
    return signed(INTERACTION, urlencode({"payload": orjson.dumps(payload).decode()}).encode(), at)


def command(fields: Mapping[str, str], at: float) -> Request:
    return signed(COMMANDS, urlencode(fields).encode(), at)


def event(body: Mapping[str, Any], at: float) -> Request:
    return signed(EVENTS, orjson.dumps(body), at, "application/json")


def read(request: Request) -> dict[str, Any]:
    """What a request says, whoever made its bytes; empty when that can't be told."""
    try:
        if request.path == EVENTS:
            found = orjson.loads(request.body)
        else:
            found = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
            found = orjson.loads(found["payload"]) if "payload" in found else found
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


@contextmanager
def _hung_up(line: socket.socket, after: float) -> Iterator[None]:
    """A socket's own time-out begins anew with every byte; an app that drips its answer must not gain by it."""

    def hang_up() -> None:
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(after, hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


class Wire:
    """Sends requests to the app and writes each into the log. Straight there: no proxy, no redirect, no retry."""

    def __init__(self, traffic: Traffic, clock: Callable[[], float], base: Callable[[], str | None]) -> None:
        self._traffic = traffic
        self._clock = clock
        self._base = base
        self.deadline = DEADLINE

    def send(self, request: Request) -> Reply:
        began = time.monotonic()
        status, body, headers, problem = self._exchange(request)
        milliseconds = round((time.monotonic() - began) * 1000, 1)
        if milliseconds >= self.deadline * 1000:
            status, body, headers, problem = None, b"", {}, "timeout"
        reply = Reply(status, body.decode(errors="replace"), milliseconds, problem, headers)
        self._record(request, reply)
        return reply

    def _exchange(self, request: Request) -> tuple[int | None, bytes, dict[str, str], str | None]:
        base = urlsplit(self._base() or "")
        if not base.hostname:
            return None, b"", {}, "no bridge to tell: the sandbox was started without its address"
        kind = HTTPSConnection if base.scheme == "https" else HTTPConnection
        connection = kind(base.hostname, base.port, timeout=self.deadline)
        try:
            connection.connect()
            with _hung_up(connection.sock, self.deadline):
                connection.request(
                    "POST", base.path.rstrip("/") + request.path, request.body, request.headers
                )
                answer = connection.getresponse()
                body = answer.read(MOST_READ)
        except (OSError, HTTPException) as error:
            return None, b"", {}, f"no answer: {getattr(error, 'strerror', None) or error}"
        finally:
            connection.close()
        problem = None if 200 <= answer.status < 300 else f"status {answer.status}"
        return answer.status, body, {name.lower(): value for name, value in answer.getheaders()}, problem

    def _record(self, request: Request, reply: Reply) -> None:
        said = read(request)
        self._traffic.record(
            at=self._clock(),
            direction="out",
            service="slack",
            method="POST",
            path=request.path,
            operation=str(said.get("type") or said.get("command") or "ssl_check"),
            status=reply.status,
            outcome="ok" if reply.problem is None else "refused" if reply.status else "failed",
            milliseconds=reply.milliseconds,
            check="signature" if "X-Slack-Signature" in request.headers else "no signature",
            fault=None,
            summary=_summary(said, reply),
        )


def _summary(said: dict[str, Any], reply: Reply) -> str:
    """Who did what; and what became of it, where the status does not say."""
    user = said.get("user")
    who = user.get("name") if isinstance(user, dict) else said.get("user_name")
    actions = said.get("actions")
    first = actions[0] if isinstance(actions, list) and actions and isinstance(actions[0], dict) else {}
    what = first.get("action_id") or said.get("text") or said.get("event_id")
    trouble = reply.problem if reply.status is None else None
    return " · ".join(str(part) for part in (who, what, trouble) if part)[:160]
