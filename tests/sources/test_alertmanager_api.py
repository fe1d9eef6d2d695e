"""Alertmanager's answers, read: its list, its start, and what its configuration says of waiting."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.compare import ACTIVE, Mark, Suppression, Timing
from core.domain.errors import Malformed
from core.sources.alertmanager_api import read_alerts, read_status, timing
from tests.sources.test_alertmanager import JSON

OURS = {"alert-bridge"}
DEFAULT = Timing(timedelta(seconds=30), timedelta(minutes=5))


def item(fingerprint: str = "f1", receiver: str = "alert-bridge", **status: Any) -> dict[str, Any]:
    return {
        "fingerprint": fingerprint,
        "labels": {"alertname": "TestAlert"},
        "annotations": {"summary": "s"},
        "startsAt": "2026-11-23T10:00:00.000Z",
        "endsAt": "2026-11-23T12:00:00.000Z",
        "updatedAt": "2026-11-23T11:00:00.000Z",
        "generatorURL": "http://prometheus",
        "receivers": [{"name": "elsewhere"}, {"name": receiver}],
        "status": {"state": "active", "silencedBy": [], "inhibitedBy": [], "mutedBy": [], **status},
    }


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({}, ACTIVE),
        ({"state": "unprocessed"}, None),
        ({"state": "suppressed", "silencedBy": ["b", "a"]}, Mark(Suppression.SILENCED, ("a", "b"))),
        ({"state": "suppressed", "inhibitedBy": ["f2"]}, Mark(Suppression.INHIBITED, ("f2",))),
        ({"state": "suppressed", "mutedBy": ["nights"]}, Mark(Suppression.MUTED, ("nights",))),
        (
            {"state": "suppressed", "silencedBy": ["a"], "inhibitedBy": ["f2"]},
            Mark(Suppression.SILENCED, ("a",)),
        ),
        ({"state": "suppressed", "mutedBy": None}, None),
    ],
)
def test_why_it_keeps_quiet_is_read(status: dict[str, Any], expected: Mark | None) -> None:
    assert read_alerts([item(**status)], (), OURS).marks == {"f1": expected}


def test_what_is_known_or_goes_elsewhere_or_is_quiet_is_only_there() -> None:
    """Of the others everything is kept that a webhook would have said."""
    listed = [
        item("known"),
        item("foreign", receiver="also-elsewhere"),
        item("quiet", state="suppressed", silencedBy=["a"]),
        item("new"),
    ]
    found = read_alerts(listed, {"known"}, OURS)
    assert (set(found.marks), found.whole) == ({"known", "foreign", "quiet", "new"}, True)
    (other,) = found.others.values()
    assert other.fingerprint == "new"
    assert other.starts_at == datetime(2026, 11, 23, 10, tzinfo=UTC)
    assert other.content.labels == {"alertname": "TestAlert"}
    assert other.content.annotations == {"summary": "s"}
    assert other.content.generator_url == "http://prometheus"


def test_an_alert_without_a_name_makes_the_list_less_than_whole() -> None:
    """What cannot be told apart could be any of ours; the others on the list are there all the same."""
    assert not read_alerts([item(), {"labels": {}}], (), OURS).whole
    assert set(read_alerts([None, item()], (), OURS).marks) == {"f1"}


@pytest.mark.parametrize("answer", [None, {}, "[]", 3])
def test_what_is_no_list_is_refused(answer: Any) -> None:
    with pytest.raises(Malformed):
        read_alerts(answer, (), OURS)


@given(
    st.lists(JSON | st.fixed_dictionaries({"fingerprint": st.just("f1"), "status": JSON, "receivers": JSON}))
)
def test_any_list_is_read(answer: list[Any]) -> None:
    found = read_alerts(answer, (), OURS)
    assert set(found.others) <= set(found.marks)


@given(JSON)
def test_any_status_is_read(answer: Any) -> None:
    status = read_status(answer)
    assert timing(status.configuration, frozenset()) == DEFAULT


def test_the_start_is_what_it_calls_uptime() -> None:
    assert read_status({"uptime": "2026-11-23T12:00:00.000Z"}).started == datetime(
        2026, 11, 23, 12, tzinfo=UTC
    )
    assert read_status({"uptime": "long"}).started is None


ROUTES = """
route:
  receiver: team
  group_wait: 10s
  group_interval: 1m30s
  routes:
    - {receiver: other, group_interval: 1d}
    - matchers: [a="b"]
      group_wait: 45s
      routes:
        - {receiver: alert-bridge}
        - {receiver: alert-bridge, group_interval: 2m, group_wait: 1500ms}
receivers: [{name: team}, {name: other}, {name: alert-bridge}]
"""


@pytest.mark.parametrize(
    ("receivers", "expected"),
    [
        ({"alert-bridge"}, Timing(timedelta(seconds=45), timedelta(minutes=2))),
        ({"team"}, Timing(timedelta(seconds=45), timedelta(seconds=90))),
        ({"other"}, Timing(timedelta(seconds=10), timedelta(days=1))),
        (set(), Timing(timedelta(seconds=45), timedelta(days=1))),
    ],
)
def test_the_longest_waits_of_our_routes_are_found(receivers: set[str], expected: Timing) -> None:
    """A route has what it does not say itself from the one above it; while none is known to be ours, all are."""
    assert timing(ROUTES, frozenset(receivers)) == expected


@pytest.mark.parametrize(
    "configuration",
    ["", "route: [", "route: 3", "{}", "- 1", "route: {group_wait: 3, group_interval: soon}", "[" * 2000],
)
def test_what_cannot_be_read_is_taken_to_be_usual(configuration: str) -> None:
    assert timing(configuration, frozenset(OURS)) == DEFAULT
