"""Pressing and choosing in messages: what the app is told, and what the person sees when it does not answer."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox import Sandbox, credentials
from tests.sandbox.kit import actions, alert, button, modal, plain, section, select

BRUNO = credentials.BRUNO


@pytest.fixture
def message(sandbox: Sandbox, slack: Any) -> Any:
    slack.post(**alert())
    return sandbox.slack.messages[0]


def test_a_click_tells_who_where_and_what(sandbox: Sandbox, slack: Any, app: Any, message: Any) -> None:
    sandbox.slack_hand.click(message, "ack", BRUNO)
    told = app.calls[0].payload
    assert (told["type"], told["user"]["id"], told["team"]["id"]) == ("block_actions", "U0BRUNO", "T0SANDBOX")
    assert told["container"] == {
        "type": "message_attachment",
        "message_ts": message.ts,
        "channel_id": message.channel,
        "is_ephemeral": False,
        "attachment_id": 1,
        "is_app_unfurl": False,
    }
    assert told["channel"] == {"id": message.channel, "name": "alerts"}
    assert told["message"] == slack.client.conversations_history(channel=message.channel)["messages"][0]
    [action] = told["actions"]
    assert {name: action[name] for name in ("type", "action_id", "value", "text")} == {
        "type": "button",
        "action_id": "ack",
        "value": "ack:1",
        "text": plain("Press"),
    }
    assert action["block_id"] == told["message"]["attachments"][0]["blocks"][1]["block_id"]
    assert told["response_url"].startswith(f"{sandbox.url}/slack/hooks/actions/")


def test_a_block_of_the_message_itself_has_no_attachment(sandbox: Sandbox, slack: Any, app: Any) -> None:
    slack.post(blocks=[section("x", accessory=button("open"))])
    sandbox.slack_hand.click(sandbox.slack.messages[0], "open")
    told = app.calls[0].payload
    assert (told["container"]["type"], "attachment_id" in told["container"]) == ("message", False)


def test_two_clicks_differ_in_trigger_and_time(sandbox: Sandbox, app: Any, message: Any) -> None:
    for _ in range(2):
        sandbox.slack_hand.click(message, "ack")
    first, second = (call.payload for call in app.calls)
    assert first["trigger_id"] != second["trigger_id"]
    assert first["actions"][0]["action_ts"] < second["actions"][0]["action_ts"]


def test_only_what_is_there_now_can_be_pressed(sandbox: Sandbox, slack: Any, app: Any, message: Any) -> None:
    slack.update(message.ts, **alert("acknowledged"))
    with pytest.raises(LookupError, match="there are: unack, silence, more"):
        sandbox.slack_hand.click(message, "ack")
    assert sandbox.slack_hand.click(message, "unack").status == 200
    assert len(app.calls) == 1


def test_a_button_of_an_older_rendering_can_still_be_pressed(
    sandbox: Sandbox, slack: Any, app: Any, message: Any
) -> None:
    """A telephone that has not yet drawn the edit: the old button, in the message as it is now."""
    seen = sandbox.slack_hand.look(message)
    slack.update(message.ts, **alert("acknowledged"))
    sandbox.slack_hand.click(message, "ack", seen=seen)
    told = app.calls[0].payload
    assert (told["actions"][0]["value"], told["message"]["attachments"][0]["color"]) == ("ack:1", "6e56cf")


def test_nothing_is_left_to_press_in_a_deleted_message_but_what_was_seen(
    sandbox: Sandbox, slack: Any, app: Any, message: Any
) -> None:
    seen = sandbox.slack_hand.look(message)
    slack.client.chat_delete(channel=message.channel, ts=message.ts)
    with pytest.raises(LookupError, match="deleted"):
        sandbox.slack_hand.click(message, "ack")
    assert sandbox.slack_hand.click(message, "ack", seen=seen).status == 200


def test_of_two_buttons_with_one_name_the_value_tells_which(sandbox: Sandbox, slack: Any, app: Any) -> None:
    slack.post(blocks=[section(one, accessory=button("ack", value=one)) for one in ("a", "b")])
    sandbox.slack_hand.click(sandbox.slack.messages[0], "ack", value="b")
    assert app.calls[0].payload["actions"][0]["block_id"] == "b1"
    with pytest.raises(LookupError):
        sandbox.slack_hand.click(sandbox.slack.messages[0], "ack", value="c")


def test_a_button_with_an_address_is_reported_too(sandbox: Sandbox, slack: Any, app: Any) -> None:
    slack.post(blocks=[actions(button("graph", url="https://a.example/"))])
    assert sandbox.slack_hand.click(sandbox.slack.messages[0], "graph").status == 200
    assert app.calls[0].payload["actions"][0]["action_id"] == "graph"


def test_elements_without_a_name_get_one(sandbox: Sandbox, slack: Any, app: Any) -> None:
    slack.post(blocks=[actions({"type": "button", "text": plain("x")}, button("named"))])
    sandbox.slack_hand.click(sandbox.slack.messages[0], "b0.0")
    assert app.calls[0].payload["actions"][0]["action_id"] == "b0.0"


def test_a_choice_is_told_and_stays_chosen_for_that_person(sandbox: Sandbox, app: Any, message: Any) -> None:
    chosen = {"text": plain("4h"), "value": "4h"}
    sandbox.slack_hand.choose(message, "silence", "4h")
    sandbox.slack_hand.click(message, "ack")
    sandbox.slack_hand.click(message, "ack", BRUNO)
    told, after, other = (call.payload for call in app.calls)
    assert told["actions"][0]["selected_option"] == chosen
    states = [one["state"]["values"]["a1b1"]["silence"]["selected_option"] for one in (told, after, other)]
    assert states == [chosen, chosen, None]


def test_an_overflow_tells_its_option_and_keeps_no_state(sandbox: Sandbox, app: Any, message: Any) -> None:
    sandbox.slack_hand.choose(message, "more", "resolve", BRUNO)
    told = app.calls[0].payload
    assert told["actions"][0]["type"] == "overflow"
    assert told["actions"][0]["selected_option"]["value"] == "resolve"
    assert list(told["state"]["values"]["a1b1"]) == ["silence"]


@pytest.mark.parametrize(
    ("element", "choice", "told"),
    [
        ({"type": "datepicker"}, "2027-01-31", {"selected_date": "2027-01-31"}),
        ({"type": "timepicker"}, "08:30", {"selected_time": "08:30"}),
        ({"type": "users_select"}, "U0BRUNO", {"selected_user": "U0BRUNO"}),
        (select("it", "a", "b", kind="radio_buttons"), "b", {"selected_option": {"text": plain("b"), "value": "b"}}),
        (select("it", "a", "b", kind="checkboxes"), ["a"], {"selected_options": [{"text": plain("a"), "value": "a"}]}),
    ],
)  # fmt: skip
def test_each_kind_of_menu_reports_in_its_own_words(  # noqa: PLR0917 fixtures and parameters
    sandbox: Sandbox, slack: Any, app: Any, element: Any, choice: Any, told: Any
) -> None:
    slack.post(blocks=[actions({"action_id": "it", **element})])
    sandbox.slack_hand.choose(sandbox.slack.messages[0], "it", choice)
    [action] = app.calls[0].payload["actions"]
    assert {name: action[name] for name in told} == told


def test_what_is_not_offered_cannot_be_chosen(sandbox: Sandbox, app: Any, message: Any) -> None:
    with pytest.raises(LookupError, match="there are: 1h, 4h"):
        sandbox.slack_hand.choose(message, "silence", "9h")
    with pytest.raises(LookupError):
        sandbox.slack_hand.click(message, "silence")
    with pytest.raises(LookupError):
        sandbox.slack_hand.choose(message, "ack", "x")
    assert app.calls == []


def test_of_an_ephemeral_message_only_its_place_is_told(sandbox: Sandbox, slack: Any, app: Any) -> None:
    parent = slack.post()["ts"]
    arguments = {"channel": credentials.SLACK_CHANNEL, "user": "U0ADA", "text": "for you"}
    blocks = [actions(button("dismiss"))]
    slack.call("chat.postEphemeral", **arguments, blocks=blocks, thread_ts=parent)
    [ephemeral] = sandbox.slack.ephemerals
    sandbox.slack_hand.click(ephemeral, "dismiss")
    told = app.calls[0].payload
    assert ("message" in told, told["container"]["is_ephemeral"], told["container"]["thread_ts"]) == (
        False,
        True,
        parent,
    )


def test_a_click_that_fails_leaves_a_mark_for_that_person_until_one_works(
    sandbox: Sandbox, app: Any, message: Any
) -> None:
    app.will_answer(status=503)
    sandbox.slack_hand.click(message, "ack", BRUNO)
    assert message.unanswered == {"U0BRUNO": {"action_id": "ack", "problem": "status 503"}}
    sandbox.slack_hand.click(message, "ack")
    assert list(message.unanswered) == ["U0BRUNO"]
    sandbox.slack_hand.click(message, "ack", BRUNO)
    assert message.unanswered == {}


def test_a_person_outside_the_workspace_presses_nothing(sandbox: Sandbox, app: Any, message: Any) -> None:
    stranger = credentials.Person("Nobody", None, None, "PUNOBODY")
    with pytest.raises(LookupError, match="not in this workspace"):
        sandbox.slack_hand.click(message, "ack", stranger)


def test_a_button_in_a_modal_tells_the_view(sandbox: Sandbox, slack: Any, app: Any, message: Any) -> None:
    sandbox.slack_hand.click(message, "ack")
    view = modal(actions(button("inside"), select("pick", "a", "b")))
    slack.call("views.open", trigger_id=app.calls[0].payload["trigger_id"], view=view)
    [opened] = sandbox.slack_hand.views
    app.will_answer(status=500)
    sandbox.slack_hand.click(opened, "inside")
    told = app.calls[1].payload
    assert (told["container"], "message" in told, "response_url" in told) == (
        {"type": "view", "view_id": opened.id},
        False,
        False,
    )
    assert opened.trouble == "We had some trouble connecting. Try again?"
    sandbox.slack_hand.choose(opened, "pick", "b")
    assert app.calls[2].payload["state"]["values"]["m0"]["pick"]["selected_option"]["value"] == "b"
    assert opened.trouble is None
