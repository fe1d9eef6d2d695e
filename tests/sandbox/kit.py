"""Pieces of Block Kit for the tests of clicks, modals and the page."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def section(text: str, **more: Any) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def button(action_id: str, text: str = "Press", **more: Any) -> Json:
    return {"type": "button", "action_id": action_id, "text": plain(text), **more}


def option(value: str, text: str | None = None) -> Json:
    return {"text": plain(text or value), "value": value}


def select(action_id: str, *values: str, kind: str = "static_select", **more: Any) -> Json:
    return {"type": kind, "action_id": action_id, "options": [option(one) for one in values], **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def typed(block_id: str = "note", **more: Any) -> Json:
    return inputs(block_id, {"type": "plain_text_input", "action_id": "typed", **more})


def inputs(block_id: str, element: Json, **more: Any) -> Json:
    return {"type": "input", "block_id": block_id, "label": plain("Label"), "element": element, **more}


def modal(*blocks: Json, **more: Any) -> Json:
    return {
        "type": "modal",
        "title": plain("A title"),
        "submit": plain("Send"),
        "blocks": list(blocks) or [typed()],
        **more,
    }


def alert(state: str = "firing") -> Json:
    """What an alert's message holds: words in the open, the rest beside a colour bar."""
    colour = {"firing": "#d92d20", "acknowledged": "#6e56cf"}[state]
    name = {"firing": "ack", "acknowledged": "unack"}[state]
    silence = select("silence", "1h", "4h", placeholder=plain("Silence"))
    more = select("more", "note", "resolve", kind="overflow")
    blocks = [section("instance web-1"), actions(button(name, value=f"{name}:1"), silence, more)]
    return {"text": "", "blocks": [section("HighCPU")], "attachments": [{"color": colour, "blocks": blocks}]}
