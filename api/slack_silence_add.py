"""/silence add: what it would hide is shown in a modal, and made when that is confirmed. Nothing is stored here."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import structlog

from api.parts import Parts, SlackParts
from api.patience import NoAnswer
from api.slack_answer import Answer, nothing
from api.slack_silence_preview import Draft, TooMuch, confirmation
from api.slack_typed import Refused, Typed
from core.commands.silence_words import Add
from core.domain.errors import Malformed
from core.silencing import Preview, preview
from core.targets import mrkdwn
from core.targets.slack_errors import Failure

ZONE_PATIENCE, LOOK_PATIENCE = 0.6, 1.2

_NOT_OPENED = "The preview could not be opened, and nothing was made. Please try again."
_TOO_MUCH = "That is more than Slack can carry. Please use fewer matchers, or shorter ones."
_PAST = "That time has passed."
_NO_ZONE = "⚠️ Your time zone is not known here, so the time is taken as UTC."

_log = structlog.get_logger()


def show(parts: Parts, slack: SlackParts, typed: Typed, add: Add) -> Answer:
    zone, remark = _zone(slack, add, typed.get("user_id"))
    draft, seen = slack.patience.ask(lambda: _look(parts, add, zone), LOOK_PATIENCE)
    if seen.objections:
        raise Refused(mrkdwn.inline(" ".join(seen.objections), 500))
    try:
        view = confirmation(replace(draft, place=typed.place, remark=remark), seen, "Cancel")
        slack.patience.ask(lambda: slack.open_view(typed.get("trigger_id"), view), typed.left)
    except TooMuch:
        raise Refused(_TOO_MUCH) from None
    except (Failure, NoAnswer) as failure:
        _log.warning("a preview could not be opened", reason=str(failure))
        raise Refused(_NOT_OPENED) from None
    return "answered", nothing()


def _zone(slack: SlackParts, add: Add, user: str) -> tuple[tzinfo, str]:
    """Theirs, where it matters and Slack tells it in time; and what there is to say of it."""
    if add.until is None or add.until.zone is not None:
        return UTC, ""
    try:
        return ZoneInfo(slack.patience.ask(lambda: slack.zone(user), ZONE_PATIENCE)), ""
    except (Failure, NoAnswer, ValueError, OSError, KeyError) as error:
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
        return now + (add.length or timedelta())
    try:
        end_at = add.until.at(now, zone)
    except Malformed as malformed:
        raise Refused(str(malformed)) from None
    if end_at <= now:
        raise Refused(_PAST)
    return end_at
