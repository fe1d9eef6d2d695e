"""The limits of a modal and of the inputs in it (Slack, "Modal views" and Block Kit reference)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from sandbox.slack.blocks import BLOCK_ID, BLOCKS, check_blocks
from sandbox.slack.elements import ACTION_ELEMENTS, SECTION_ACCESSORIES, anything, plain_text
from sandbox.slack.errors import SlackError
from sandbox.slack.schema import Check, Shape, between, boolean, by_type, fault, one_of, string

MOST_BLOCKS = 100
MOST_BYTES = 250_000
MOST_TYPED = 3000

_TEXT_INPUT: dict[str, Check] = {
    "action_id": string(255),
    "initial_value": string(MOST_TYPED, least=0),
    "placeholder": plain_text(150),
    "focus_on_load": boolean,
    "dispatch_action_config": anything,
}


def _lengths(value: dict[str, Any], pointer: str, errors: list[str]) -> None:
    least, most, initial = value.get("min_length"), value.get("max_length"), value.get("initial_value")
    if isinstance(least, int) and isinstance(most, int) and least > most:
        fault(errors, "`min_length` must not be more than `max_length`", f"{pointer}/min_length")
    if isinstance(initial, str) and isinstance(most, int) and len(initial) > most:
        fault(errors, "`initial_value` must not be longer than `max_length`", f"{pointer}/initial_value")


INPUT_ELEMENTS: dict[str, Check] = {
    **{
        name: check
        for name, check in SECTION_ACCESSORIES.items()
        if name not in ("button", "overflow", "image")
    },
    "datetimepicker": ACTION_ELEMENTS["datetimepicker"],
    "plain_text_input": Shape(
        {"type": anything},
        {
            **_TEXT_INPUT,
            "multiline": boolean,
            "min_length": between(0, MOST_TYPED),
            "max_length": between(1, MOST_TYPED),
        },
        _lengths,
    ),
    "email_text_input": Shape({"type": anything}, _TEXT_INPUT),
    "url_text_input": Shape({"type": anything}, _TEXT_INPUT),
}
_INPUT = Shape(
    {"type": anything, "label": plain_text(2000), "element": by_type(INPUT_ELEMENTS)},
    {"hint": plain_text(2000), "optional": boolean, "dispatch_action": boolean, **BLOCK_ID},
)
_BLOCKS = by_type({**BLOCKS, "input": _INPUT})


def _blocks(value: Any, pointer: str, errors: list[str]) -> None:
    errors += check_blocks(value, pointer, of=_BLOCKS, most=MOST_BLOCKS, least=1)


def _together(view: dict[str, Any], pointer: str, errors: list[str]) -> None:
    blocks = view.get("blocks")
    inner = [block for block in blocks if isinstance(block, dict)] if isinstance(blocks, list) else []
    if "submit" not in view and any(block.get("type") == "input" for block in inner):
        fault(errors, "must define `submit` to use an `input` block in modals", pointer)
    if sum(element.get("focus_on_load") is True for element in _elements(inner)) > 1:
        fault(errors, "only one element can have `focus_on_load` set to true", f"{pointer}/blocks")


def _elements(blocks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for block in blocks:
        inside = block.get("elements")
        found = [block.get("element"), block.get("accessory"), *(inside if isinstance(inside, list) else [])]
        yield from (one for one in found if isinstance(one, dict))


_VIEW = Shape(
    {"type": one_of("modal"), "title": plain_text(24), "blocks": _blocks},
    {
        "submit": plain_text(24),
        "close": plain_text(24),
        "private_metadata": string(3000, least=0),
        "callback_id": string(255, least=0),
        "external_id": string(255, least=0),
        "clear_on_close": boolean,
        "notify_on_close": boolean,
        "submit_disabled": boolean,
    },
    _together,
)


def read_view(view: Any) -> dict[str, Any]:
    """The view as it may be shown, or the refusal with every fault in it."""
    if isinstance(view, str):
        try:
            view = orjson.loads(view)
        except orjson.JSONDecodeError:
            raise SlackError("invalid_arguments", ["must be valid JSON [json-pointer:/view]"]) from None
    errors: list[str] = []
    _VIEW(view, "/view", errors)
    if errors:
        raise SlackError("invalid_arguments", errors)
    if len(orjson.dumps(view)) > MOST_BYTES:
        raise SlackError("view_too_large")
    read: dict[str, Any] = view
    return read
