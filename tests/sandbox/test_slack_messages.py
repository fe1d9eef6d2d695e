"""Posting, editing, deleting and reading back, as the Slack method reference has it."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from sandbox import Sandbox, credentials

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "words"}}
META = {"event_type": "alert_shown", "event_payload": {"alert": "a-1", "nested": {"occurrence": 2}}}


def test_a_post_answers_channel_and_a_unique_ts_as_a_string(slack: Any) -> None:
    answers = [slack.post() for _ in range(20)]
    stamps = [answer["ts"] for answer in answers]
    assert stamps == sorted(set(stamps))
    assert answers[0]["channel"] == credentials.SLACK_CHANNEL
    assert answers[0]["message"]["bot_id"] == credentials.SLACK_BOT_ID


def test_a_channel_can_be_named_when_posting_but_not_when_editing(slack: Any) -> None:
    posted = slack.post(channel="#alerts")
    assert posted["channel"] == credentials.SLACK_CHANNEL
    assert slack.update(posted["ts"], text="x", channel="#alerts")["error"] == "channel_not_found"


@pytest.mark.parametrize(
    ("channel", "error"),
    [
        ("C0NOWHERE", "channel_not_found"),
        (credentials.SLACK_CHANNEL_NOT_MEMBER, "not_in_channel"),
        (credentials.SLACK_CHANNEL_ARCHIVED, "is_archived"),
        ("", "invalid_arguments"),
    ],
)
def test_a_channel_that_cannot_be_written_to(slack: Any, channel: str, error: str) -> None:
    assert slack.post(channel=channel)["error"] == error


def test_with_the_public_scope_membership_is_not_needed(slack: Any, sandbox: Sandbox) -> None:
    sandbox.slack.scopes |= {"chat:write.public"}
    assert slack.post(channel=credentials.SLACK_CHANNEL_NOT_MEMBER)["ok"]


def test_nothing_to_show_is_no_text(slack: Any) -> None:
    assert slack.post(text="")["error"] == "no_text"
    assert slack.post(text="", blocks=[], attachments=[{"color": "#ffffff"}])["error"] == "no_text"
    assert slack.post(text="", attachments=[{"blocks": [SECTION]}])["ok"]


def test_a_long_text_is_split_and_a_very_long_one_cut(slack: Any, sandbox: Sandbox) -> None:
    slack.post("x" * 4040)
    assert [len(message.text) for message in sandbox.slack.messages] == [4040]
    slack.post("y" * 4041)
    assert [len(message.text) for message in sandbox.slack.messages[1:]] == [4000, 41]
    slack.post("z" * 40_001, blocks=[SECTION])
    assert len(sandbox.slack.messages[-1].text) == 40_000


def test_an_edit_refuses_more_than_four_thousand_bytes(slack: Any) -> None:
    ts = slack.post()["ts"]
    assert slack.update(ts, text="x" * 4000)["ok"]
    assert slack.update(ts, text="x" * 4001)["error"] == "msg_too_long"
    assert slack.update(ts, text="é" * 2001)["error"] == "msg_too_long"


def test_an_edit_with_text_alone_removes_the_blocks_and_keeps_the_rest(slack: Any, sandbox: Sandbox) -> None:
    ts = slack.post(blocks=[SECTION], attachments=[{"text": "a"}], metadata=META)["ts"]
    slack.update(ts, text="changed")
    [message] = sandbox.slack.messages
    assert (message.text, message.blocks, message.attachments, message.metadata) == (
        "changed",
        [],
        [{"text": "a"}],
        META,
    )
    assert message.edited
    slack.update(ts, text="again", blocks=[SECTION], attachments=[], metadata={})
    assert (message.blocks, message.attachments, message.metadata) == ([SECTION], [], None)


def test_an_edit_with_blocks_leaves_no_mark(slack: Any, sandbox: Sandbox) -> None:
    ts = slack.post(blocks=[SECTION])["ts"]
    slack.update(ts, text="hello", blocks=[SECTION])
    assert sandbox.slack.messages[0].edited is None


def test_an_edit_that_would_leave_nothing_is_refused(slack: Any) -> None:
    ts = slack.post()["ts"]
    assert slack.update(ts)["error"] == "no_text"
    assert slack.update(ts, text="")["error"] == "no_text"


def test_what_is_gone_or_not_ours_cannot_be_edited(slack: Any, sandbox: Sandbox) -> None:
    ts = slack.post()["ts"]
    assert slack.update("1800000000.000001", text="x")["error"] == "message_not_found"
    sandbox.slack.messages[0].user = str(credentials.ADA.slack_id)
    assert slack.update(ts, text="x")["error"] == "cant_update_message"
    assert (
        slack.call("chat.delete", channel=credentials.SLACK_CHANNEL, ts=ts)["error"] == "cant_delete_message"
    )
    sandbox.slack.delete(credentials.SLACK_CHANNEL, ts)
    assert slack.update(ts, text="x")["error"] == "message_not_found"
    sandbox.slack.channels[credentials.SLACK_CHANNEL].is_archived = True
    assert slack.update(ts, text="x")["error"] == "is_inactive"


def test_a_deleted_message_is_gone(slack: Any, sandbox: Sandbox) -> None:
    ts = slack.post()["ts"]
    assert slack.call("chat.delete", channel=credentials.SLACK_CHANNEL, ts=ts)["ok"]
    assert slack.call("chat.delete", channel=credentials.SLACK_CHANNEL, ts=ts)["error"] == "message_not_found"
    assert sandbox.slack.messages == []


def test_an_ephemeral_word_cannot_be_edited_or_read_back(slack: Any, sandbox: Sandbox) -> None:
    where = {"channel": credentials.SLACK_CHANNEL, "text": "psst"}
    said = slack.call("chat.postEphemeral", user=credentials.ADA.slack_id, **where)
    assert slack.update(said["message_ts"], text="x")["error"] == "message_not_found"
    assert (len(sandbox.slack.messages), len(sandbox.slack.ephemerals)) == (0, 1)
    assert slack.call("chat.postEphemeral", user="U0NOBODY", **where)["error"] == "user_not_in_channel"


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ("not json", "invalid_metadata_format"),
        ([1], "invalid_metadata_format"),
        ({"event_type": "a"}, "invalid_metadata_schema"),
        ({"event_type": "Alert-Shown", "event_payload": {}}, "invalid_metadata_schema"),
        ({"event_type": "a" * 51, "event_payload": {}}, "invalid_metadata_schema"),
        ({"event_type": "a", "event_payload": {"deep": {"er": {"still": 1}}}}, "invalid_metadata_schema"),
        ({"event_type": "a", "event_payload": {"none": None}}, "invalid_metadata_schema"),
        ({"event_type": "a", "event_payload": {}, "more": 1}, "invalid_metadata_schema"),
        ({"event_type": "a", "event_payload": {"big": "x" * 8001}}, "metadata_too_large"),
    ],
)
def test_metadata_has_a_shape(slack: Any, metadata: Any, error: str) -> None:
    assert slack.post(metadata=metadata)["error"] == error


def test_history_tells_the_payload_of_metadata_only_when_asked(slack: Any) -> None:
    slack.post(metadata=META)
    told = {
        flag: slack.client.conversations_history(channel=credentials.SLACK_CHANNEL, include_all_metadata=flag)
        for flag in (False, True)
    }
    assert told[False]["messages"][0]["metadata"] == {"event_type": "alert_shown"}
    assert told[True]["messages"][0]["metadata"] == META


def test_history_is_newest_first_within_the_window(slack: Any) -> None:
    stamps = [slack.post(str(number))["ts"] for number in range(5)]

    def texts(**window: Any) -> list[str]:
        answer = slack.client.conversations_history(channel=credentials.SLACK_CHANNEL, **window)
        return [message["text"] for message in answer["messages"]]

    assert texts() == ["4", "3", "2", "1", "0"]
    assert texts(oldest=stamps[1], latest=stamps[3]) == ["2"]
    assert texts(oldest=stamps[1], latest=stamps[3], inclusive=True) == ["3", "2", "1"]
    assert texts(limit=2) == ["4", "3"]


def test_history_goes_on_from_its_cursor(slack: Any) -> None:
    for number in range(5):
        slack.post(str(number))
    where = {"channel": credentials.SLACK_CHANNEL, "limit": 2}
    first = slack.client.conversations_history(**where)
    assert first["has_more"]
    second = slack.client.conversations_history(cursor=first["response_metadata"]["next_cursor"], **where)
    assert [message["text"] for message in second["messages"]] == ["2", "1"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"limit": 1000}, "invalid_limit"),
        ({"limit": "many"}, "invalid_limit"),
        ({"oldest": "yesterday"}, "invalid_ts_oldest"),
        ({"latest": "1e9"}, "invalid_ts_latest"),
        ({"cursor": "?"}, "invalid_cursor"),
        ({"channel": credentials.SLACK_CHANNEL_NOT_MEMBER}, "not_in_channel"),
    ],
)
def test_history_refuses_what_it_cannot_read(slack: Any, arguments: dict[str, Any], error: str) -> None:
    asked = {"channel": credentials.SLACK_CHANNEL, **arguments}
    assert slack.call("conversations.history", **asked)["error"] == error


def test_replies_stay_in_the_thread_unless_sent_to_the_channel_too(slack: Any) -> None:
    parent = slack.post("parent")["ts"]
    slack.post("quiet", thread_ts=parent)
    slack.post("loud", thread_ts=parent, reply_broadcast=True)
    channel = slack.client.conversations_history(channel=credentials.SLACK_CHANNEL)["messages"]
    assert [message["text"] for message in channel] == ["loud", "parent"]
    assert channel[0]["subtype"] == "thread_broadcast"
    assert channel[1]["reply_count"] == 2
    thread = slack.client.conversations_replies(channel=credentials.SLACK_CHANNEL, ts=parent)["messages"]
    assert [message["text"] for message in thread] == ["parent", "quiet", "loud"]


def test_a_permalink_leads_to_the_page(slack: Any, sandbox: Sandbox) -> None:
    ts = slack.post()["ts"]
    link = slack.client.chat_getPermalink(channel=credentials.SLACK_CHANNEL, message_ts=ts)["permalink"]
    assert (
        link
        == f"{slack.client.auth_test()['url']}archives/{credentials.SLACK_CHANNEL}/p{ts.replace('.', '')}"
    )
    assert requests.get(link, timeout=5).url.startswith(f"{sandbox.url}/#")


@pytest.mark.parametrize(
    ("message", "pings"),
    [
        ({"text": "&lt;!channel&gt; and @channel"}, []),
        ({"text": "<!channel> <!here|here> <@U0ADA> <!subteam^S01|ops> <#C01>"},
         ["<!channel>", "<!here>", "<@U0ADA>", "<!subteam^S01>"]),
        ({"text": "@here and @channel", "link_names": True}, ["@here", "@channel"]),
        ({"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "<!everyone>"}}]}, ["<!everyone>"]),
        ({"blocks": [{"type": "section", "text": {"type": "plain_text", "text": "<!everyone>"}}]}, []),
        ({"attachments": [{"blocks": [{"type": "context", "elements": [{"type": "mrkdwn", "text": "<@U0ADA>"}]}]}]},
         ["<@U0ADA>"]),
        ({"blocks": [{"type": "actions", "elements": [
            {"type": "button", "text": {"type": "plain_text", "text": "<!here>"}, "value": "<!here>"}]}]}, []),
    ],
)  # fmt: skip
def test_whom_a_message_pings_is_on_record(
    slack: Any, sandbox: Sandbox, message: dict[str, Any], pings: list[str]
) -> None:
    assert slack.post(**{"text": "x", **message})["ok"]
    assert sandbox.slack.messages[0].pings == pings
