"""The bridge as its own commands see it: over its HTTP API, with a token, like everybody else.

The token goes to the address that was named and to no other: redirects are not followed.
"""

import http.client
import json
import os
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from cli import listen
from cli.places import NotHere
from cli.printable import printable
from config import find, load
from config.settings import Settings

TOKEN = "ALERT_BRIDGE_TOKEN"  # noqa: S105 (the variable's name)
_PATIENCE = 30.0
_PREFIX = "/api/v1"


@dataclass(frozen=True, slots=True)
class Client:
    """`url` without a slash at its end."""

    url: str
    token: str = field(repr=False)

    def get(self, path: str, query: Sequence[tuple[str, str]] = ()) -> Any:
        """What is answered with 200. Raises NotHere."""
        return self._ask("GET", path + (f"?{urlencode(query)}" if query else ""))[1]

    def change(self, method: str, path: str, body: Mapping[str, Any] | None, key: str) -> tuple[int, Any]:
        """The status, 200 or 202, and what is answered. Raises NotHere."""
        sent = None if body is None else json.dumps(body).encode()
        return self._ask(method, path, sent, {"Idempotency-Key": key})

    def _ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any]:
        parts = urlsplit(self.url)
        told = {"Authorization": f"Bearer {self.token}", "Accept": "application/json", **(headers or {})}
        if body is not None:
            told["Content-Type"] = "application/json"
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=_PATIENCE)
        try:
            connection.request(method, f"{parts.path}{_PREFIX}{path}", body, told)
            answer = connection.getresponse()
            return answer.status, self._read(answer.status, answer.read())
        except (OSError, http.client.HTTPException) as error:
            why = error.reason if isinstance(error, ssl.SSLError) else getattr(error, "strerror", None)
            raise NotHere(
                f"{self.url} does not answer: {why or type(error).__name__}. Is the bridge running there?"
            ) from None
        finally:
            connection.close()

    def _read(self, status: int, raw: bytes) -> Any:
        try:
            told = json.loads(raw)
        except ValueError:
            told = None
        if not isinstance(told, dict):
            raise NotHere(f"{self.url} answers {status} and not as a bridge does: is that the right address?")
        if status in (200, 202):
            return told
        message = printable(str(told.get("message", "")), 500) or f"it answers {status}"
        if status == 401:
            message += " Name one of api.tokens with --token-file or ALERT_BRIDGE_TOKEN."
        raise NotHere(message)


def connect(config: Path | None, url: str | None, token_file: Path | None) -> Client:
    """The configuration is read only where it is needed for the address or the token. Raises NotHere."""
    token = _named_token(token_file)
    if url and token:
        return Client(_address(url), token)
    path = find(config, os.environ)
    if config is None and "CONFIG_PATH" not in os.environ and not path.exists():
        missing = [] if url else ["the bridge's address with --url"]
        missing += [] if token else [f"a token with --token-file or {TOKEN}"]
        raise NotHere(f"there is no configuration here: name {' and '.join(missing)}")
    settings = load(path, os.environ)
    return Client(_address(url) if url else _nearby(settings), token or _configured_token(settings))


def _address(url: str) -> str:
    parts = urlsplit(url)
    try:
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good or parts.query or parts.fragment or parts.username or not url.isascii():
        raise NotHere("--url is not an address like http://127.0.0.1:8080")
    return url.rstrip("/")


def _nearby(settings: Settings) -> str:
    if settings.server.port == 0:
        raise NotHere("server.port is 0, which is any port: name the bridge's address with --url")
    return listen.resolve(settings.server).url


def _named_token(token_file: Path | None) -> str | None:
    if token_file is None:
        return _checked(os.environ.get(TOKEN, "").strip(), TOKEN) or None
    try:
        token = token_file.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "not text"
        raise NotHere(f"{token_file} cannot be read: {why}") from None
    if not token:
        raise NotHere(f"{token_file} is empty")
    return _checked(token, str(token_file))


def _configured_token(settings: Settings) -> str:
    if not settings.api.tokens:
        raise NotHere(
            "there is no token: set api.tokens, which opens the API, or name one with --token-file "
            f"or {TOKEN}"
        )
    return settings.api.tokens[0].token.reveal()


def _checked(token: str, place: str) -> str:
    if not all("\x21" <= char <= "\x7e" for char in token):
        raise NotHere(f"{place} holds no token: blanks or characters outside ASCII")
    return token
