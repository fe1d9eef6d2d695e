"""What a caller wants a message to hold: read from the arguments, checked against every limit, or refused.

Also finds whom a message would ping, so that a test can assert that hostile labels ping nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from sandbox.slack.blocks import MOST_CHARACTERS, characters, check_blocks
from sandbox.slack.errors import SlackError

MOST_ATTACHMENTS = 100
POST_TRUNCATES_ABOVE = 40_000
POST_SPLITS_ABOVE = 4_040  # measured: 4,040 stay one message, 4,041 become messages of 4,000
POST_SPLITS_INTO = 4_000
UPDATE_REFUSES_ABOVE = 4_000  # documented as characters, measured as bytes: bytes are the stricter reading
MOST_METADATA_BYTES = 8_000  # the vendor publishes no figure
EVENT_TYPE = re.compile(r"[a-z0-9_]{1,50}\Z")

ATTACHMENT_PROPERTIES = frozenset(
    {
        "blocks",
        "color",
        "fallback",
        "text",
        "pretext",
        "title",
        "title_link",
        "fields",
        "mrkdwn_in",
        "footer",
        "footer_icon",
        "ts",
        "author_name",
        "author_link",
        "author_icon",
        "image_url",
        "thumb_url",
        "callback_id",
        "id",
    }
)
# An attachment that shows nothing is dropped; a message of only such attachments has no text.
ATTACHMENT_SHOWS = (
    "blocks",
    "text",
    "title",
    "pretext",
    "fields",
    "fallback",
    "author_name",
    "footer",
    "image_url",
)

PING = re.compile(r"<(!channel|!here|!everyone|!subteam\^[A-Z0-9]+|@[UW][A-Z0-9]+)(?:\|[^>]*)?>")
PLAIN_PING = re.compile(r"(?<![\w.])@(channel|here|everyone)\b")


@dataclass(frozen=True)
class Content:
    """None means: the caller did not send it."""

    text: str | None
    blocks: list[dict[str, Any]] | None
    attachments: list[dict[str, Any]] | None
    metadata: dict[str, Any] | None
    pings: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        shows = any(any(a.get(name) for name in ATTACHMENT_SHOWS) for a in self.attachments or [])
        return not (self.text or self.blocks or shows)


def read_content(arguments: Mapping[str, Any]) -> Content:
    text = arguments.get("text")
    if text is not None and not isinstance(text, str):
        raise SlackError("invalid_arguments", ["must provide a string [json-pointer:/text]"])
    blocks = _read_list(arguments, "blocks", "invalid_blocks_format")
    attachments = _read_list(arguments, "attachments", "invalid_attachments")
    metadata = _read_metadata(arguments)
    _check_blocks(blocks, attachments)
    plain = bool(arguments.get("link_names")) or arguments.get("parse") == "full"
    return Content(text, blocks, attachments, metadata, tuple(find_pings(text, blocks, attachments, plain)))


def _read_list(arguments: Mapping[str, Any], name: str, error: str) -> list[dict[str, Any]] | None:
    value = arguments.get(name)
    if isinstance(value, str):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            raise SlackError(error) from None
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise SlackError(error)
    return value


def _check_blocks(blocks: list[dict[str, Any]] | None, attachments: list[dict[str, Any]] | None) -> None:
    errors = check_blocks(blocks, "/blocks") if blocks else []
    if errors:
        raise SlackError("invalid_blocks", errors)
    if len(attachments or []) > MOST_ATTACHMENTS:
        raise SlackError("too_many_attachments")
    for index, attachment in enumerate(attachments or []):
        errors += _check_attachment(attachment, f"/attachments/{index}")
    if errors:
        raise SlackError("invalid_attachments", errors)
    total = characters(blocks or []) + sum(characters(a.get("blocks") or []) for a in attachments or [])
    if total > MOST_CHARACTERS:
        raise SlackError("msg_blocks_too_long")


def _check_attachment(attachment: dict[str, Any], pointer: str) -> list[str]:
    if not set(attachment) <= ATTACHMENT_PROPERTIES:
        return ["invalid_keys"]
    errors = [
        f"must provide a string [json-pointer:{pointer}/{name}]"
        for name in ("color", "fallback", "text", "title", "pretext")
        if attachment.get(name) is not None and not isinstance(attachment[name], str)
    ]
    fields = attachment.get("fields", [])
    if not isinstance(fields, list) or not all(isinstance(item, dict) for item in fields):
        errors.append(f"must provide an array of objects [json-pointer:{pointer}/fields]")
    if "blocks" in attachment:
        errors += check_blocks(attachment["blocks"], f"{pointer}/blocks")
    return errors


def _read_metadata(arguments: Mapping[str, Any]) -> dict[str, Any] | None:
    """Slack, "Message metadata": a type and a payload of strings, numbers, booleans or one nested level."""
    value = arguments.get("metadata")
    if isinstance(value, str):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            raise SlackError("invalid_metadata_format") from None
    if value is None or value == {}:
        return value
    if not isinstance(value, dict):
        raise SlackError("invalid_metadata_format")
    payload = value.get("event_payload")
    if set(value) != {"event_type", "event_payload"} or not isinstance(payload, dict):
        raise SlackError("invalid_metadata_schema")
    if not isinstance(value["event_type"], str) or not EVENT_TYPE.match(value["event_type"]):
        raise SlackError("invalid_metadata_schema")
    if not all(_is_flat(item) or _is_nested(item) for item in payload.values()):
        raise SlackError("invalid_metadata_schema")
    if len(orjson.dumps(value)) > MOST_METADATA_BYTES:
        raise SlackError("metadata_too_large")
    return value


def _is_flat(value: Any) -> bool:
    return isinstance(value, str | int | float | bool)


def _is_nested(value: Any) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [None]
    return all(_is_flat(item) for item in inner)


def find_pings(
    text: str | None,
    blocks: list[dict[str, Any]] | None,
    attachments: list[dict[str, Any]] | None,
    plain: bool = False,
) -> Iterator[str]:
    """Whom this would notify: mentions in text and in mrkdwn, and with link_names also a plain @channel."""
    words = [text or "", *_mrkdwn(blocks)]
    for attachment in attachments or []:
        words += [str(attachment.get(name) or "") for name in ("text", "pretext", "title")]
        words += [
            str(field.get("value") or "")
            for field in attachment.get("fields") or []
            if isinstance(field, dict)
        ]
        words += _mrkdwn(attachment.get("blocks"))
    for word in words:
        yield from (f"<{match.group(1)}>" for match in PING.finditer(word))
        if plain:
            yield from (match.group(0) for match in PLAIN_PING.finditer(word))


def _mrkdwn(value: Any) -> Iterator[str]:
    """Every mrkdwn text in the blocks, and the mentions that rich text spells out as elements."""
    if isinstance(value, list):
        for item in value:
            yield from _mrkdwn(item)
    elif isinstance(value, dict):
        kind = value.get("type")
        if kind in ("mrkdwn", "markdown") and isinstance(value.get("text"), str):
            yield value["text"]
        elif kind == "broadcast":
            yield f"<!{value.get('range')}>"
        elif kind == "user":
            yield f"<@{value.get('user_id')}>"
        else:
            yield from _mrkdwn(list(value.values()))
