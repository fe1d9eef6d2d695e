"""How the Web API says no: HTTP 200 with ok:false and a code."""

from __future__ import annotations

from typing import Any


class SlackError(Exception):
    """Answered as `{"ok": false, "error": code, …extra}`."""

    def __init__(self, code: str, messages: list[str] | None = None, **extra: Any) -> None:
        super().__init__(code)
        self.code = code
        self.messages = messages or []
        self.extra = extra

    def answer(self) -> dict[str, Any]:
        body: dict[str, Any] = {"ok": False, "error": self.code, **self.extra}
        if self.messages:
            body["errors"] = self.messages
            body["response_metadata"] = {"messages": [f"[ERROR] {message}" for message in self.messages]}
        return body
