"""Silences as whoever looks for them finds them: what has not ended first, the first to end on top.

There are few of them beside alerts, so what a column can't tell is told row by row, of so many and no more.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from core.domain.silence import Phase, Silence
from core.domain.silence_index import SilenceIndex
from core.store import open_alerts, silences

_LOOKED_AT = 1000


@dataclass(frozen=True, slots=True)
class About:
    """An alert that silences may be about."""

    source: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """`more`: there are others behind these."""

    silences: Sequence[Silence]
    more: bool


def page(
    connection: Connection,
    phases: Collection[Phase],
    about: About | None,
    now: datetime,
    limit: int,
    *,
    acknowledges: bool | None = None,
) -> Page:
    """In one of these phases, and, where that is asked, about this alert, or with or for no acknowledgement."""
    found = [
        it
        for it in _walk(connection, phases, now)
        if it.phase(now) in phases
        and acknowledges in (None, it.acknowledges)
        and (about is None or it.is_about(about.source, about.labels))
    ]
    return Page(found[:limit], len(found) > limit)


def hidden(connection: Connection, found: Sequence[Silence], now: datetime) -> dict[str, int]:
    """How many open alerts each of them hides now; one that is hidden by several counts for each."""
    counts = {it.id: 0 for it in found}
    active = [it for it in found if it.phase(now) is Phase.ACTIVE]
    index = SilenceIndex(active)
    for piece in open_alerts.walk(connection) if active else ():
        for alert in piece:
            for it in index.about(alert.source, alert.labels):
                counts[it.id] += 1
    return counts


def hidden_ids(connection: Connection, lasting: Sequence[Silence], severities: Collection[str]) -> set[str]:
    """Which open alerts of these severities any of them hides. Where nothing lasts nothing is looked at."""
    index = SilenceIndex(lasting)
    return {
        alert.id
        for piece in (open_alerts.walk(connection) if lasting else ())
        for alert in piece
        if alert.severity in severities and any(index.about(alert.source, alert.labels))
    }


def _walk(connection: Connection, phases: Collection[Phase], now: datetime) -> Iterator[Silence]:
    if {Phase.ACTIVE, Phase.PENDING} & set(phases):
        yield from silences.listed(connection, now, expired=False, limit=_LOOKED_AT)
    if Phase.EXPIRED in phases:
        yield from silences.listed(connection, now, expired=True, limit=_LOOKED_AT)
