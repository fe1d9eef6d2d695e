"""The modal that shows what a silence would do, and carries all that is needed to make it: Slack sends nothing else.

Limits: Slack, "Modal views" (private_metadata 3000 characters) and "Section" (3000).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from api.slack_silence_form import Json, plain
from core.domain.matcher import Matcher
from core.domain.severity import Severity, classify
from core.domain.words import already_hidden, count, duration
from core.silencing import Preview
from core.sources import slack_silence_view as source
from core.store.open_alerts import Open
from core.targets import mrkdwn
from core.targets.slack_parts import SEVERITY_EMOJI, on_host, section

_MOST_METADATA = 3000
_TROUBLE = "trouble"
_KEPT = ("type", "callback_id", "title", "submit", "close", "private_metadata")
_MATCHERS, _REASON = 1500, 800


class TooMuch(Exception):
    """More than a view can carry."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A silence that nobody has confirmed yet. `matchers` are all it has; `like` are those that are labels of the
    alert, where it has no others. With `exact` it is for that alert, whatever its labels.
    """

    matchers: tuple[Matcher, ...]
    now: datetime
    end_at: datetime
    reason: str
    place: str = ""
    alert_id: str = ""
    occurrence: int = 0
    like: tuple[str, ...] = ()
    exact: bool = False
    remark: str = ""


def confirmation(draft: Draft, seen: Preview, close: str) -> Json:
    """Raises TooMuch."""
    metadata = orjson.dumps(_metadata(draft)).decode()
    if len(metadata) > _MOST_METADATA:
        raise TooMuch
    return {
        "type": "modal",
        "callback_id": source.CONFIRM_VIEW,
        "title": plain("What this hides"),
        "submit": plain("Silence"),
        "close": plain(close),
        "private_metadata": metadata,
        "blocks": [section(text) for text in _texts(draft, seen)],
    }


def again(view: Mapping[str, Any], text: str) -> Json:
    """The same modal once more, with something to say: it has no input below which Slack could show an error."""
    shown = view.get("blocks")
    blocks = [it for it in shown if it.get("block_id") != _TROUBLE] if isinstance(shown, list) else []
    said = section(f"⚠️ *{text}*") | {"block_id": _TROUBLE}
    return {**{name: view[name] for name in _KEPT if name in view}, "blocks": [said, *blocks]}


def _metadata(draft: Draft) -> Json:
    told: Json = {"channel": draft.place, "end_at": int(draft.end_at.timestamp()), "reason": draft.reason}
    if draft.alert_id:
        told |= {"alert_id": draft.alert_id, "occurrence": draft.occurrence}
    if draft.like:
        told["like"] = list(draft.like)
    elif not draft.exact:
        told["matchers"] = source.written(draft.matchers)
    return told


def _texts(draft: Draft, seen: Preview) -> Iterable[str]:
    yield _head(draft, seen)
    if seen.alerts:
        more = seen.count - len(seen.alerts)
        lines = [_line(alert) for alert in seen.alerts] + ([f"and {more} more"] if more else [])
        yield "\n".join(lines)
    yield f"Matchers: {matchers_in_words(draft.matchers, _MATCHERS)}"
    if draft.reason:
        yield f"Reason: {mrkdwn.inline(draft.reason, _REASON)}"
    if draft.remark:
        yield draft.remark


def _head(draft: Draft, seen: Preview) -> str:
    until = f"until {mrkdwn.date(draft.end_at)}, for {duration(draft.end_at - draft.now)}"
    if not seen.count:
        return f"*This hides nothing that is open now.* It would hide what comes {until}."
    head = f"*This hides {count(seen.count, 'open alert')}* from now {until}."
    if already := already_hidden(seen.already, seen.count):
        head += f" {already[0].upper()}{already[1:]}."
    return head


def _line(alert: Open) -> str:
    word = mrkdwn.inline(alert.severity.upper()[:40], 20) or "ALERT"
    name = mrkdwn.inline(alert.name, 80) or "unnamed alert"
    emoji = SEVERITY_EMOJI[classify(alert.severity, Severity.WARNING)]
    return f"{emoji} {word} {name}{on_host(alert.instance, 60)}"


def matchers_in_words(matchers: Iterable[Matcher], limit: int) -> str:
    """Escaped and within `limit`."""
    return mrkdwn.code(", ".join(map(str, matchers)), limit)
