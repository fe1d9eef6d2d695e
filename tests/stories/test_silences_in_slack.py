"""Silences made, extended and ended by the hands of people in Slack, from the press to what then stands everywhere."""

from datetime import timedelta

import orjson
import pytest

from core.domain.severity import Severity
from core.domain.silence_rules import Rules
from sandbox import alerts
from sandbox.credentials import ADA, BRUNO
from sandbox.pagerduty.model import Status
from sandbox.slack.controls import controls
from sandbox.slack.hand import SlackHand
from tests.databases import ON_SQLITE
from tests.stories.conftest import Stage
from tests.stories.scene import Scene, said

pytestmark = ON_SQLITE

FIRE = alerts.fire("critical")
HOUR = timedelta(hours=1)
pytestmark = pytest.mark.usefixtures("doors")


@pytest.fixture
def fired(scene: Scene) -> Scene:
    scene.receive(FIRE)
    scene.settle()
    return scene


def hand(scene: Scene) -> SlackHand:
    return scene.sandbox.slack_hand


def offered(scene: Scene) -> list[str]:
    """What can be pressed under the message."""
    return [one.element["action_id"] for one in controls(hand(scene).look(scene.message))]


def choose(scene: Scene, action: str, text: str) -> None:
    """What says this in one of the menus, by Bruno."""
    (menu,) = [
        one.element for one in controls(hand(scene).look(scene.message)) if one.element["action_id"] == action
    ]
    (value,) = [option["value"] for option in menu["options"] if option["text"]["text"] == text]
    assert hand(scene).choose(scene.message, action, value, BRUNO).problem is None
    scene.work()
    scene.work()


def test_a_length_that_is_chosen_silences_at_once_and_the_buttons_follow(fired: Scene) -> None:
    choose(fired, "silence", "1 h")
    (silence,) = fired.rows("silences")
    assert (silence.end_at - silence.start_at, silence.created_by) == (HOUR, BRUNO.name)
    assert {it["name"]: it["value"] for it in silence.matchers} == fired.alert.labels
    assert f"Silenced by {BRUNO.name} until" in said(fired.message)
    assert offered(fired) == ["acknowledge", "extend_silence", "end_silence", "more"]


def test_it_is_extended_and_ended_under_the_same_message(fired: Scene) -> None:
    choose(fired, "silence", "1 h")
    choose(fired, "extend_silence", "4 h")
    (silence,) = fired.rows("silences")
    assert silence.end_at - silence.start_at == 5 * HOUR
    assert hand(fired).click(fired.message, "end_silence", ADA).problem is None
    fired.settle()
    assert offered(fired) == ["acknowledge", "silence", "more"]
    assert fired.incident.status is Status.TRIGGERED
    assert [(row.action, row.by_name) for row in fired.rows("silence_events")] == [
        ("silenced", BRUNO.name),
        ("silence_extended", BRUNO.name),
        ("silence_ended", ADA.name),
    ]


def test_what_was_previewed_is_what_is_made(fired: Scene) -> None:
    """With fewer labels ticked and a matcher of one's own; it hides the second alert before anybody hears of it."""
    choose(fired, "silence", "Silence more…")
    (modal,) = hand(fired).views
    names = sorted(fired.alert.labels)
    kept = [str(names.index(name)) for name in ("alertname", "severity")]
    values = {"labels_0": kept, "matchers": 'instance=~".+"', "for": "14400", "reason": "rolling back"}
    assert hand(fired).submit(modal, values).problem is None
    assert hand(fired).submit(hand(fired).views[-1]).problem is None
    fired.work()
    (silence,) = fired.rows("silences")
    assert [(it["name"], it["isRegex"]) for it in silence.matchers] == [
        ("alertname", False),
        ("severity", False),
        ("instance", True),
    ]
    assert (silence.reason, silence.alert_id) == ("rolling back", fired.alert.id)
    before = len(fired.messages)
    fired.receive(
        orjson.dumps(FIRE).replace(b"web-1", b"web-9").replace(b"064eab633ccb8ab6", b"064eab633ccb8ab7")
    )
    fired.work()
    fired.work()
    assert (len(fired.rows("alerts")), len(fired.messages)) == (2, before)


def test_what_the_rules_are_against_is_told_to_who_chose_it_and_not_made(stage: Stage) -> None:
    fired = stage(rules=Rules({Severity.CRITICAL: HOUR}))
    fired.receive(FIRE)
    fired.settle()
    choose(fired, "silence", "1 day")
    assert fired.rows("silences") == []
    assert fired.whispers == [
        (BRUNO.slack_id, 'Alerts of severity "critical" may be silenced for 1 h at most.')
    ]


def test_a_silence_that_is_typed_can_be_listed_extended_and_ended(fired: Scene) -> None:
    hands, name = hand(fired), fired.alert.labels["alertname"]
    assert hands.command("/silence", f"add alertname={name} 2h night work", BRUNO).problem is None
    assert hands.submit(hands.views[-1]).problem is None
    fired.work()
    assert f"Silenced by {BRUNO.name} until" in said(fired.message)
    (silence,) = fired.rows("silences")
    assert hands.command("/silence", "", ADA).problem is None
    listed = orjson.dumps(fired.sandbox.slack.ephemerals[-1].blocks).decode()
    assert f"`{silence.id[:8]}` {BRUNO.name} until" in listed
    assert "hides 1" in listed
    for text in (f"extend {silence.id[:8]} 1h", f"end {silence.id[:8]}"):
        assert hands.command("/silence", text, ADA).problem is None
        fired.work()
    assert [(row.action, row.by_name, row.source) for row in fired.rows("silence_events")] == [
        ("silenced", BRUNO.name, "slack"),
        ("silence_extended", ADA.name, "slack"),
        ("silence_ended", ADA.name, "slack"),
    ]


def test_the_same_presses_sent_again_do_nothing_more(fired: Scene) -> None:
    request = hand(fired).build_choice(fired.message, "silence", f"{fired.alert.id}:1:3600", BRUNO)
    for _ in range(3):
        assert hand(fired).repeat(request).problem is None
    fired.work()
    assert len(fired.rows("silences")) == 1
    assert [row.action for row in fired.rows("silence_events")] == ["silenced"]


def test_to_let_it_end_is_answered_and_changes_nothing(fired: Scene) -> None:
    """Who made it is asked a quarter of an hour before."""
    choose(fired, "silence", "1 h")
    fired.put_forward(46 * 60)
    fired.work()
    fired.work()
    asked = next(one for one in fired.replies if "Should it go on?" in one.text)
    assert hand(fired).click(asked, "let_go", BRUNO).problem is None
    fired.work()
    fired.work()
    (silence,) = fired.rows("silences")
    assert silence.end_at - silence.start_at == HOUR
    end = f"{silence.end_at:%H:%M}"
    assert fired.whispers == [(BRUNO.slack_id, f"It ends at {end} UTC, unless somebody extends it.")]
