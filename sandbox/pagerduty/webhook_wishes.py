"""Steering the webhooks from another process: all of a wish is checked before any of it is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.pagerduty.acts import Unclear
from sandbox.pagerduty.webhooks import Webhooks

SETTINGS = ("enabled", "duplicate", "delay", "schedule", "secrets")


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 100


def _is_seconds(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 3600


def _is_list(value: Any, check: Callable[[Any], bool]) -> bool:
    return isinstance(value, list) and all(map(check, value))


CHECKS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "hold": (lambda value: value is True, "true"),
    "release": (lambda value: value in ("in order", "reversed"), '"in order" or "reversed"'),
    "times": (_is_count, "a number from 1 to 100"),
    "ping": (lambda value: value is True, "true"),
    "enabled": (lambda value: isinstance(value, bool), "true or false"),
    "duplicate": (_is_count, "a number from 1 to 100"),
    "delay": (_is_seconds, "seconds"),
    "schedule": (lambda value: _is_list(value, _is_seconds) and bool(value), "a list of seconds"),
    "secrets": (lambda value: _is_list(value, lambda one: isinstance(one, str)), "a list of texts"),
}


def steer(webhooks: Webhooks, wish: Mapping[str, Any]) -> None:
    """Settings first, so that what is released meets them."""
    for name, value in wish.items():
        if name not in CHECKS:
            raise Unclear(f"{name} is not one of {', '.join(CHECKS)}")
        check, expected = CHECKS[name]
        if not check(value):
            raise Unclear(f"{name} must be {expected}")
    for name in SETTINGS:
        if name in wish:
            setattr(webhooks, name, wish[name])
    if "hold" in wish:
        webhooks.hold()
    if "release" in wish:
        webhooks.release("reversed" if wish["release"] == "reversed" else None, wish.get("times", 1))
    if "ping" in wish:
        webhooks.ping()
