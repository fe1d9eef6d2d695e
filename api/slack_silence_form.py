"""The modal in which a silence is described: which labels, which other matchers, for how long, and why.

Limits: Slack, "Checkbox group" (10 options, of 75 characters each) and "Modal views" (private_metadata 3000).
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import orjson

from core.domain.words import count
from core.sources import slack_silence_view as source
from core.sources.slack_silence import More
from core.targets import mrkdwn
from core.targets.slack_buttons import lengths

Json = dict[str, Any]

_MOST_OPTIONS = 10
_LONGEST_OPTION = 75
_LONGEST_NAME = 150
MOST_LABELS = _MOST_OPTIONS * len(source.LABEL_BLOCKS)


def form(more: More, name: str, labels: Mapping[str, str], durations: Sequence[timedelta]) -> Json:
    """`labels` are those of the alert that it is made from, called `name`."""
    metadata = {"alert_id": more.alert_id, "occurrence": more.occurrence, "channel": more.place}
    return {
        "type": "modal",
        "callback_id": source.EDIT_VIEW,
        "title": plain("Silence"),
        "submit": plain("Preview"),
        "close": plain("Cancel"),
        "private_metadata": orjson.dumps(metadata).decode(),
        "blocks": [
            {"type": "section", "text": plain(mrkdwn.inline(name, _LONGEST_NAME) or "unnamed alert")},
            *_labels(sorted(labels), labels),
            _matchers(),
            *_times(durations),
            _reason(),
        ],
    }


def notice(text: str) -> Json:
    """In place of the form, where there is nothing to fill in."""
    return {
        "type": "modal",
        "title": plain("Silence"),
        "close": plain("Close"),
        "blocks": [{"type": "section", "text": plain(text)}],
    }


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": False}


def _labels(names: Sequence[str], labels: Mapping[str, str]) -> list[Json]:
    """All are ticked to begin with, which is exactly this alert; with fewer it hides more."""
    options = [
        {"text": plain(_option(name, labels[name])), "value": str(place)}
        for place, name in enumerate(names[:MOST_LABELS])
    ]
    groups = [options[start : start + _MOST_OPTIONS] for start in range(0, len(options), _MOST_OPTIONS)]
    blocks = [
        _input(block, "More labels", {"type": "checkboxes", "options": group, "initial_options": group})
        for block, group in zip(source.LABEL_BLOCKS, groups, strict=False)
    ]
    if blocks:
        hint = "With all of them ticked it is exactly this alert; untick some to hide more."
        if len(names) > MOST_LABELS:
            unseen = count(len(names) - MOST_LABELS, "other label")
            hint += f" It has {unseen}, which count only while all of these are ticked."
        blocks[0] |= {"label": plain("Alerts with these labels"), "hint": plain(hint)}
    return blocks


def _option(name: str, value: str) -> str:
    return mrkdwn.prose(" ".join(f'{name}="{value}"'.split()), _LONGEST_OPTION, lines=1) or "="


def _matchers() -> Json:
    element = {
        "type": "plain_text_input",
        "multiline": True,
        "max_length": source.LONGEST_MATCHERS,
        "placeholder": plain('team=~"db|web"'),
    }
    block = _input(source.MATCHERS_BLOCK, "Other matchers", element)
    return block | {
        "hint": plain("Apart by commas or lines, with =, !=, =~ or !~; an alert has to match all of them.")
    }


def _times(durations: Sequence[timedelta]) -> list[Json]:
    options = [*lengths(durations, ""), {"text": _text("Until…"), "value": source.UNTIL}]
    select = {"type": "static_select", "options": options, "initial_option": options[0]}
    until = _input(source.UNTIL_BLOCK, "Until", {"type": "datetimepicker"})
    return [
        _input(source.FOR_BLOCK, "For", select) | {"optional": False},
        until | {"hint": plain("In your own time zone; counts where “Until…” is chosen above.")},
    ]


def _text(text: str) -> Json:
    """As the other options of the same select have it."""
    return {"type": "plain_text", "text": text}


def _reason() -> Json:
    element = {"type": "plain_text_input", "max_length": source.LONGEST_REASON}
    return _input(source.REASON_BLOCK, "Reason", element) | {"hint": plain("Others will ask.")}


def _input(block: str, label: str, element: Json) -> Json:
    named = {**element, "action_id": source.INPUT}
    return {"type": "input", "block_id": block, "label": plain(label), "optional": True, "element": named}
