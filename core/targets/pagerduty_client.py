"""The one place that speaks to PagerDuty: one call, one request, one verdict.

The only file that imports pdpyras, so that its successor can take its place in a day. pdpyras would sleep on a 429
for ever, repeat 5xx by itself and put the end of a key in its messages; here the first answer ends the call, and no
text that leaves this file holds a key or a token.
"""

import math
import re
import threading
import warnings
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from requests import PreparedRequest, Response
from requests.exceptions import Timeout

from core.domain.errors import Blocked, Permanent, Transient, Verdict

with warnings.catch_warnings():
    # It announces its own end at import; frozen on purpose, and no news to those who run the bridge.
    warnings.simplefilter("ignore", UserWarning)
    import pdpyras

EVENTS_URL = "https://events.pagerduty.com"
REST_URL = "https://api.pagerduty.com"
TIMEOUT = (3.0, 10.0)
BUDGET = "event"

_ENQUEUE = "/v2/enqueue"
# Seconds to wait after a 429 that names none: the Events API documents no Retry-After and suggests tries 30 s apart.
_USUAL_WAIT = 30.0
_LONGEST_WAIT = 300.0


class Reason(StrEnum):
    """Everything that a call to PagerDuty can come to grief on: the metric label, a closed list."""

    REQUEST_REFUSED = "request_refused"
    ROUTING_KEY_REFUSED = "routing_key_refused"
    OLD_ROUTING_KEY_REFUSED = "old_routing_key_refused"
    UNAUTHORIZED = "unauthorized"
    NOT_IN_PLAN = "not_in_plan"
    WRONG_ADDRESS = "wrong_address"
    TOO_LARGE = "too_large"
    RATE_LIMITED = "rate_limited"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    SERVER_ERROR = "server_error"
    ODD_ANSWER = "odd_answer"
    NOT_SAID_HERE = "not_said_here"
    NO_INCIDENT_YET = "no_incident_yet"


# HTTP status to verdict, by the vendor's tables (Events API v2 overview, REST API errors). A status that is not here
# goes by its hundreds; 400 of the Events API is looked at more closely, since one status means two things there.
_BY_STATUS: Mapping[int, tuple[type[Verdict], Reason]] = {
    400: (Permanent, Reason.REQUEST_REFUSED),
    401: (Blocked, Reason.UNAUTHORIZED),
    402: (Blocked, Reason.NOT_IN_PLAN),
    403: (Blocked, Reason.UNAUTHORIZED),
    404: (Blocked, Reason.WRONG_ADDRESS),
    408: (Transient, Reason.TIMEOUT),
    413: (Permanent, Reason.TOO_LARGE),
    429: (Transient, Reason.RATE_LIMITED),
}
_BY_HUNDREDS: Mapping[int, tuple[type[Verdict], Reason]] = {
    # Only 202 and 200 are a yes; another 2xx is some proxy's page, and a key must not follow a redirect.
    2: (Transient, Reason.ODD_ANSWER),
    3: (Blocked, Reason.WRONG_ADDRESS),
    4: (Permanent, Reason.REQUEST_REFUSED),
    5: (Transient, Reason.SERVER_ERROR),
}


class _OneRequest(pdpyras.PDSession):
    """What both sessions share. `postprocess` runs inside pdpyras' loop, before it decides to sleep or to repeat;
    a verdict is none of the errors that the loop catches, so raising one there is the way out.
    """

    max_network_attempts = 0
    expected = 200
    budget: str | None = None

    def settle(self, url: str, timeout: tuple[float, float]) -> None:
        self.url = url.rstrip("/")
        # pdpyras only hands it on to requests, which takes the pair: time to connect, time between two reads.
        self.timeout: Any = timeout
        self.retry = {}
        # Any value keeps requests from putting a .netrc password in place of our Authorization header.
        self.auth = _as_it_is

    def postprocess(self, response: Response, suffix: str | None = None) -> None:  # noqa: ARG002 (pdpyras' own)
        if response.status_code != self.expected:
            raise _verdict(response, self.api_key, self.budget)


class _EventsSession(_OneRequest, pdpyras.EventsAPISession):
    expected = 202
    budget = BUDGET


class _RestSession(_OneRequest, pdpyras.APISession):
    pass


