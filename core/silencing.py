"""What a silence would do now: how many open alerts it hides, which, and what the operator's rules say against it.

Asked before anything is made, in Slack, through the API and once more by ingest. Only what is open counts; it is looked
at piece by piece, so that ten thousand alerts need no more room than ten.
"""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from core.domain.matcher import Matcher, all_match
from core.domain.severity import rank
from core.domain.silence_index import SilenceIndex
from core.domain.silence_rules import Rules, objections
from core.store import open_alerts, silences
from core.store.open_alerts import Open

MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class Preview:
    """`alerts` are at most ten of `count`, most severe first, then longest; `already` are hidden by another silence.

    `objections` are sentences that say why it may not be made; none where it may.
    """

    count: int
    alerts: tuple[Open, ...]
    objections: tuple[str, ...]
    already: int


def preview(  # noqa: PLR0917 (the whole of a silence, in the order in which it is said)
    connection: Connection,
    rules: Rules,
    matchers: Sequence[Matcher],
    start_at: datetime,
    end_at: datetime,
    now: datetime,
    scope: str | None = None,
    *,
    but: str | None = None,
) -> Preview:
    """`scope` is the source that it is about, None: all. `but` is the id of one that does not count as another."""
    others = SilenceIndex(it for it in silences.lasting(connection, now) if it.id != but)
    count = already = 0
    named: list[Open] = []
    concerned: set[tuple[tuple[str, str], ...]] = set()
    for piece in open_alerts.walk(connection, scope):
        hidden = [alert for alert in piece if all_match(matchers, alert.labels)]
        count += len(hidden)
        already += sum(any(others.about(alert.source, alert.labels)) for alert in hidden)
        named = heapq.nsmallest(MOST_NAMED, [*named, *hidden], key=_order)
        concerned |= {_asked_about(rules, alert.labels) for alert in hidden}
    against = objections(rules, matchers, start_at, end_at, [dict(labels) for labels in sorted(concerned)])
    return Preview(count, tuple(named), tuple(against), already)


def _order(alert: Open) -> tuple[int, datetime, str]:
    return rank(alert.severity), alert.fired_at, alert.id


def _asked_about(rules: Rules, labels: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The labels that rules look at, and no others: thousands of alerts differ in few of them."""
    return tuple((name, labels[name]) for name in sorted({"severity", *rules.protected}) if name in labels)
