"""Slash commands: answered in the request, from the database, or with a sentence that says why not.

Those that make or change silences are slack_silence_command's.
"""

from contextlib import suppress

import structlog
from sqlalchemy.exc import SQLAlchemyError

from api import slack_silence_command
from api.errors import json_answer
from api.parts import Parts, SlackParts
from api.patience import NoAnswer
from api.slack_answer import Answer
from core.commands import silence_words
from core.commands.answer import SILENCE
from core.commands.silence_words import Add, End, Extend
from core.commands.wrong import Wrong
from core.domain.errors import Conflict, Malformed
from core.sources.slack import form

PATIENCE = 2.3

_AWAY = "The database does not answer. Please try again in a minute."
_TOO_LATE = "The database did not answer in time. Please try again in a minute, or ask about a shorter time."
# Slack's own probe has a token besides, and is no longer than a line.
_SSL_CHECK = {"ssl_check", "token"}
_LONGEST_SSL_CHECK = 500

_log = structlog.get_logger()


def is_ssl_check(unverified: bytes) -> bool:
    """Whether this is nothing but Slack's unsigned look at our certificate. A command is none, whatever it says."""
    if len(unverified) > _LONGEST_SSL_CHECK or b"ssl_check=1" not in unverified:
        return False
    try:
        fields = form(unverified)
    except Malformed:
        return False
    return fields.get("ssl_check") == "1" and fields.keys() <= _SSL_CHECK


def answer(parts: Parts, slack: SlackParts, body: bytes) -> Answer:
    """Raises Malformed."""
    fields = form(body)
    command, text, user = (fields.get(name, "") for name in ("command", "text", "user_id"))
    if command == SILENCE:
        with suppress(Wrong):
            asked = silence_words.read(text)
            if isinstance(asked, Add | Extend | End):
                return slack_silence_command.answer(parts, slack, body, fields, asked)
    try:
        # The clock is the database's as well, and as likely to hang.
        told = slack.patience.ask(lambda: slack.commands(command, text, user, parts.clock()), PATIENCE)
    except (SQLAlchemyError, Conflict, NoAnswer) as error:
        _log.error("a command was not answered", error=type(error).__name__)
        why = _TOO_LATE if isinstance(error, NoAnswer) else _AWAY
        return "unavailable", json_answer(200, {"response_type": "ephemeral", "text": why})
    return "answered", json_answer(200, told)
