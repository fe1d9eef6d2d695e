"""One Slack channel as a target: one message per episode, edited in place until the episode is over.

Converging is: find the message (or learn that there is none), and make it look as the alert is now. Everything about
being sure that there is only one is in `slack_post`; what Slack's errors mean is in `slack_errors`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from core.domain.alert import Alert, State
from core.domain.errors import Transient
from core.domain.event import Deed
from core.domain.incident import Held
from core.domain.pace import Rate
from core.domain.person import Provider
from core.targets.mrkdwn import address
from core.targets.slack_api import Answer, Api
from core.targets.slack_buttons import DURATIONS
from core.targets.slack_errors import UNREADABLE, Failure, Fault
from core.targets.slack_message import ALERT_EVENT, Message, render, render_plain
from core.targets.slack_post import POST, PostOnce, sent
from core.targets.slack_remote import Handle, handle_of, link_of
from core.targets.slack_say import WHISPER, Speaker
from core.targets.slack_search import Search
from core.targets.target import Converged, Glance, Notice, Remote, Word

EDIT = "edit"
# chat.update may come in short bursts (facts §5.1: its budget is per minute); half of one is kept for people.
_EDITS_AT_ONCE, _KEPT_FOR_PEOPLE = 10, 5
_ASK_HOME_AGAIN = timedelta(minutes=1)
_CHANNEL_ID = re.compile(r"[CGD][A-Z0-9]{6,}\Z")


class SlackTarget:
    """`look_after`: seconds after a post of unknown outcome when the channel is searched for it.

    `on_unverified_repost` is called where a post is repeated that could not be searched for. `silence_durations` are
    offered under each message.
    """

    provider = Provider.SLACK
    says = frozenset(
        {
            Word.FIRED_AGAIN,
            Word.REMINDER,
            Word.DEED,
            Word.OVER,
            Word.WHISPER,
            Word.SILENCE_OVER,
            Word.SILENCE_ENDS,
        }
    )

    def __init__(
        self,
        channel: str,
        token: str,
        api_url: str,
        *,
        posts_per_second: float = 1.0,
        updates_per_minute: float = 50.0,
        timeout: float = 10.0,
        look_after: tuple[float, float] = (5.0, 30.0),
        on_unverified_repost: Callable[[], None] = lambda: None,
        silence_durations: Sequence[timedelta] = DURATIONS,
    ) -> None:
        self.name = f"slack:{channel}"
        self.rates: Mapping[str, Rate] = {
            POST: Rate(posts_per_second),
            EDIT: Rate(updates_per_minute / 60.0, burst=_EDITS_AT_ONCE, reserve=_KEPT_FOR_PEOPLE),
            # chat.postEphemeral is in a tier of its own (facts §5.1: 100 a minute).
            WHISPER: Rate(100 / 60.0, burst=_EDITS_AT_ONCE),
        }
        self._channel = channel
        self._durations = tuple(silence_durations)
        self._api = Api(token, api_url, timeout)
        self._once = PostOnce(look_after, on_unverified_repost)
        self._search = Search(self._api)
        self._speaker = Speaker(
            self._api,
            channel,
            self._once,
            self._search,
            link=lambda it: self.glance(it).link,
            durations=self._durations,
        )
        self._home = ""
        self._asked_home: datetime | None = None

    @property
    def can_read_history(self) -> bool | None:
        """Whether a lost answer can be looked up; None as long as nobody tried."""
        return self._search.can_read

    @property
    def trouble(self) -> str | None:
        if self._search.can_read is False:
            return "cannot read the channel's history: where an answer is lost, a message may come twice"
        return None

    def concerns(self, alert: Alert) -> bool:  # noqa: ARG002 (one channel shows everything)
        return True

    def budget(self, remote_id: str | None) -> str:
        return EDIT if remote_id else POST

    def budget_to_say(self, word: Word) -> str:
        return WHISPER if word is Word.WHISPER else POST

    def intend(
        self,
        alert: Alert,
        remote: Remote,
        now: datetime,
        held: Held | None = None,  # noqa: ARG002 (PagerDuty's business)
    ) -> Remote:
        if handle_of(remote) or _is_quiet(alert):
            return remote
        return self._once.begin(remote, now)

    def converge(
        self, alert: Alert, before: Remote, remote: Remote, others: Sequence[Glance], now: datetime
    ) -> Converged:
        message = render(alert, others, self._durations)
        if shown := handle_of(before):
            return self._update(alert, message, shown, link_of(before))
        if _is_quiet(alert) and "posting" not in before:
            return Converged(before)  # never shown, and over or silenced
        self._ask_home(now)
        find = self._search.finder(self._channel, (ALERT_EVENT, alert.id), now, gone=before.get("gone"))
        sighting = self._once.seek(before, find, now)
        if sighting.ts:
            return self._update(alert, message, Handle(self._channel, sighting.ts), "")
        if _is_quiet(alert):
            return Converged({})
        handle = self._once.post(
            lambda content: self._api.post(self._channel, content),
            message,
            lambda metadata: render_plain(alert, metadata=metadata),
            before=before,
            intent=remote,
            sighting=sighting,
        )
        return self._shown(handle, "")

    def identify(self, remote: Remote) -> str | None:
        handle = handle_of(remote)
        return handle.ts if handle else None

    def intend_to_say(self, notice: Notice, now: datetime) -> Remote:
        """What to store before `say` is called; given back as `notice.remote` where no answer was recorded."""
        return self._speaker.intend(notice, now)

    def say(self, notice: Notice, now: datetime) -> Remote:
        if notice.alert is None:
            self._ask_home(now)  # the lines of a digest link to messages
        return self._speaker.say(notice, now)

    def is_echo(self, remote: Remote, deed: Deed) -> bool:  # noqa: ARG002 (Slack tells of clicks only)
        return False

    def glance(self, remote: Remote, held: Held | None = None) -> Glance:  # noqa: ARG002
        handle = handle_of(remote)
        if handle is None:
            return Glance(self.name, "Slack")
        return Glance(self.name, "Slack", link_of(remote) or handle.permalink(self._home))

    def probe(self) -> None:
        """Is the token good, is the channel there? Being unable to read it is no fault: see `can_read_history`."""
        try:
            self._home = _home_of(self._api.auth_test()) or self._home
            self._api.history(self._channel, limit=1)
            self._search.can_read = True
        except Failure as failure:
            if failure.code not in UNREADABLE:
                raise failure.verdict() from None
            self._search.can_read = False
            # Reading wants the channel's id, posting also takes its name: of a name this says nothing.
            if failure.code == "channel_not_found" and _CHANNEL_ID.match(self._channel):
                raise failure.verdict() from None

    def _update(self, alert: Alert, message: Message, handle: Handle, link: str) -> Converged:
        known = self._shown(handle, link)
        try:
            sent(
                lambda content: self._api.update(handle.channel, handle.ts, content),
                message,
                lambda metadata: render_plain(alert, metadata=metadata),
            )
        except Failure as failure:
            if failure.fault is Fault.MESSAGE_GONE:
                return _forget(alert, handle, failure)
            raise failure.verdict(budget=EDIT, remote=known.remote) from None
        return known

    def _shown(self, handle: Handle, link: str) -> Converged:
        return Converged(handle.as_remote(link or handle.permalink(self._home)), remote_id=handle.ts)

    def _ask_home(self, now: datetime) -> None:
        """Learn the workspace's address, which links to messages begin with. Nothing depends on it."""
        asked_lately = self._asked_home is not None and now - self._asked_home < _ASK_HOME_AGAIN
        if self._home or asked_lately:
            return
        self._asked_home = now
        with suppress(Failure):
            self._home = _home_of(self._api.auth_test())


def _is_quiet(alert: Alert) -> bool:
    """What is over, or silenced, is not newly posted."""
    return alert.state is State.RESOLVED or alert.is_silenced


def _forget(alert: Alert, handle: Handle, failure: Failure) -> Converged:
    """The message can't be edited any more. A new one is posted as long as there is something to do about it.

    Not here and now: the intent to post is stored first, and `gone` keeps a search from finding the old one.
    """
    if _is_quiet(alert):
        return Converged({})
    raise Transient(failure.fault, failure.detail, retry_after=0.0, remote={"gone": handle.ts})


def _home_of(answer: Answer) -> str:
    url = answer.get("url")
    home = address(url) if isinstance(url, str) else ""
    return home if not home or home.endswith("/") else f"{home}/"
