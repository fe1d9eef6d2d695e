"""Saying one-shot words in Slack: once each, also when the answer to the first attempt was lost."""

from collections.abc import Callable
from datetime import datetime

from core.domain.alert import Alert
from core.targets.slack_api import Answer, Api
from core.targets.slack_errors import THREAD_CLOSED, Failure
from core.targets.slack_message import Message
from core.targets.slack_notices import NOTICE_EVENT, fired_again, reminder
from core.targets.slack_post import PostOnce, Send
from core.targets.slack_remote import Handle, handle_of
from core.targets.slack_search import Find, Name, Search
from core.targets.target import Notice, Remote, Word


class Speaker:
    """The notices of one channel. `link` gives the address of a message of which a remote is known."""

    def __init__(
        self, api: Api, channel: str, once: PostOnce, search: Search, link: Callable[[Remote], str]
    ) -> None:
        self._api = api
        self._channel = channel
        self._once = once
        self._search = search
        self._link = link

    def intend(self, notice: Notice, now: datetime) -> Remote:
        return notice.remote if _is_over(notice.remote) else self._once.begin(_before(notice), now)

    def say(self, notice: Notice, now: datetime) -> Remote:
        if _is_over(notice.remote):
            return notice.remote
        if notice.word is Word.REMINDER:
            return self._remind(notice, now)
        parent = handle_of(notice.parent)
        if notice.alert is None or parent is None:
            return {"skipped": "the alert is not shown"}
        return self._fired_again(notice, notice.alert, parent, now)

    def _remind(self, notice: Notice, now: datetime) -> Remote:
        message = reminder(notice, self._link, now)
        if message is None:
            return {"skipped": "nothing is firing unacknowledged"}

        def send(content: Message) -> Answer:
            return self._api.post(self._channel, content)

        find = self._search.finder(self._channel, _name(notice), now)
        return self._post(notice, message, send, find, now).as_remote("")

    def _fired_again(self, notice: Notice, alert: Alert, parent: Handle, now: datetime) -> Remote:
        def send(content: Message) -> Answer:
            # Only what still fires must ring in the channel.
            where = {"thread_ts": parent.ts, "reply_broadcast": alert.facts.firing}
            try:
                return self._api.post(parent.channel, content, **where)
            except Failure as failure:
                if failure.code in THREAD_CLOSED:
                    raise _ThreadClosed(failure.code) from None
                raise

        find = self._search.thread_finder(parent, _name(notice), now)
        try:
            return self._post(notice, fired_again(notice, alert), send, find, now).as_remote("")
        except _ThreadClosed as closed:
            return {"skipped": str(closed)}

    def _post(self, notice: Notice, message: Message, send: Send, find: Find, now: datetime) -> Handle:
        def plain(metadata: bool) -> Message:
            return Message(message.text, metadata=message.metadata if metadata else {})

        before = _before(notice)
        sighting = self._once.seek(before, find, now)
        if sighting.ts:
            return Handle(self._channel, sighting.ts)
        intent = self._once.begin(before, now)
        return self._once.post(send, message, plain, before=before, intent=intent, sighting=sighting)


class _ThreadClosed(Exception):
    """The thread takes no line, or is gone: there is nobody to tell, and telling is over."""


def _name(notice: Notice) -> Name:
    return (NOTICE_EVENT, notice.key)


def _is_over(remote: Remote) -> bool:
    return handle_of(remote) is not None or "skipped" in remote


def _before(notice: Notice) -> Remote:
    """Whatever is stored of a notice that is not over means that saying it was begun."""
    begun = notice.remote and "posting" not in notice.remote
    return {"posting": {}} if begun else notice.remote
