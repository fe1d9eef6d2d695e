"""Each limit of Block Kit: at the limit it passes, one over it is refused with the right code and place."""

from __future__ import annotations

from typing import Any

import pytest

Block = dict[str, Any]


def plain(length: int) -> Block:
    return {"type": "plain_text", "text": "x" * length}


def mrkdwn(length: int) -> Block:
    return {"type": "mrkdwn", "text": "x" * length}


def section(**parts: Any) -> Block:
    return {"type": "section", **parts}


def button(**parts: Any) -> Block:
    return {"type": "button", "text": plain(5), **parts}


def actions(*elements: Block) -> Block:
    return {"type": "actions", "elements": list(elements)}


def select(count: int, **parts: Any) -> Block:
    options = [{"text": plain(5), "value": f"v{number}"} for number in range(count)]
    return {"type": "static_select", "options": options, **parts}


def option(text: int = 5, value: int = 5) -> Block:
    return {"text": plain(text), "value": "v" * value}


def confirm(title: int = 5, text: int = 5, yes: int = 5, no: int = 5) -> Block:
    return {"title": plain(title), "text": plain(text), "confirm": plain(yes), "deny": plain(no)}


# name, how a block of size n is made, the limit (Slack, Block Kit reference), where the complaint points
LIMITS: list[tuple[str, Any, int, str]] = [
    ("section text", lambda n: section(text=mrkdwn(n)), 3000, "/blocks/0/text/text"),
    ("section field text", lambda n: section(fields=[mrkdwn(n)]), 2000, "/blocks/0/fields/0/text"),
    ("section fields", lambda n: section(fields=[mrkdwn(1)] * n), 10, "/blocks/0/fields"),
    ("header", lambda n: {"type": "header", "text": plain(n)}, 150, "/blocks/0/text/text"),
    ("context elements", lambda n: {"type": "context", "elements": [mrkdwn(1)] * n}, 10, "/blocks/0/elements"),
    ("actions elements", lambda n: actions(*[button()] * n), 25, "/blocks/0/elements"),
    ("block_id", lambda n: section(text=plain(1), block_id="b" * n), 255, "/blocks/0/block_id"),
    ("action_id", lambda n: actions(button(action_id="a" * n)), 255, "/blocks/0/elements/0/action_id"),
    ("button text", lambda n: actions(button(text=plain(n))), 75, "/blocks/0/elements/0/text/text"),
    ("button value", lambda n: actions(button(value="v" * n)), 2000, "/blocks/0/elements/0/value"),
    ("button url", lambda n: actions(button(url="https://a.example/".ljust(n, "u"))), 3000, "/blocks/0/elements/0/url"),
    ("image url", lambda n: {"type": "image", "image_url": "https://a.example/".ljust(n, "u"), "alt_text": "a"}, 3000,
     "/blocks/0/image_url"),
    ("image alt", lambda n: {"type": "image", "image_url": "https://a.example/", "alt_text": "a" * n}, 2000,
     "/blocks/0/alt_text"),
    ("option text", lambda n: actions(select(0, options=[option(text=n)])), 75,
     "/blocks/0/elements/0/options/0/text/text"),
    ("option value", lambda n: actions(select(0, options=[option(value=n)])), 150,
     "/blocks/0/elements/0/options/0/value"),
    ("select options", lambda n: actions(select(n)), 100, "/blocks/0/elements/0/options"),
    ("select placeholder", lambda n: actions(select(1, placeholder=plain(n))), 150,
     "/blocks/0/elements/0/placeholder/text"),
    ("overflow options", lambda n: actions({"type": "overflow", "options": [option()] * n}), 5,
     "/blocks/0/elements/0/options"),
    ("confirm title", lambda n: actions(button(confirm=confirm(title=n))), 100,
     "/blocks/0/elements/0/confirm/title/text"),
    ("confirm text", lambda n: actions(button(confirm=confirm(text=n))), 300, "/blocks/0/elements/0/confirm/text/text"),
    ("confirm yes", lambda n: actions(button(confirm=confirm(yes=n))), 30, "/blocks/0/elements/0/confirm/confirm/text"),
    ("confirm no", lambda n: actions(button(confirm=confirm(no=n))), 30, "/blocks/0/elements/0/confirm/deny/text"),
    ("markdown", lambda n: {"type": "markdown", "text": "x" * n}, 12_000, "/blocks/0/text"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "limit", "place"), [row[1:] for row in LIMITS], ids=[row[0] for row in LIMITS]
)
def test_at_the_limit_passes_and_one_over_is_refused(slack: Any, make: Any, limit: int, place: str) -> None:
    assert slack.post(blocks=[make(limit)])["ok"], "at the limit"
    refused = slack.post(blocks=[make(limit + 1)])
    assert refused["error"] == "invalid_blocks"
    assert [
        message.partition("[json-pointer:")[2] for message in refused["response_metadata"]["messages"]
    ] == [f"{place}]"]


