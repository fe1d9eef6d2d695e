"""Reading a channel or a thread back: the window asked for, newest or oldest first, a page at a time."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sandbox.slack import views
from sandbox.slack.errors import SlackError
from sandbox.slack.world import Message, SlackWorld

MOST_PER_PAGE = 999
DEFAULT_PER_PAGE = 100
TIME = re.compile(r"\d{1,12}(\.\d{1,6})?\Z")


@dataclass(frozen=True)
class Window:
    """Which messages are asked for; without `inclusive` a message exactly at an end is left out."""

    oldest: Decimal
    latest: Decimal | None
    inclusive: bool
    limit: int
    offset: int
    all_metadata: bool

    def holds(self, message: Message) -> bool:
        at = Decimal(message.ts)
        if self.inclusive:
            return self.oldest <= at and (self.latest is None or at <= self.latest)
        return self.oldest < at and (self.latest is None or at < self.latest)


def read_window(arguments: Mapping[str, Any]) -> Window:
    oldest, latest = arguments.get("oldest") or "0", arguments.get("latest") or None
    if not TIME.match(str(oldest)):
        raise SlackError("invalid_ts_oldest")
    if latest is not None and not TIME.match(str(latest)):
        raise SlackError("invalid_ts_latest")
    limit = str(arguments.get("limit") or DEFAULT_PER_PAGE)
    if not limit.isascii() or not limit.isdigit() or not 1 <= int(limit) <= MOST_PER_PAGE:
        raise SlackError("invalid_limit")
    return Window(
        Decimal(str(oldest)),
        Decimal(str(latest)) if latest is not None else None,
        _yes(arguments.get("inclusive")),
        int(limit),
        _read_cursor(arguments.get("cursor")),
        _yes(arguments.get("include_all_metadata")),
    )


def page(
    world: SlackWorld, messages: list[Message], window: Window, always: Message | None = None
) -> dict[str, Any]:
    """One page of `messages`, in their order; `always` (a thread's parent) is in every window."""
    held = [message for message in messages if message is always or window.holds(message)]
    shown = held[window.offset : window.offset + window.limit]
    end = window.offset + len(shown)
    more = end < len(held)
    return {
        "messages": [views.as_answer(world, message, all_metadata=window.all_metadata) for message in shown],
        "has_more": more,
        "pin_count": 0,
        "response_metadata": {"next_cursor": _write_cursor(end) if more else ""},
    }


def _yes(value: Any) -> bool:
    return value in (True, 1, "1", "true", "True")


def _write_cursor(offset: int) -> str:
    return base64.b64encode(f"next_ts:{offset}".encode()).decode()


def _read_cursor(value: Any) -> int:
    if not value:
        return 0
    try:
        return int(base64.b64decode(str(value), validate=True).removeprefix(b"next_ts:"))
    except (binascii.Error, ValueError):
        raise SlackError("invalid_cursor") from None
