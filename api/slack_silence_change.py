"""/silence extend and end: looked at in the request, so that whatever can be said at once is, and stored in the inbox.

What is stored names its silence in full: the beginning of an id that was typed may mean another one later.
"""

from datetime import datetime

import structlog
from sqlalchemy import Connection

from api.parts import Parts, SlackParts
from api.slack_silence_preview import matchers_in_words
from api.slack_typed import Refused, Typed
from core.bridge import PEOPLE
from core.commands.silence_words import End, Extend
from core.domain.silence import Silence
from core.domain.silence_deed import SilenceDeed, SilenceKind, SilenceVerb, reduce_silence
from core.domain.silence_rules import Rules
from core.domain.words import duration
from core.silencing import preview
from core.sources import own_silence, slack_payload
from core.store import silences
from core.store.bodies import pack
from core.store.inbox import Incoming
from core.targets import mrkdwn

LOOK_PATIENCE = 1.2
_MOST_ALIKE = 50
# Neither Slack's own bytes nor an alert's source: a row of the bridge's, as it writes them itself.
_SOURCE = "command"

_log = structlog.get_logger()


def change(parts: Parts, slack: SlackParts, typed: Typed, asked: Extend | End) -> str:
    """What is said to who typed it. Raises Refused, and Unavailable where it could not be stored."""
    deed, silence = slack.patience.ask(lambda: _deed(parts, typed, asked), LOOK_PATIENCE)
    row = Incoming(_SOURCE, PEOPLE, pack(own_silence.write(deed)), deed.event_id)
    parts.intake.put(row, typed.left)
    _log.info("silence changed", verb=deed.verb.value, silence=silence.id, by=deed.actor.key)
    which = f"silence `{asked.id}` ({matchers_in_words(silence.matchers, 300)})"
    if isinstance(asked, End):
        return f"Ending {which}."
    until = mrkdwn.date(silence.end_at + asked.length)
    return f"Extending {which} by {duration(asked.length)}, until {until}."


def _deed(parts: Parts, typed: Typed, asked: Extend | End) -> tuple[SilenceDeed, Silence]:
    """What is to be done, and to what. Raises Refused where it would come to nothing."""
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
    """The one that lasts, of those that begin so; else the one that did."""
    all_ = silences.begins_with(connection, beginning, _MOST_ALIKE)
    alike = [it for it in all_ if not it.acknowledges]
    found = [it for it in alike if it.end_at > now] or alike
    if not found:
        raise Refused(f"There is no silence `{beginning}`; `/silence list` shows them all.")
    if len(found) > 1 or len(all_) == _MOST_ALIKE:
        raise Refused(f"Several silences begin with `{beginning}`; please type more of the id.")
    return found[0]


def _check(connection: Connection, rules: Rules, silence: Silence, deed: SilenceDeed) -> None:
    change = reduce_silence(silence, deed)
    if change.kind is SilenceKind.NOTHING or change.silence is None:
        raise Refused(mrkdwn.inline(change.why, 300))
    if deed.verb is SilenceVerb.END:
        return
    since, until = max(silence.start_at, deed.at), change.silence.end_at
    seen = preview(connection, rules, silence.matchers, since, until, deed.at, silence.scope, but=silence.id)
    if seen.objections:
        raise Refused(mrkdwn.inline(" ".join(seen.objections), 500))
