"""What people do in Slack, from the raw bytes of an interaction: a form with JSON in its field `payload`.

The receiver looks, since some of it has to be answered at once; ingest reads the same bytes again from the inbox.
What is about silences is handed on to `slack_silence`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.domain.errors import Malformed
from core.domain.event import Apology, Deed, Verb
from core.domain.person import Actor
from core.domain.silence_deed import SilenceDeed
from core.domain.words import shorten
from core.sources import slack_payload as payloads
from core.sources import slack_silence, slack_silence_view
from core.sources.slack_payload import event_id, form
from core.sources.tamed import document, part, text

__all__ = ["Asked", "Click", "Note", "event_id", "form", "look", "read"]

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

_LONGEST_NOTE = 3000


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


Asked = Click | Note | slack_silence.Asked


def look(body: bytes) -> Asked | None:
    """What is asked of the bridge; None where nothing is. Raises Malformed."""
    payload = document(form(body).get("payload", ""))
    match payload.get("type"):
        case "block_actions":
            return _click(payload)
        case "view_submission" if part(payload, "view").get("callback_id") == NOTE_VIEW:
            return _note(payload)
        case "view_submission":
            return slack_silence_view.submitted(payload)
    return None


def read(body: bytes, received_at: datetime) -> Deed | SilenceDeed | Apology:
    """The stored interaction as what somebody did. Raises Malformed."""
    asked = look(body)
    if asked is None:
        raise Malformed("The interaction asks nothing of the bridge.")
    if not isinstance(asked, Click | Note):
        return slack_silence.read(asked, event_id(body), received_at)
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


def _click(payload: Mapping[str, Any]) -> Click | slack_silence.More | slack_silence.Wish | None:
    actions = payload.get("actions")
    for action in actions if isinstance(actions, list) else []:
        if pressed := _pressed(action):
            break
        if isinstance(action, dict) and (asked := slack_silence.pressed(payload, action)):
            return asked
    else:
        return None
    verb, value = pressed
    alert_id, _, occurrence = value.partition(":")
    return Click(
        verb=verb,
        actor=payloads.actor(payload),
        alert_id=payloads.alert_id(alert_id),
        occurrence=payloads.occurrence(occurrence),
        place=payloads.place(payload),
        message_ts=payloads.message_ts(payload),
        trigger_id=payloads.trigger_id(payload),
        occurred_at=payloads.time(action.get("action_ts")),
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
        actor=payloads.actor(payload),
        alert_id=payloads.alert_id(about.get("alert_id")),
        occurrence=payloads.occurrence(about.get("occurrence")),
        place=payloads.channel(about.get("channel")),
        text=written.strip() if isinstance(written, str) else "",
    )
