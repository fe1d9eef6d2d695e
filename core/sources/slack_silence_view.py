"""The modals about silences, as they come back: the one that is filled in, and the preview that is confirmed.

The view of a preview carries all that its confirmation needs: Slack sends nothing else.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from core.domain.errors import Malformed
from core.domain.matcher import Matcher
from core.domain.person import Actor
from core.domain.silence_deed import SilenceVerb
from core.sources import slack_payload as payloads
from core.sources.slack_silence import Filled, Wish, length
from core.sources.tamed import document, matching, part, text

# Their callback ids; the inputs by block, each of which has one that is called INPUT.
EDIT_VIEW, CONFIRM_VIEW = "silence", "silence_confirm"
LABEL_BLOCKS = ("labels_0", "labels_1", "labels_2")
MATCHERS_BLOCK, FOR_BLOCK, UNTIL_BLOCK, REASON_BLOCK = "matchers", "for", "until", "reason"
INPUT = "given"
UNTIL = "until"
LONGEST_REASON = 500
LONGEST_MATCHERS = 2000

_INPUTS = (*LABEL_BLOCKS, MATCHERS_BLOCK, FOR_BLOCK, UNTIL_BLOCK, REASON_BLOCK)
_INDEX = re.compile(r"[0-9]{1,3}")
_VIEW_ID = re.compile(r"[A-Z0-9]{2,40}")
_OPERATORS = ("=", "!=", "=~", "!~")


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
    given = {block: part(view, "state", "values", block, INPUT) for block in _INPUTS}
    ticked = [index for block in LABEL_BLOCKS for index in _ticked(given[block])]
    lasting = text(part(given[FOR_BLOCK], "selected_option").get("value"), 20)
    until = given[UNTIL_BLOCK].get("selected_date_time")
    return Filled(
        actor=who,
        alert_id=payloads.alert_id(about.get("alert_id")),
        occurrence=payloads.occurrence(about.get("occurrence")),
        place=payloads.channel(about.get("channel")),
        ticked=tuple(ticked),
        offered=any(given[block] for block in LABEL_BLOCKS),
        matchers=_written(given[MATCHERS_BLOCK]),
        length=None if lasting == UNTIL else length(lasting),
        until=payloads.moment(str(until)) if until is not None else None,
        reason=_written(given[REASON_BLOCK])[:LONGEST_REASON],
    )


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
        ends_at=payloads.moment(str(about.get("end_at"))),
        reason=text(about.get("reason"), LONGEST_REASON),
        view=view,
        key=f"slack:view:{name}" if (name := matching(_VIEW_ID, view.get("id"))) else "",
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
