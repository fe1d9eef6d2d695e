"""What is open: how much of each severity, and the most severe of it by name; what is silenced comes last."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from core.commands.severities import counted, of_severity
from core.commands.wrong import Wrong
from core.domain import words
from core.domain.alert import Alert, State
from core.domain.severity import known, rank
from core.domain.silence import Silence
from core.store import alerts, listing, silence_listing, silences
from core.store.places import Place, places
from core.store.summary import Count, open_by_severity
from core.targets import mrkdwn
from core.targets.slack_parts import (
    SEVERITY_EMOJI,
    acknowledged,
    began,
    line,
    name,
    on_instance,
    severity_of,
    severity_word,
    silenced_until,
)

MOST_LINES = 15
# Five lines, the head among them, share a block of 3000 characters.
_HEAD, _LINE, _LINK = 600, 590, 250


def lines(connection: Connection, severity: str, now: datetime) -> list[str]:
    """The answer, line by line; all of it with "" for the severity. Raises Wrong."""
    counts = _asked_for(open_by_severity(connection), severity)
    total = sum(each.count for each in counts)
    if not total:
        return [f"✅ Nothing {mrkdwn.inline(severity, 40)} is open." if severity else "✅ Nothing is open."]
    lasting = silences.lasting(connection, now)
    hidden = silence_listing.hidden_ids(connection, lasting, {each.name for each in counts})
    head = f"*{_are_open(total)}{_of_them(len(hidden), total)}*"
    shown = list(_alerts(connection, _first(connection, counts, hidden), lasting, now))
    rest = total - len(shown)
    more = [f"and {rest} more"] if rest > 0 else []
    return [line([head, *counted(counts)], _HEAD), *shown, *more]


def _are_open(total: int) -> str:
    return f"{words.count(total, 'alert')} {'is' if total == 1 else 'are'} open"


def _of_them(hidden: int, total: int) -> str:
    if not hidden:
        return ""
    if hidden < total:
        return f", {hidden} of them silenced"
    return " and silenced" if total == 1 else ", all of them silenced"


def _asked_for(counts: list[Count], severity: str) -> list[Count]:
    """A severity that is known stands for its rung, `critical` also for `page`; any other for itself."""
    if severity and not known(severity) and severity not in {each.name for each in counts}:
        raise Wrong(f"“{severity[:40]}” is not a severity of anything that is open.")
    return [each for each in counts if not severity or of_severity(each.name, severity)]


def _first(connection: Connection, counts: list[Count], hidden: Collection[str]) -> list[str]:
    """Ids of those that are named: the most severe, but what is silenced behind all that is not."""
    ids: list[str] = []
    for rung in sorted({rank(each.name) for each in counts}):
        severities = [each.name for each in counts if rank(each.name) == rung]
        ids += listing.longest_open(connection, severities, MOST_LINES + len(hidden) - len(ids))
    return sorted(ids, key=lambda id_: id_ in hidden)[:MOST_LINES]


def _alerts(
    connection: Connection, ids: list[str], lasting: Sequence[Silence], now: datetime
) -> Iterator[str]:
    found = alerts.load(connection, ids)
    shown = places(connection, ids)
    for id_ in ids:
        alert = found.get(id_)
        if alert is not None and alert.state is not State.RESOLVED:
            yield _line(replace(alert, silence=silences.hiding(lasting, alert)), _link(shown[id_]), now)


def _line(alert: Alert, link: str, now: datetime) -> str:
    linked = mrkdwn.link(link, name(alert, 80), _LINK)
    since = words.duration(now - began(alert))
    what = f"{_emoji(alert)} {severity_word(alert)} {linked}{on_instance(alert)} for {since}"
    return line([what, silenced_until(alert), acknowledged(alert)], _LINE)


def _emoji(alert: Alert) -> str:
    if alert.is_silenced:
        return "🔕"
    return "🟣" if alert.state is State.ACKNOWLEDGED else SEVERITY_EMOJI[severity_of(alert)]


def _link(shown: list[Place]) -> str:
    return next((place.link for place in shown if place.link and place.target.startswith("slack:")), "")
