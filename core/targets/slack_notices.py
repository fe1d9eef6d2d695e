"""Words that ring once in Slack: "fired again" under its message, and the reminder of a whole channel."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from core.domain import words
from core.domain.alert import Alert, State
from core.domain.note import place
from core.domain.person import Provider
from core.domain.severity import rank
from core.targets import mrkdwn
from core.targets.slack_message import Message
from core.targets.slack_parts import (
    SEVERITY_EMOJI,
    Block,
    began,
    elsewhere,
    name,
    on_instance,
    section,
    severity_of,
    severity_word,
    summary,
)
from core.targets.target import Notice, Remote

NOTICE_EVENT = "alert_bridge_notice"
_MOST_LINES = 15
# Facts §5.2: a section has at most 3000 characters, and all of them together must stay well below 13,000.
_SECTION = 2600
_SHORT_NOTE = 300
_PIECE, _MOST_PIECES = 480, 5


def fired_again(notice: Notice, alert: Alert) -> Message:
    """One line for the thread; it is said in the past tense, for it may be read long after."""
    occurrence = notice.params.get("occurrence", alert.facts.occurrence)
    nth = f" ({words.ordinal(occurrence)} time)" if isinstance(occurrence, int) and occurrence > 1 else ""
    who = f"{severity_word(alert)} {name(alert)}{on_instance(alert)}"
    what = summary(alert, 300)
    text = f"{SEVERITY_EMOJI[severity_of(alert)]} {_reopened(notice) or 'Fired again'}{nth}: {who}"
    return Message(f"{text} — {what}" if what else text, metadata=metadata(notice))


def _reopened(notice: Notice) -> str:
    """Somebody said that it was over, and it was not."""
    closed_for = notice.params.get("closed_for")
    if not isinstance(closed_for, int | float):
        return ""
    who = mrkdwn.inline(str(notice.params.get("closed_by") or ""), 80) or "somebody"
    after = words.duration(timedelta(seconds=closed_for))
    return f"Still firing {after} after {who} resolved it by hand, so it is open again"


def over(notice: Notice, alert: Alert) -> Message:
    seconds = notice.params.get("seconds", 0)
    text = f"✅ Resolved after {words.duration(timedelta(seconds=seconds))}"
    return Message(f"{text}: {name(alert)}{on_instance(alert)}", metadata=metadata(notice))


def deed(notice: Notice, alert: Alert) -> Message:
    """Who did what, in the past tense; nobody is mentioned, for who acted knows it."""
    said = str(notice.params.get("text", "")) if notice.params["what"] in _WITH_WORDS else ""
    brief, whole = mrkdwn.prose(said, _SHORT_NOTE), "".join(_pieces(said))
    short = _deed(notice, alert, brief)
    if brief == whole:
        return Message(short, metadata=metadata(notice))
    # `text` is short by nature; a note that does not fit into it stands in blocks, whole.
    first, *rest = _pieces(said)
    blocks = [section(_deed(notice, alert, first)), *map(section, rest)]
    return Message(short, blocks, metadata=metadata(notice))


def _pieces(text: str) -> list[str]:
    """So short that not even a piece of nothing but `&` is too long for a section once it is escaped."""
    pieces = [
        text[start : start + _PIECE] for start in range(0, min(len(text), _MOST_PIECES * _PIECE), _PIECE)
    ]
    return [shown for piece in pieces if (shown := mrkdwn.prose(piece, 6 * _PIECE, lines=_PIECE))]


def _deed(notice: Notice, alert: Alert, words_of_it: str) -> str:
    params = notice.params
    provider = Provider(params["provider"])
    # Who ended a silence Alertmanager does not say, and it has not done so by itself.
    nobody = "Somebody" if provider is Provider.ALERTMANAGER else place(provider)
    who = mrkdwn.inline(str(params["name"]), 80) or nobody
    text = _SAID.get(params["what"], _told)(who, elsewhere(provider), params)
    if words_of_it:
        text = f"{text}: {words_of_it}"
    if params.get("rings"):
        what = f"{severity_word(alert)} {name(alert)}{on_instance(alert)}"
        text = f"{SEVERITY_EMOJI[severity_of(alert)]} {text}: {what}"
    return text


def _acknowledged(who: str, where: str, params: Mapping[str, Any]) -> str:
    return f"{who} acknowledged this{where} after {words.duration(timedelta(seconds=params['after']))}"


def _unacknowledged(who: str, where: str, params: Mapping[str, Any]) -> str:
    if not params.get("by_person"):
        holder = mrkdwn.inline(str(params.get("held_by") or ""), 80)
        whose = f"The acknowledgement of {holder}" if holder else "The acknowledgement"
        return f"{whose} has run out{where}, so it is nobody's again"
    return f"{who} took the acknowledgement back{where}"


def _resolved(who: str, where: str, params: Mapping[str, Any]) -> str:
    return f"{who} resolved this by hand{where} after {words.duration(timedelta(seconds=params['after']))}"


def _reopened_there(who: str, where: str, _: Mapping[str, Any]) -> str:
    return f"{who} opened this again{where}"


def _noted(who: str, where: str, _: Mapping[str, Any]) -> str:
    return f"{who} noted{where}"


def _told(who: str, where: str, params: Mapping[str, Any]) -> str:
    what = mrkdwn.inline(str(params.get("text", "")), 500)
    return f"{who} {what}{where}" if params.get("by_person") else f"{who} {what}"


def _silenced(who: str, where: str, params: Mapping[str, Any]) -> str:
    return f"{who} silenced this{where}{_until(params)}"


def _silence_changed(who: str, where: str, params: Mapping[str, Any]) -> str:
    verb = _CHANGED[params["what"]]
    return f"{who} {verb} the silence{where}{_until(params)}"


def _silence_ended(who: str, where: str, _: Mapping[str, Any]) -> str:
    return f"{who} ended the silence{where}"


def _until(params: Mapping[str, Any]) -> str:
    try:
        return f" until {mrkdwn.date(datetime.fromisoformat(params['until']))}"
    except (KeyError, TypeError, ValueError):
        return ""


_CHANGED = {
    "silence_extended": "extended",
    "silence_shortened": "shortened",
    "silence_reworded": "reworded",
}
_WITH_WORDS = ("acknowledged", "unacknowledged", "resolved", "noted", "silenced", "silence_reworded")
_SAID: Mapping[str, Callable[[str, str, Mapping[str, Any]], str]] = {
    "acknowledged": _acknowledged,
    "unacknowledged": _unacknowledged,
    "resolved": _resolved,
    "reopened": _reopened_there,
    "noted": _noted,
    "silenced": _silenced,
    **dict.fromkeys(_CHANGED, _silence_changed),
    "silence_ended": _silence_ended,
}


def reminder(notice: Notice, link: Callable[[Remote], str], now: datetime) -> Message | None:
    """The digest: what still fires unacknowledged, most severe first, then longest. None when nothing does."""
    still = still_firing(notice)
    if not still:
        return None
    one = len(still) == 1
    return digest(
        notice, f"{are_firing(len(still))} and nobody has acknowledged {'it' if one else 'them'}", link, now
    )


def still_firing(notice: Notice) -> list[tuple[Alert, Remote]]:
    """Of those that a digest is about, what fires unacknowledged and not silenced; most severe first, then longest."""
    still = [
        (alert, remote)
        for alert, remote in notice.about
        if alert.state is State.FIRING and not alert.is_silenced
    ]
    return sorted(still, key=lambda pair: (rank(pair[0].content.severity), began(pair[0]), pair[0].id))


def are_firing(number: int) -> str:
    return f"{words.count(number, 'alert')} {'is' if number == 1 else 'are'} still firing"


def digest(notice: Notice, head: str, link: Callable[[Remote], str], now: datetime) -> Message:
    """`head`, and a line for each of those that still fire. There is at least one."""
    still = still_firing(notice)
    lines = [_line(alert, link(remote), now) for alert, remote in still[:_MOST_LINES]]
    if len(still) > _MOST_LINES:
        lines.append(f"and {len(still) - _MOST_LINES} more")
    first = still[0][0]
    text = f"{head}: {severity_word(first)} {name(first, 60)}{on_instance(first, 40)}"
    return Message(text, _sections([f"{head}:", *lines]), metadata=metadata(notice))


def metadata(notice: Notice) -> dict[str, Any]:
    return {"event_type": NOTICE_EVENT, "event_payload": {"key": notice.key, "word": str(notice.word)}}


def _line(alert: Alert, link: str, now: datetime) -> str:
    linked = mrkdwn.link(link, name(alert, 80), 250)
    since = words.duration(now - began(alert))
    return f"{SEVERITY_EMOJI[severity_of(alert)]} {severity_word(alert)} {linked}{on_instance(alert)} for {since}"


def _sections(lines: Sequence[str]) -> list[Block]:
    """The lines in as few blocks as their limit allows."""
    texts = [""]
    for line in lines:
        if len(texts[-1]) + 1 + len(line) > _SECTION:
            texts.append("")
        texts[-1] = f"{texts[-1]}\n{line}" if texts[-1] else line
    return [section(text) for text in texts]
