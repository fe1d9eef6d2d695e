"""The workspace itself: channels, people and messages, in memory, with a lock around every step.

Knows nothing of HTTP. What a method may do and how it says no is in methods.py.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox import credentials
from sandbox.slack.content import Content
from sandbox.slack.errors import SlackError
from sandbox.slack.hooks import Hooks
from sandbox.slack.modals import Modals
from sandbox.slack.triggers import Triggers

SLACKBOT = "USLACKBOT"  # Slack's own voice, as when a command has failed


@dataclass
class Channel:
    """A public channel; the bot may be a member or not."""

    id: str
    name: str
    bot_is_member: bool = True
    is_archived: bool = False


@dataclass
class Message:
    """One message as it is now; `pings` collects whom any of its versions would have notified."""

    channel: str
    ts: str
    user: str
    text: str
    blocks: list[dict[str, Any]] = field(default_factory=list)
    attachments: list[dict[str, Any]] = field(default_factory=list)
    metadata: dict[str, Any] | None = None
    thread_ts: str | None = None
    broadcast: bool = False
    edited: str | None = None
    versions: int = 1
    deleted: bool = False
    ephemeral_for: str | None = None
    pings: list[str] = field(default_factory=list)
    # By person: what they chose in its menus, and which of their clicks the app did not answer.
    chosen: dict[str, dict[tuple[str, str], dict[str, Any]]] = field(default_factory=dict)
    unanswered: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def is_reply(self) -> bool:
        return self.thread_ts is not None and self.thread_ts != self.ts

    @property
    def is_from_bot(self) -> bool:
        return self.user == credentials.SLACK_BOT_USER_ID

    @property
    def is_ephemeral(self) -> bool:
        return self.ephemeral_for is not None


def _channels() -> dict[str, Channel]:
    return {
        channel.id: channel
        for channel in (
            Channel(credentials.SLACK_CHANNEL, credentials.SLACK_CHANNEL_NAME),
            Channel(credentials.SLACK_CHANNEL_SECOND, "alerts-quiet"),
            Channel(credentials.SLACK_CHANNEL_NOT_MEMBER, "general", bot_is_member=False),
            Channel(credentials.SLACK_CHANNEL_ARCHIVED, "alerts-old", is_archived=True),
        )
    }


class SlackWorld:
    """Everything the workspace holds. Public attributes are for tests to read and to set."""

    def __init__(
        self, clock: Callable[[], float], changed: Callable[[str, str], None] = lambda _kind, _key: None
    ) -> None:
        self._clock = clock
        self._changed = changed
        self.lock = threading.RLock()
        self.team_url = credentials.SLACK_TEAM_URL
        self.reset()

    def reset(self) -> None:
        with self.lock:
            self.channels = _channels()
            self.people = {person.slack_id: person for person in credentials.PEOPLE if person.slack_id}
            self.scopes: frozenset[str] = credentials.SLACK_SCOPES
            self.token_revoked = False
            self._messages: dict[tuple[str, str], Message] = {}
            self._replies: dict[tuple[str, str], list[Message]] = {}
            self._last_tick = 0
            self.triggers = Triggers(self._clock)
            self.hooks = Hooks(self._clock)
            self.modals = Modals(self._clock, self._changed)

    # Reading

    @property
    def messages(self) -> list[Message]:
        """Every message there is, in the order posted, thread replies included, deleted and ephemeral ones not."""
        with self.lock:
            return [m for m in self._messages.values() if not m.deleted and m.ephemeral_for is None]

    @property
    def ephemerals(self) -> list[Message]:
        with self.lock:
            return [m for m in self._messages.values() if m.ephemeral_for is not None and not m.deleted]

    def find(self, channel: str, ts: str) -> Message | None:
        with self.lock:
            message = self._messages.get((channel, ts))
            return message if message and not message.deleted and message.ephemeral_for is None else None

    def in_channel(self, channel: str) -> list[Message]:
        """What one sees in the channel, oldest first: no thread replies, unless sent to the channel too."""
        with self.lock:
            return [m for m in self.messages if m.channel == channel and (not m.is_reply or m.broadcast)]

    def thread(self, channel: str, ts: str) -> list[Message]:
        with self.lock:
            replies = self._replies.get((channel, ts), [])
            return [m for m in replies if not m.deleted and m.ephemeral_for is None]

    def drawn(self, limit: int) -> list[Message]:
        """The newest messages for the page, ephemeral ones among them."""
        with self.lock:
            return [m for m in self._messages.values() if not m.deleted][-limit:]

    def look_up(self, channel: str, ts: str) -> Message | None:
        with self.lock:
            return self._messages.get((channel, ts))

    # Changing

    def post(
        self,
        channel: str,
        content: Content,
        *,
        thread_ts: str | None = None,
        broadcast: bool = False,
        user: str = credentials.SLACK_BOT_USER_ID,
        only_for: str | None = None,
    ) -> Message:
        with self.lock:
            message = Message(
                channel=channel,
                ts=self._next_ts(),
                user=user,
                text=content.text or "",
                blocks=content.blocks or [],
                attachments=content.attachments or [],
                metadata=content.metadata or None,
                thread_ts=thread_ts,
                broadcast=broadcast and thread_ts is not None,
                ephemeral_for=only_for,
                pings=list(content.pings),
            )
            self._messages[(channel, message.ts)] = message
            if message.is_reply:
                self._replies.setdefault((channel, str(thread_ts)), []).append(message)
        self._announce(message)
        return message

    def update(self, message: Message, content: Content) -> None:
        """Slack, chat.update: text without blocks removes the blocks; what is absent else is kept."""
        with self.lock:
            if content.text is not None:
                message.text = content.text
            if content.blocks is not None or content.text is not None:
                message.blocks = content.blocks or []
            if content.attachments is not None:
                message.attachments = content.attachments
            if content.metadata is not None:
                message.metadata = content.metadata or None
            if content.blocks is None:
                message.edited = self._next_ts()
            message.versions += 1
            message.pings += [ping for ping in content.pings if ping not in message.pings]
        self._announce(message)

    def delete(self, channel: str, ts: str) -> None:
        """As the bot does through the API, and as any person does by hand."""
        with self.lock:
            message = self.find(channel, ts)
            if message is None:
                raise SlackError("message_not_found")
            message.deleted = True
        self._announce(message)

    def replace(self, message: Message, content: Content) -> None:
        """All that it shows, not only what is sent: so a response_url does it."""
        whole = Content(
            content.text or "", content.blocks or [], content.attachments or [], None, content.pings
        )
        self.update(message, whole)

    def withdraw(self, message: Message) -> None:
        """Away with it, also when only one person could see it."""
        message.deleted = True
        self._announce(message)

    def choose(self, message: Message, person: str, place: tuple[str, str], choice: dict[str, Any]) -> None:
        """What a person chose in a menu stays chosen for them."""
        with self.lock:
            message.chosen.setdefault(person, {})[place] = choice

    def mark_unanswered(self, message: Message, person: str, action_id: str, problem: str | None) -> None:
        """Slack's warning triangle beside a button; the person's next click that works takes it away."""
        with self.lock:
            before = message.unanswered.pop(person, None)
            if problem is not None:
                message.unanswered[person] = {"action_id": action_id, "problem": problem}
        if before or problem:
            self._announce(message)

    def now(self) -> float:
        return self._clock()

    def action_time(self) -> str:
        """The `action_ts` of a click: no two clicks share one."""
        with self.lock:
            return self._next_ts()

    def _next_ts(self) -> str:
        """A string, never a number: unique in the workspace and rising."""
        self._last_tick = max(int(self._clock() * 1_000_000), self._last_tick + 1)
        return f"{self._last_tick // 1_000_000}.{self._last_tick % 1_000_000:06d}"

    def _announce(self, message: Message) -> None:
        self._changed("message", f"{message.channel} {message.ts}")
        if message.is_reply:
            self._changed("message", f"{message.channel} {message.thread_ts}")
