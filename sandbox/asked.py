"""What a control door was asked: a JSON object, or a refusal in one sentence."""

from __future__ import annotations

from typing import Any

from flask import request


class Refused(Exception):
    """The caller's fault, in one sentence."""


def body() -> dict[str, Any]:
    told = request.get_json(silent=True)
    if told is None and not request.get_data():
        return {}
    if not isinstance(told, dict):
        raise Refused("The body must be a JSON object")
    return told