class Events:
    """Events API v2. Safe to use from one thread at a time."""

    def __init__(self, url: str = EVENTS_URL, timeout: tuple[float, float] = TIMEOUT) -> None:
        # The vendor's pages give the address with its path, and so do people's configurations.
        self._url = url.rstrip("/").removesuffix(_ENQUEUE)
        self._timeout = timeout
        self._session: Any = None

    def send(self, routing_key: str, event: Mapping[str, Any]) -> None:
        """Returns once PagerDuty has accepted the event, raises a verdict otherwise."""
        if self._session is None:
            self._session = _EventsSession(routing_key)
            self._session.settle(self._url, self._timeout)
        # The session adds its own key to what it posts; an event goes out under the key it was opened with.
        self._session.api_key = routing_key
        try:
            self._session.post(_ENQUEUE, json=dict(event), allow_redirects=False)
        except pdpyras.PDClientError as error:
            raise _unreached(error) from None


class Rest:
    """REST API v2. Safe to use from several threads, of which one calls at a time."""

    def __init__(self, token: str, url: str = REST_URL, timeout: tuple[float, float] = TIMEOUT) -> None:
        if not re.fullmatch(r"[!-~]+", token):
            # Such a token cannot go into a header, and the error that says so would quote it.
            raise ValueError("a PagerDuty API token is made of printable ASCII characters without blanks")
        self._session: Any = _RestSession(token)
        self._session.settle(url, timeout)
        self._one_at_a_time = threading.Lock()

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The JSON object that PagerDuty answers with."""
        return self._call("get", path, params=dict(params or {}))

    def put(self, path: str, body: Mapping[str, Any], as_: str | None) -> dict[str, Any]:
        """Change something as the person with this e-mail address; None where the token is a person's own."""
        return self._call("put", path, json=dict(body), headers=_from(as_))

    def post(self, path: str, body: Mapping[str, Any], as_: str | None) -> dict[str, Any]:
        return self._call("post", path, json=dict(body), headers=_from(as_))

    def _call(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        with self._one_at_a_time:
            try:
                response = self._session.request(method, path, allow_redirects=False, **arguments)
            except pdpyras.PDClientError as error:
                raise _unreached(error) from None
        body = _json(response)
        if not isinstance(body, dict):
            raise Transient(Reason.ODD_ANSWER, "no JSON object in a 200")
        return body


def _from(email: str | None) -> dict[str, str]:
    # What is no address must not get into a header; PagerDuty would refuse it anyway.
    return {"From": email} if email and email.isascii() and email.isprintable() else {}


def _as_it_is(request: PreparedRequest) -> PreparedRequest:
    return request


def _unreached(error: pdpyras.PDClientError) -> Transient:
    """No answer. Whether PagerDuty acted is unknown; the dedup key makes asking again harmless."""
    cause = error.__cause__
    reason = Reason.TIMEOUT if isinstance(cause, Timeout) else Reason.UNREACHABLE
    return Transient(reason, type(cause).__name__)


def _verdict(response: Response, secret: str, budget: str | None) -> Verdict:
    status = response.status_code
    said = _said(response, secret)
    kind, reason = _BY_STATUS.get(status) or _BY_HUNDREDS.get(status // 100, (Transient, Reason.ODD_ANSWER))
    # Length errors name the field ("Length of 'routing_key' is incorrect"), unknown ones say "Invalid routing key".
    if status == 400 and re.search("routing.?key", said, re.IGNORECASE):
        kind, reason = Blocked, Reason.ROUTING_KEY_REFUSED
    detail = f"HTTP {status}: {said}" if said else f"HTTP {status}"
    if status == 429:
        return Transient(reason, detail, retry_after=_wait(response.headers), budget=budget)
    return kind(reason, detail)


def _wait(headers: Mapping[str, str]) -> float:
    for name in ("Retry-After", "ratelimit-reset"):
        try:
            seconds = float(headers[name])
        except (KeyError, ValueError):
            continue
        if math.isfinite(seconds):
            return min(max(seconds, 0.0), _LONGEST_WAIT)
    return _USUAL_WAIT


def _said(response: Response, secret: str) -> str:
    """What PagerDuty says is wrong, in one short line that quotes no key.

    The two APIs word it differently: {"message", "errors"} and {"error": {"message", "errors"}}.
    """
    body = _json(response)
    if not isinstance(body, dict):
        return ""
    inner = body.get("error")
    body = inner if isinstance(inner, dict) else body
    errors = body.get("errors")
    words = [body.get("message"), *(errors if isinstance(errors, list) else [])]
    text = "; ".join(" ".join(word.split()) for word in words if isinstance(word, str))
    # PagerDuty names a key by its last four characters in places, and those are enough to tell keys apart.
    for part in (secret, secret[-4:]):
        text = text.replace(part, "***") if part else text
    # Anything as long as a key might be one (32 characters, REST 20), also another one than ours.
    return re.sub(r"[\w+-]{20,}", "***", text)[:200]


def _json(response: Response) -> Any:
    try:
        return response.json()
    except (ValueError, RecursionError):
        return None
