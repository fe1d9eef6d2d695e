"""Finding a post whose answer was lost: by the metadata that every post of ours carries.

Slack has no idempotency key (facts §3.1), so what is in doubt is looked for in the channel before it is posted again.
One reading of the channel answers for every post that was in doubt before it: after an outage that is the difference
between one call and hundreds against a budget of fifty a minute.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from core.targets.slack_api import Answer, Api
from core.targets.slack_errors import UNREADABLE, Failure
from core.targets.slack_message import ALERT_EVENT
from core.targets.slack_notices import NOTICE_EVENT
from core.targets.slack_remote import Doubt, Handle

_PAGE = 200  # Slack's recommendation
_MOST_PAGES = 10
_CLOCKS_DIFFER = timedelta(minutes=5)
# A reading soon after another covers what that one did, so that rows with earlier doubts find it useful too.
_WIDEN_WITHIN = timedelta(minutes=10)
# Which part of its metadata a post is known by.
_KEYS = {ALERT_EVENT: "alert_id", NOTICE_EVENT: "key"}

Name = tuple[str, str]
"""The event type of a post's metadata, and the alert id or notice key in it."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where the post is. Without `ts`: it is not there, or, where not `certain`, it could not be looked for."""

    ts: str | None
    certain: bool = True


Find = Callable[[Doubt, datetime], Sighting]
"""Looks for the post of a doubt. A reading from before the given moment may be too old to show it."""
_CANT_TELL = Sighting(None, certain=False)


@dataclass(frozen=True, slots=True)
class _Reading:
    taken_at: datetime
    oldest: datetime
    complete: bool
    posts: dict[Name, list[str]]

    def sighting(self, name: Name, gone: object) -> Sighting:
        known = [ts for ts in self.posts.get(name, ()) if ts != gone]
        return Sighting(max(known), certain=True) if known else Sighting(None, certain=self.complete)


class Search:
    """Looks through one channel and its threads. `can_read` is what the last reading found out; None before it."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._last: _Reading | None = None
        self.can_read: bool | None = None

    def finder(self, channel: str, name: Name, now: datetime, *, gone: object = None) -> Find:
        """Looks in the channel for a post that is not `gone`."""

        def find(doubt: Doubt, not_before: datetime) -> Sighting:
            oldest = _oldest(doubt)
            last = self._last
            if last is None or last.taken_at < not_before or last.oldest > oldest:
                if last and now - last.taken_at < _WIDEN_WITHIN:
                    oldest = min(oldest, last.oldest)
                last = self._read(partial(self._api.history, channel), oldest, now)
                self._last = last
            return last.sighting(name, gone) if last else _CANT_TELL

        return find

    def thread_finder(self, parent: Handle, name: Name, now: datetime) -> Find:
        def find(doubt: Doubt, _: datetime) -> Sighting:
            reading = self._read(partial(self._api.replies, parent.channel, parent.ts), _oldest(doubt), now)
            return reading.sighting(name, None) if reading else _CANT_TELL

        return find

    def _read(self, ask: Callable[..., Answer], oldest: datetime, now: datetime) -> _Reading | None:
        """All posts of ours since `oldest`; None where this app may not read."""
        posts: dict[Name, list[str]] = {}
        cursor = ""
        window: dict[str, Any] = {"oldest": f"{oldest.timestamp():.6f}", "limit": _PAGE}
        for _ in range(_MOST_PAGES):
            try:
                answer = ask(**window, **({"cursor": cursor} if cursor else {}))
            except Failure as failure:
                if failure.code not in UNREADABLE:
                    raise
                self.can_read = False
                return None
            self.can_read = True
            for name, ts in _ours(answer):
                posts.setdefault(name, []).append(ts)
            cursor = _next_cursor(answer)
            if not cursor:
                break
        return _Reading(now, oldest, not cursor, posts)


def _oldest(doubt: Doubt) -> datetime:
    return doubt.since - _CLOCKS_DIFFER


def _ours(answer: Answer) -> Iterator[tuple[Name, str]]:
    for message in answer.get("messages") or ():
        metadata = message.get("metadata") or {}
        event, payload = str(metadata.get("event_type")), metadata.get("event_payload") or {}
        key, ts = payload.get(_KEYS.get(event, "")), message.get("ts")
        if isinstance(key, str) and isinstance(ts, str):
            yield (event, key), ts


def _next_cursor(answer: Answer) -> str:
    cursor = (answer.get("response_metadata") or {}).get("next_cursor")
    return cursor if isinstance(cursor, str) and answer.get("has_more", True) else ""