@pytest.mark.parametrize(
    ("block", "words", "place"),
    [
        ({"type": "wizardry"}, "unsupported type: wizardry", "/blocks/0/type"),
        ({"text": plain(1)}, "missing required field: type", "/blocks/0"),
        (section(), "must define either `text` or `fields`", "/blocks/0"),
        (section(text=plain(0)), "must be more than 0 characters", "/blocks/0/text/text"),
        (section(text="bare"), "must provide an object", "/blocks/0/text"),
        (section(text=plain(1), colour="red"), "invalid additional property: colour", "/blocks/0"),
        (section(text={**mrkdwn(1), "emoji": True}), "invalid additional property: emoji", "/blocks/0/text"),
        (section(fields=[]), "no fewer than 1 items allowed", "/blocks/0/fields"),
        ({"type": "header", "text": mrkdwn(1)}, "must be one of: plain_text", "/blocks/0/text/type"),
        ({"type": "context", "elements": [button()]}, "unsupported type: button", "/blocks/0/elements/0/type"),
        ({"type": "actions"}, "missing required field: elements", "/blocks/0"),
        (actions(button(style="loud")), "must be one of: primary, danger", "/blocks/0/elements/0/style"),
        (actions(button(url="javascript:alert(1)")), "must be a valid URL", "/blocks/0/elements/0/url"),
        (actions(button(url="not a url")), "must be a valid URL", "/blocks/0/elements/0/url"),
        (actions({"type": "button"}), "missing required field: text", "/blocks/0/elements/0"),
        (actions({"type": "image", "image_url": "https://a.example/", "alt_text": "a"}),
         "unsupported type: image", "/blocks/0/elements/0/type"),
        (actions(button(action_id="a"), button(action_id="a")),
         "`action_id` already exists: a", "/blocks/0/elements/1/action_id"),
        ({"type": "image", "alt_text": "a"},
         "must define exactly one of `image_url` and `slack_file`", "/blocks/0"),
        ({"type": "input", "label": plain(1)}, "unsupported type: input", "/blocks/0/type"),
    ],
)  # fmt: skip
def test_what_is_no_block_is_refused_with_its_place(slack: Any, block: Block, words: str, place: str) -> None:
    refused = slack.post(blocks=[block])
    assert refused["error"] == "invalid_blocks"
    assert f"[ERROR] {words} [json-pointer:{place}]" in refused["response_metadata"]["messages"]


def test_fifty_blocks_pass_and_fifty_one_are_refused(slack: Any) -> None:
    assert slack.post(blocks=[{"type": "divider"}] * 50)["ok"]
    refused = slack.post(blocks=[{"type": "divider"}] * 51)
    assert refused["response_metadata"]["messages"] == [
        "[ERROR] no more than 50 items allowed [json-pointer:/blocks]"
    ]


def test_block_ids_are_unique_in_the_message(slack: Any) -> None:
    refused = slack.post(blocks=[{"type": "divider", "block_id": "same"}] * 2)
    assert refused["error"] == "invalid_blocks"


def test_all_blocks_together_stay_below_thirteen_thousand(slack: Any) -> None:
    """Legal each, too long together; the attachments' blocks count too."""
    full = [section(text=mrkdwn(2600)) for _ in range(5)]
    assert slack.post(blocks=full)["ok"]
    assert slack.post(blocks=full[:4], attachments=[{"blocks": full[:1]}])["ok"]
    one_more = section(text=mrkdwn(1))
    assert slack.post(blocks=[*full, one_more])["error"] == "msg_blocks_too_long"
    assert slack.post(blocks=full, attachments=[{"blocks": [one_more]}])["error"] == "msg_blocks_too_long"


def test_blocks_that_are_no_list_have_a_code_of_their_own(slack: Any) -> None:
    assert slack.post(blocks="not json")["error"] == "invalid_blocks_format"
    assert slack.post(blocks={"type": "divider"})["error"] == "invalid_blocks_format"
    assert slack.post(blocks='[{"type": "divider"}]')["ok"]


def test_attachments_are_held_to_the_same_rules(slack: Any) -> None:
    good = {"color": "#d92d20", "fallback": "f", "blocks": [section(text=mrkdwn(3000))]}
    assert slack.post(attachments=[good])["ok"]
    refused = slack.post(attachments=[{"blocks": [section(text=mrkdwn(3001))]}])
    assert refused["error"] == "invalid_attachments"
    assert "/attachments/0/blocks/0/text/text" in refused["response_metadata"]["messages"][0]
    assert slack.post(attachments=[{"indent": False, "text": "t"}])["error"] == "invalid_attachments"
    assert slack.post(attachments=[{"text": "t"}] * 100)["ok"]
    assert slack.post(attachments=[{"text": "t"}] * 101)["error"] == "too_many_attachments"


@pytest.mark.parametrize(
    "element",
    [
        select(2, action_id="a", initial_option=option()),
        {"type": "datepicker", "action_id": "a", "initial_date": "2027-02-32"},
        {"type": "timepicker", "action_id": "a", "initial_time": "7:30"},
    ],
)
def test_what_stands_there_at_the_start_has_to_be_a_possible_choice(slack: Any, element: Block) -> None:
    assert slack.post(blocks=[actions(element)])["error"] == "invalid_blocks"
