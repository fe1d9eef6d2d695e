"""Whether a request is Slack's or PagerDuty's: signatures over the raw body, compared as bytes in constant time.

The SDKs' own verifiers raise on hostile headers or decode the body. Here whatever comes in leads to Refused and to no
other exception, and the body of a request whose headers can't be right is not even read.
"""

import hashlib
import hmac
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from werkzeug.datastructures import Headers

SLACK_SIGNATURE = "X-Slack-Signature"
SLACK_TIMESTAMP = "X-Slack-Request-Timestamp"
PAGERDUTY_SIGNATURE = "X-PagerDuty-Signature"

# Slack, "Verifying requests from Slack": five minutes, into the future as well.
SLACK_WINDOW = 300

# No honest header is longer; hashing and splitting stop here.
_LONGEST_HEADER = 8192
_MOST_SIGNATURES = 16
_STAMP = re.compile(rb"[0-9]{1,12}")

ReadBody = Callable[[], bytes]


class Refused(Exception):
    """The request does not show that it may come in. The text names what is wrong and repeats nothing of it."""


@dataclass(frozen=True, slots=True)
class SlackSignatures:
    """The signing secrets of the Slack app, any of which is good: two while it is being changed."""

    secrets: tuple[str, ...]
    now: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        _require(self.secrets)

    def verified(self, headers: Headers, read: ReadBody) -> bytes:
        """The body, if Slack signed it. Raises Refused."""
        stamp, signature = raw(headers, SLACK_TIMESTAMP), raw(headers, SLACK_SIGNATURE)
        if not stamp or not signature:
            raise Refused("The signature is missing.")
        if not _STAMP.fullmatch(stamp) or abs(self.now() - int(stamp)) > SLACK_WINDOW:
            raise Refused("The timestamp is not of these five minutes.")
        body = read()
        version, _, given = signature.partition(b"=")
        if version != b"v0" or not is_signed(self.secrets, b"v0:%b:" % stamp, body, [given]):
            raise Refused("The signature is wrong.")
        return body


@dataclass(frozen=True, slots=True)
class PagerDutySignatures:
    """The secrets of the webhook subscription. There is no timestamp: what is sent again is known by its event id."""

    secrets: tuple[str, ...]

    def __post_init__(self) -> None:
        _require(self.secrets)

    def verified(self, headers: Headers, read: ReadBody) -> bytes:
        """The body, if PagerDuty signed it. Raises Refused."""
        given = v1(raw(headers, PAGERDUTY_SIGNATURE))
        if not given:
            raise Refused("The signature is missing.")
        body = read()
        if not is_signed(self.secrets, b"", body, given):
            raise Refused("The signature is wrong.")
        return body


def v1(header: bytes) -> list[bytes]:
    """The signatures of a list such as `v1=<hex>, v1=<hex>`; parts of another version are none."""
    parts = (part.strip() for part in header.split(b",", _MOST_SIGNATURES)[:_MOST_SIGNATURES])
    return [part[3:].lower() for part in parts if part.startswith(b"v1=")]


def is_signed(secrets: Iterable[str], before: bytes, body: bytes, given: Sequence[bytes]) -> bool:
    """Whether one of the signatures is HMAC-SHA256, in hex, of `before` and the body under one of the secrets.

    All are compared, whatever the outcome of those before.
    """
    found = False
    for secret in secrets:
        code = hmac.new(secret.encode(), before, hashlib.sha256)
        code.update(body)
        expected = code.hexdigest().encode()
        for signature in given:
            found |= hmac.compare_digest(expected, signature)
    return found


def raw(headers: Headers, name: str) -> bytes:
    """The header's bytes as they came (WSGI hands them over as Latin-1); nothing of one that is too long."""
    value = headers.get(name, "")
    return b"" if len(value) > _LONGEST_HEADER else value.encode("latin-1", "replace")


def _require(secrets: tuple[str, ...]) -> None:
    if not secrets or not all(secrets):
        raise ValueError("an empty secret would let everybody in")
