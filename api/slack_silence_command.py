"""/silence add, extend and end. What is added is shown first and confirmed there; what is changed goes into the inbox.

Whatever can be said at once is said at once. A change names its silence in full when it is stored: the beginning of
an id that was typed may mean another one later.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from api.errors import json_answer
from api.intake import Unavailable
from api.parts import Parts, SlackParts
from api.patience import NoAnswer
from api.slack_answer import Answer, nothing
from api.slack_silence_preview import Draft, TooMuch, confirmation, matchers_in_words
from core.bridge import PEOPLE
from core.commands.answer import say
from core.commands.silence_words import Add, End, Extend
from core.domain.errors import Conflict, Malformed, Verdict
from core.domain.silence import Silence
from core.domain.silence_deed import SilenceDeed, SilenceKind, SilenceVerb, reduce_silence
from core.domain.silence_rules import Rules
from core.domain.words import duration
from core.silencing import Preview, preview
from core.sources import own_silence, slack_payload
from core.store import silences
from core.store.bodies import pack
from core.store.inbox import Incoming
from core.targets import mrkdwn
from core.targets.slack_errors import Failure

# Slack gives up after 3 seconds, and a trigger lasts no longer.
_PATIENCE = 2.6
_ZONE_PATIENCE, _LOOK_PATIENCE = 0.6, 1.2
_MOST_ALIKE = 50

_AWAY = "Not done: the database does not answer. Please try again in a minute."
_NOT_RECORDED = "Not recorded: please try again."
_NOT_OPENED = "The preview could not be opened, and nothing was made. Please try again."
_TOO_MUCH = "That is more than Slack can carry. Please use fewer matchers, or shorter ones."
_PAST = "That time has passed."
_NO_ZONE = "⚠️ Your time zone is not known here, so the time is taken as UTC."

_log = structlog.get_logger()

Fields = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Typed:
    """A command as it came, and until when it has to be answered."""

    body: bytes
    fields: Fields
    deadline: float

    def get(self, name: str) -> str:
        return self.fields.get(name, "")

    @property
    def place(self) -> str:
        return slack_payload.channel(self.get("channel_id"))

    @property
    def left(self) -> float:
        return max(0.1, self.deadline - time.monotonic())


class _Refused(Exception):
    """Why not, in one sentence, escaped."""


def answer(parts: Parts, slack: SlackParts, body: bytes, fields: Fields, asked: Add | Extend | End) -> Answer:
    """Raises Malformed."""
    typed = _Typed(body, fields, time.monotonic() + _PATIENCE)
    try:
        if isinstance(asked, Add):
            return _add(parts, slack, typed, asked)
        return _change(parts, slack, typed, asked)
    except _Refused as refused:
        return _say("answered", str(refused))
    except (SQLAlchemyError, Conflict, NoAnswer) as error:
        _log.error("a command about silences was not answered", error=type(error).__name__)
        return _say("unavailable", _AWAY)


def _say(outcome: str, text: str) -> Answer:
    return outcome, json_answer(200, say(text))


def _add(parts: Parts, slack: SlackParts, typed: _Typed, add: Add) -> Answer:
    zone, remark = _zone(slack, add, typed.get("user_id"))
    draft, seen = slack.patience.ask(lambda: _look(parts, add, zone), _LOOK_PATIENCE)
    if seen.objections:
        raise _Refused(mrkdwn.inline(" ".join(seen.objections), 500))
    try:
        view = confirmation(replace(draft, place=typed.place, remark=remark), seen, "Cancel")
        slack.patience.ask(lambda: slack.open_view(typed.get("trigger_id"), view), typed.left)
    except TooMuch:
        raise _Refused(_TOO_MUCH) from None
    except (Failure, NoAnswer) as failure:
        _log.warning("a preview could not be opened", reason=str(failure))
        raise _Refused(_NOT_OPENED) from None
    return "answered", nothing()


def _zone(slack: SlackParts, add: Add, user: str) -> tuple[tzinfo, str]:
    """Theirs, where it matters and Slack tells it in time; and what there is to say of it."""
    if add.until is None or add.until.zone is not None:
        return UTC, ""
    try:
        return ZoneInfo(slack.patience.ask(lambda: slack.zone(user), _ZONE_PATIENCE)), ""
    except (Failure, Verdict, NoAnswer, ValueError, OSError, KeyError) as error:
        # ZoneInfo raises the last three for a name that it does not know, each for another kind.
        _log.warning("somebody's time zone is not known", user=user[:60], reason=type(error).__name__)
        return UTC, _NO_ZONE


def _look(parts: Parts, add: Add, zone: tzinfo) -> tuple[Draft, Preview]:
    now = parts.clock()
    draft = Draft(add.matchers, now, _end(add, now, zone), add.reason)
    with parts.store.read() as connection:
        return draft, preview(connection, parts.rules, draft.matchers, now, draft.end_at, now)


def _end(add: Add, now: datetime, zone: tzinfo) -> datetime:
    if add.until is None:
        return now + (add.length or now - now)
    try:
        end_at = add.until.at(now, zone)
    except Malformed as malformed:
        raise _Refused(str(malformed)) from None
    if end_at <= now:
        raise _Refused(_PAST)
    return end_at


def _change(parts: Parts, slack: SlackParts, typed: _Typed, asked: Extend | End) -> Answer:
    deed, silence = slack.patience.ask(lambda: _deed(parts, typed, asked), _LOOK_PATIENCE)
    row = Incoming("command", PEOPLE, pack(own_silence.write(deed)), deed.event_id)
    try:
        parts.intake.put(row, typed.left)
    except Unavailable:
        return _say("unavailable", _NOT_RECORDED)
    _log.info("silence changed", verb=deed.verb.value, silence=silence.id, by=deed.actor.key)
    which = f"silence `{asked.id}` ({matchers_in_words(silence.matchers, 300)})"
    if isinstance(asked, End):
        return _say("accepted", f"Ending {which}.")
    until = mrkdwn.date(silence.end_at + asked.length)
    return _say("accepted", f"Extending {which} by {duration(asked.length)}, until {until}.")


def _deed(parts: Parts, typed: _Typed, asked: Extend | End) -> tuple[SilenceDeed, Silence]:
    """What is to be done, and to what. Raises _Refused where it would come to nothing."""
    user = {"id": typed.get("user_id"), "name": typed.get("user_name")}
    with parts.store.read() as connection:
        now = parts.clock()
        silence = _find(connection, asked.id, now)
        deed = SilenceDeed(
            verb=SilenceVerb.END if isinstance(asked, End) else SilenceVerb.CHANGE,
            actor=slack_payload.actor({"user": user}),
            silence_id=silence.id,
            at=now,
            event_id=slack_payload.event_id(typed.body),
            longer_by=asked.length if isinstance(asked, Extend) else None,
            place=typed.place,
        )
        _check(connection, parts.rules, silence, deed)
    return deed, silence


def _find(connection: Connection, beginning: str, now: datetime) -> Silence:
    alike = [it for it in silences.begins_with(connection, beginning, _MOST_ALIKE) if not it.acknowledges]
    lasting = [it for it in alike if it.end_at > now]
    found = lasting or alike
    if not found:
        raise _Refused(f"There is no silence `{beginning}`; `/silence list` shows them all.")
    if len(found) > 1:
        raise _Refused(f"Several silences begin with `{beginning}`; please type more of the id.")
    return found[0]


def _check(connection: Connection, rules: Rules, silence: Silence, deed: SilenceDeed) -> None:
    change = reduce_silence(silence, deed)
    if change.kind is SilenceKind.NOTHING or change.silence is None:
        raise _Refused(mrkdwn.inline(change.why, 300))
    if deed.verb is SilenceVerb.END:
        return
    since, until = max(silence.start_at, deed.at), change.silence.end_at
    seen = preview(connection, rules, silence.matchers, since, until, deed.at, silence.scope, but=silence.id)
    if seen.objections:
        raise _Refused(mrkdwn.inline(" ".join(seen.objections), 500))
