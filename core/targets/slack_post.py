"""Posting something once, although Slack has no way to say "if you have it not already".

The rule, for messages and notices alike: the intent is stored before a post. A plain refusal settles it. Any other end
leaves a doubt, and what is in doubt is looked for, twice, before it is posted again; where it can't be looked for it is
posted again and counted, for a doubled alert is better than a lost one.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NoReturn

from core.domain.errors import Transient
from core.targets.slack_api import Answer
from core.targets.slack_errors import Failure, Fault
from core.targets.slack_message import Message
from core.targets.slack_remote import Handle, begin, doubt_of, handle_of, settled
from core.targets.slack_search import Find, Sighting
from core.targets.target import Remote

POST = "post"
NOWHERE = Sighting(None)

Send = Callable[[Message], Answer]
Plain = Callable[[bool], Message]
"""The message reduced to the least, with or without metadata."""


class PostOnce:
    """`look_after`: seconds after an attempt when its post is looked for, first and last time."""

    def __init__(self, look_after: tuple[float, float], on_unverified_repost: Callable[[], None]) -> None:
        self._early, self._late = look_after
        self._on_unverified_repost = on_unverified_repost

    def begin(self, remote: Remote, now: datetime) -> Remote:
        """`remote` with the intent of what may be posted at `now`."""
        return begin(remote, now, self._late)

    def seek(self, before: Remote, find: Find, now: datetime) -> Sighting:
        """Where an earlier attempt's post is. Raises Transient while it is too early to say that it is nowhere."""
        doubt = doubt_of(before)
        if doubt is None:
            return NOWHERE
        early, late = (doubt.tried + timedelta(seconds=after) for after in (self._early, self._late))
        if now < early:
            _wait(early - now, before)
        try:
            sighting = find(doubt, late if now >= late else early)
        except Failure as failure:
            raise failure.verdict(remote=before) from None
        if sighting.ts is None and now < late:
            _wait(late - now, before)
        return sighting

    def post(
        self,
        send: Send,
        message: Message,
        plain: Plain,
        *,
        before: Remote,
        intent: Remote,
        sighting: Sighting,
    ) -> Handle:
        """Post, under the `intent` that is stored. `sighting` is what `seek` said of the attempt before."""
        if doubt_of(before) and doubt_of(intent) == doubt_of(before):
            # Stored is only the intent of an attempt that was already looked for: first store one for this.
            _wait(timedelta(), before)
        if not sighting.certain:
            self._on_unverified_repost()
        try:
            answer = sent(send, message, plain)
        except Failure as failure:
            if failure.in_doubt:
                raise self._in_doubt(failure, intent) from None
            # What could not be looked for stays in doubt, whatever became of this attempt.
            known = settled(intent) if sighting.certain else before
            raise failure.verdict(budget=POST, remote=known) from None
        handle = handle_of(answer)
        if handle is None:
            raise self._in_doubt(Failure(Fault.UNCLEAR, "not_an_answer_of_slack"), intent)
        return handle

    def _in_doubt(self, failure: Failure, intent: Remote) -> Transient:
        return Transient(failure.fault, failure.detail, retry_after=self._early, remote=intent)


def sent(send: Send, message: Message, plain: Plain) -> Answer:
    """Send; where Slack takes exception to the payload, once more with the least that still tells."""
    try:
        return send(message)
    except Failure as failure:
        if failure.fault is not Fault.PAYLOAD:
            raise
        return send(plain("metadata" not in failure.code))


def _wait(span: timedelta, before: Remote) -> NoReturn:
    seconds = max(span.total_seconds(), 0.0)
    raise Transient(Fault.IN_DOUBT, "looking for a lost answer", retry_after=seconds, remote=before)
