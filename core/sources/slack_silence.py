"""What people do to silences in Slack: the menus under a message, and the modal with the preview behind it.

A modal is filled in first and confirmed after its preview. Only what is confirmed is stored, and its view carries all
that is needed then: Slack sends nothing else.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from core.domain.errors import Malformed
from core.domain.event import Apology
from core.domain.matcher import Matcher
from core.domain.person import Actor
from core.domain.silence import is_silence_id, silence_id
from core.domain.silence_deed import SilenceDeed, SilenceVerb
from core.sources import slack_payload as payloads
from core.sources.tamed import document, matching, part, text

# The modal that is filled in: its callback id, and its inputs by block; and the one that shows the preview.
EDIT_VIEW, CONFIRM_VIEW = "silence", "silence_confirm"
LABEL_BLOCKS = ("labels_0", "labels_1", "labels_2")
MATCHERS_BLOCK, FOR_BLOCK, UNTIL_BLOCK, REASON_BLOCK = "matchers", "for", "until", "reason"
# Each block has one input, and its name is this.
INPUT = "given"
UNTIL = "until"
LONGEST_REASON = 500
LONGEST_MATCHERS = 2000

_SILENCE, _EXTEND, _END, _LET_GO, _OTHERWISE = "silence", "extend_silence", "end_silence", "let_go", "more"
_AT_LEAST = timedelta(hours=1)
_NOT_OPENED = "The silence could not be opened; please try again."

_SECONDS = re.compile(r"[1-9][0-9]{0,8}")
_EPOCH = re.compile(r"[1-9][0-9]{8,10}")
_INDEX = re.compile(r"[0-9]{1,3}")
_OPERATORS = ("=", "!=", "=~", "!~")


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

    `view` is the modal in which it was confirmed.
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
        return Wish(SilenceVerb.CHANGE, who, where, id_, length=_length(rest) if rest else _AT_LEAST)
    if name == _END:
        return Wish(SilenceVerb.END, who, where, id_)
    return Wish(None, who, where, id_, ends_at=_moment(rest))


def _chosen(payload: Mapping[str, Any], value: str) -> More | Wish:
    alert, occurrence, how = (*value.split(":"), "", "", "")[:3]
    who, where = payloads.actor(payload), payloads.place(payload)
    about = payloads.alert_id(alert), payloads.occurrence(occurrence)
    if how == _OTHERWISE:
        return More(who, *about, where, payloads.trigger_id(payload))
    return Wish(SilenceVerb.MAKE, who, where, "", *about, length=_length(how))


def submitted(payload: Mapping[str, Any]) -> Filled | Wish | None:
    """A modal that is about silences; None where it is another. Raises Malformed."""
    view = part(payload, "view")
    name = view.get("callback_id")
    if name not in (EDIT_VIEW, CONFIRM_VIEW):
        return None
    metadata = view.get("private_metadata")
    about = document(metadata if isinstance(metadata, str) else "")
    who = payloads.actor(payload)
    return _filled(who, about, view) if name == EDIT_VIEW else _confirmed(who, about, view)


def _filled(who: Actor, about: Mapping[str, Any], view: Mapping[str, Any]) -> Filled:
    given = {block: part(view, "state", "values", block, INPUT) for block in (*LABEL_BLOCKS, *_INPUTS)}
    ticked = [index for block in LABEL_BLOCKS for index in _ticked(given[block])]
    length = text(part(given[FOR_BLOCK], "selected_option").get("value"), 20)
    until = given[UNTIL_BLOCK].get("selected_date_time")
    return Filled(
        actor=who,
        alert_id=payloads.alert_id(about.get("alert_id")),
        occurrence=payloads.occurrence(about.get("occurrence")),
        place=payloads.channel(about.get("channel")),
        ticked=tuple(ticked),
        offered=any(given[block] for block in LABEL_BLOCKS),
        matchers=_written(given[MATCHERS_BLOCK]),
        length=None if length == UNTIL else _length(length),
        until=_moment(str(until)) if until is not None else None,
        reason=_written(given[REASON_BLOCK])[:LONGEST_REASON],
    )


_INPUTS = (MATCHERS_BLOCK, FOR_BLOCK, UNTIL_BLOCK, REASON_BLOCK)


def _ticked(given: Mapping[str, Any]) -> list[int]:
    options = given.get("selected_options")
    values = [part({"it": it}, "it").get("value") for it in options] if isinstance(options, list) else []
    return [int(found) for value in values if (found := matching(_INDEX, value))]


def _written(given: Mapping[str, Any]) -> str:
    value = given.get("value")
    return value.strip() if isinstance(value, str) else ""


def _confirmed(who: Actor, about: Mapping[str, Any], view: Mapping[str, Any]) -> Wish:
    alert = about.get("alert_id")
    matchers = _matchers(about.get("matchers"))
    if not alert and not matchers:
        raise Malformed("The interaction does not say what is to be silenced.")
    return Wish(
        verb=SilenceVerb.MAKE,
        actor=who,
        place=payloads.channel(about.get("channel")),
        alert_id=payloads.alert_id(alert) if alert else "",
        occurrence=payloads.occurrence(about.get("occurrence")) if alert else 0,
        like=_texts(about.get("like")) if alert else (),
        matchers=matchers,
        ends_at=_moment(str(about.get("end_at"))),
        reason=text(about.get("reason"), LONGEST_REASON),
        view=view,
    )


def _texts(value: Any) -> tuple[str, ...]:
    """All or nothing: one that was left out would let more be hidden than was shown."""
    given = value if isinstance(value, list) else []
    if not all(isinstance(it, str) for it in given):
        raise Malformed("The interaction holds something that is no text.")
    return tuple(given)


def written(matchers: Iterable[Matcher]) -> list[list[str]]:
    """Matchers as a view carries them: by their parts, for a text would have to be taken apart again."""
    return [[it.label, it.operator, it.value] for it in matchers]


def _matchers(value: Any) -> tuple[Matcher, ...]:
    return tuple(_matcher(_texts(it)) for it in value) if isinstance(value, list) else ()


def _matcher(parts: tuple[str, ...]) -> Matcher:
    if len(parts) != len(("label", "operator", "value")) or parts[1] not in _OPERATORS:
        raise Malformed("The interaction holds something that is no matcher.")
    label, operator, value = parts
    return Matcher(label, value, "!" not in operator, "~" in operator)


def read(asked: Asked, event_id: str, received_at: datetime) -> SilenceDeed | Apology:
    """What was stored as what somebody did. Raises Malformed."""
    if isinstance(asked, More):
        # A modal is opened while the request lasts; one that is stored is one that did not open.
        return Apology(asked.actor, asked.alert_id, event_id, _NOT_OPENED, asked.place)
    if isinstance(asked, Filled):
        raise Malformed("A silence is not made before its preview was seen.")
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
    return (
        f"It ends at {at:%H:%M} UTC, unless somebody extends it."
        if at
        else "Then it ends when it was to end."
    )


def _length(value: str) -> timedelta:
    if not matching(_SECONDS, value):
        raise Malformed("The interaction does not say for how long.")
    return timedelta(seconds=int(value))


def _moment(value: str) -> datetime | None:
    return datetime.fromtimestamp(int(value), UTC) if matching(_EPOCH, value) else None
