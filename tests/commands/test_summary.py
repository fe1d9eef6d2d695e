"""/summary: what a time was like, and the times that people type."""

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest

from core.commands import respond
from core.commands.period import read
from core.commands.wrong import Wrong
from core.store.engine import Store
from tests.commands.conftest import said, show
from tests.store.deeds import did, happened
from tests.store.rows import NOW, after

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
KATHMANDU = timezone(timedelta(hours=5, minutes=45))
BERLIN = ZoneInfo("Europe/Berlin")


def told(store: Store, text: str = "") -> list[str]:
    return said(respond(store, "/summary", text, after(3600)))


def test_a_quiet_time_is_told_too(store: Store) -> None:
    assert told(store, "all") == [
        "*Summary of all time*",
        "Fired: *0*",
        "Open now: *0*",
        "Acknowledged nothing",
        "Resolved nothing",
    ]


def test_a_time_is_told_in_a_few_lines(store: Store) -> None:
    first, second = show(store, 1), show(store, 2, severity="warning", acknowledged_at=NOW)
    happened(store, first, 0, "fired")
    happened(store, second, 1, "fired")
    happened(store, second, 600, "resolved", seconds=600)
    happened(store, second, 700, "fired_again", occurrence=2)
    did(store, first, 240)
    head, *rest = told(store)
    assert head.startswith("*Summary of the last 24 h*, since <!date^")
    assert rest == [
        "Fired: *3* · 🔴 1 critical · 🟡 2 warning",
        "Open now: *2* · 🔴 1 critical · 🟡 1 warning",
        "Acknowledged after 4 min on average (1)",
        "Resolved after 10 min on average (1)",
        "Most often: Alert2 2 · Alert1 1",
        "Acknowledged most by: Ada Example 1",
    ]


def test_hostile_names_stay_names(store: Store) -> None:
    alert = show(store, 1, alertname="<!here> *x*", severity="<@U1>")
    happened(store, alert, 0, "fired")
    did(store, alert, 1, acknowledged_by_name="<!channel>")
    lines = "\n".join(told(store, "all"))
    assert "<" not in lines
    assert "&lt;!here&gt;" in lines


@pytest.mark.parametrize(
    ("word", "zone", "name", "since"),
    [
        ("", UTC, "the last 24 h", NOW - timedelta(hours=24)),
        ("1h", UTC, "the last 1 h", NOW - timedelta(hours=1)),
        ("24h", UTC, "the last 24 h", NOW - timedelta(hours=24)),
        ("7d", UTC, "the last 7 days", NOW - timedelta(days=7)),
        ("1d", UTC, "the last 1 day", NOW - timedelta(days=1)),
        ("today", UTC, "today", MONDAY),
        ("week", UTC, "this week", MONDAY),
        ("today", KATHMANDU, "today", datetime(2026, 11, 22, 18, 15, tzinfo=UTC)),
    ],
)
def test_a_period_ends_now_and_begins_where_its_name_says(
    word: str, zone: tzinfo, name: str, since: datetime
) -> None:
    named = read(word, NOW, zone)
    assert (name, since, NOW) == (named.name, named.period.since, named.period.until)


def test_the_week_begins_on_monday_in_the_zone_of_who_asks() -> None:
    """Late on a UTC Sunday it is Monday in Kathmandu; and after the clocks changed a week still begins at midnight."""
    sunday = datetime(2026, 11, 22, 20, tzinfo=UTC)
    assert datetime(2026, 11, 16, tzinfo=UTC) == read("week", sunday, UTC).period.since
    assert datetime(2026, 11, 23, tzinfo=KATHMANDU) == read("week", sunday, KATHMANDU).period.since
    winter = datetime(2026, 10, 25, 12, tzinfo=UTC)
    assert datetime(2026, 10, 18, 22, tzinfo=UTC) == read("week", winter, BERLIN).period.since


@pytest.mark.parametrize("word", ["yesterday", "0h", "-1h", "1", "h", "99999h", "1h30m", "٣h", "<!channel>"])
def test_what_is_no_period_is_answered_with_the_usage(store: Store, word: str) -> None:
    with pytest.raises(Wrong):
        read(word, NOW, UTC)
    lines = told(store, word)
    assert lines[0].endswith("is not a period.")
    assert "<!" not in "".join(lines)
    assert (
        lines[-2] == "`/summary [1h|24h|7d|today|week|all]` tells what a time was like; 24h if you name none"
    )


@pytest.mark.parametrize(
    ("command", "text"), [("/alerts", ""), ("", "x"), ("/summary", "help"), ("/alert-status", "HELP")]
)
def test_any_other_command_is_answered_with_the_usage(store: Store, command: str, text: str) -> None:
    answer = respond(store, command, text, NOW)
    assert [line.split()[0] for line in said(answer)] == [
        "`/alert-status",
        "`/summary",
        "`/silence",
    ]
    assert answer["response_type"] == "ephemeral"
