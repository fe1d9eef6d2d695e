"""What people do in Slack, from the raw bytes of an interaction: a form with JSON in its field `payload`.

The receiver looks, since some of it has to be answered at once; ingest reads the same bytes again from the inbox.
Only ids are relied on: Slack may leave names empty (facts §1.3).
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from core.domain.errors import Malformed
from core.domain.event import Apology, Deed, Verb
from core.domain.person import Actor, Provider
from core.domain.words import shorten
from core.sources.tamed import document, matching, part, text

# The modal in which a note is written: its callback id, its only input block, and the element in that.
NOTE_VIEW, NOTE_BLOCK, NOTE_INPUT = "note", "note", "text"

# What the message's elements are called, and what a person asks for with them.
_BUTTONS = {"acknowledge": Verb.ACKNOWLEDGE, "unacknowledge": Verb.UNACKNOWLEDGE}
_MENU = "more"
_MENU_ITEMS = {"note": Verb.NOTE, "resolve": Verb.RESOLVE}
_RECORDED = {
    Verb.ACKNOWLEDGE: "acknowledged",
    Verb.UNACKNOWLEDGE: "unacknowledged",
    Verb.RESOLVE: "resolved",
    Verb.NOTE: "noted",
}
_NOT_OPENED = "The note could not be opened; please try again."

_ALERT_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_OCCURRENCE = re.compile(r"[1-9][0-9]{0,8}")
_ID = re.compile(r"[A-Za-z0-9]{1,60}")
_TS = re.compile(r"[0-9]{10}(?:\.[0-9]{1,6})?")
_MOST_FIELDS = 50
_LONGEST_NAME = 200
_LONGEST_NOTE = 3000
_LONGEST_TRIGGER = 500


@dataclass(frozen=True, slots=True)
class Click:
    """One of the bridge's own buttons or menu items. `trigger_id` opens one modal within three seconds."""

    verb: Verb
    actor: Actor
    alert_id: str
    occurrence: int
    place: str
    message_ts: str
    trigger_id: str
    occurred_at: datetime | None


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody wrote in the modal; blank where they wrote nothing."""

    actor: Actor
    alert_id: str
    occurrence: int
    place: str
    text: str


def event_id(body: bytes) -> str:
    """Slack names no interaction: only the signed bytes are the same when a request is sent again."""
    return f"slack:{hashlib.sha256(body).hexdigest()}"


def form(body: bytes) -> dict[str, str]:
    """The fields of a form; the first of each name. Raises Malformed."""
    try:
        fields = parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS
        )
    except ValueError:
        raise Malformed("The form has too many fields.") from None
    return dict(reversed(fields))


def look(body: bytes) -> Click | Note | None:
    """What is asked of the bridge; None where nothing is. Raises Malformed."""
    payload = document(form(body).get("payload", ""))
    match payload.get("type"):
        case "block_actions":
            return _click(payload)
        case "view_submission" if part(payload, "view").get("callback_id") == NOTE_VIEW:
            return _note(payload)
    return None


def read(body: bytes, received_at: datetime) -> Deed | Apology:
    """The stored interaction as what somebody did. Raises Malformed."""
    asked = look(body)
    if asked is None:
        raise Malformed("The interaction asks nothing of the bridge.")
    if isinstance(asked, Click) and asked.verb is Verb.NOTE:
        # A modal is opened while the request lasts; one that is stored is one that did not open.
        return Apology(asked.actor, asked.alert_id, event_id(body), _NOT_OPENED, asked.place)
    verb = asked.verb if isinstance(asked, Click) else Verb.NOTE
    return Deed(
        verb=verb,
        actor=asked.actor,
        alert_id=asked.alert_id,
        occurrence=asked.occurrence,
        at=received_at,
        event_id=event_id(body),
        what=_RECORDED[verb],
        occurred_at=asked.occurred_at if isinstance(asked, Click) else None,
        text=_written(asked),
        place=asked.place,
    )


def _written(asked: Click | Note) -> str:
    if isinstance(asked, Click):
        return ""
    if not asked.text:
        raise Malformed("The note is blank.")
    return shorten(asked.text, _LONGEST_NOTE)


def _click(payload: Mapping[str, Any]) -> Click | None:
    actions = payload.get("actions")
    for action in actions if isinstance(actions, list) else []:
        if pressed := _pressed(action):
            break
    else:
        return None
    verb, value = pressed
    alert_id, _, occurrence = value.partition(":")
    container = part(payload, "container")
    return Click(
        verb=verb,
        actor=_actor(payload),
        alert_id=_alert_id(alert_id),
        occurrence=_occurrence(occurrence),
        place=matching(_ID, container.get("channel_id") or part(payload, "channel").get("id")),
        message_ts=matching(_TS, container.get("message_ts")),
        trigger_id=text(payload.get("trigger_id"), _LONGEST_TRIGGER),
        occurred_at=_time(action.get("action_ts")),
    )


def _pressed(action: Any) -> tuple[Verb, str] | None:
    """What one action asks for, and of which alert; None where it is not one of ours."""
    element = action.get("action_id") if isinstance(action, dict) else None
    if not isinstance(element, str):
        return None
    if verb := _BUTTONS.get(element):
        return verb, text(action.get("value"), 100)
    if element != _MENU:
        return None
    item, _, value = text(part(action, "selected_option").get("value"), 100).partition(":")
    verb = _MENU_ITEMS.get(item)
    return (verb, value) if verb else None


def _note(payload: Mapping[str, Any]) -> Note:
    view = part(payload, "view")
    metadata = view.get("private_metadata")
    about = document(metadata if isinstance(metadata, str) else "")
    written = part(view, "state", "values", NOTE_BLOCK, NOTE_INPUT).get("value")
    return Note(
        actor=_actor(payload),
        alert_id=_alert_id(about.get("alert_id")),
        occurrence=_occurrence(str(about.get("occurrence"))),
        place=matching(_ID, about.get("channel")),
        text=written.strip() if isinstance(written, str) else "",
    )


def _actor(payload: Mapping[str, Any]) -> Actor:
    user = part(payload, "user")
    id_ = matching(_ID, user.get("id"))
    if not id_:
        raise Malformed("The interaction does not say who acted.")
    name = text(user.get("name"), _LONGEST_NAME) or text(user.get("username"), _LONGEST_NAME)
    return Actor(Provider.SLACK, id_, name)


def _alert_id(value: Any) -> str:
    if found := matching(_ALERT_ID, value):
        return found
    raise Malformed("The interaction does not name an alert.")


def _occurrence(value: str) -> int:
    if not _OCCURRENCE.fullmatch(value):
        raise Malformed("The interaction does not name an occurrence.")
    return int(value)


def _time(ts: Any) -> datetime | None:
    """Slack's `1700000000.123456`, never as a float: that loses digits."""
    written = matching(_TS, ts)
    if not written:
        return None
    seconds, _, fraction = written.partition(".")
    return datetime.fromtimestamp(int(seconds), UTC).replace(microsecond=int(fraction.ljust(6, "0")))
