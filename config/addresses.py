"""URLs and secrets: values that leave the process, checked for what would fail, or leak, only later."""

from __future__ import annotations

import re
from typing import Unpack
from urllib.parse import SplitResult, unquote, urlsplit

from config.entry import Common, Scalar, wrong
from config.secret import Secret

BROKERS = ("redis", "rediss", "amqp")


class Url(Scalar[str]):
    """An http(s) address; `slash` says whether exactly one or no slash ends it."""

    kind = "URL"

    def __init__(self, text: str, *, slash: bool = False, **common: Unpack[Common]) -> None:
        self.slash = slash
        super().__init__(text, **common)

    def read(self, text: str) -> str:
        parts = split(text)
        if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
            raise wrong("is not an http or https address with a host", "write it as https://host/path")
        if parts.username is not None or parts.password is not None:
            raise wrong(
                "has a user name or password in it, which would show in logs",
                "write the address without them",
            )
        if parts.query or parts.fragment:
            raise wrong("has a ? or # part", "write only scheme, host, port and path")
        return parts.geturl().rstrip("/") + ("/" if self.slash else "")


class SecretText(Scalar[Secret]):
    """`header` secrets travel in HTTP headers: visible ASCII only. Only a `password` may end in a blank."""

    kind = "secret"
    secret = True

    def __init__(
        self, text: str, *, header: bool = False, password: bool = False, **common: Unpack[Common]
    ) -> None:
        self.header, self.password = header, password
        super().__init__(text, **common)

    def read(self, text: str) -> Secret:
        if self.header and not re.fullmatch(r"[\x21-\x7e]+", text):
            raise wrong(
                "has blanks, line ends or characters outside ASCII, which an HTTP header cannot carry",
                "copy it again, without anything before or after it",
            )
        if not self.password and text != text.strip():
            raise wrong(
                "begins or ends with a blank or a line end",
                "copy it again, or put it in a file and name that",
            )
        self.check(text)
        return Secret(text)

    def check(self, text: str) -> None:
        """What else must hold for this kind of secret."""


class BotToken(SecretText):
    def check(self, text: str) -> None:
        if text.startswith("xoxb-"):
            return
        kinds = {"xoxp-": "a user token", "xapp-": "an app-level token", "xoxe": "a refresh token"}
        found = next((kind for start, kind in kinds.items() if text.startswith(start)), "something else")
        raise wrong(
            f"is {found}, not a bot token",
            "copy the Bot User OAuth Token (xoxb-…) from OAuth & Permissions in the Slack app's settings",
        )


class RoutingKey(SecretText):
    def check(self, text: str) -> None:
        if len(text) != 32:
            raise wrong(
                f"has {len(text)} characters where 32 belong",
                "copy the Integration Key of an Events API v2 integration from the PagerDuty service",
            )


class BrokerUrl(SecretText):
    kind = "URL"

    def check(self, text: str) -> None:
        parts = split(text)
        if parts is None or parts.scheme not in BROKERS or "://" not in text:
            raise wrong(
                "is not a broker we can use",
                f"write an address that begins with {'://, '.join(BROKERS)}://, or leave the key out",
            )
        if not parts.hostname:
            raise wrong("has no host", f"write it as {parts.scheme}://host:port/…")


def split(url: str) -> SplitResult | None:
    """The parts of a URL, or None where there is no such thing."""
    if not re.fullmatch(r"[^\s\x00-\x1f\x7f]+", url):
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def passwords(url: str) -> tuple[str, ...]:
    """The URL and the password in it, as written and decoded; nothing when it holds none."""
    parts = split(url)
    if parts is None or not parts.password:
        return ()
    return (url, parts.password, unquote(parts.password))
