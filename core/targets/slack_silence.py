"""Words about silences in Slack: that one has ended and it still burns, and the question before it does."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from core.domain import words
from core.domain.alert import Alert, State
from core.targets import mrkdwn
from core.targets.slack_buttons import asking
from core.targets.slack_message import Message
from core.targets.slack_notices import are_firing, digest, metadata, still_firing
from core.targets.slack_parts import (
    SEVERITY_EMOJI,
    name,
    on_instance,
    section,
    severity_of,
    severity_word,
    summary,
)
from core.targets.target import Notice, Remote


def is_over(notice: Notice, alert: Alert) -> Message:
    """For the thread, and to ring in the channel as long as it fires."""
    still = " and it is still firing" if alert.state is State.FIRING else ""
    what = summary(alert, 300)
    text = (
        f"{SEVERITY_EMOJI[severity_of(alert)]} {_ended(notice.params)}{still}: "
        f"{severity_word(alert)} {name(alert)}{on_instance(alert)}"
    )
    return Message(f"{text} — {what}" if what else text, metadata=metadata(notice))


def all_over(notice: Notice, link: Callable[[Remote], str], now: datetime) -> Message | None:
    """The same of many alerts at once. None when nothing fires any more."""
    still = still_firing(notice)
    if not still:
        return None
    unseen = int(notice.params.get("unseen") or 0)
    come = "comes as a message of its own" if unseen == 1 else "come as messages of their own"
    more = f"; {unseen} more {come}" if unseen else ""
    return digest(notice, f"{_ended(notice.params)} and {are_firing(len(still))}{more}", link, now)


def ends(notice: Notice, durations: Sequence[timedelta]) -> Message:
    """A question to its author, who is called by a mention: this is for them and nobody else."""
    params = notice.params
    author = str(params.get("author") or "")
    who = f"<@{author}>" if author else mrkdwn.inline(str(params.get("by") or ""), 80) or "somebody"
    hidden = words.count(int(params.get("count") or 0), "alert")
    text = f"{who}: this silence ends {_date(params)} and still hides {hidden}. Should it go on?"
    answers = asking(str(params["silence"]), _end(params), durations)
    return Message(text, [section(text), answers], metadata=metadata(notice))


def _ended(params: Mapping[str, Any]) -> str:
    whose = mrkdwn.inline(str(params.get("by") or ""), 80)
    ended_by = mrkdwn.inline(str(params.get("ended_by") or ""), 80)
    silence = f"The silence of {whose}" if whose else "The silence"
    if ended_by and ended_by != whose:
        return f"{silence} was ended by {ended_by} {_date(params)}"
    return f"{silence} ended {_date(params)}"


def _date(params: Mapping[str, Any]) -> str:
    return mrkdwn.date(_end(params))


def _end(params: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(str(params["end_at"]))
