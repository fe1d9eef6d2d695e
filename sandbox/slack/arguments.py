"""Single arguments of a method, read as strictly as the Web API reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sandbox.slack.errors import SlackError

Arguments = Mapping[str, Any]
Answer = dict[str, Any]
TS = re.compile(r"\d{10}\.\d{6}\Z")


def text(arguments: Arguments, name: str) -> str:
    value = arguments.get(name)
    if not isinstance(value, str) or not value:
        raise SlackError("invalid_arguments", [f"missing required field: {name}"])
    return value


def flag(arguments: Arguments, name: str) -> bool:
    return arguments.get(name) in (True, 1, "1", "true", "True")


def optional_ts(arguments: Arguments, name: str) -> str | None:
    value = arguments.get(name)
    if value in (None, ""):
        return None
    if not isinstance(value, str) or not TS.match(value):
        raise SlackError("invalid_arguments", [f"must be a timestamp [json-pointer:/{name}]"])
    return value
