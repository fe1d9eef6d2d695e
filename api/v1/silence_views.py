"""Silences as the API shows them: how many alerts each hides is reckoned when it is asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from api.errors import Failure
from api.v1 import silence_answers
from core.domain.matcher import Matcher, to_json
from core.domain.silence import Silence
from core.silencing import Preview
from core.store import listing, places, silence_listing, silences, tables
from core.store.silence_listing import About, Page


def page(connection: Connection, asked: Mapping[str, Any], now: datetime) -> Any:
    """The answer to a loaded SilencesQuery. Raises Failure."""
    found = _found(connection, asked, now)
    shown = _views(connection, found.silences, now)
    return silence_answers.Silences().dump({"silences": shown, "more": found.more})


def silence(connection: Connection, found: Silence, now: datetime) -> Any:
    return silence_answers.Silence().dump(_views(connection, [found], now)[0])


def silence_with_record(connection: Connection, found: Silence, now: datetime) -> Any:
    view = _views(connection, [found], now)[0]
    return silence_answers.SilenceWithRecord().dump(
        view | {"record": silences.record(connection, [found.id])}
    )


def preview(
    seen: Preview, matchers: Sequence[Matcher], start_at: datetime, end_at: datetime
) -> dict[str, Any]:
    return {
        "count": seen.count,
        "already": seen.already,
        "alerts": seen.alerts,
        "objections": seen.objections,
        "matchers": [to_json(it) for it in matchers],
        "start_at": start_at,
        "end_at": end_at,
    }


def _found(connection: Connection, asked: Mapping[str, Any], now: datetime) -> Page:
    limit = asked["limit"]
    if asked["id_prefix"]:
        found = silences.begins_with(connection, asked["id_prefix"], limit + 1)
        return Page(found[:limit], len(found) > limit)
    about = None
    if asked["alert"]:
        alert = listing.one(connection, asked["alert"])
        if alert is None:
            raise Failure(404, "not_found", "There is no such alert.")
        about = About(alert.source, alert.labels)
    return silence_listing.page(
        connection, asked["phase"], about, now, limit, acknowledges=asked["acknowledges"]
    )


def _views(connection: Connection, found: Sequence[Silence], now: datetime) -> list[dict[str, Any]]:
    ids = [it.id for it in found]
    short = listing.short_ids(connection, ids, tables.silences)
    copies = places.copies(connection, ids)
    hidden = silence_listing.hidden(connection, found, now)
    return [
        asdict(it)
        | {
            "short_id": short.get(it.id, it.id),
            "phase": it.phase(now),
            "matchers": [to_json(matcher) for matcher in it.matchers],
            "hides": hidden[it.id],
            "targets": copies[it.id],
        }
        for it in found
    ]
