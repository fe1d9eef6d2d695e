"""A click or a written note goes into the inbox as it came; a modal is opened here, for its trigger lasts 3 seconds.

A person is told where they clicked when it was not recorded: at a button Slack does so by itself on a 503.
"""

import time
from collections.abc import Mapping
from typing import Any

import structlog

from api.errors import Failure, json_answer
from api.intake import Unavailable
from api.parts import Parts, SlackParts
from api.slack_answer import Answer, nothing
from api.slack_note import open_note
from api.slack_silence import check, open_form
from api.slack_silence_preview import again
from core.bridge import PEOPLE
from core.domain.event import Verb
from core.sources import slack as source
from core.sources.slack import Click, Note
from core.sources.slack_silence import Filled, More, Wish
from core.store.bodies import pack
from core.store.inbox import Incoming

# Slack gives up after 3 seconds, of which the network has its share.
_PATIENCE = 2.6
_NOT_RECORDED = "Not recorded: please try again."
_BLANK = "Write something first."

_log = structlog.get_logger()


def answer(parts: Parts, slack: SlackParts, body: bytes) -> Answer:
    """Raises Malformed, and Failure where the sender has to be told by status."""
    deadline = time.monotonic() + _PATIENCE
    asked = source.look(body)
    if asked is None:
        return "ignored", nothing()
    if isinstance(asked, Note):
        return _note(parts, asked, body, deadline)
    if isinstance(asked, Filled):
        return check(parts, slack, asked)
    if isinstance(asked, Wish) and asked.view is not None:
        return _confirmed(parts, asked, asked.view, body, deadline)
    if _opened(parts, slack, asked):
        return "answered", nothing()
    return _click(parts, asked, body, deadline)


def _opened(parts: Parts, slack: SlackParts, asked: Click | More | Wish) -> bool:
    """Whether it was about a modal, and that is open now."""
    if isinstance(asked, More):
        return open_form(parts, slack, asked)
    return isinstance(asked, Click) and asked.verb is Verb.NOTE and open_note(parts.store, slack, asked)


def _click(parts: Parts, click: Click | More | Wish, body: bytes, deadline: float) -> Answer:
    try:
        _store(parts, body, deadline)
    except Unavailable as unavailable:
        raise Failure(503, "unavailable", str(unavailable)) from None
    verb = click.verb.value if not isinstance(click, More) and click.verb else None
    _log.info("clicked", verb=verb, alert=click.alert_id, occurrence=click.occurrence)
    return "accepted", nothing()


def _confirmed(parts: Parts, wish: Wish, view: Mapping[str, Any], body: bytes, deadline: float) -> Answer:
    """All modals close, or the same one stays and says that nothing was done."""
    try:
        _store(parts, body, deadline, wish.key)
    except Unavailable:
        answer = {"response_action": "update", "view": again(view, _NOT_RECORDED)}
        return "unavailable", json_answer(200, answer)
    _log.info("silence confirmed", alert=wish.alert_id, by=wish.actor.key)
    return "accepted", json_answer(200, {"response_action": "clear"})


def _note(parts: Parts, note: Note, body: bytes, deadline: float) -> Answer:
    if not note.text:
        return _errors("answered", _BLANK)
    try:
        _store(parts, body, deadline)
    except Unavailable:
        return _errors("unavailable", _NOT_RECORDED)
    _log.info("noted", alert=note.alert_id, occurrence=note.occurrence)
    return "accepted", nothing()


def _store(parts: Parts, body: bytes, deadline: float, key: str = "") -> None:
    """Return once it is committed. Raises Unavailable."""
    dedup_key = key or source.event_id(body)
    incoming = Incoming(source="slack", lane=PEOPLE, body=pack(body), dedup_key=dedup_key)
    parts.intake.put(incoming, max(0.1, deadline - time.monotonic()))


def _errors(outcome: str, text: str) -> Answer:
    """The modal stays open and says this below its input."""
    return outcome, json_answer(200, {"response_action": "errors", "errors": {source.NOTE_BLOCK: text}})
