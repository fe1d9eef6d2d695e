"""What an alert looks like in Slack: the words, and that Slack would take them whatever the alert holds."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.alert import Alert, Content, Facts
from core.domain.person import Person
from core.targets.slack_message import Message, notification, render, render_plain
from core.targets.slack_notices import fired_again, reminder
from core.targets.target import Glance, Notice, Word
from sandbox.slack.content import find_pings, read_content

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NINE = "<!date^1795424400^{date_short_pretty} at {time}|2026-11-23 09:00 UTC>"


def lines(message: Message) -> list[str]:
    blocks = [*message.blocks, *(block for a in message.attachments for block in a["blocks"])]
    texts = [block for block in blocks if block["type"] != "actions"]
    return [(block.get("text") or block["elements"][0])["text"] for block in texts]


def buttons(message: Message) -> dict[str, Any]:
    (actions,) = [
        block for one in message.attachments for block in one["blocks"] if block["type"] == "actions"
    ]
    return {element["action_id"]: element for element in actions["elements"]}


def test_a_firing_alert_says_what_where_and_since_when(firing: Alert) -> None:
    assert lines(render(firing, ())) == [
        "🔴 *CRITICAL*  <http://prometheus.example/graph?g0.expr=up&amp;g0.tab=1|HighCPU> on web-1",
        "above 90% for 5 min\nCPU of web-1 is above 90% for 5 minutes.",
        "instance web-1:9100 · job node · cluster eu",
        f"Firing since {NINE}",
    ]


def test_a_firing_alert_can_be_acknowledged_noted_and_resolved(firing: Alert) -> None:
    shown = buttons(
        render(firing, [Glance("pagerduty:default", "PagerDuty #7", "https://pd.example/7?a=1&b=2")])
    )
    assert (shown["acknowledge"]["value"], shown["acknowledge"]["style"]) == (f"{firing.id}:1", "primary")
    assert [(it["value"], it.get("url")) for it in shown["more"]["options"]] == [
        (f"note:{firing.id}:1", None),
        (f"resolve:{firing.id}:1", None),
        ("open:pagerduty:default", "https://pd.example/7?a=1&b=2"),
    ]


def test_an_acknowledgement_can_be_taken_back(acknowledged: Alert) -> None:
    assert set(buttons(render(acknowledged, ()))) == {"unacknowledge", "silence", "more"}


def test_a_resolved_alert_has_no_buttons(resolved: Alert) -> None:
    assert {block["type"] for one in render(resolved, ()).attachments for block in one["blocks"]} == {
        "context"
    }


def test_who_acknowledged_in_pagerduty_is_mentioned_where_they_are_known_here(acknowledged: Alert) -> None:
    facts = replace(acknowledged.facts, acknowledged_by="pagerduty:PUADA01")
    known = Person("pagerduty:PUADA01", "Ada", slack_id="U0ADA", pagerduty_id="PUADA01")
    said = [
        lines(render(replace(acknowledged, facts=facts, people=people), ()))[3]
        for people in ({"pagerduty:PUADA01": known}, {})
    ]
    assert said == [
        "Acknowledged by <@U0ADA> in PagerDuty 3 min after it fired",
        "Acknowledged by Alice in PagerDuty 3 min after it fired",
    ]


def test_what_was_closed_by_hand_says_by_whom_and_when_it_opens_again(firing: Alert) -> None:
    nine = firing.facts.fired_at
    facts = replace(
        firing.facts,
        closed_at=nine + timedelta(minutes=12),
        resolved_at=nine + timedelta(minutes=12),
        closed_by="slack:U0ADA",
        closed_by_name="Ada",
        wake_at=nine,
    )
    shown = lines(render(replace(firing, facts=facts), ()))
    assert shown[0].endswith("HighCPU> on web-1 resolved by Ada after 12 min")
    assert f"opens again {NINE} if it is still firing then" in shown[1]


def test_an_acknowledged_alert_also_says_by_whom(acknowledged: Alert) -> None:
    shown = lines(render(acknowledged, ()))
    assert shown[0].startswith("🟣 *CRITICAL · acknowledged*")
    assert shown[3] == "Acknowledged by Alice 3 min after it fired"


def test_a_resolved_alert_is_folded_to_two_lines(alert: Callable[..., Alert]) -> None:
    over = alert(
        generator_url="",
        firing=False,
        resolved_at=START + timedelta(minutes=12),
        acknowledged_at=START + timedelta(minutes=3),
        acknowledged_by_name="Alice",
    )
    others = [Glance("pagerduty:default", "PagerDuty #1234", "https://pd.example/incidents/1234")]
    assert lines(render(over, others)) == [
        "✅ HighCPU on web-1 resolved after 12 min",
        (
            f"Resolved {NINE.replace('1795424400', '1795425120').replace('09:00', '09:12')}"
            " · acknowledged by Alice after 3 min · <https://pd.example/incidents/1234|PagerDuty #1234>"
        ),
    ]


def test_fired_again_is_counted(alert: Callable[..., Alert]) -> None:
    assert lines(render(alert(occurrence=2), ()))[-1] == f"Fired again (2nd time), firing since {NINE}"


def test_links_come_from_the_annotations(alert: Callable[..., Alert]) -> None:
    annotated = alert(
        annotations={"runbook_url": "https://wiki.example/cpu", "grafana_url": "https://graphs.example/d/1"}
    )
    assert lines(render(annotated, ()))[-1] == (
        f"Firing since {NINE} · <https://wiki.example/cpu|Runbook> · <https://graphs.example/d/1|Dashboard>"
    )


@pytest.mark.parametrize(
    ("glance", "said"),
    [
        (Glance("pagerduty:default", behind=True), "telling PagerDuty…"),
        (Glance("pagerduty:default", behind=True, failing=True), "PagerDuty is not answering, trying again"),
        (Glance("pagerduty:default", "PagerDuty #7", "javascript:x"), "PagerDuty #7"),
    ],
)
def test_how_the_others_stand_is_said_in_the_last_line(firing: Alert, glance: Glance, said: str) -> None:
    assert lines(render(firing, [glance]))[-1] == f"Firing since {NINE} · {said}"


def test_others_that_know_and_have_nothing_to_show_are_not_mentioned(firing: Alert) -> None:
    assert lines(render(firing, [Glance("pagerduty:default")]))[-1] == f"Firing since {NINE}"


def test_at_most_eight_labels_and_never_name_or_severity(alert: Callable[..., Alert]) -> None:
    many = {f"label{number:02}": str(number) for number in range(20)}
    many |= {
        "alertname": "X",
        "severity": "info",
        "pod": "p-1",
        "prometheus": "a/b",
        "instance": "i-1",
        "namespace": "",
    }
    shown = lines(render(alert(labels=many, annotations={}), ()))[1]
    expected = ["instance i-1", "pod p-1", *(f"label{number:02} {number}" for number in range(6))]
    assert shown.split(" · ") == expected


@pytest.mark.parametrize(
    ("line", "labels", "facts"),
    [
        ("CRITICAL HighCPU on web-1: above 90% for 5 min", None, {}),
        ("ACKNOWLEDGED HighCPU on web-1: above 90% for 5 min", None, {"acknowledged_at": START}),
        (
            "RESOLVED HighCPU on web-1 after 5 min",
            None,
            {"firing": False, "resolved_at": START + timedelta(minutes=5)},
        ),
        ("ALERT unnamed alert: above 90% for 5 min", {}, {}),
        (
            "PAGE X on [::1]: above 90% for 5 min",
            {"alertname": "X", "severity": "page", "instance": "[::1]:9"},
            {},
        ),
        ("ALERT X on fe80::1: above 90% for 5 min", {"alertname": "X", "instance": "fe80::1"}, {}),
    ],
)
def test_the_notification_line(
    alert: Callable[..., Alert], line: str, labels: dict[str, str] | None, facts: dict[str, Any]
) -> None:
    assert notification(alert(labels=labels, **facts)) == line


def test_the_bar_has_the_colour_of_the_state_then_of_the_severity(alert: Callable[..., Alert]) -> None:
    firing = [{"alertname": "X", "severity": word} for word in ("critical", "error", "warning", "info", "")]
    shown = [alert(labels=labels) for labels in firing]
    shown += [alert(acknowledged_at=START), alert(firing=False, resolved_at=START)]
    colours = [render(one, ()).attachments[0]["color"] for one in shown]
    assert colours[4] == colours[2]
    assert len(set(colours)) == 6


def test_metadata_names_the_alert_and_no_more(firing: Alert) -> None:
    assert render(firing, ()).metadata == {
        "event_type": "alert_bridge_alert",
        "event_payload": {"alert_id": firing.id, "occurrence": 1, "state": "firing"},
    }


def test_a_clock_gone_wrong_is_not_believed(alert: Callable[..., Alert]) -> None:
    year_one = datetime(1, 1, 1, tzinfo=UTC)
    for wrong in (year_one, START + timedelta(days=1)):
        assert lines(render(alert(starts_at=wrong), ()))[-1] == f"Firing since {NINE}"


# Whatever comes in

_TEXT = st.one_of(
    st.text(alphabet=st.characters(exclude_categories=[]), max_size=80),
    st.sampled_from(
        ["", "<!channel>", "<@U0ADA> <!here|x>", "```", "&" * 5000, "🔥" * 5000, "א" * 5000, "*_~`|>"]
    ),
    st.builds(lambda text, times: text * times, st.text(min_size=1, max_size=5), st.integers(1, 20_000)),
)
_URL = st.one_of(_TEXT, st.builds("https://a.example/{}".format, _TEXT))
_NAMES = [
    "alertname",
    "severity",
    "instance",
    "job",
    "summary",
    "description",
    "runbook_url",
    "dashboard",
    "message",
]
_MAP = st.dictionaries(st.one_of(st.sampled_from(_NAMES), _TEXT), _URL, max_size=12)
_TIME = st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(2037, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
_MAYBE = st.one_of(st.none(), _TIME)
_FACTS = st.builds(
    Facts,
    id=st.uuids().map(str),
    source=st.just("default"),
    fingerprint=st.just("00f1"),
    firing=st.booleans(),
    starts_at=_TIME,
    fired_at=_TIME,
    occurrence=st.integers(1, 10**6),
    seq=st.just(1),
    content_hash=st.just(""),
    version=st.just(1),
    ends_at=_MAYBE,
    resolved_at=_MAYBE,
    acknowledged_at=_MAYBE,
    acknowledged_by_name=st.one_of(st.none(), _TEXT),
)
ALERTS = st.builds(Alert, _FACTS, st.builds(Content, _MAP, _MAP, _URL))
_GLANCES = st.lists(st.builds(Glance, _TEXT, _TEXT, _URL, st.booleans(), st.booleans()), max_size=5)


def assert_slack_takes(message: Message) -> None:
    arguments = message.arguments()
    content = read_content(json.loads(json.dumps(arguments)))
    assert content.pings == ()
    assert not content.is_empty
    assert list(find_pings(message.text, message.blocks, message.attachments, plain=False)) == []
    sent = json.dumps(arguments, ensure_ascii=False)
    assert len(sent) < 10_000
    assert 0 < len(message.text.encode()) < 3_000
    assert len(message.blocks) + sum(len(one["blocks"]) for one in message.attachments) <= 6


@settings(max_examples=300, deadline=None)
@given(ALERTS, _GLANCES)
def test_slack_takes_every_message_and_nobody_is_pinged(alert: Alert, others: list[Glance]) -> None:
    message = render(alert, others)
    assert_slack_takes(message)
    assert len(message.text) < 150
    assert "\n" not in message.text
    assert_slack_takes(render_plain(alert, metadata=False))


@settings(max_examples=150, deadline=None)
@given(ALERTS, st.lists(st.tuples(ALERTS, st.just({})), max_size=20), _URL)
def test_slack_takes_every_notice(alert: Alert, about: list[Any], link: str) -> None:
    notice = Notice("key", Word.REMINDER, {}, {}, alert=alert, about=about * 3)
    assert_slack_takes(fired_again(notice, alert))
    digest = reminder(notice, lambda _: link, START)
    if digest:
        assert_slack_takes(digest)


def test_ten_thousand_labels_and_a_megabyte_of_annotation(alert: Callable[..., Alert]) -> None:
    labels = {f"label_{number}": "x" * 100 for number in range(10_000)}
    huge = alert(labels=labels, annotations={"summary": "é" * 1_000_000, "description": "<&>" * 350_000})
    assert_slack_takes(render(huge, ()))


def test_what_looks_like_markup_is_shown_as_text(alert: Callable[..., Alert]) -> None:
    evil = "<!channel> <@U0ADA> <https://evil.example|click> @here `"
    shown = alert(
        labels={"alertname": evil, "severity": evil, "instance": evil, evil: evil},
        annotations={"summary": evil, "description": evil, "runbook_url": evil},
        generator_url=evil,
    )
    text = "\n".join(lines(render(shown, [Glance(evil, evil, evil, behind=True)])))
    assert re.findall(r"<(?!!date\^)", text) == []


# Notices


def test_fired_again_is_one_line(alert: Callable[..., Alert]) -> None:
    notice = Notice("k", Word.FIRED_AGAIN, {"occurrence": 2}, {})
    message = fired_again(notice, alert(occurrence=3))
    assert message.text == "🔴 Fired again (2nd time): CRITICAL HighCPU on web-1 — above 90% for 5 min"
    assert message.metadata["event_payload"] == {"key": "k", "word": "fired_again"}


def test_the_digest_lists_the_most_severe_first_and_links_to_their_messages(
    alert: Callable[..., Alert],
) -> None:
    about = [
        (alert({"alertname": "Low", "severity": "info"}), {}),
        (
            alert(
                {"alertname": "New", "severity": "critical"},
                starts_at=START + timedelta(hours=1),
                fired_at=START + timedelta(hours=1),
            ),
            {},
        ),
        (alert({"alertname": "Old", "severity": "critical"}), {"link": "https://s.example/archives/C1/p1"}),
        (alert({"alertname": "Seen"}, acknowledged_at=START), {}),
        (alert({"alertname": "Over"}, firing=False, resolved_at=START), {}),
    ]
    notice = Notice("k", Word.REMINDER, {}, {}, about=about)
    message = reminder(notice, lambda remote: remote.get("link", ""), START + timedelta(hours=3, minutes=20))
    assert message is not None
    assert message.text == "3 alerts are still firing and nobody has acknowledged them: CRITICAL Old"
    assert lines(message)[0].split("\n") == [
        "3 alerts are still firing and nobody has acknowledged them:",
        "🔴 CRITICAL <https://s.example/archives/C1/p1|Old> for 3 h 20 min",
        "🔴 CRITICAL New for 2 h 20 min",
        "🔵 INFO Low for 3 h 20 min",
    ]


def test_a_long_digest_ends_with_how_many_more(firing: Alert) -> None:
    message = reminder(Notice("k", Word.REMINDER, {}, {}, about=[(firing, {})] * 27), lambda _: "", START)
    assert message is not None
    listed = "\n".join(lines(message)).split("\n")
    assert (len(listed), listed[-1]) == (17, "and 12 more")


def test_there_is_no_digest_of_nothing(acknowledged: Alert) -> None:
    assert (
        reminder(Notice("k", Word.REMINDER, {}, {}, about=[(acknowledged, {})]), lambda _: "", START) is None
    )
