"""A message as an app answers it, to a command or to a response address, and its way into the channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.slack.arguments import flag, optional_ts
from sandbox.slack.content import Content, read_content
from sandbox.slack.errors import SlackError
from sandbox.slack.hooks import Hook
from sandbox.slack.world import Message, SlackWorld


@dataclass(frozen=True)
class Said:
    """What the app said; `replace` None is: it did not say whether."""

    content: Content
    in_channel: bool
    thread_ts: str | None
    replace: bool | None


def read(answer: Mapping[str, Any]) -> Said:
    """SlackError names the first thing that is wrong with it."""
    kind = answer.get("response_type", "ephemeral")
    if kind not in ("ephemeral", "in_channel"):
        raise SlackError("invalid_response_type")
    replace = flag(answer, "replace_original") if "replace_original" in answer else None
    return Said(read_content(answer), kind == "in_channel", optional_ts(answer, "thread_ts"), replace)


def put(world: SlackWorld, hook: Hook, said: Said) -> None:
    """Into the channel, before the person alone, or in the place of the message that was clicked in."""
    if said.content.is_empty:
        raise SlackError("no_text")
    source = _source(world, hook)
    # An answer into the thread overwrites the message it came from, unless it says that it must not.
    replace = said.replace if said.replace is not None else bool(said.thread_ts)
    if replace and source is not None:
        world.replace(source, said.content)
        return
    thread = said.thread_ts if said.in_channel else said.thread_ts or hook.thread
    only_for = None if said.in_channel else hook.person
    world.post(hook.channel, said.content, thread_ts=thread, only_for=only_for)


def delete(world: SlackWorld, hook: Hook) -> None:
    """A command has no message of its own to delete."""
    source = _source(world, hook)
    if source is not None:
        world.withdraw(source)


def _source(world: SlackWorld, hook: Hook) -> Message | None:
    message = world.look_up(hook.channel, hook.message) if hook.message else None
    return message if message is not None and not message.deleted else None
