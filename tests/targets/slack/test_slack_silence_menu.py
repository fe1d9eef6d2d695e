"""The menus of silences under a message: what they offer, what they carry, and that Slack forgets what was chosen."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core.domain.alert import Alert
from core.domain.silence import Silence, silence_id
from core.targets.slack_buttons import actions, asking
from core.targets.slack_message import render
from sandbox.slack.content import read_content
from tests.targets.slack.conftest import FIRED_AT

HOUR = timedelta(hours=1)
ID = silence_id("event", FIRED_AT)


@pytest.fixture
def silence() -> Silence:
    by = ("slack:U0ADA", "Ada Example")
    return Silence(ID, (), FIRED_AT, FIRED_AT + HOUR, *by, "deploy", "slack", FIRED_AT)


@pytest.fixture
def silenced(firing: Alert, silence: Silence) -> Alert:
    return replace(firing, silence=silence)


def elements(block: dict[str, Any]) -> list[tuple[str, str]]:
    """Each with the word on it, in order."""
    return [
        (it["action_id"], (it.get("text") or it.get("placeholder") or {}).get("text", ""))
        for it in block["elements"]
    ]


def offered(block: dict[str, Any], action_id: str) -> list[tuple[str, str]]:
    (menu,) = [it for it in block["elements"] if it["action_id"] == action_id]
    return [(option["text"]["text"], option["value"]) for option in menu["options"]]


def test_a_firing_alert_can_be_silenced_for_what_is_configured(firing: Alert) -> None:
    block = actions(firing, (), [timedelta(minutes=15), 12 * HOUR, 168 * HOUR])
    assert elements(block) == [("acknowledge", "Acknowledge"), ("silence", "Silence"), ("more", "")]
    assert offered(block, "silence") == [
        ("15 min", f"{firing.id}:1:900"),
        ("12 h", f"{firing.id}:1:43200"),
        ("7 days", f"{firing.id}:1:604800"),
        ("Silence more…", f"{firing.id}:1:more"),
    ]


def test_where_nothing_is_configured_the_usual_lengths_are_offered(firing: Alert) -> None:
    names = [name for name, _ in offered(actions(firing, ()), "silence")]
    assert names == ["15 min", "1 h", "4 h", "1 day", "Silence more…"]


def test_a_message_offers_what_it_is_given(firing: Alert) -> None:
    (*_, block) = render(firing, (), [2 * HOUR]).attachments[0]["blocks"]
    assert [name for name, _ in offered(block, "silence")] == ["2 h", "Silence more…"]


def test_a_silence_that_lasts_can_be_extended_and_ended_instead(silenced: Alert) -> None:
    block = actions(silenced, (), [HOUR])
    assert elements(block) == [
        ("acknowledge", "Acknowledge"),
        ("extend_silence", "Extend"),
        ("end_silence", "End silence"),
        ("more", ""),
    ]
    assert offered(block, "extend_silence") == [("1 h", f"{ID}:3600")]
    assert block["elements"][2]["value"] == ID


def test_each_change_makes_it_another_block(alert: Callable[..., Alert], silence: Silence) -> None:
    """In one that stays the same Slack goes on showing what somebody chose."""
    shown = [
        alert(version=1),
        alert(version=2),
        replace(alert(version=2), silence=silence),
        replace(alert(version=2), silence=replace(silence, version=2)),
    ]
    assert len({actions(each, ())["block_id"] for each in shown}) == 4


def test_who_is_asked_before_the_end_may_extend_it_or_let_it_go() -> None:
    block = asking(ID, FIRED_AT, [HOUR])
    assert elements(block) == [("extend_silence", "Extend"), ("let_go", "Let it end")]
    assert (offered(block, "extend_silence"), block["elements"][1]["value"]) == (
        [("1 h", f"{ID}:3600")],
        f"{ID}:{int(FIRED_AT.timestamp())}",
    )


def test_slack_takes_them_however_many_lengths_there_are(silenced: Alert) -> None:
    many = [timedelta(days=366) - timedelta(minutes=number) for number in range(150)]
    for block in (
        actions(replace(silenced, silence=None), (), many),
        actions(silenced, (), many),
        asking(ID, FIRED_AT, many),
    ):
        read_content({"text": "x", "blocks": [block]})
        assert (
            max(
                len(value)
                for it in block["elements"]
                if "options" in it
                for _, value in offered(block, it["action_id"])
            )
            <= 150
        )
