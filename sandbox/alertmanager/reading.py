"""The body of `POST /silences`, taken or refused as Alertmanager takes and refuses it, field by field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from sandbox.alertmanager.matching import Matcher
from sandbox.alertmanager.silences import Silence

REQUIRED = ("comment", "createdBy", "endsAt", "matchers", "startsAt")
OF_MATCHER = {"isEqual": "bool", "isRegex": "bool", "name": "string", "value": "string"}
OF_SILENCE = {
    "id": "string",
    "comment": "string",
    "createdBy": "string",
    "endsAt": "string",
    "startsAt": "string",
}
IN_GO = {
    type(None): "null",
    str: "string",
    bool: "bool",
    int: "number",
    float: "number",
    list: "array",
    dict: "object",
}
TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?", re.ASCII)


class Unread(Exception):
    """Refused before it was understood; `code` is the number beside the words."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


def read(body: bytes, mimetype: str) -> Silence:
    if mimetype != "application/json":
        shown = mimetype or "application/octet-stream"
        raise Unread(415, 415, f'unsupported media type "{shown}", only [application/json] are allowed')
    if not body:
        raise _missing("silence")
    found = _decoded(body)
    _check_types(found, OF_SILENCE, "Silence")
    for number, matcher in enumerate(_matchers(found)):
        if not isinstance(matcher, dict):
            raise _unfit(matcher, "Silence.matchers", "models.Matcher")
        _check_types(matcher, OF_MATCHER, "Matcher.matchers")
        found["matchers"][number] = {"isEqual": True, **_told(matcher)}
    times = {name: _time(found[name]) for name in ("startsAt", "endsAt") if found.get(name) is not None}
    _check_presence(found)
    return Silence(
        tuple(
            Matcher(one["name"], one["value"], one["isRegex"], one["isEqual"]) for one in found["matchers"]
        ),
        times["startsAt"],
        times["endsAt"],
        found["createdBy"],
        found["comment"],
        found.get("id") or "",
        annotations=_annotations(found),
    )


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _unparsed(str(error)) from None
    if found is None:
        return {}
    if not isinstance(found, dict):
        kind = 'struct { ID string "json:\\"id,omitempty\\"" }'
        raise _unparsed(f"json: cannot unmarshal {IN_GO[type(found)]} into Go value of type {kind}")
    return found


def _told(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _matchers(found: Mapping[str, Any]) -> list[Any]:
    matchers = found.get("matchers")
    if not isinstance(matchers, list | None):
        raise _unfit(matchers, "Silence.matchers", "models.Matchers")
    return matchers or []


def _annotations(found: Mapping[str, Any]) -> dict[str, str]:
    annotations = found.get("annotations") or {}
    if not isinstance(annotations, dict):
        raise _unfit(annotations, "Silence.annotations", "models.LabelSet")
    for value in annotations.values():
        if not isinstance(value, str):
            raise _unfit(value, "Silence.annotations", "string")
    return annotations


def _check_types(fields: Mapping[str, Any], kinds: Mapping[str, str], where: str) -> None:
    for name, kind in kinds.items():
        value = fields.get(name)
        if value is not None and IN_GO[type(value)] != kind:
            raise _unfit(value, f"{where}.{name}", kind)


def _check_presence(found: Mapping[str, Any]) -> None:
    for name in REQUIRED:
        if found.get(name) is None:
            raise _missing(name)
        if name != "matchers":
            continue
        if not found[name]:
            raise Unread(422, 612, "matchers in body should have at least 1 items")
        for number, matcher in enumerate(found[name]):
            for part in OF_MATCHER:
                if part not in matcher:
                    raise _missing(f"matchers.{number}.{part}")


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text if TIME.fullmatch(text) else "")
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        layout = '"2006-01-02 15:04:05": cannot parse'
        raise _unparsed(f'parsing time "{text}" as {layout} "{text}" as "2006"') from None


def _unparsed(reason: str) -> Unread:
    return Unread(400, 400, f'parsing silence body from "" failed, because {reason}')


def _unfit(value: Any, field: str, kind: str) -> Unread:
    return _unparsed(
        f"json: cannot unmarshal {IN_GO[type(value)]} into Go struct field {field} of type {kind}"
    )


def _missing(name: str) -> Unread:
    return Unread(422, 602, f"{name} in body is required")
