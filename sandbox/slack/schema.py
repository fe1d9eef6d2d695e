"""Small pieces from which the shapes of Block Kit are put together; each reports what is wrong and where.

The wording and the `[json-pointer:…]` are Slack's own, so that a message seen here is recognised there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

Check = Callable[[Any, str, list[str]], None]


def fault(errors: list[str], words: str, pointer: str) -> None:
    errors.append(f"{words} [json-pointer:{pointer}]")


def string(most: int, least: int = 1) -> Check:
    def check(value: Any, pointer: str, errors: list[str]) -> None:
        if not isinstance(value, str):
            fault(errors, "must provide a string", pointer)
        elif len(value) < least:
            fault(errors, f"must be more than {least - 1} characters", pointer)
        elif len(value) > most:
            fault(errors, f"must be less than {most + 1} characters", pointer)

    return check


def spelled(pattern: str, words: str) -> Check:
    """A string of one spelling, such as a date."""
    compiled = re.compile(pattern)

    def check(value: Any, pointer: str, errors: list[str]) -> None:
        if not isinstance(value, str) or not compiled.fullmatch(value):
            fault(errors, words, pointer)

    return check


def between(least: int, most: int) -> Check:
    def check(value: Any, pointer: str, errors: list[str]) -> None:
        before = len(errors)
        number(value, pointer, errors)
        if len(errors) == before and not least <= value <= most:
            fault(errors, f"must be between {least} and {most}", pointer)

    return check


def url(most: int) -> Check:
    length = string(most)

    def check(value: Any, pointer: str, errors: list[str]) -> None:
        before = len(errors)
        length(value, pointer, errors)
        if len(errors) == before and not _is_web_address(value):
            fault(errors, "must be a valid URL", pointer)

    return check


def _is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not any(c.isspace() for c in value)


def boolean(value: Any, pointer: str, errors: list[str]) -> None:
    if not isinstance(value, bool):
        fault(errors, "must provide a boolean", pointer)


def number(value: Any, pointer: str, errors: list[str]) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        fault(errors, "must provide a number", pointer)


def one_of(*allowed: str) -> Check:
    def check(value: Any, pointer: str, errors: list[str]) -> None:
        if value not in allowed:
            fault(errors, f"must be one of: {', '.join(allowed)}", pointer)

    return check


def items(of: Check, most: int, least: int = 1) -> Check:
    def check(value: Any, pointer: str, errors: list[str]) -> None:
        if not isinstance(value, list):
            fault(errors, "must provide an array", pointer)
            return
        if len(value) < least:
            fault(errors, f"no fewer than {least} items allowed", pointer)
        if len(value) > most:
            fault(errors, f"no more than {most} items allowed", pointer)
            return
        for index, item in enumerate(value):
            of(item, f"{pointer}/{index}", errors)

    return check


@dataclass(frozen=True)
class Shape:
    """An object of known properties; anything else in it is refused, as Slack refuses it."""

    required: Mapping[str, Check] = field(default_factory=dict)
    optional: Mapping[str, Check] = field(default_factory=dict)
    also: Check | None = None

    def __call__(self, value: Any, pointer: str, errors: list[str]) -> None:
        if not isinstance(value, dict):
            fault(errors, "must provide an object", pointer)
            return
        for name in self.required:
            if name not in value:
                fault(errors, f"missing required field: {name}", pointer)
        for name, item in value.items():
            check = self.required.get(name) or self.optional.get(name)
            if check is None:
                fault(errors, f"invalid additional property: {name}", pointer)
            else:
                check(item, f"{pointer}/{name}", errors)
        if self.also is not None:
            self.also(value, pointer, errors)


def by_type(kinds: Mapping[str, Check]) -> Check:
    """An object whose `type` says which shape it has; other types are not supported in that place."""

    def check(value: Any, pointer: str, errors: list[str]) -> None:
        if not isinstance(value, dict):
            fault(errors, "must provide an object", pointer)
        elif "type" not in value:
            fault(errors, "missing required field: type", pointer)
        elif not isinstance(value["type"], str) or value["type"] not in kinds:
            fault(errors, f"unsupported type: {value['type']!s:.80}", f"{pointer}/type")
        else:
            kinds[value["type"]](value, pointer, errors)

    return check
