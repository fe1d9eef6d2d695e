"""/alert-status: what is open, most severe first."""

import re

import pytest

from core.commands import respond
from core.store.engine import Store
from tests.commands.conftest import said, show
from tests.store.rows import NOW, after
from tests.store.silenced import HOUR, silenced

LINK = "https://example.slack.com/archives/C0123/p1"


def status(store: Store, text: str = "") -> list[str]:
    return said(respond(store, "/alert-status", text, after(3600)))


def test_nothing_open_is_said_to_be_nothing(store: Store) -> None:
    show(store, 1, firing=False, resolved_at=NOW)
    assert status(store) == ["✅ Nothing is open."]
    assert status(store, "critical") == ["✅ Nothing critical is open."]


def test_the_most_severe_come_first_then_what_nobody_has_acknowledged_then_the_longest(store: Store) -> None:
    """With who acknowledged, since when it fires, and the way to its message."""
    show(store, 1, severity="warning", fired_at=after(-7200), starts_at=after(-7200))
    show(store, 2, acknowledged_at=after(60), acknowledged_by_name="Ada Example")
    show(store, 3, link=LINK)
    show(store, 4, severity="page", fired_at=after(-600), starts_at=after(-600))
    show(store, 5, severity="")
    assert [
        "*5 alerts are open* · 🔴 2 critical · 🔴 1 page · 🟡 1 without severity · 🟡 1 warning",
        "🔴 PAGE Alert4 on web-4 for 1 h 10 min",
        f"🔴 CRITICAL <{LINK}|Alert3> on web-3 for 1 h",
        "🟣 CRITICAL Alert2 on web-2 for 1 h · acknowledged by Ada Example",
        "🟡 WARNING Alert1 on web-1 for 3 h",
        "🟡 ALERT Alert5 on web-5 for 1 h",
    ] == status(store)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("critical", {"Alert1", "Alert2"}),
        ("PAGE", {"Alert1", "Alert2"}),
        (" warn ", {"Alert3"}),
        ("sev9", {"Alert4"}),
    ],
)
def test_a_severity_stands_for_its_rung_or_for_itself(store: Store, asked: str, expected: set[str]) -> None:
    for number, severity in enumerate(["critical", "page", "warning", "sev9"], 1):
        show(store, number, severity=severity)
    lines = status(store, asked)
    assert len(expected) + 1 == len(lines)
    assert expected == {line.split()[2] for line in lines[1:]}


def test_a_word_that_is_no_severity_is_answered_with_the_usage(store: Store) -> None:
    """And cannot ring for anybody."""
    first, *usage = status(store, "crtical <!channel>")
    assert first == "“crtical &lt;!channel&gt;” is not a severity of anything that is open."
    assert usage[0].startswith("`/alert-status [severity]`")


def test_more_than_fifteen_are_counted_and_not_listed(store: Store) -> None:
    for number in range(20):
        show(store, number + 1)
    head, *rest = status(store)
    assert head == "*20 alerts are open* · 🔴 20 critical"
    assert (len(rest) - 1, rest[-1]) == (15, "and 5 more")


def test_whatever_the_labels_hold_the_answer_keeps_to_the_limits_of_blocks(store: Store) -> None:
    """50 blocks, 3000 characters each, some 13,000 together; nothing in it pings or links."""
    bad = "<!channel>&" * 500
    for number in range(20):
        link = "https://example.slack.com/" + "x" * 200
        show(store, number + 1, link=link, alertname=bad, instance=bad, severity=f"{bad}{number}")
    answer = respond(store, "/alert-status", "", NOW)
    texts = [block["text"]["text"] for block in answer["blocks"]]
    assert len(texts) <= 50
    assert max(map(len, texts)) <= 3000
    assert sum(map(len, texts)) < 13_000
    assert "<!" not in "".join(texts)
    assert ("ephemeral", texts[0].split("\n")[0]) == (answer["response_type"], answer["text"])


def test_an_alert_without_a_message_is_listed_without_a_link(store: Store) -> None:
    """It is open whether or not Slack has been told of it."""
    show(store, 1)
    assert status(store)[1] == "🔴 CRITICAL Alert1 on web-1 for 1 h"


def test_what_is_silenced_says_by_whom_until_when_and_comes_last(store: Store) -> None:
    """An acknowledged one too; what only goes with an acknowledgement hides nothing."""
    show(store, 1, severity="page")
    show(store, 2, acknowledged_at=after(60), acknowledged_by_name="Bruno")
    show(store, 3, severity="warning")
    silenced(store, 1, NOW, 'instance=~"web-[12].*"')
    silenced(store, 2, NOW, 'alertname="Alert1"', end_at=NOW + 3 * HOUR, created_by_name="Grace")
    silenced(store, 3, NOW, 'alertname="Alert3"', acknowledges=True)
    head, *lines = status(store)
    assert head.startswith("*3 alerts are open, 2 of them silenced* · ")
    assert [re.sub("<!date.*?>", "D", line) for line in lines] == [
        "🟡 WARNING Alert3 on web-3 for 1 h",
        "🔕 PAGE Alert1 on web-1 for 1 h · silenced by Grace until D",
        "🔕 CRITICAL Alert2 on web-2 for 1 h · silenced by Ada Example until D · acknowledged by Bruno",
    ]


def test_the_head_counts_what_is_silenced_of_the_severity_asked_for(store: Store) -> None:
    for number, severity in enumerate(["critical", "warning", "warning", "info"], 1):
        show(store, number, severity=severity)
    silenced(store, 1, NOW, 'severity=~"critical|warning"')
    for asked, expected in (
        ("", "*4 alerts are open, 3 of them silenced*"),
        ("critical", "*1 alert is open and silenced*"),
        ("warning", "*2 alerts are open, all of them silenced*"),
        ("info", "*1 alert is open*"),
    ):
        assert expected == status(store, asked)[0].split(" · ")[0]


def test_what_is_silenced_takes_no_line_from_what_is_not(store: Store) -> None:
    for number in range(20):
        show(store, number + 1, team="web")
    show(store, 21, severity="info")
    silenced(store, 1, NOW, 'team="web"')
    _, first, *rest = status(store)
    assert (first, rest[-1]) == ("🔵 INFO Alert21 on web-21 for 1 h", "and 6 more")
    assert {line[0] for line in rest[:-1]} == {"🔕"}


def test_lines_about_silences_keep_to_the_limits_of_blocks(store: Store) -> None:
    bad = "<!channel>&" * 500
    for number in range(20):
        link = "https://example.slack.com/" + "x" * 200
        show(store, number + 1, link=link, alertname=bad, instance=bad, severity=f"{bad}{number}")
    silenced(store, 1, NOW, 'alertname=~".+"', created_by_name=bad, reason=bad)
    texts = [block["text"]["text"] for block in respond(store, "/alert-status", "", NOW)["blocks"]]
    assert max(map(len, texts)) <= 3000
    assert sum(map(len, texts)) < 13_000
    assert "<!channel" not in "".join(texts)
    assert "".join(texts).count("🔕") == 15
