"""Texts, options and interactive elements of Block Kit with their limits (Slack, Block Kit reference)."""

from __future__ import annotations

from typing import Any

from sandbox.slack.schema import (
    Check,
    Shape,
    between,
    boolean,
    fault,
    items,
    number,
    one_of,
    spelled,
    string,
    url,
)


def anything(value: Any, pointer: str, errors: list[str]) -> None:
    """A property whose content was checked already, or is not looked at."""


def plain_text(most: int) -> Check:
    return Shape({"type": one_of("plain_text"), "text": string(most)}, {"emoji": boolean})


def any_text(most: int) -> Check:
    plain = plain_text(most)
    mrkdwn = Shape({"type": one_of("mrkdwn"), "text": string(most)}, {"verbatim": boolean})

    def check(value: Any, pointer: str, errors: list[str]) -> None:
        is_mrkdwn = isinstance(value, dict) and value.get("type") == "mrkdwn"
        (mrkdwn if is_mrkdwn else plain)(value, pointer, errors)

    return check


CONFIRM = Shape(
    {"title": plain_text(100), "text": any_text(300), "confirm": plain_text(30), "deny": plain_text(30)},
    {"style": one_of("primary", "danger")},
)

OPTION = Shape({"text": plain_text(75), "value": string(150)}, {"description": plain_text(75)})
OPTION_WITH_URL = Shape(
    {"text": plain_text(75), "value": string(150)}, {"description": plain_text(75), "url": url(3000)}
)
OPTION_WITH_MRKDWN = Shape({"text": any_text(75), "value": string(150)}, {"description": any_text(75)})
OPTION_GROUP = Shape({"label": plain_text(75), "options": items(OPTION, 100)})


def image_source(value: dict[str, Any], pointer: str, errors: list[str]) -> None:
    if ("image_url" in value) == ("slack_file" in value):
        fault(errors, "must define exactly one of `image_url` and `slack_file`", pointer)


def _options_or_groups(value: dict[str, Any], pointer: str, errors: list[str]) -> None:
    if ("options" in value) == ("option_groups" in value):
        fault(errors, "must define exactly one of `options` and `option_groups`", pointer)


def _initial_is_offered(value: dict[str, Any], pointer: str, errors: list[str]) -> None:
    """What is chosen at the start has to be there to be chosen, to the letter."""
    groups = _objects(value.get("option_groups"))
    offered = [
        *_objects(value.get("options")),
        *(one for group in groups for one in _objects(group.get("options"))),
    ]
    chosen = [*_objects([value.get("initial_option")]), *_objects(value.get("initial_options"))]
    if any(one not in offered for one in chosen):
        fault(errors, "what is chosen initially must match one of the options exactly", pointer)


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _select(value: dict[str, Any], pointer: str, errors: list[str]) -> None:
    _options_or_groups(value, pointer, errors)
    _initial_is_offered(value, pointer, errors)


DATE = spelled(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", "must be a date as YYYY-MM-DD")
TIME = spelled(r"([01]\d|2[0-3]):[0-5]\d", "must be a time as HH:mm")

MOMENT = between(10**9, 10**10 - 1)  # "a UNIX timestamp in seconds, in ten digits"

IMAGE = Shape(
    {"type": anything, "alt_text": string(2000, least=0)},
    {"image_url": url(3000), "slack_file": anything},
    image_source,
)

_COMMON: dict[str, Check] = {"action_id": string(255), "confirm": CONFIRM}
_FOCUS: dict[str, Check] = {"focus_on_load": boolean}
_SELECT: dict[str, Check] = {"placeholder": plain_text(150), **_COMMON, **_FOCUS}
_MULTI: dict[str, Check] = {**_SELECT, "max_selected_items": number}
_LISTS: dict[str, Check] = {"options": items(OPTION, 100), "option_groups": items(OPTION_GROUP, 100)}
_TYPE: dict[str, Check] = {"type": anything}

BUTTON = Shape(
    {"type": anything, "text": plain_text(75)},
    {
        "value": string(2000),
        "url": url(3000),
        "style": one_of("primary", "danger"),
        "accessibility_label": string(75),
        **_COMMON,
    },
)

ACTION_ELEMENTS: dict[str, Check] = {
    "button": BUTTON,
    "overflow": Shape({**_TYPE, "options": items(OPTION_WITH_URL, 5)}, _COMMON),
    "static_select": Shape(_TYPE, {**_SELECT, **_LISTS, "initial_option": OPTION}, _select),
    "external_select": Shape(_TYPE, {**_SELECT, "initial_option": OPTION, "min_query_length": number}),
    "users_select": Shape(_TYPE, {**_SELECT, "initial_user": string(20)}),
    "conversations_select": Shape(
        _TYPE,
        {
            **_SELECT,
            "initial_conversation": string(20),
            "default_to_current_conversation": boolean,
            "response_url_enabled": boolean,
            "filter": anything,
        },
    ),
    "channels_select": Shape(
        _TYPE, {**_SELECT, "initial_channel": string(20), "response_url_enabled": boolean}
    ),
    "checkboxes": Shape(
        {**_TYPE, "options": items(OPTION_WITH_MRKDWN, 10)},
        {**_COMMON, **_FOCUS, "initial_options": items(OPTION_WITH_MRKDWN, 10)},
        _initial_is_offered,
    ),
    "radio_buttons": Shape(
        {**_TYPE, "options": items(OPTION_WITH_MRKDWN, 10)},
        {**_COMMON, **_FOCUS, "initial_option": OPTION_WITH_MRKDWN},
        _initial_is_offered,
    ),
    "datepicker": Shape(_TYPE, {**_SELECT, "initial_date": DATE}),
    "timepicker": Shape(_TYPE, {**_SELECT, "initial_time": TIME, "timezone": string(50)}),
    "datetimepicker": Shape(_TYPE, {**_COMMON, **_FOCUS, "initial_date_time": MOMENT}),
}

SECTION_ACCESSORIES: dict[str, Check] = {
    # "Works with block types: Actions, Input."
    **{name: check for name, check in ACTION_ELEMENTS.items() if name != "datetimepicker"},
    "image": IMAGE,
    "multi_static_select": Shape(_TYPE, {**_MULTI, **_LISTS, "initial_options": items(OPTION, 100)}, _select),
    "multi_users_select": Shape(_TYPE, {**_MULTI, "initial_users": items(string(20), 100)}),
}
