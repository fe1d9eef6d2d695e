"""What a time was like, in a few lines."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from sqlalchemy import Connection

from core.commands.period import Named
from core.commands.severities import counted
from core.domain import words
from core.store.summary import Count, Mean, summarise
from core.targets import mrkdwn
from core.targets.slack_parts import line

_COUNTS, _NAMES = 400, 600


def lines(connection: Connection, named: Named) -> list[str]:
    told = summarise(connection, named.period)
    opened = sum(each.count for each in told.open_by_severity)
    return [
        _head(named),
        line([f"Fired: *{told.fired}*", *counted(told.fired_by_severity)], _COUNTS),
        line([f"Open now: *{opened}*", *counted(told.open_by_severity)], _COUNTS),
        f"Acknowledged {_mean(told.acknowledged)}",
        f"Resolved {_mean(told.resolved)}",
        *_named("Most often", told.fired_by_name),
        *_named("Acknowledged most by", told.acknowledged_by),
    ]


def _head(named: Named) -> str:
    since = named.period.since
    return f"*Summary of {named.name}*{f', since {mrkdwn.date(since)}' if since else ''}"


def _mean(mean: Mean) -> str:
    if mean.seconds is None:
        return "nothing"
    return f"after {words.duration(timedelta(seconds=mean.seconds))} on average ({mean.count})"


def _named(title: str, counts: Sequence[Count]) -> list[str]:
    return [f"{title}: {line(_each(counts), _NAMES)}"] if counts else []


def _each(counts: Iterable[Count]) -> list[str]:
    return [f"{mrkdwn.inline(each.name, 60) or 'somebody'} {each.count}" for each in counts]
