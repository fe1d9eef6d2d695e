"""Alertmanager's API v2 as plain requests, for the pretend one and for the real one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import requests


class Answer(NamedTuple):
    """What came back; `body` is the text where it is no JSON."""

    status: int
    kind: str | None
    body: Any


class Client:
    """Times of silences are counted from when it was made."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._now = datetime.now(UTC)
        self.session = requests.Session()
        self.session.trust_env = False

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        """Bytes go as they are, anything else as JSON."""
        headers = more.pop("headers", {"Content-Type": "application/json"})
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        answer = self.session.request(
            method, f"{self.url}{path}", data=data, headers=headers, timeout=5, allow_redirects=False, **more
        )
        kind = answer.headers.get("Content-Type")
        return Answer(answer.status_code, kind, answer.json() if kind == "application/json" else answer.text)

    def at(self, seconds: float) -> str:
        return (self._now + timedelta(seconds=seconds)).isoformat()

    def wish(self, *matchers: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
        """A silence of an hour; None takes a field away."""
        wish = {
            "matchers": list(matchers) or [matcher("job", "node")],
            "startsAt": self.at(0),
            "endsAt": self.at(3600),
            "createdBy": "ada",
            "comment": "deploy",
        }
        return {name: value for name, value in {**wish, **changes}.items() if value is not None}

    def post(self, *matchers: Mapping[str, Any], **changes: Any) -> Answer:
        return self.ask("POST", "/api/v2/silences", self.wish(*matchers, **changes))

    def silence(self, *matchers: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
        """Make one, and read it."""
        return self.read(self.post(*matchers, **changes).body["silenceID"])

    def read(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("GET", f"/api/v2/silence/{name}").body
        return found

    def change(self, before: Mapping[str, Any], **changes: Any) -> Answer:
        """The whole silence again, as a caller that changes one has to send it."""
        kept = ("id", "matchers", "startsAt", "endsAt", "createdBy", "comment")
        return self.ask("POST", "/api/v2/silences", {**{name: before[name] for name in kept}, **changes})

    def silences(self, *filters: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask(
            "GET", "/api/v2/silences", params=[("filter", one) for one in filters]
        ).body
        return found


def matcher(name: str, value: str, **kind: bool) -> dict[str, Any]:
    return {"name": name, "value": value, "isRegex": False, "isEqual": True, **kind}
