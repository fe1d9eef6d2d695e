"""What a request asks, read by the schemas of `questions`. Whatever is wrong is told at once, by its name."""

from collections.abc import Iterator
from typing import Any

import flask
import orjson
from marshmallow import Schema, ValidationError, fields
from werkzeug.datastructures import MultiDict

from api.errors import Failure
from api.reading import is_compressed

_MOST_BYTES = 64 * 1024
_LONGEST_NAME = 64


def query(schema: type[Schema], arguments: MultiDict[str, str]) -> dict[str, Any]:
    """Raises Failure."""
    asked = schema()
    values: dict[str, Any] = {}
    for name, given in arguments.lists():
        several = isinstance(asked.fields.get(name), fields.List)
        if len(given) > 1 and not several:
            raise _malformed({name: ["It stands there more than once."]})
        values[name] = given if several else given[0]
    return load(asked, values)


def body(schema: type[Schema]) -> dict[str, Any]:
    """The body of the present request; one that is absent is an empty object. Raises Failure."""
    request = flask.request
    request.max_content_length = _MOST_BYTES
    raw = request.get_data()
    if not raw.strip():
        return load(schema(), {})
    if request.mimetype != "application/json":
        raise Failure(415, "unsupported", "The content type must be application/json.")
    if is_compressed(request):
        raise Failure(415, "unsupported", "The body must not be compressed.")
    try:
        given = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise Failure(400, "malformed", "The body is not JSON.") from None
    if not isinstance(given, dict):
        raise Failure(400, "malformed", "The body is not a JSON object.")
    return load(schema(), given)


def headers(schema: type[Schema]) -> dict[str, Any]:
    """Raises Failure."""
    asked = schema()
    names = [field.data_key or name for name, field in asked.fields.items()]
    given = {name: flask.request.headers[name] for name in names if name in flask.request.headers}
    return load(asked, given)


def load(schema: Schema, given: dict[str, Any]) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = schema.load(given)
    except ValidationError as error:
        raise _malformed(error.messages_dict) from None
    return loaded


def _malformed(faults: dict[str, Any]) -> Failure:
    told = [f"`{_printable(name)}`: {said}" for name, what in faults.items() for said in _sentences(what)]
    return Failure(400, "malformed", " ".join(told[:10]))


def _sentences(what: Any) -> Iterator[str]:
    """Those of a list's items without the number of the item."""
    if isinstance(what, dict):
        for inner in what.values():
            yield from _sentences(inner)
    elif isinstance(what, list):
        yield from dict.fromkeys(str(each) for each in what)
    else:
        yield str(what)


def _printable(name: str) -> str:
    return "".join(char if char.isprintable() and char != "`" else "?" for char in name[:_LONGEST_NAME])
