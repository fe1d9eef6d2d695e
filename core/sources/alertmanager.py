"""Alertmanager's webhook, payload version 4: bytes to reports (prometheus/alertmanager template/template.go).

Lenient with what is added, strict with what is read: fields that nobody here knows are ignored, and an item whose
own fields are wrong is spoiled by name without holding back the items beside it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from core.domain.alert import Content
from core.domain.errors import Malformed
from core.domain.event import Report
from core.domain.fingerprint import fingerprint
from core.sources import tamed
from core.sources.tamed import rfc_3339

VERSION = "4"

_FINGERPRINT = re.compile(r"[A-Za-z0-9_-]{1,64}")
_FIRING = {"firing": True, "resolved": False}
_TOO_DEEP = "(nested too deeply to keep)"
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Spoiled:
    """One item that cannot be used, as JSON, and a sentence that says why."""

    index: int
    item: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class _Item:
    firing: bool
    content: Content
    starts_at: datetime | None
    ends_at: datetime | None
    fingerprint: str


class _Bad(Exception):
    """Why an item is spoiled, in words that go behind "alerts[n]"."""


def check(body: bytes) -> int:
    """How many items the body has. Raises Malformed unless at least one of them can be used."""
    items = _items(body)
    first_reason = ""
    for index, item in enumerate(items):
        try:
            _tame(item)
        except _Bad as bad:
            first_reason = first_reason or f"alerts[{index}]{bad}"
        else:
            return len(items)
    raise Malformed(f"No item of `alerts` can be used: {first_reason}.")


def read(body: bytes, source: str, seq: int, received_at: datetime) -> tuple[list[Report], list[Spoiled]]:
    """The reports in the body, in its order, and the items that are none. Raises Malformed as `check` does,
    but for a body whose items are all spoiled.
    """
    reports: list[Report] = []
    spoiled: list[Spoiled] = []
    for index, value in enumerate(_items(body)):
        try:
            item = _tame(value)
        except _Bad as bad:
            spoiled.append(Spoiled(index, _as_json(value), f"alerts[{index}]{bad}"))
            continue
        reports.append(
            Report(
                source=source,
                fingerprint=item.fingerprint or fingerprint(item.content.labels),
                firing=item.firing,
                content=item.content,
                starts_at=item.starts_at or received_at,
                ends_at=item.ends_at,
                seq=seq,
                received_at=received_at,
            )
        )
    return reports, spoiled


def _items(body: bytes) -> list[Any]:
    document = tamed.document(body)
    if document.get("version") != VERSION:
        raise Malformed(f'`version` must be "{VERSION}", and it is {_named(document, "version")}.')
    items = document.get("alerts")
    if not isinstance(items, list):
        raise Malformed(f"`alerts` must be a list, and it is {_named(document, 'alerts')}.")
    if not items:
        raise Malformed("`alerts` is empty.")
    return items


def _tame(item: Any) -> _Item:
    if not isinstance(item, dict):
        raise _Bad(" is not an object")
    status = item.get("status")
    firing = _FIRING.get(status) if isinstance(status, str) else None
    if firing is None:
        raise _Bad(".status is neither firing nor resolved")
    if "labels" not in item:
        raise _Bad(".labels is missing")
    annotations = item.get("annotations")
    url = item.get("generatorURL")
    if url is not None and not isinstance(url, str):
        raise _Bad(".generatorURL is not a string")
    given = item.get("fingerprint")
    return _Item(
        firing=firing,
        content=Content(
            labels=_strings(item["labels"], "labels"),
            annotations={} if annotations is None else _strings(annotations, "annotations"),
            generator_url=url or "",
        ),
        starts_at=_time(item.get("startsAt"), "startsAt"),
        ends_at=_time(item.get("endsAt"), "endsAt"),
        fingerprint=given if isinstance(given, str) and _FINGERPRINT.fullmatch(given) else "",
    )


def _strings(value: Any, field: str) -> Mapping[str, str]:
    if not isinstance(value, dict):
        raise _Bad(f".{field} is not an object")
    for each in value.values():
        if not isinstance(each, str):
            raise _Bad(f".{field} has a value that is not a string")
    return value


def _time(value: Any, field: str) -> datetime | None:
    """None for what is absent or Go's zero time."""
    if value is None:
        return None
    try:
        return rfc_3339(value)
    except ValueError as error:
        raise _Bad(f".{field} {error}") from None


def _named(document: dict[str, Any], field: str) -> str:
    """A value in a few words that are safe to send back and to log."""
    value = document.get(field, _ABSENT)
    if value is _ABSENT:
        return "missing"
    if isinstance(value, str | int | float | bool | None):
        text = orjson.dumps(value).decode("ascii", "replace")
        return text if len(text) <= 20 else f"{text[:20]}…"
    return "an object" if isinstance(value, dict) else "a list"


def _as_json(item: Any) -> bytes:
    """The item again. orjson reads 1024 levels and writes 254, so what lies deeper is named instead of kept."""
    try:
        return orjson.dumps(item)
    except orjson.JSONEncodeError:
        if isinstance(item, dict):
            return orjson.dumps({name: _kept(value) for name, value in item.items()})
        return orjson.dumps(_TOO_DEEP)


def _kept(value: Any) -> Any:
    try:
        return orjson.Fragment(orjson.dumps(value))
    except orjson.JSONEncodeError:
        return _TOO_DEEP
