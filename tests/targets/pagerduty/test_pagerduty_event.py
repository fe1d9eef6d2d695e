"""What an alert looks like as an event, and that PagerDuty would take it whatever the alert holds."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.domain.alert import Alert, Content, Facts
from core.domain.severity import Severity
from core.targets.pagerduty_event import MOST_BODY, origin, resolve, trigger
from core.targets.target import Glance
from sandbox import credentials
from sandbox.pagerduty.event_rules import check_event

Story = Any
"""The fixture `story`; its class is in conftest.py, which is no module to import from."""
Make = Callable[..., Alert]

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ID = "01993e00-0000-7000-8000-000000000001"


def event_of(alert: Alert, **settings: Any) -> dict[str, Any]:
    key = f"{alert.id}:{alert.facts.occurrence}"
    return trigger(alert, **{"dedup_key": key, "default_severity": Severity.CRITICAL, **settings})


def sent(event: dict[str, Any]) -> bytes:
    """The bytes that requests writes, routing key included."""
    return json.dumps({**event, "routing_key": credentials.PAGERDUTY_ROUTING_KEY}, allow_nan=False).encode()


def test_the_whole_event(alert: Make) -> None:
    annotations = {
        "summary": "above 90% for 5 min",
        "runbook_url": "https://wiki.example/cpu",
        "dashboard": "javascript:x",
    }
    shown = Glance("slack:C1", "Slack", "https://sandbox.slack.example/archives/C1/p1")
    event = event_of(alert(annotations=annotations), public_url="https://b.example/", others=[shown])
    details = event["payload"].pop("custom_details")
    assert event == {
        "event_action": "trigger",
        "dedup_key": f"{ID}:1",
        "client": "Alert Bridge",
        "client_url": f"https://b.example/api/v1/alerts/{ID}#occurrence-1",
        "payload": {
            "summary": "[CRITICAL] HighCPU on web-1: above 90% for 5 min",
            "source": "web-1:9100",
            "severity": "critical",
            "timestamp": "2026-11-23T09:00:00+00:00",
            "component": "node",
            "group": "eu",
            "class": "HighCPU",
        },
        "links": [
            {"href": "http://prometheus.example/graph?g0.expr=up&g0.tab=1", "text": "Graph"},
            {"href": "https://wiki.example/cpu", "text": "Runbook"},
            {"href": "https://sandbox.slack.example/archives/C1/p1", "text": "Slack message"},
        ],
    }
    assert details["labels"]["instance"] == "web-1:9100"
    assert details["annotations"] == annotations
    assert details["occurrence"] == 1


def test_a_resolve_is_a_key_and_no_more() -> None:
    assert resolve("k") == {"event_action": "resolve", "dedup_key": "k"}


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("critical", "critical"),
        ("PAGE", "critical"),
        (" p1 ", "critical"),
        ("error", "error"),
        ("major", "error"),
        ("high", "error"),
        ("warning", "warning"),
        ("warn", "warning"),
        ("medium", "warning"),
        ("info", "info"),
        ("none", "info"),
        ("low", "info"),
        ("", "error"),
        ("no such word", "error"),
    ],
)
def test_severities_reach_pagerduty_as_its_own_four(
    story: Story, alert: Make, label: str, expected: str
) -> None:
    labels = {"alertname": "A", "severity": label}
    story.attempt(alert(labels), {}, story.another(default_severity=Severity.ERROR))
    assert story.incidents[0].alerts[0].severity == expected


@pytest.mark.parametrize(
    ("labels", "source"),
    [
        ({}, "alertmanager"),
        ({"instance": ""}, "alertmanager"),
        ({"instance": " \n\t\x00\u2028 "}, "alertmanager"),
        ({"instance": "\x00", "alertname": "A"}, "A"),
        ({"job": "node", "alertname": "A"}, "node"),
        ({"job": "node", "host": "h1"}, "h1"),
        ({"instance": "web-1:9100", "host": "h1"}, "web-1:9100"),
        ({"instance": "x" * 5000}, "x" * 254 + "…"),
    ],
)
def test_the_source_is_never_empty(story: Story, alert: Make, labels: dict[str, str], source: str) -> None:
    story.attempt(alert(labels), {})
    assert story.incidents[0].alerts[0].source == source


@pytest.mark.parametrize(
    ("instance", "shown"),
    [
        ("web-1:9100", "web-1"),
        ("[::1]:9100", "[::1]"),
        ("::1", "::1"),
        ("http://a.example:80/x", "http://a.example:80/x"),
    ],
)
def test_the_summary_names_the_machine_without_its_port(alert: Make, instance: str, shown: str) -> None:
    event = event_of(alert({"alertname": "A", "instance": instance}, {}))
    assert event["payload"]["summary"] == f"[CRITICAL] A on {shown}"


def test_the_first_line_of_the_description_stands_in_for_a_summary(alert: Make) -> None:
    event = event_of(alert({"alertname": "A"}, {"description": "\n first\x07 line \nsecond"}))
    assert event["payload"]["summary"] == "[CRITICAL] A: first line"
    assert event_of(alert({}, {}))["payload"]["summary"] == "[CRITICAL] unnamed alert"


def test_nothing_turns_the_line_around(alert: Make) -> None:
    event = event_of(alert({"alertname": "A\u202eB"}, {"summary": "x\r\ny\u2066\u200b\ufeffz"}))
    assert event["payload"]["summary"] == "[CRITICAL] A B: x y z"


def test_a_clock_that_was_never_set_is_not_believed(alert: Make) -> None:
    never = alert(starts_at=datetime(1, 1, 1, tzinfo=UTC))
    assert event_of(never)["payload"]["timestamp"] == START.isoformat()


@pytest.mark.parametrize("public_url", [None, "https://b.example", "https://b.example/path/"])
@pytest.mark.parametrize(
    "generator", ["", "http://p.example/g?x=1", "http://p.example/g#tab", "javascript:x"]
)
def test_the_client_url_leads_back_to_the_occurrence(
    alert: Make, public_url: str | None, generator: str
) -> None:
    event = event_of(alert(generator_url=generator, occurrence=12), public_url=public_url)
    assert event["client_url"].startswith("http")
    assert origin(event["client_url"]) == (ID, 12)


@pytest.mark.parametrize("url", ["", "https://b.example/api/v1/alerts/7", f"https://x/alert-bridge-{ID}"])
def test_other_addresses_lead_nowhere(url: str) -> None:
    assert origin(url) is None


def test_five_megabytes_are_taken_by_pagerduty(story: Story, alert: Make) -> None:
    huge = {f"note{number}": 'é"\\😀' * 250_000 for number in range(5)}
    story.attempt(alert(annotations={"summary": "S" * 100_000, **huge}), {})
    [incident] = story.incidents
    assert len(incident.title) == 1024
    assert "left out" in incident.alerts[0].details


def test_a_hundred_thousand_labels_are_taken_by_pagerduty(story: Story, alert: Make) -> None:
    story.attempt(alert({f"label{number}": "v" * 50 for number in range(100_000)}), {})
    details = story.incidents[0].alerts[0].details
    assert len(details["labels"]) > 1000
    assert "left out" in details


# Any character at all, lone halves of surrogate pairs too; now and then far too many of them.
CHARACTERS = st.text(st.characters(), max_size=12)
TEXTS = st.builds(lambda text, times: text * times, CHARACTERS, st.sampled_from([1, 1, 1, 300, 90_000]))
NAMES = st.one_of(
    st.sampled_from(
        [
            "alertname",
            "severity",
            "instance",
            "job",
            "service",
            "summary",
            "description",
            "runbook_url",
            "left out",
        ]
    ),
    TEXTS,
)
MAPPINGS = st.dictionaries(NAMES, TEXTS, max_size=6)
LINKS = st.one_of(TEXTS, TEXTS.map("https://x.example/{}".format))


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(MAPPINGS, MAPPINGS, LINKS, TEXTS, st.datetimes(), st.lists(LINKS, max_size=3))
def test_any_alert_is_within_every_limit(  # noqa: PLR0917 (hypothesis fills them)
    labels: dict[str, str],
    annotations: dict[str, str],
    generator: str,
    source: str,
    at: datetime,
    links: list[str],
) -> None:
    at = at.replace(tzinfo=UTC)
    facts = Facts(
        id=ID,
        source=source,
        fingerprint="f",
        firing=True,
        starts_at=at,
        fired_at=START,
        occurrence=1,
        seq=1,
        content_hash="",
        version=1,
    )
    others = [Glance("slack:C1", "Slack", link) for link in links]
    event = event_of(Alert(facts, Content(labels, annotations, generator)), others=others)
    body = sent(event)
    assert len(body) <= MOST_BODY == 512_000
    read = orjson.loads(body)  # strict: it takes no half of a surrogate pair
    assert check_event(read) == []
    payload = read["payload"]
    assert 0 < len(payload["summary"]) <= 1024
    assert payload["summary"].isprintable() or payload["summary"].splitlines() == [payload["summary"]]
    assert payload["source"].strip()
    assert b"\\u0000" not in body
    assert origin(read["client_url"]) == (ID, 1)
