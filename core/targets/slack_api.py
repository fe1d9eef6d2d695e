"""The calls to Slack that the target makes, with every way they can end turned into an answer or a `Failure`.

What matters most is whether Slack may have acted: only a connection that never came to be, or a plain refusal, says
that it did not (facts §6, §7). slack_sdk's own retries are off: its default posts twice when an answer is lost. Nor is
a redirect followed: the token would go along to wherever it leads.
"""

import math
import socket
import ssl
from collections.abc import Callable, Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import URLError
from urllib.request import HTTPRedirectHandler, HTTPSHandler, ProxyHandler, Request, build_opener

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web.slack_response import SlackResponse

from core.targets.slack_errors import Failure, Fault, refused
from core.targets.slack_message import Message

_NEVER_CONNECTED = (ConnectionRefusedError, socket.gaierror, ssl.SSLCertVerificationError)
_DEFAULT_WAIT = 10.0
_LONGEST_WAIT = 3600.0
# A page of a channel's history is some hundred kB.
_MOST_BYTES = 32 * 1024 * 1024

Answer = Mapping[str, Any]


class Api:
    """One bot token at one Slack."""

    def __init__(self, token: str, api_url: str, timeout: float) -> None:
        if not token.isascii() or not token.isprintable():
            # http.client would refuse it later, with the token in its message.
            raise ValueError("the Slack bot token holds characters that no token has")
        self._client = _Client(
            token=token, base_url=api_url, timeout=max(1, math.ceil(timeout)), retry_handlers=[]
        )

    def post(self, channel: str, message: Message, **more: Any) -> Answer:
        content = {name: value for name, value in message.arguments().items() if value}
        # Alerts link to graphs and runbooks; a preview of each would bury the alert.
        content |= {"unfurl_links": False, "unfurl_media": False, **more}
        return _call(lambda: self._client.chat_postMessage(channel=channel, **content))

    def update(self, channel: str, ts: str, message: Message) -> Answer:
        return _call(lambda: self._client.chat_update(channel=channel, ts=ts, **message.arguments()))

    def ephemeral(self, channel: str, user: str, text: str) -> Answer:
        return _call(lambda: self._client.chat_postEphemeral(channel=channel, user=user, text=text))

    def user(self, id_: str) -> Answer:
        return _call(lambda: self._client.users_info(user=id_))

    def user_by_email(self, email: str) -> Answer:
        return _call(lambda: self._client.users_lookupByEmail(email=email))

    def history(self, channel: str, **window: Any) -> Answer:
        return _call(
            lambda: self._client.conversations_history(channel=channel, include_all_metadata=True, **window)
        )

    def replies(self, channel: str, ts: str, **window: Any) -> Answer:
        return _call(
            lambda: self._client.conversations_replies(
                channel=channel, ts=ts, include_all_metadata=True, **window
            )
        )

    def open_view(self, trigger_id: str, view: Mapping[str, Any]) -> Answer:
        return _call(lambda: self._client.views_open(trigger_id=trigger_id, view=dict(view)))

    def auth_test(self) -> Answer:
        return _call(self._client.auth_test)


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """None leaves the answer as it is: an error of its status."""


class _Client(WebClient):
    """slack_sdk has no setting for redirects, so that its one call to urllib is made here. `proxy` is what the
    environment says.
    """

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:  # noqa: ARG002 (the SDK's)
        handlers = [_NoRedirects(), HTTPSHandler(context=self.ssl)]
        if self.proxy is not None:
            handlers.append(ProxyHandler({"http": self.proxy, "https": self.proxy}))
        with build_opener(*handlers).open(req, timeout=self.timeout) as answer:
            charset = answer.headers.get_content_charset() or "utf-8"
            body = answer.read(_MOST_BYTES).decode(charset)
            return {"status": answer.status, "headers": answer.headers, "body": body}


def _call(send: Callable[[], SlackResponse]) -> Answer:
    """The answer, or a Failure. Raised from nothing: what lies below may quote the request."""
    try:
        data = send().data
    except SlackApiError as error:
        failure = _from_answer(error.response)
    except (OSError, HTTPException) as error:
        failure = _from_network(error)
    except (UnicodeDecodeError, AttributeError):
        # The SDK's own way of stumbling over a body that is not text, or JSON that is not an object.
        failure = Failure(Fault.UNCLEAR, "not_an_answer_of_slack")
    else:
        if isinstance(data, dict):
            return data
        failure = Failure(Fault.UNCLEAR, "not_an_answer_of_slack")
    raise failure from None


def _from_answer(response: Any) -> Failure:
    status, data = response.status_code, response.data
    code = data.get("error") if isinstance(data, dict) else None
    if status == 429:
        # A proxy in between may say 429 without a word of Slack's.
        return Failure(Fault.RATE_LIMITED, "ratelimited", retry_after=_retry_after(response.headers))
    if status >= 500:
        return Failure(Fault.UNCLEAR, f"http_{status}")
    if 300 <= status < 400:
        return Failure(Fault.CONFIGURATION, "redirected")
    return refused(code, data.get("needed") if isinstance(data, dict) else "")


def _from_network(error: BaseException) -> Failure:
    cause = error.reason if isinstance(error, URLError) else error
    if isinstance(cause, _NEVER_CONNECTED):
        return Failure(Fault.UNREACHABLE, type(cause).__name__)
    name = type(cause).__name__ if isinstance(cause, BaseException) else type(error).__name__
    return Failure(Fault.UNCLEAR, name)


def _retry_after(headers: Mapping[str, Any]) -> float:
    named = next((value for name, value in headers.items() if name.lower() == "retry-after"), None)
    try:
        seconds = float(named if isinstance(named, str) else "")
    except ValueError:
        return _DEFAULT_WAIT
    return min(max(seconds, 0.0), _LONGEST_WAIT) if math.isfinite(seconds) else _DEFAULT_WAIT
