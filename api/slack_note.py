"""The modal in which a note is written. It carries all that its submission will need: Slack sends no channel then.

Limits: Slack, "Modal views" (title 24 characters, private_metadata 3000) and "Plain-text input" (max_length 3000).
"""

from typing import Any

import orjson
import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from api.parts import SlackParts
from api.patience import NoAnswer
from core.sources.slack import NOTE_BLOCK, NOTE_INPUT, NOTE_VIEW, Click
from core.store import tables
from core.store.engine import Store
from core.targets.mrkdwn import inline
from core.targets.slack_errors import Failure

# Together well below the 3 seconds of a trigger, with room to store the click where the modal does not open.
NAME_PATIENCE = 0.3
OPEN_PATIENCE = 2.0

_LONGEST_NOTE = 2000
_LONGEST_NAME = 150

_log = structlog.get_logger()


def open_note(store: Store, slack: SlackParts, click: Click) -> bool:
    """Whether the modal is open now."""
    if not click.trigger_id:
        return False
    view = note_view(click, _name(store, slack, click.alert_id))
    try:
        slack.patience.ask(lambda: slack.open_view(click.trigger_id, view), OPEN_PATIENCE)
    except (Failure, NoAnswer) as failure:
        _log.warning("a note could not be opened", alert=click.alert_id, reason=str(failure))
        return False
    return True


def note_view(click: Click, name: str) -> dict[str, Any]:
    metadata = {
        "alert_id": click.alert_id,
        "occurrence": click.occurrence,
        "channel": click.place,
        "message_ts": click.message_ts,
    }
    about = [{"type": "section", "text": _plain(inline(name, _LONGEST_NAME))}] if name else []
    written = {
        "type": "plain_text_input",
        "action_id": NOTE_INPUT,
        "multiline": True,
        "max_length": _LONGEST_NOTE,
        "focus_on_load": True,
    }
    return {
        "type": "modal",
        "callback_id": NOTE_VIEW,
        "title": _plain("Add note"),
        "submit": _plain("Add"),
        "close": _plain("Cancel"),
        "private_metadata": orjson.dumps(metadata).decode(),
        "blocks": [
            *about,
            {"type": "input", "block_id": NOTE_BLOCK, "label": _plain("Note"), "element": written},
        ],
    }


def _name(store: Store, slack: SlackParts, alert_id: str) -> str:
    """The alert's name; nothing where the database takes too long, for the note can be written without it."""

    def question() -> str:
        with store.read() as connection:
            wanted = select(tables.alerts.c.name).where(tables.alerts.c.id == alert_id)
            return connection.execute(wanted).scalar() or ""

    try:
        return slack.patience.ask(question, NAME_PATIENCE)
    except (SQLAlchemyError, NoAnswer):
        return ""


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}
