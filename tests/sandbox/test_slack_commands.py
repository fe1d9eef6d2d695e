"""Slash commands, and the addresses at which an app may answer later: what they may hold and what they do."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from slack_sdk.webhook import WebhookClient

from sandbox import Sandbox, credentials
from sandbox.slack.world import Message
from tests.sandbox.kit import actions, alert, button, section

TOO_LONG = [section("x" * 3001)]


def shown(sandbox: Sandbox) -> list[tuple[str, str | None]]:
    """Every text in the workspace with the person who alone sees it."""
    ephemerals = [(one.text, one.ephemeral_for) for one in sandbox.slack.ephemerals]
    return [(one.text, None) for one in sandbox.slack.messages] + ephemerals


def test_a_command_has_the_fields_of_slack(sandbox: Sandbox, app: Any) -> None:
    sandbox.slack_hand.command("/alert-status", "critical", credentials.BRUNO)
    form = app.calls[0].form
    addresses = {name: form.pop(name) for name in ("response_url", "trigger_id", "token")}
    assert form == {
        "team_id": "T0SANDBOX",
        "team_domain": "sandbox-workspace",
        "channel_id": credentials.SLACK_CHANNEL,
        "channel_name": "alerts",
        "user_id": "U0BRUNO",
        "user_name": "bruno",
        "command": "/alert-status",
        "text": "critical",
        "api_app_id": "A0SANDBOX",
        "is_enterprise_install": "false",
    }
    assert addresses["response_url"].startswith(f"{sandbox.url}/slack/hooks/commands/")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"", []),
        ("3 alerts", [("3 alerts", "U0ADA")]),
        ({"text": "3 alerts"}, [("3 alerts", "U0ADA")]),
        ({"response_type": "ephemeral", "text": "3", "blocks": [section("*3*")]}, [("3", "U0ADA")]),
        ({"response_type": "in_channel", "text": "3 alerts"}, [("3 alerts", None)]),
        ({}, []),
    ],
)
def test_the_answer_is_shown_to_whom_it_is_for(
    sandbox: Sandbox, app: Any, answer: Any, expected: Any
) -> None:
    app.will_answer(answer)
    assert sandbox.slack_hand.command("/alert-status").problem is None
    assert shown(sandbox) == expected


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"text": "x", "blocks": TOO_LONG}, "invalid_blocks"),
        ({"response_type": "in_channel", "blocks": TOO_LONG}, "invalid_blocks"),
        ({"text": "x", "attachments": [{"blocks": TOO_LONG}]}, "invalid_attachments"),
        ({"response_type": "everybody", "text": "x"}, "invalid_response_type"),
        (b'{"text": "cut', "invalid_command_response"),
        (["x"], "invalid_command_response"),
    ],
)
def test_what_slack_would_refuse_is_an_error_for_the_person_and_nothing_else(
    sandbox: Sandbox, app: Any, answer: Any, error: str
) -> None:
    app.will_answer(answer)
    assert str(sandbox.slack_hand.command("/alert-status").problem).startswith(error)
    assert shown(sandbox) == [(f"/alert-status failed with the error “{error}”", "U0ADA")]


def test_a_command_without_an_answer_in_time_says_so_in_slacks_words(sandbox: Sandbox, app: Any) -> None:
    app.hold.clear()
    sandbox.slack_hand.wire.deadline = 0.2
    assert sandbox.slack_hand.command("/alert-status").problem == "timeout"
    app.hold.set()
    app.answers = [(500, {}, b"")]
    assert sandbox.slack_hand.command("/ack", "all").problem == "status 500"
    assert [text for text, _ in shown(sandbox)] == [
        "/alert-status failed with the error “operation_timeout”",
        "/ack failed with the error “dispatch_failed”",
    ]


def test_a_command_is_typed_in_a_channel_and_begins_with_a_slash(sandbox: Sandbox, app: Any) -> None:
    for name, channel in (("alert-status", credentials.SLACK_CHANNEL), ("/alert-status", "C0NOWHERE")):
        with pytest.raises(LookupError):
            sandbox.slack_hand.command(name, channel=channel)
    assert app.calls == []


# Answering later


@pytest.fixture
def message(sandbox: Sandbox, slack: Any) -> Message:
    slack.post(**alert())
    return sandbox.slack.messages[0]


@pytest.fixture
def clicked(sandbox: Sandbox, app: Any, message: Message) -> str:
    sandbox.slack_hand.click(message, "ack")
    address: str = app.calls[-1].payload["response_url"]
    return address


def say(address: str, **words: Any) -> tuple[int, str]:
    answer = requests.post(address, json=words, timeout=5)
    return answer.status_code, answer.json().get("error", "ok")


def test_the_vendors_client_is_understood(sandbox: Sandbox, clicked: str, message: Message) -> None:
    answer = WebhookClient(clicked).send(text="Bruno was first", response_type="ephemeral")
    assert (answer.status_code, shown(sandbox)) == (200, [("", None), ("Bruno was first", "U0ADA")])


def test_an_answer_is_for_the_person_unless_it_says_otherwise(sandbox: Sandbox, clicked: str) -> None:
    assert say(clicked, text="for you") == (200, "ok")
    assert say(clicked, text="for all", response_type="in_channel") == (200, "ok")
    assert shown(sandbox) == [("", None), ("for all", None), ("for you", "U0ADA")]


def test_the_message_is_replaced_as_a_whole(sandbox: Sandbox, clicked: str, message: Message) -> None:
    assert say(clicked, text="gone", replace_original=True) == (200, "ok")
    assert (message.text, message.blocks, message.attachments) == ("gone", [], [])
    assert sandbox.slack.messages == [message]


def test_an_answer_into_the_thread_overwrites_unless_told_not_to(
    sandbox: Sandbox, clicked: str, message: Message
) -> None:
    reply = {"response_type": "in_channel", "thread_ts": message.ts}
    assert say(clicked, text="a line", replace_original=False, **reply) == (200, "ok")
    assert [one.text for one in sandbox.slack.thread(message.channel, message.ts)] == ["a line"]
    assert say(clicked, text="oh no", **reply) == (200, "ok")
    assert (message.text, len(sandbox.slack.messages)) == ("oh no", 2)


def test_deleting_goes_alone(sandbox: Sandbox, clicked: str, message: Message) -> None:
    assert say(clicked, delete_original=True, text="bye") == (400, "invalid_payload")
    assert not message.deleted
    assert say(clicked, delete_original=True) == (200, "ok")
    assert sandbox.slack.messages == []


def test_an_ephemeral_message_can_be_replaced_and_deleted_but_never_made_public(
    sandbox: Sandbox, slack: Any, app: Any
) -> None:
    arguments = {"channel": credentials.SLACK_CHANNEL, "user": "U0ADA", "text": "psst"}
    slack.call("chat.postEphemeral", **arguments, blocks=[actions(button("more"))])
    [ephemeral] = sandbox.slack.ephemerals
    sandbox.slack_hand.click(ephemeral, "more")
    address = app.calls[0].payload["response_url"]
    assert say(address, text="aloud", response_type="in_channel", replace_original=True) == (200, "ok")
    assert shown(sandbox) == [("aloud", "U0ADA")]
    assert say(address, delete_original=True) == (200, "ok")
    assert shown(sandbox) == []


def test_five_answers_and_no_more(clicked: str) -> None:
    assert [say(clicked, text="x") for _ in range(6)] == [(200, "ok")] * 5 + [(404, "Used url")]


def test_thirty_minutes_and_no_more(limited: Sandbox, clock: Any) -> None:
    fields = dict(
        part.split("=", 1) for part in limited.slack_hand.build_command("/x").body.decode().split("&")
    )
    address = requests.utils.unquote(fields["response_url"])
    clock.now += 30 * 60
    assert say(address, text="in time") == (200, "ok")
    clock.now += 1
    assert say(address, text="late") == (404, "Expired url")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ({}, "no_text"),
        ({"text": "x", "blocks": TOO_LONG}, "invalid_blocks"),
        ({"text": "x", "response_type": "loud"}, "invalid_response_type"),
    ],
)
def test_an_answer_that_slack_would_refuse_changes_nothing(
    sandbox: Sandbox, clicked: str, words: Any, error: str
) -> None:
    assert say(clicked, **words) == (400, error)
    assert shown(sandbox) == [("", None)]


def test_a_guessed_address_leads_nowhere(sandbox: Sandbox, clicked: str) -> None:
    assert say(clicked[:-1], text="x") == (404, "no_service")


def test_answers_are_on_the_log_and_meet_the_faults_of_slack(sandbox: Sandbox, clicked: str) -> None:
    say(clicked, text="x")
    assert sandbox.traffic.calls("slack", "response_url")[0].check == "address"
    sandbox.faults.take_down("slack")
    with pytest.raises(requests.ConnectionError):
        say(clicked, text="x")
