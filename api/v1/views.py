"""Alerts and summaries as the API shows them: read along an index, dumped by the schemas of `answers`."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from api.v1 import answers
from core.domain.alert import State
from core.domain.silence import Silence
from core.store import listing, silences
from core.store.listing import Filter, Listed, Page
from core.store.places import places
from core.store.summary import Period, summarise
from core.store.timeline import timeline

_DAY = timedelta(hours=24)


def page(connection: Connection, asked: dict[str, Any], now: datetime) -> Any:
    """A page of alerts for a loaded AlertsQuery."""
    if asked["id_prefix"]:
        found = Page(listing.begins_with(connection, asked["id_prefix"], asked["limit"]), None)
    else:
        found = listing.page(connection, _filter(asked), asked["cursor"], asked["limit"])
    cursor = found.more.write() if found.more else None
    return answers.Alerts().dump({"alerts": _views(connection, found.alerts, now), "next_cursor": cursor})


def alert(connection: Connection, listed: Listed, now: datetime) -> Any:
    return answers.Alert().dump(_views(connection, [listed], now)[0])


def alert_with_timeline(connection: Connection, listed: Listed, now: datetime) -> Any:
    view = _views(connection, [listed], now)[0]
    return answers.AlertWithTimeline().dump(view | {"timeline": timeline(connection, listed.id, now)})


def summary(connection: Connection, asked: dict[str, Any], now: datetime) -> Any:
    """The answer to a loaded SummaryQuery."""
    until = asked["until"] or now
    since = None if asked["all"] else asked["since"] or until - _DAY
    told = asdict(summarise(connection, Period(since, until)))
    return answers.Summary().dump(told | {"since": since, "until": until})


def _filter(asked: dict[str, Any]) -> Filter:
    return Filter(
        states=asked["state"],
        severities=[severity.strip().lower() for severity in asked["severity"]],
        matchers=asked["match"],
        source=asked["source"],
        name=asked["name"],
        since=asked["since"],
        until=asked["until"],
    )


def _views(connection: Connection, alerts: Sequence[Listed], now: datetime) -> list[dict[str, Any]]:
    ids = [alert.id for alert in alerts]
    short, shown = listing.short_ids(connection, ids), places(connection, ids)
    lasting = silences.lasting(connection, now)
    return [
        asdict(alert)
        | {
            # An alert may be deleted while it is looked at.
            "short_id": short.get(alert.id, alert.id),
            "targets": shown[alert.id],
            "silence": _hiding(lasting, alert),
        }
        for alert in alerts
    ]


def _hiding(lasting: Sequence[Silence], alert: Listed) -> Silence | None:
    """What is over is hidden by nothing."""
    if alert.state is State.RESOLVED:
        return None
    return next((it for it in lasting if it.is_about(alert.source, alert.labels)), None)
