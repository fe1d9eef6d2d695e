"""Alertmanager's webhook, payload version 4: bytes to reports (prometheus/alertmanager template/template.go).

The same form, as a version of its own that no sender may use, carries what was concluded from Alertmanager's list.

Lenient with what is added, strict with what is read: fields that nobody here knows are ignored, and an item whose
own fields are wrong is spoiled by name without holding back the items beside it.
"""

import re
from collections.abc import Container, Mapping, Sequence
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
RECONCILED = "reconciled"

_FINGERPRINT = re.compile(r"[A-Za-z0-9_-]{1,64}")
_FIRING = {"firing": True, "resolved": False}
_TOO_DEEP = "(nested too deeply to keep)"
_ABSENT = object()
# What Go's regexp.QuoteMeta has put a backslash before: receivers come as patterns (notify/webhook/webhook.go).
_QUOTED = re.compile(r"\\([\\.+*?()|\[\]{}^$])")
_MOST_NAME = 200
# Far above what anybody has, and what is told of an alert is still put together in no time.
MOST_NAMES = 1000
# 16 MiB of the smallest alerts that there are; what has more is no list of alerts.
MOST_ITEMS = 100_000


@dataclass(frozen=True, slots=True)
class Spoiled:
    """One item that cannot be used, as JSON, and a sentence that says why."""

    index: int
    item: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Payload:
    """What a body says: reports in its order, and the items that are none. `receiver` is the name in Alertmanager's
    configuration under which it was sent here, "" where it was not.
    """

    reports: list[Report]
    spoiled: list[Spoiled]
    receiver: str = ""


@dataclass(frozen=True, slots=True)
class Concluded:
    """What the comparison with Alertmanager's list has found of one alert; `if_seq` as in Report."""

    fingerprint: str
    firing: bool
    content: Content
    if_seq: int
    starts_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Item:
    firing: bool
    content: Content
    starts_at: datetime | None
    ends_at: datetime | None
    fingerprint: str
    if_seq: int | None


class _Bad(Exception):
    """Why an item is spoiled, in words that go behind "alerts[n]"."""


def check(body: bytes) -> int:
    """How many items a webhook's body has. Raises Malformed unless at least one of them can be used."""
    items = _items(tamed.document(body), (VERSION,))
    first_reason = ""
    for index, item in enumerate(items):
        try:
            _tame(item)
        except _Bad as bad:
            first_reason = first_reason or f"alerts[{index}]{bad}"
        else:
            return len(items)
    raise Malformed(f"No item of `alerts` can be used: {first_reason}.")


def read(body: bytes, source: str, seq: int, received_at: datetime) -> Payload:
    """Raises Malformed as `check` does, but for a body whose items are all spoiled."""
    document = tamed.document(body)
    items = _items(document, (VERSION, RECONCILED))
    reconciled = document["version"] == RECONCILED
    reports: list[Report] = []
    spoiled: list[Spoiled] = []
    for index, value in enumerate(items):
        try:
            item = _tame(value, reconciled=reconciled)
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
                if_seq=item.if_seq,
            )
        )
    return Payload(reports, spoiled, _QUOTED.sub(r"\1", tamed.text(document.get("receiver"), _MOST_NAME)))


def write(concluded: Sequence[Concluded]) -> bytes:
    """What `read` reads again, as the inbox keeps it."""
    return orjson.dumps({"version": RECONCILED, "alerts": [_written(one) for one in concluded]})


def _written(one: Concluded) -> dict[str, Any]:
    return {
        "status": "firing" if one.firing else "resolved",
        "labels": dict(one.content.labels),
        "annotations": dict(one.content.annotations),
        "generatorURL": one.content.generator_url,
        "startsAt": one.starts_at.isoformat() if one.starts_at else None,
        "fingerprint": one.fingerprint,
        "ifSeq": one.if_seq,
    }


def _items(document: dict[str, Any], versions: Container[str]) -> list[Any]:
    version = document.get("version")
    if not isinstance(version, str) or version not in versions:
        raise Malformed(f'`version` must be "{VERSION}", and it is {_named(document, "version")}.')
    items = document.get("alerts")
    if not isinstance(items, list):
        raise Malformed(f"`alerts` must be a list, and it is {_named(document, 'alerts')}.")
    if not items:
        raise Malformed("`alerts` is empty.")
    if len(items) > MOST_ITEMS:
        raise Malformed(f"`alerts` has more than {MOST_ITEMS} items.")
    return items


def _tame(item: Any, *, reconciled: bool = False) -> _Item:
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
        if_seq=_seq(item.get("ifSeq")) if reconciled else None,
    )


def _seq(value: Any) -> int:
    if not isinstance(value, int) or value < 0:
        raise _Bad(".ifSeq is not a number of the inbox")
    return value


def _strings(value: Any, field: str) -> Mapping[str, str]:
    if not isinstance(value, dict):
        raise _Bad(f".{field} is not an object")
    if len(value) > MOST_NAMES:
        raise _Bad(f".{field} has more than {MOST_NAMES} names")
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
