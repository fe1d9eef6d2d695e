"""What can be pressed, chosen or filled in: where it hangs, and how Slack reports what a person did with it.

Works on blocks as Slack tells them (named throughout), so a button of an older rendering is as good as one of today.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
Given = Mapping[tuple[str, str], Json]

ONE_OPTION = ("static_select", "overflow", "radio_buttons", "external_select")
SOME_OPTIONS = ("checkboxes", "multi_static_select")
# What is given without options: the name it is reported under, the name of what stands there at the start.
PLAIN: Mapping[str, tuple[str, str]] = {
    "plain_text_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "users_select": ("selected_user", "initial_user"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_users_select": ("selected_users", "initial_users"),
}
TEXTS = frozenset(PLAIN) - {"datetimepicker", "multi_users_select"}
STATELESS = ("button", "overflow")
REPORTED = (
    "text",
    "value",
    "style",
    "placeholder",
    "initial_option",
    "initial_date",
    "initial_time",
    "initial_date_time",
)


@dataclass(frozen=True)
class Control:
    """An element where it hangs; `attachment` is the number of the attachment around it."""

    element: Json
    block: Json
    attachment: int | None = None

    @property
    def place(self) -> tuple[str, str]:
        return self.block["block_id"], self.element["action_id"]

    @property
    def kind(self) -> str:
        return str(self.element["type"])


def named(blocks: list[Json], mark: str) -> list[Json]:
    """Slack gives a name to every block and element that the app left without one."""
    return [_named(block, f"{mark}{index}") for index, block in enumerate(blocks)]


def _named(block: Json, otherwise: str) -> Json:
    answer = {"block_id": otherwise, **block}
    name = answer["block_id"]
    if block["type"] == "actions":
        answer["elements"] = [{"action_id": f"{name}.{i}", **one} for i, one in enumerate(block["elements"])]
    for part in ("accessory", "element"):
        if part in block and block[part].get("type") != "image":
            answer[part] = {"action_id": f"{name}.{part}", **block[part]}
    return answer


def controls(shown: Json) -> Iterator[Control]:
    """All there are in a message or a view as Slack tells it, top to bottom."""
    yield from _in_blocks(shown.get("blocks", []), None)
    for attachment in shown.get("attachments", []):
        yield from _in_blocks(attachment.get("blocks", []), attachment["id"])


def _in_blocks(blocks: list[Json], attachment: int | None) -> Iterator[Control]:
    for block in blocks:
        inside = block["elements"] if block["type"] == "actions" else []
        for element in (*inside, block.get("accessory"), block.get("element")):
            if element is not None and "action_id" in element:
                yield Control(element, block, attachment)


def find(shown: Json, action_id: str, *, value: str | None = None, block_id: str | None = None) -> Control:
    """The one with this action_id; `value` or `block_id` tells two of them apart."""
    for one in controls(shown):
        here = one.element["action_id"] == action_id and block_id in (None, one.block["block_id"])
        if here and value in (None, one.element.get("value")):
            return one
    there = ", ".join(one.element["action_id"] for one in controls(shown)) or "none"
    raise LookupError(f"nothing here has the action_id {action_id!r} with that value; there are: {there}")


def given(element: Json, choice: Any) -> Json:
    """What a person gave, as `state.values` has it. LookupError when that can't be chosen."""
    kind = element["type"]
    if kind in ONE_OPTION:
        return {"type": kind, "selected_option": None if choice is None else _option(element, choice)}
    if kind in SOME_OPTIONS:
        return {"type": kind, "selected_options": [_option(element, one) for one in choice or []]}
    if kind not in PLAIN:
        raise LookupError(f"nothing can be chosen in a {kind}")
    if kind in TEXTS and not isinstance(choice, str | None):
        raise LookupError(f"a {kind} takes a text")
    if kind == "datetimepicker" and not _is_moment(choice):
        raise LookupError(f"a {kind} takes seconds since 1970, ten digits")
    return {"type": kind, PLAIN[kind][0]: choice or None}


def _is_moment(choice: Any) -> bool:
    return choice is None or (type(choice) is int and len(str(choice)) == 10)


def _offered(element: Json) -> list[Json]:
    groups = element.get("option_groups", [])
    return [*element.get("options", []), *(one for group in groups for one in group["options"])]


def _option(element: Json, value: Any) -> Json:
    offered = _offered(element)
    for option in offered:
        if option["value"] == value:
            return {name: option[name] for name in ("text", "value", "description") if name in option}
    raise LookupError(f"{value!r} is not offered; there are: {', '.join(one['value'] for one in offered)}")


def initial(element: Json) -> Json:
    kind = element["type"]
    if kind in ONE_OPTION:
        return {"type": kind, "selected_option": element.get("initial_option")}
    if kind in SOME_OPTIONS:
        return {"type": kind, "selected_options": element.get("initial_options", [])}
    reported, name = PLAIN[kind]
    return {"type": kind, reported: element.get(name)}


def held(one: Control, chosen: Given) -> Json:
    """What stands in it now. A choice that an update of the view no longer offers is gone."""
    answer = chosen.get(one.place)
    if answer is None or answer["type"] != one.kind:
        return initial(one.element)
    picked = answer.get("selected_options") or [answer.get("selected_option")]
    values = {option["value"] for option in picked if option}
    return answer if values <= {option["value"] for option in _offered(one.element)} else initial(one.element)


def state(shown: Json, chosen: Given) -> Json:
    """`state.values`: everything that holds a value, whether a person touched it or not."""
    values: Json = {}
    for one in controls(shown):
        if one.kind not in STATELESS:
            block_id, action_id = one.place
            values.setdefault(block_id, {})[action_id] = held(one, chosen)
    return {"values": values}


def report(one: Control, at: str, choice: Json | None = None) -> Json:
    """One of `actions` in block_actions."""
    kept = {name: one.element[name] for name in REPORTED if name in one.element}
    block_id, action_id = one.place
    return {
        "type": one.kind,
        "action_id": action_id,
        "block_id": block_id,
        **kept,
        **(choice or {}),
        "action_ts": at,
    }


def objections(view: Json, chosen: Given) -> dict[str, str]:
    """What Slack's own client says against an input before it sends anything to the app."""
    found = {}
    for one in controls(view):
        if one.block["type"] == "input":
            words = _objection(one, held(one, chosen))
            if words:
                found[one.block["block_id"]] = words
    return found


def _objection(one: Control, answer: Json) -> str | None:
    value = next(item for name, item in answer.items() if name != "type")
    if not value:
        return None if one.block.get("optional") else "Please complete this required field."
    least, most = one.element.get("min_length", 0), one.element.get("max_length", 3000)
    if isinstance(value, str) and not least <= len(value) <= most:
        return f"Please write between {least} and {most} characters."
    return None
