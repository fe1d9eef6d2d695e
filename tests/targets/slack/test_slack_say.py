"""One-shot words are said once, in the right place, or not at all."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core.domain.alert import Alert
from core.domain.errors import Blocked, Transient
from core.targets.target import Notice, Remote, Word

Story = Any
"""The fixture `story`; its class is in conftest.py, which is no module to import from."""


def thread_line(alert: Alert, parent: Remote, remote: Remote | None = None) -> Notice:
    return Notice(
        "alert-1:fired:2", Word.FIRED_AGAIN, {"occurrence": 2}, remote or {}, alert=alert, parent=parent
    )


def digest(about: list[tuple[Alert, Remote]], remote: Remote | None = None) -> Notice:
    return Notice("reminder:1", Word.REMINDER, {}, remote or {}, about=about)


def failed(story: Story, notice: Notice, after: float = 0.0) -> Remote:
    with pytest.raises(Transient) as raised:
        story.target.say(notice, story.now + timedelta(seconds=after))
    assert raised.value.remote is not None
    return dict(raised.value.remote)


def posted(story: Story) -> list[Any]:
    return list(story.sandbox.slack.messages)


def test_fired_again_rings_in_the_thread_and_the_channel(story: Story, firing: Alert) -> None:
    parent = story.attempt(firing, {}).remote
    said = story.target.say(thread_line(firing, parent), story.now)
    line = posted(story)[1]
    assert (line.ts, line.thread_ts, line.broadcast) == (said["ts"], parent["ts"], True)
    assert line.text == "🔴 Fired again (2nd time): CRITICAL HighCPU on web-1 — above 90% for 5 min"


def test_fired_again_does_not_ring_for_what_is_over(story: Story, firing: Alert, resolved: Alert) -> None:
    parent = story.attempt(firing, {}).remote
    story.target.say(thread_line(resolved, parent), story.now)
    assert posted(story)[1].broadcast is False


def test_without_a_message_there_is_no_thread_to_write_in(story: Story, firing: Alert) -> None:
    assert story.target.say(thread_line(firing, {}), story.now) == {"skipped": "the alert is not shown"}
    assert story.sandbox.traffic.count("slack") == 0


@pytest.mark.parametrize(
    "code",
    ["thread_not_found", "cannot_reply_to_message", "restricted_action_thread_locked", "message_not_found"],
)
def test_a_thread_that_takes_no_line_blocks_nothing(story: Story, firing: Alert, code: str) -> None:
    parent = story.attempt(firing, {}).remote
    story.sandbox.faults.add("slack", "error", method="chat.postMessage", error=code)
    assert story.target.say(thread_line(firing, parent), story.now) == {"skipped": code}


def test_what_was_said_is_not_said_again(story: Story, firing: Alert) -> None:
    parent = story.attempt(firing, {}).remote
    said = story.target.say(thread_line(firing, parent), story.now)
    for over in (said, {"skipped": "because"}):
        notice = thread_line(firing, parent, over)
        assert story.target.say(notice, story.now) == over
        assert story.target.intend_to_say(notice, story.now) == over
    assert len(posted(story)) == 2


def test_a_thread_line_whose_answer_was_lost_is_found_in_its_thread(story: Story, firing: Alert) -> None:
    parent = story.attempt(firing, {}).remote
    story.sandbox.faults.add("slack", "lose_answer", method="chat.postMessage", times=1)
    doubtful = failed(story, thread_line(firing, parent))
    said = story.target.say(thread_line(firing, parent, doubtful), story.now + timedelta(seconds=6))
    assert said["ts"] == posted(story)[1].ts
    assert (len(posted(story)), story.calls("conversations.replies")) == (2, 1)


def test_a_digest_whose_answer_was_lost_is_found_in_the_channel(story: Story, firing: Alert) -> None:
    story.sandbox.faults.add("slack", "lose_answer", method="chat.postMessage", times=1)
    doubtful = failed(story, digest([(firing, {})]))
    said = story.target.say(digest([(firing, {})], doubtful), story.now + timedelta(seconds=6))
    assert [message.ts for message in posted(story)] == [said["ts"]]


def test_a_line_that_is_nowhere_is_said_again(story: Story, firing: Alert) -> None:
    parent = story.attempt(firing, {}).remote
    story.sandbox.faults.add("slack", "refuse", method="chat.postMessage", times=1)
    doubtful = failed(story, thread_line(firing, parent))
    assert failed(story, thread_line(firing, parent, doubtful), after=6) == doubtful
    assert story.target.say(thread_line(firing, parent, doubtful), story.now + timedelta(seconds=31))["ts"]
    assert len(posted(story)) == 2


def test_a_kill_between_intent_and_record_says_it_once(story: Story, firing: Alert) -> None:
    parent = story.attempt(firing, {}).remote
    first = thread_line(firing, parent)
    stored = story.target.intend_to_say(first, story.now)
    story.target.say(first, story.now)  # and the process dies: nothing is recorded
    story.target.say(thread_line(firing, parent, stored), story.now + timedelta(seconds=6))
    assert len(posted(story)) == 2


def test_an_intent_of_another_shape_is_a_doubt_too(story: Story, firing: Alert) -> None:
    parent = story.attempt(firing, {}).remote
    story.target.say(thread_line(firing, parent), story.now)
    story.target.say(thread_line(firing, parent, {"begun": True}), story.now)
    assert len(posted(story)) == 2


def test_a_refused_channel_blocks_the_target(story: Story, firing: Alert) -> None:
    story.sandbox.faults.add("slack", "error", method="chat.postMessage", error="is_archived")
    with pytest.raises(Blocked, match="is_archived") as raised:
        story.target.say(digest([(firing, {})]), story.now)
    assert raised.value.remote == {}


def test_the_digest_links_to_the_messages(story: Story, firing: Alert, alert: Callable[..., Alert]) -> None:
    remote = story.attempt(firing, {}).remote
    known = {name: remote[name] for name in ("channel", "ts")}  # as stored before the address was known
    other = replace(alert(), facts=replace(firing.facts, id="alert-2"))
    story.another().say(digest([(firing, known), (other, {})]), story.now)
    text = posted(story)[1].blocks[0]["text"]["text"]
    assert text.count(f"<{remote['link']}|HighCPU>") == 1
    assert text.count("HighCPU") == 2


def test_a_digest_of_nothing_is_not_said(story: Story, resolved: Alert) -> None:
    said = story.target.say(digest([(resolved, {})]), story.now)
    assert said == {"skipped": "there is nothing to be said any more"}
    assert posted(story) == []


def test_a_notice_slack_will_not_take_is_said_plainly(story: Story, firing: Alert) -> None:
    story.sandbox.faults.add("slack", "error", method="chat.postMessage", error="invalid_blocks", times=1)
    story.target.say(digest([(firing, {})]), story.now)
    assert [(message.blocks, bool(message.metadata)) for message in posted(story)] == [([], True)]
