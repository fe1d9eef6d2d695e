"""What is silenced: by whom, until when, which matchers, why, and how much that hides."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from core.domain import words
from core.domain.absence import absent
from core.domain.person import Provider
from core.domain.silence import Phase, Silence
from core.store import listing, silence_listing
from core.store.places import Copy, Standing, copies
from core.store.tables import silences
from core.targets import mrkdwn
from core.targets.slack_parts import elsewhere, line

MOST_LINES = 15
_LOOKED_AT = 500
# Five lines share a block of 3000 characters.
_NAME, _MATCHERS, _REASON, _ERROR, _LINE = 60, 180, 90, 110, 580


def lines(connection: Connection, now: datetime) -> list[str]:
    """The first to end comes first. What only goes with an acknowledgement hides nothing here and is left out."""
    phases = (Phase.ACTIVE, Phase.PENDING)
    found = silence_listing.page(connection, phases, None, now, _LOOKED_AT, acknowledges=False).silences
    if not found:
        return ["Nothing is silenced."]
    shown = found[:MOST_LINES]
    short = listing.short_ids(connection, [it.id for it in shown], silences)
    hidden = silence_listing.hidden(connection, shown, now)
    told = copies(connection, [it.id for it in shown])
    head = f"*{words.count(len(found), 'silence')}*"
    more = [f"and {len(found) - MOST_LINES} more"] if len(found) > MOST_LINES else []
    each = (_line(it, short.get(it.id, it.id), hidden[it.id], _absent(told[it.id]), now) for it in shown)
    return [head, *each, *more]


def _line(silence: Silence, short: str, hides: int, absence: str, now: datetime) -> str:
    pending = silence.phase(now) is Phase.PENDING
    since = f"from {mrkdwn.date(silence.start_at)} " if pending else ""
    who = mrkdwn.inline(silence.created_by_name, _NAME) or "somebody"
    return line(
        [
            f"`{short}` {who}{_where(silence)} {since}until {mrkdwn.date(silence.end_at)}",
            "" if pending else f"hides {hides or 'nothing'}",
            absence,
            mrkdwn.code(", ".join(map(str, silence.matchers)), _MATCHERS),
            mrkdwn.inline(silence.reason, _REASON),
        ],
        _LINE,
    )


def _where(silence: Silence) -> str:
    try:
        return elsewhere(Provider(silence.source))
    except ValueError:
        return ""


def _absent(told: Sequence[Copy]) -> str:
    """`not in Alertmanager: …` with its own words where one refuses it; else that it has yet to come there."""
    of_several = len(told) > 1
    for copy in sorted(told, key=lambda copy: copy.standing is not Standing.PARKED):
        where = mrkdwn.inline(copy.target, _NAME) if of_several else "Alertmanager"
        if said := absent(copy.standing, where, made=copy.remote_id is not None, over=False):
            parked = copy.standing is Standing.PARKED
            return f"{said}: {mrkdwn.code(copy.error or '', _ERROR)}" if parked else said
    return ""
