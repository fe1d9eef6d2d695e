"""Saying one-shot words in Slack: once each, also when the answer to the first attempt was lost."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from core.domain.alert import Alert, State
from core.domain.errors import Transient
from core.targets import mrkdwn
from core.targets.slack_api import Answer, Api
from core.targets.slack_errors import THREAD_CLOSED, Failure, Fault
from core.targets.slack_message import Message
from core.targets.slack_notices import NOTICE_EVENT, deed, fired_again, over, reminder
from core.targets.slack_post import PostOnce, Send
from core.targets.slack_remote import Handle, handle_of
from core.targets.slack_search import Find, Name, Search
from core.targets.slack_silence import all_over, ends, is_over
from core.targets.target import Notice, Remote, Word

WHISPER = "whisper"
_MESSAGE_SOON = 5.0
_IN_THREAD: Mapping[Word, Callable[[Notice, Alert], Message]] = {
    Word.FIRED_AGAIN: fired_again,
    Word.DEED: deed,
    Word.OVER: over,
    Word.SILENCE_OVER: is_over,
}
_DIGESTS: Mapping[Word, Callable[[Notice, Callable[[Remote], str], datetime], Message | None]] = {
    Word.REMINDER: reminder,
    Word.SILENCE_OVER: all_over,
}
_RINGS = frozenset({Word.FIRED_AGAIN, Word.SILENCE_OVER})


class Speaker:
    """The notices of one channel. `link` gives the address of a message of which a remote is known; `durations` are
    those by which a silence may go on.
    """

    def __init__(
        self,
        api: Api,
        channel: str,
        once: PostOnce,
        search: Search,
        *,
        link: Callable[[Remote], str],
        durations: Sequence[timedelta],
    ) -> None:
        self._api = api
        self._channel = channel
        self._once = once
        self._search = search
        self._link = link
        self._durations = durations

    def intend(self, notice: Notice, now: datetime) -> Remote:
        if notice.word is Word.WHISPER:
            return {"whispering": True}
        if notice.alert is not None and handle_of(notice.parent) is None:
            return notice.remote
        return notice.remote if _is_over(notice.remote) else self._once.begin(_before(notice), now)

    def say(self, notice: Notice, now: datetime) -> Remote:
        if _is_over(notice.remote):
            return notice.remote
        if notice.word is Word.WHISPER:
            return self._whisper(notice)
        if notice.alert is None:
            return self._in_channel(notice, now)
        parent = handle_of(notice.parent)
        if parent is None and not _will_be_shown(notice, notice.alert):
            return {"skipped": "the alert is not shown"}
        if parent is None:
            detail = "its message is not there yet"
            raise Transient(Fault.NOT_SHOWN_YET, detail, retry_after=_MESSAGE_SOON, remote={})
        return self._in_thread(notice, notice.alert, parent, now)

    def _in_channel(self, notice: Notice, now: datetime) -> Remote:
        if notice.word is Word.SILENCE_ENDS:
            message: Message | None = ends(notice, self._durations)
        else:
            compose = _DIGESTS.get(notice.word)
            message = compose(notice, self._link, now) if compose else None
        if message is None:
            return {"skipped": "there is nothing to be said any more"}

        def send(content: Message) -> Answer:
            return self._api.post(self._channel, content)

        find = self._search.finder(self._channel, _name(notice), now)
        return self._post(notice, message, send, find, now).as_remote("")

    def _whisper(self, notice: Notice) -> Remote:
        """Said at most once: what Slack may have shown already is not worth showing twice."""
        params = notice.params
        if notice.remote:
            return {"skipped": "it may have been said already"}
        try:
            self._api.ephemeral(params["channel"], params["user"], mrkdwn.inline(params["text"], 1000))
        except Failure as failure:
            if failure.fault in (Fault.RATE_LIMITED, Fault.UNREACHABLE, Fault.UNAVAILABLE):
                raise failure.verdict(budget=WHISPER, remote={}) from None
            return {"skipped": failure.detail}
        return {"whispered": True, "skipped": "said"}

    def _in_thread(self, notice: Notice, alert: Alert, parent: Handle, now: datetime) -> Remote:
        rings = (notice.word in _RINGS or bool(notice.params.get("rings"))) and not alert.is_silenced

        def send(content: Message) -> Answer:
            # Only what still fires must ring in the channel.
            where = {"thread_ts": parent.ts, "reply_broadcast": rings and alert.state is State.FIRING}
            try:
                return self._api.post(parent.channel, content, **where)
            except Failure as failure:
                if failure.code in THREAD_CLOSED:
                    raise _ThreadClosed(failure.code) from None
                raise

        find = self._search.thread_finder(parent, _name(notice), now)
        if notice.word is Word.SILENCE_ENDS:
            message = ends(notice, self._durations)
        else:
            message = _IN_THREAD[notice.word](notice, alert)
        try:
            return self._post(notice, message, send, find, now).as_remote("")
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


def _will_be_shown(notice: Notice, alert: Alert) -> bool:
    """A line about a message that is still on its way waits for it. Where the alert ended before it was shown, or is
    silenced, there is none to wait for; the message will say how things are when it comes.
    """
    return notice.word is not Word.FIRED_AGAIN and alert.state is not State.RESOLVED and not alert.is_silenced


def _name(notice: Notice) -> Name:
    return (NOTICE_EVENT, notice.key)


def _is_over(remote: Remote) -> bool:
    return handle_of(remote) is not None or "skipped" in remote


def _before(notice: Notice) -> Remote:
    """Whatever is stored of a notice that is not over means that saying it was begun."""
    begun = notice.remote and "posting" not in notice.remote
    return {"posting": {}} if begun else notice.remote
