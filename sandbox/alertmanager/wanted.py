"""Matchers as a caller in Python gives them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.alertmanager.matching import Matcher, parse_all
from sandbox.alertmanager.silences import Unwanted

Wanted = str | Mapping[str, str] | Iterable[Matcher | Mapping[str, Any]]


def wanted(matchers: Wanted) -> tuple[Matcher, ...]:
    """From `name="value", …` as people type it, from labels, from Matchers, or from what the API takes."""
    if isinstance(matchers, str):
        return _typed(matchers)
    if isinstance(matchers, Mapping):
        return tuple(Matcher(name, value) for name, value in matchers.items())
    return tuple(one if isinstance(one, Matcher) else _of_api(one) for one in matchers)


def _typed(text: str) -> tuple[Matcher, ...]:
    try:
        found = tuple(parse_all(text))
    except ValueError as error:
        raise Unwanted(str(error)) from None
    if not found:
        raise Unwanted("a silence has at least one matcher")
    return found


def _of_api(one: Mapping[str, Any]) -> Matcher:
    return Matcher(one["name"], one["value"], one.get("isRegex", False), one.get("isEqual", True))
