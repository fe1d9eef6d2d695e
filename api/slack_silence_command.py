"""/silence add, extend and end: who answers, and what is said where nobody could."""

import time
from collections.abc import Mapping

import structlog
from sqlalchemy.exc import SQLAlchemyError

from api.errors import json_answer
from api.intake import Unavailable
from api.parts import Parts, SlackParts
from api.patience import NoAnswer
from api.slack_answer import Answer
from api.slack_silence_add import show
from api.slack_silence_change import change
from api.slack_typed import Refused, Typed
from core.commands.answer import say
from core.commands.silence_words import Add, End, Extend
from core.domain.errors import Conflict

# Slack gives up after 3 seconds, and a trigger lasts no longer.
_PATIENCE = 2.6
_AWAY = "Not done: the database does not answer. Please try again in a minute."
_NOT_RECORDED = "Not recorded: please try again."

_log = structlog.get_logger()


def answer(
    parts: Parts, slack: SlackParts, body: bytes, fields: Mapping[str, str], asked: Add | Extend | End
) -> Answer:
    """Raises Malformed."""
    typed = Typed(body, fields, time.monotonic() + _PATIENCE)
    try:
        if isinstance(asked, Add):
            return show(parts, slack, typed, asked)
        return _say("accepted", change(parts, slack, typed, asked))
    except Refused as refused:
        return _say("answered", str(refused))
    except Unavailable:
        return _say("unavailable", _NOT_RECORDED)
    except (SQLAlchemyError, Conflict, NoAnswer) as error:
        _log.error("a command about silences was not answered", error=type(error).__name__)
        return _say("unavailable", _AWAY)


def _say(outcome: str, text: str) -> Answer:
    return outcome, json_answer(200, say(text))
