"""One message per episode, whatever becomes of the answers; every story over real HTTP."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core.domain.alert import Alert
from core.domain.errors import Blocked, Transient
from core.domain.pace import Rate
from core.targets.target import Glance, Notice, Word
from sandbox import credentials

Story = Any
"""The fixture `story`; its class is in conftest.py, which is no module to import from."""
EVIL = "<!channel> <@U0ADA> <!subteam^S012|all> @here"


def texts(story: Story) -> list[str]:
    return [message.text for message in story.sandbox.slack.messages]


def firing_again(alert: Alert) -> Alert:
    return replace(alert, facts=replace(alert.facts, occurrence=2))


# Showing


def test_converging_twice_makes_one_message(story: Story, firing: Alert) -> None:
    first = story.attempt(firing, {})
    again = story.attempt(firing, first.remote, story.another())
    [message] = story.sandbox.slack.messages
    assert again.remote == first.remote
    assert message.metadata["event_payload"]["alert_id"] == firing.id
    assert first.remote_id == message.ts
    assert first.remote == {
        "channel": credentials.SLACK_CHANNEL,
        "ts": message.ts,
        "link": f"{story.sandbox.url}/archives/{credentials.SLACK_CHANNEL}/p{message.ts.replace('.', '')}",
    }


def test_the_message_follows_the_alert_to_its_end(
    story: Story, firing: Alert, acknowledged: Alert, resolved: Alert
) -> None:
    remote = story.attempt(firing, {}).remote
    for alert in (acknowledged, resolved):
        remote = story.attempt(alert, remote).remote
    assert texts(story) == ["RESOLVED HighCPU on web-1 after 12 min"]
    [message] = story.sandbox.slack.messages
    assert message.edited is None
    assert message.metadata["event_payload"]["state"] == "resolved"
    assert [len(message.blocks), len(message.attachments[0]["blocks"])] == [1, 1]


def test_resolved_and_never_shown_calls_nobody(story: Story, resolved: Alert) -> None:
    assert story.target.intend(resolved, {}, story.now) == {}
    assert story.attempt(resolved, {}).remote == {}
    assert story.sandbox.traffic.count("slack") == 0


def test_the_intent_is_there_before_the_post_and_gone_after_it(story: Story, firing: Alert) -> None:
    intent = story.target.intend(firing, {}, story.now)
    assert intent == {"posting": {"since": story.now.isoformat(), "tried": story.now.isoformat()}}
    shown = story.attempt(firing, {}).remote
    assert "posting" not in shown
    assert story.target.intend(firing, shown, story.now) == shown


def test_hostile_labels_ping_nobody(story: Story, alert: Callable[..., Alert]) -> None:
    labels = dict.fromkeys(("alertname", "severity", "instance", "job"), EVIL)
    hostile = alert(labels=labels, annotations={"summary": EVIL, "description": EVIL, "runbook": EVIL})
    remote = story.attempt(hostile, {}).remote
    ended = alert(
        labels=labels,
        firing=False,
        resolved_at=story.now,
        acknowledged_at=story.now,
        acknowledged_by_name=EVIL,
    )
    story.attempt(ended, remote)
    story.target.say(Notice("k", Word.FIRED_AGAIN, {}, {}, alert=hostile, parent=remote), story.now)
    story.target.say(Notice("r", Word.REMINDER, {}, {}, about=[(hostile, remote)]), story.now)
    assert [message.pings for message in story.sandbox.slack.messages] == [[], [], []]


def test_links_are_not_needed_for_a_post(story: Story, firing: Alert) -> None:
    story.sandbox.faults.add("slack", "status", method="auth.test")
    shown = story.attempt(firing, {})
    assert set(shown.remote) == {"channel", "ts"}
    assert story.target.glance(shown.remote) == Glance(story.target.name, "Slack", "")
    story.attempt(firing_again(firing), {}, after=30)
    assert story.calls("auth.test") == 1


def test_the_workspace_is_asked_for_its_address_once(story: Story, firing: Alert) -> None:
    remotes = [story.attempt(firing, {}).remote for _ in range(3)]
    assert story.calls("auth.test") == 1
    assert story.target.glance(remotes[2]) == Glance(story.target.name, "Slack", remotes[2]["link"])
    assert story.target.glance({}) == Glance(story.target.name, "Slack", "")


def test_budgets(story: Story) -> None:
    target = story.another(posts_per_second=2.0, updates_per_minute=30.0)
    assert target.name == f"slack:{credentials.SLACK_CHANNEL}"
    whisper = Rate(100 / 60, burst=10)
    assert target.rates == {"post": Rate(2.0), "edit": Rate(0.5, burst=10, reserve=5), "whisper": whisper}
    assert [target.budget(remote_id) for remote_id in (None, "1.2")] == ["post", "edit"]


# Deleted messages


def test_a_deleted_message_is_posted_again_while_the_alert_is_open(story: Story, firing: Alert) -> None:
    shown = story.attempt(firing, {}).remote
    story.sandbox.slack.delete(shown["channel"], shown["ts"])
    forgotten = story.failed(firing, shown)
    assert forgotten == {"gone": shown["ts"]}
    again = story.attempt(firing, forgotten).remote
    assert again["ts"] != shown["ts"]
    assert len(texts(story)) == 1


def test_a_deleted_message_stays_deleted_once_the_alert_is_over(
    story: Story, firing: Alert, resolved: Alert
) -> None:
    shown = story.attempt(firing, {}).remote
    story.sandbox.slack.delete(shown["channel"], shown["ts"])
    over = story.attempt(resolved, shown)
    assert (over.remote, over.remote_id) == ({}, None)
    assert story.attempt(resolved, over.remote).remote == {}
    assert texts(story) == []


@pytest.mark.parametrize("code", ["cant_update_message", "edit_window_closed"])
def test_a_message_that_can_not_be_edited_is_not_found_again_as_the_new_one(
    story: Story, firing: Alert, code: str
) -> None:
    shown = story.attempt(firing, {}).remote
    story.sandbox.faults.add("slack", "error", method="chat.update", error=code, times=1)
    remote = story.failed(firing, shown)
    story.sandbox.faults.add("slack", "status", method="chat.postMessage", times=1)
    remote = story.failed(firing, remote)
    remote = story.failed(firing, remote, after=6)
    again = story.attempt(firing, remote, after=40).remote
    assert again["ts"] > shown["ts"]
    assert "gone" not in again


# Answers that were lost


@pytest.mark.parametrize("after", [5.1, 31.0, 9_000.0])
def test_a_lost_answer_makes_one_message(story: Story, firing: Alert, after: float) -> None:
    story.sandbox.faults.add("slack", "lose_answer", method="chat.postMessage", times=1)
    doubtful = story.failed(firing, {})
    adopted = story.attempt(firing, doubtful, story.another(), after=after)
    [message] = story.sandbox.slack.messages
    assert adopted.remote_id == adopted.remote["ts"] == message.ts
    assert message.versions == 2
    assert story.calls("chat.postMessage") == 1


def test_before_it_looks_it_waits(story: Story, firing: Alert) -> None:
    story.sandbox.faults.add("slack", "lose_answer", method="chat.postMessage", times=1)
    doubtful = story.failed(firing, {})
    with pytest.raises(Transient) as raised:
        story.attempt(firing, doubtful, after=2)
    assert raised.value.reason == "in_doubt"
    assert raised.value.retry_after == pytest.approx(3)
    assert raised.value.remote == doubtful
    assert story.calls("conversations.history") == 0


def test_what_is_not_there_is_looked_for_twice_and_then_posted_again(story: Story, firing: Alert) -> None:
    story.sandbox.faults.add("slack", "refuse", method="chat.postMessage", times=1)
    doubtful = story.failed(firing, {})
    with pytest.raises(Transient) as raised:
        story.attempt(firing, doubtful, after=6)
    assert raised.value.retry_after == pytest.approx(24)
    assert raised.value.remote == doubtful
    assert story.attempt(firing, doubtful, after=31).remote["ts"]
    assert len(texts(story)) == 1
    assert (story.calls("conversations.history"), story.reposts) == (2, 0)


def test_a_post_that_shows_late_is_found_by_the_second_look(story: Story, firing: Alert) -> None:
    story.sandbox.faults.add("slack", "refuse", method="chat.postMessage", times=1)
    doubtful = story.failed(firing, {})
    story.failed(firing, doubtful, after=6)
    late = story.attempt(firing, {}, story.another()).remote  # Slack gets round to it
    assert story.attempt(firing, doubtful, after=31).remote["ts"] == late["ts"]
    assert len(texts(story)) == 1


def test_a_kill_between_intent_and_record_makes_one_message(story: Story, firing: Alert) -> None:
    intent = story.target.intend(firing, {}, story.now)
    story.target.converge(firing, {}, intent, (), story.now)  # and the process dies: nothing is recorded
    story.failed(firing, intent, story.another(), after=1)
    story.attempt(firing, intent, story.another(), after=6)
    assert len(texts(story)) == 1


def test_a_kill_during_the_second_post_makes_one_message(story: Story, firing: Alert) -> None:
    story.sandbox.faults.add("slack", "refuse", method="chat.postMessage", times=1)
    doubtful = story.failed(firing, {})
    second = story.target.intend(firing, doubtful, story.now + timedelta(seconds=40))
    assert second["posting"]["since"] == doubtful["posting"]["since"]
    assert second["posting"]["tried"] > doubtful["posting"]["tried"]
    story.attempt(firing, doubtful, after=40)  # posts, and the process dies: `second` is what is stored
    story.failed(firing, second, story.another(), after=41)
    story.attempt(firing, second, story.another(), after=46)
    assert len(texts(story)) == 1


def test_nothing_is_posted_under_an_intent_that_was_not_stored(story: Story, firing: Alert) -> None:
    intent = story.target.intend(firing, {}, story.now)
    with pytest.raises(Transient) as raised:
        story.target.converge(firing, intent, intent, (), story.now + timedelta(seconds=31))
    assert (raised.value.reason, raised.value.retry_after) == ("in_doubt", 0.0)
    assert texts(story) == []


def test_resolved_while_in_doubt_is_folded_if_it_was_shown(
    story: Story, firing: Alert, resolved: Alert
) -> None:
    story.sandbox.faults.add("slack", "lose_answer", method="chat.postMessage", times=1)
    doubtful = story.failed(firing, {})
    assert story.attempt(resolved, doubtful, after=6).remote["ts"]
    assert texts(story) == ["RESOLVED HighCPU on web-1 after 12 min"]


def test_resolved_while_in_doubt_is_forgotten_if_it_was_not_shown(
    story: Story, firing: Alert, resolved: Alert
) -> None:
    story.sandbox.faults.add("slack", "refuse", method="chat.postMessage", times=1)
    doubtful = story.failed(firing, {})
    doubtful = story.failed(resolved, doubtful, after=6)
    assert story.attempt(resolved, doubtful, after=31).remote == {}
    assert texts(story) == []


def test_a_plain_refusal_settles_a_doubt_that_was_looked_up(story: Story, firing: Alert) -> None:
    story.sandbox.faults.add("slack", "refuse", method="chat.postMessage", times=1)
    doubtful = story.failed(firing, {})
    story.sandbox.faults.add("slack", "rate_limit", method="chat.postMessage", times=1)
    assert story.failed(firing, doubtful, after=31) == {}


def test_one_reading_of_the_channel_answers_for_all_that_are_in_doubt(
    story: Story, alert: Callable[..., Alert]
) -> None:
    alerts = [alert(id=f"alert-{number}") for number in range(20)]
    story.sandbox.faults.add("slack", "lose_answer", method="chat.postMessage", share=0.5)
    remotes = []
    for one in alerts:
        try:
            remotes.append(story.attempt(one, {}).remote)
        except Transient as verdict:
            remotes.append(verdict.remote)
    story.sandbox.faults.clear()
    for one, remote in zip(alerts, remotes, strict=True):
        assert story.attempt(one, remote, after=6).remote["ts"]
    assert len(texts(story)) == 20
    assert story.calls("conversations.history") == 1


def test_a_busy_channel_is_read_page_by_page(story: Story, firing: Alert) -> None:
    story.sandbox.faults.add("slack", "lose_answer", method="chat.postMessage", times=1)
    doubtful = story.failed(firing, {})
    story.chatter(450)
    assert story.attempt(firing, doubtful, after=6).remote["ts"] == story.sandbox.slack.messages[0].ts
    assert story.calls("conversations.history") == 3


def test_what_lies_too_far_back_to_be_found_is_posted_again_and_counted(story: Story, firing: Alert) -> None:
    story.sandbox.faults.add("slack", "lose_answer", method="chat.postMessage", times=1)
    doubtful = story.failed(firing, {})
    story.chatter(2100)
    assert story.attempt(firing, doubtful, after=31).remote["ts"]
    assert (story.calls("conversations.history"), story.reposts) == (10, 1)


def test_clocks_that_differ_hide_nothing(story: Story, firing: Alert) -> None:
    story.sandbox.faults.add("slack", "lose_answer", method="chat.postMessage", times=1)
    doubtful = story.failed(firing, {}, after=240)  # ours is four minutes ahead of Slack's
    story.attempt(firing, doubtful, after=271)
    assert len(texts(story)) == 1


def test_a_reading_that_begins_too_late_is_not_relied_upon(story: Story, alert: Callable[..., Alert]) -> None:
    story.sandbox.faults.add("slack", "lose_answer", method="chat.postMessage", times=2)
    early, late = alert(id="early"), alert(id="late")
    early_doubt = story.failed(early, {})
    late_doubt = story.failed(late, {}, after=3_600)
    assert (
        story.failed(late, late_doubt, after=3_606) == late_doubt
    )  # by our clock it was posted an hour from now
    assert story.attempt(early, early_doubt, after=3_607).remote["ts"] == story.sandbox.slack.messages[0].ts


# Where the channel can't be read


@pytest.mark.parametrize("code", ["missing_scope", "not_in_channel", "channel_not_found"])
def test_what_can_not_be_looked_for_is_posted_again_and_counted(
    story: Story, firing: Alert, code: str
) -> None:
    story.sandbox.faults.add("slack", "error", method="conversations.history", error=code)
    story.sandbox.faults.add("slack", "refuse", method="chat.postMessage", times=1)
    doubtful = story.failed(firing, {})
    assert story.attempt(firing, doubtful, after=31).remote["ts"]
    assert (len(texts(story)), story.reposts, story.target.can_read_history) == (1, 1, False)


def test_a_refusal_does_not_settle_what_could_not_be_looked_for(story: Story, firing: Alert) -> None:
    story.sandbox.faults.add("slack", "error", method="conversations.history", error="missing_scope", times=1)
    story.sandbox.faults.add("slack", "lose_answer", method="chat.postMessage", times=1)
    doubtful = story.failed(firing, {})
    story.sandbox.faults.add("slack", "rate_limit", method="chat.postMessage", times=1)
    assert story.failed(firing, doubtful, after=31) == doubtful
    story.attempt(firing, doubtful, after=40)  # the scope is there again
    assert len(texts(story)) == 1


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [
        ({"kind": "rate_limit", "retry_after": 9}, Transient),
        ({"kind": "status"}, Transient),
        ({"kind": "error", "error": "invalid_auth"}, Blocked),
    ],
)
def test_a_look_that_fails_leaves_the_doubt(
    story: Story, firing: Alert, fault: dict[str, Any], verdict: type[Exception]
) -> None:
    story.sandbox.faults.add("slack", "lose_answer", method="chat.postMessage", times=1)
    doubtful = story.failed(firing, {})
    story.sandbox.faults.add("slack", method="conversations.history", **fault)
    with pytest.raises(verdict) as raised:
        story.attempt(firing, doubtful, after=31)
    assert raised.value.remote == doubtful
    assert getattr(raised.value, "budget", None) is None
    assert len(texts(story)) == 1


# Probing


def test_a_probe_of_a_good_target(story: Story) -> None:
    assert story.target.can_read_history is None
    story.target.probe()
    assert story.target.can_read_history is True
    assert texts(story) == []


def test_a_missing_history_scope_blocks_nothing(story: Story) -> None:
    story.sandbox.slack.scopes = frozenset({"chat:write"})
    story.target.probe()
    assert story.target.can_read_history is False


def test_a_probe_says_what_is_wrong_until_it_is_not(story: Story) -> None:
    story.sandbox.slack.token_revoked = True
    with pytest.raises(Blocked, match="configuration"):
        story.target.probe()
    story.sandbox.slack.token_revoked = False
    story.target.probe()


def test_a_probe_knows_a_channel_that_is_not_there_but_no_names(story: Story) -> None:
    with pytest.raises(Blocked, match="channel_not_found"):
        story.another(channel="C0NOWHERE").probe()
    story.another(channel="#alerts").probe()
    story.another(channel=credentials.SLACK_CHANNEL_NOT_MEMBER).probe()
