"""What people do to silences in Slack: the menus under a message, and what comes of them and of the modals.

A modal is filled in first and confirmed after its preview (`slack_silence_view`). Only what is confirmed is stored.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.domain.errors import Malformed
from core.domain.event import Apology
from core.domain.matcher import Matcher
from core.domain.person import Actor
from core.domain.silence import is_silence_id, silence_id
from core.domain.silence_deed import SilenceDeed, SilenceVerb
from core.sources import slack_payload as payloads
from core.sources.tamed import matching, part, text

_SILENCE, _EXTEND, _END, _LET_GO, _OTHERWISE = "silence", "extend_silence", "end_silence", "let_go", "more"
_AT_LEAST = timedelta(hours=1)
_NOT_OPENED = "The silence could not be opened; please try again."
_SECONDS = re.compile(r"[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True)
class More:
    """Somebody wants to say more about a silence: a modal is opened."""

    actor: Actor
    alert_id: str
    occurrence: int
    place: str
    trigger_id: str


@dataclass(frozen=True, slots=True)
class Filled:
    """The modal as it was filled in. `ticked` are places in the alert's labels by name; `offered` is whether there
    were any. `length` is None where an end was wanted, `until` where none was given.
    """

    actor: Actor
    alert_id: str
    occurrence: int
    place: str
    ticked: tuple[int, ...]
    offered: bool
    matchers: str
    length: timedelta | None
    until: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Wish:
    """What is stored and done. Without a `verb` nothing is to be done: `ends_at` is when the silence ends by itself.

    `view` is the modal in which it was confirmed, and `key` names that: confirmed twice it is one wish.
    """

    verb: SilenceVerb | None
    actor: Actor
    place: str
    silence_id: str = ""
    alert_id: str = ""
    occurrence: int = 0
    like: tuple[str, ...] = ()
    matchers: tuple[Matcher, ...] = ()
    length: timedelta | None = None
    ends_at: datetime | None = None
    reason: str | None = None
    view: Mapping[str, Any] | None = None
    key: str = ""


Asked = More | Filled | Wish


def pressed(payload: Mapping[str, Any], action: Mapping[str, Any]) -> More | Wish | None:
    """What one action of a click asks for; None where it is about no silence. Raises Malformed."""
    name = action.get("action_id")
    chosen = part(action, "selected_option").get("value")
    value = text(chosen if chosen is not None else action.get("value"), 150)
    if name == _SILENCE:
        return _chosen(payload, value)
    if name not in (_EXTEND, _END, _LET_GO):
        return None
    id_, _, rest = value.partition(":")
    if not is_silence_id(id_):
        raise Malformed("The interaction does not name a silence.")
    who, where = payloads.actor(payload), payloads.place(payload)
    if name == _EXTEND:
        return Wish(SilenceVerb.CHANGE, who, where, id_, length=length(rest) if rest else _AT_LEAST)
    if name == _END:
        return Wish(SilenceVerb.END, who, where, id_)
    return Wish(None, who, where, id_, ends_at=payloads.moment(rest))


def _chosen(payload: Mapping[str, Any], value: str) -> More | Wish:
    alert, occurrence, how = (*value.split(":"), "", "", "")[:3]
    who, where = payloads.actor(payload), payloads.place(payload)
    about = payloads.alert_id(alert), payloads.occurrence(occurrence)
    if how == _OTHERWISE:
        return More(who, *about, where, payloads.trigger_id(payload))
    return Wish(SilenceVerb.MAKE, who, where, "", *about, length=length(how))


def read(asked: Asked, event_id: str, received_at: datetime) -> SilenceDeed | Apology:
    """What was stored as what somebody did. Raises Malformed."""
    if isinstance(asked, More):
        # A modal is opened while the request lasts; one that is stored is one that did not open.
        return Apology(asked.actor, asked.alert_id, event_id, _NOT_OPENED, asked.place)
    if isinstance(asked, Filled):
        raise Malformed("A silence is not made before its preview was seen.")
    event_id = asked.key or event_id
    if asked.verb is None:
        return Apology(asked.actor, asked.alert_id, event_id, _ends(asked.ends_at), asked.place)
    made = asked.verb is SilenceVerb.MAKE
    ends_at = received_at + asked.length if made and asked.length else asked.ends_at
    return SilenceDeed(
        verb=asked.verb,
        actor=asked.actor,
        silence_id=silence_id(event_id, received_at) if made else asked.silence_id,
        at=received_at,
        event_id=event_id,
        matchers=asked.matchers,
        like=asked.like,
        end_at=ends_at,
        longer_by=None if made else asked.length,
        reason=asked.reason,
        alert_id=asked.alert_id or None,
        occurrence=asked.occurrence,
        place=asked.place,
    )


def _ends(at: datetime | None) -> str:
    if at is None:
        return "Then it ends when it was to end."
    return f"It ends at {at:%H:%M} UTC, unless somebody extends it."


def length(value: str) -> timedelta:
    if not matching(_SECONDS, value):
        raise Malformed("The interaction does not say for how long.")
    return timedelta(seconds=int(value))
