"""What an event of Events API v2 must look like, field by field (PagerDuty, "Send an alert event").

The sentences are those PagerDuty answers with, as far as they have been seen.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

ROUTING_KEY_LENGTH = 32
MOST_DEDUP_KEY = 255
MOST_SUMMARY = 1024
SEVERITIES = ("critical", "error", "warning", "info")
ACTIONS = ("trigger", "acknowledge", "resolve")


def check_event(event: dict[str, Any]) -> list[str]:
    """What PagerDuty would say against it; empty means 202."""
    errors = _check_routing_key(event.get("routing_key"))
    action = event.get("event_action")
    if not action:
        errors.append("'event_action' is missing or blank")
    elif action not in ACTIONS:
        errors.append(
            "'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge', 'resolve')"
        )
    errors += _check_dedup_key(event.get("dedup_key"), needed=action in ("acknowledge", "resolve"))
    if action == "trigger":
        errors += _check_payload(event.get("payload"))
        errors += _check_list(event, "images", "src", https=True) + _check_list(event, "links", "href")
        errors += [
            f"'{name}' must be a string"
            for name in ("client", "client_url")
            if event.get(name) is not None and not isinstance(event[name], str)
        ]
    return errors


def _check_routing_key(key: Any) -> list[str]:
    if not key:
        return ["'routing_key' is missing or blank"]
    if not isinstance(key, str):
        return ["'routing_key' must be a string"]
    errors = []
    if len(key) != ROUTING_KEY_LENGTH:
        errors.append(f"Length of 'routing_key' is incorrect (should be {ROUTING_KEY_LENGTH} characters)")
    if not (key.isascii() and key.isalnum()):
        errors.append("'routing_key' cannot contain non-alphanumeric characters.")
    return errors


def _check_dedup_key(key: Any, *, needed: bool) -> list[str]:
    if not key:
        return ["'dedup_key' is missing or blank"] if needed else []
    if not isinstance(key, str):
        return ["'dedup_key' must be a string"]
    return (
        [f"'dedup_key' is too long (maximum is {MOST_DEDUP_KEY} characters)"]
        if len(key) > MOST_DEDUP_KEY
        else []
    )


def _check_payload(payload: Any) -> list[str]:
    if not isinstance(payload, dict):
        return ["'payload' is missing or blank"]
    errors = [
        f"'payload.{name}' is missing or blank"
        for name in ("summary", "source", "severity")
        if not isinstance(payload.get(name), str) or not payload[name].strip()
    ]
    if isinstance(payload.get("summary"), str) and len(payload["summary"]) > MOST_SUMMARY:
        errors.append(f"'payload.summary' is too long (maximum is {MOST_SUMMARY} characters)")
    if payload.get("severity") and payload["severity"] not in SEVERITIES:
        errors.append(
            "'payload.severity' is invalid (must be one of the following: "
            "'critical', 'warning', 'error' or 'info')"
        )
    errors += [
        f"'payload.{name}' must be a string"
        for name in ("component", "group", "class")
        if payload.get(name) is not None and not isinstance(payload[name], str)
    ]
    if payload.get("custom_details") is not None and not isinstance(payload["custom_details"], dict):
        errors.append("'payload.custom_details' must be an object")
    if payload.get("timestamp") is not None and not _is_time(payload["timestamp"]):
        errors.append("'payload.timestamp' must be in ISO 8601 format")
    return errors


def _is_time(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(datetime.fromisoformat(value))
    except ValueError:
        return False


def _check_list(event: dict[str, Any], name: str, needed: str, *, https: bool = False) -> list[str]:
    items = event.get(name)
    if items is None:
        return []
    if not isinstance(items, list):
        return [f"'{name}' must be an array"]
    errors = []
    for index, item in enumerate(items):
        address = item.get(needed) if isinstance(item, dict) else None
        if not isinstance(address, str) or not address:
            errors.append(f"'{name}[{index}].{needed}' is missing or blank")
        elif https and not address.startswith("https://"):
            errors.append(f"'{name}[{index}].{needed}' must be an https address")
    return errors
