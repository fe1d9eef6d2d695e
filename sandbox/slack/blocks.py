"""The blocks a message may hold and their limits (Slack, Block Kit reference).

Where the reference is silent the stricter reading is taken; block types that this workspace cannot draw are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.slack.elements import (
    ACTION_ELEMENTS,
    IMAGE,
    SECTION_ACCESSORIES,
    any_text,
    anything,
    image_source,
    plain_text,
)
from sandbox.slack.schema import Check, Shape, boolean, by_type, fault, items, one_of, string, url

MOST_BLOCKS = 50
# Not documented: several people measured about 13,200 characters over all blocks, each of them legal by itself.
MOST_CHARACTERS = 13_000
MOST_MARKDOWN = 12_000

BLOCK_ID = {"block_id": string(255)}


def _text_or_fields(value: dict[str, Any], pointer: str, errors: list[str]) -> None:
    if "text" not in value and "fields" not in value:
        fault(errors, "must define either `text` or `fields`", pointer)


def _unique_actions(value: dict[str, Any], pointer: str, errors: list[str]) -> None:
    seen: set[str] = set()
    elements = value.get("elements")
    for index, element in enumerate(elements if isinstance(elements, list) else []):
        name = element.get("action_id") if isinstance(element, dict) else None
        if isinstance(name, str) and name in seen:
            fault(errors, f"`action_id` already exists: {name:.80}", f"{pointer}/elements/{index}/action_id")
        elif isinstance(name, str):
            seen.add(name)


RICH_TEXT_PARTS = one_of("rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote")


def _rich_text_part(value: Any, pointer: str, errors: list[str]) -> None:
    if not isinstance(value, dict):
        fault(errors, "must provide an object", pointer)
        return
    RICH_TEXT_PARTS(value.get("type"), f"{pointer}/type", errors)
    if not isinstance(value.get("elements"), list):
        fault(errors, "missing required field: elements", pointer)


BLOCKS: dict[str, Check] = {
    "section": Shape(
        {"type": anything},
        {
            "text": any_text(3000),
            "fields": items(any_text(2000), 10),
            "accessory": by_type(SECTION_ACCESSORIES),
            "expand": boolean,
            **BLOCK_ID,
        },
        _text_or_fields,
    ),
    "header": Shape({"type": anything, "text": plain_text(150)}, BLOCK_ID),
    "context": Shape(
        # The reference gives no length for a text in a context; 2000 is what a section's field has.
        {
            "type": anything,
            "elements": items(
                by_type({"plain_text": any_text(2000), "mrkdwn": any_text(2000), "image": IMAGE}), 10
            ),
        },
        BLOCK_ID,
    ),
    "actions": Shape(
        {"type": anything, "elements": items(by_type(ACTION_ELEMENTS), 25)}, BLOCK_ID, _unique_actions
    ),
    "divider": Shape({"type": anything}, BLOCK_ID),
    "image": Shape(
        {"type": anything, "alt_text": string(2000, least=0)},
        {"image_url": url(3000), "slack_file": anything, "title": plain_text(2000), **BLOCK_ID},
        image_source,
    ),
    "markdown": Shape({"type": anything, "text": string(MOST_MARKDOWN)}, BLOCK_ID),
    "rich_text": Shape({"type": anything, "elements": items(_rich_text_part, 100)}, BLOCK_ID),
}
_IN_MESSAGE = by_type(BLOCKS)


def check_blocks(
    blocks: Any, pointer: str, *, of: Check = _IN_MESSAGE, most: int = MOST_BLOCKS, least: int = 0
) -> list[str]:
    """What Slack would say against these blocks; empty means that it takes them."""
    errors: list[str] = []
    items(of, most, least)(blocks, pointer, errors)
    if not errors:
        _check_together(blocks, pointer, errors)
    return errors


def _check_together(blocks: list[dict[str, Any]], pointer: str, errors: list[str]) -> None:
    seen: set[str] = set()
    markdown = 0
    for index, block in enumerate(blocks):
        name = block.get("block_id")
        if name is not None and name in seen:
            fault(errors, f"`block_id` already exists: {name:.80}", f"{pointer}/{index}/block_id")
        elif name is not None:
            seen.add(name)
        markdown += len(block["text"]) if block["type"] == "markdown" else 0
    if markdown > MOST_MARKDOWN:
        fault(errors, f"markdown text must be less than {MOST_MARKDOWN + 1} characters", pointer)


def characters(value: Any) -> int:
    """All characters in the blocks but the names of types: what the limit on the sum is held against here."""
    return sum(len(text) for text in _strings(value))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name != "type":
                yield from _strings(item)
