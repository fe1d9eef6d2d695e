"""What a period was like, and that an hour of it costs an hour's rows among 100,000 alerts."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import event

from core.domain.alert import Alert, Content
from core.store.engine import Store, open_sqlite
from core.store.migrate import migrate
from core.store.summary import Count, Mean, Period, Summary, summarise
from core.store.tables import ack_events, alerts, history
from tests.store.deeds import did, happened
from tests.store.rows import NOW, after, episode, keep

MANY = 100_000
HOUR = Period(NOW, after(3600))


# How the other rows of a crowd differ from its first.
EARLIER = "strftime('%Y-%m-%d %H:%M:%f000', {0}, (-78 * n) || ' seconds')"
OTHERWISE = {name: EARLIER.format(name) for name in ("fired_at", "at", "acknowledged_at")} | {
    "alert_id": "printf('%036d', n)",
    "source_event_id": "n",
    "open_key": "NULL",
    "state": "'resolved'",
}


def summary(store: Store, period: Period = HOUR) -> Summary:
    with store.read() as connection:
        return summarise(connection, period)


def fired(store: Store, number: int, *, name: str = "HighLatency", severity: str = "critical") -> Alert:
    """A firing alert whose history says so, `number` seconds after noon."""
    content = Content({"alertname": name, "severity": severity}, {})
    alert = replace(episode(f"f{number}", seq=number + 1), content=content)
    keep(store, alert)
    happened(store, alert, number, "fired")
    return alert


def test_nothing_is_a_summary_too(store: Store) -> None:
    assert Summary(0, [], [], [], Mean(0, None), Mean(0, None), []) == summary(store)


def test_what_fired_is_counted_by_severity_and_by_name(store: Store) -> None:
    """Each occurrence once; those before and after the period not."""
    first = fired(store, 0)
    happened(store, first, 50, "resolved", seconds=50)
    happened(store, first, 60, "fired_again", occurrence=2)
    fired(store, 1, name="DiskFull", severity="warning")
    fired(store, -1)
    fired(store, 3600)
    told = summary(store)
    assert told.fired == 3
    assert [Count("critical", 2), Count("warning", 1)] == told.fired_by_severity
    assert [Count("HighLatency", 2), Count("DiskFull", 1)] == told.fired_by_name
    assert summary(store, Period()).fired == 5


def test_only_the_ten_most_frequent_names_are_told(store: Store) -> None:
    for number in range(12):
        fired(store, number, name=f"Alert{min(number, 10):02}")
    told = summary(store)
    assert (12, 10, Count("Alert10", 2)) == (told.fired, len(told.fired_by_name), told.fired_by_name[0])


def test_what_is_open_is_counted_whatever_the_period(store: Store) -> None:
    keep(
        store,
        episode("f1", seq=1),
        episode("f2", seq=2, acknowledged_at=NOW),
        episode("f3", seq=3, firing=False, resolved_at=NOW),
    )
    assert [Count("critical", 2)] == summary(store, Period(after(9_000), after(9_001))).open_by_severity


def test_the_time_to_acknowledge_is_that_of_the_first_of_each_occurrence(store: Store) -> None:
    first, second = fired(store, 0), fired(store, 1)
    did(store, first, 60)
    did(store, first, 70, "unacknowledged")
    did(store, first, 900)
    did(store, second, 120.5)
    did(store, second, 130, "resolved")
    did(store, first, 1060, occurrence=2, fired_at=after(1000))
    assert summary(store).acknowledged.count == 3
    assert pytest.approx((60 + 120.5 + 60) / 3, abs=0.001) == summary(store).acknowledged.seconds


def test_a_first_acknowledgement_before_the_period_is_not_one_of_the_period(store: Store) -> None:
    alert = fired(store, -600)
    did(store, alert, -60)
    did(store, alert, 60)
    assert Mean(0, None) == summary(store).acknowledged


def test_the_time_to_resolve_is_how_long_it_burned(store: Store) -> None:
    alert = fired(store, -600)
    happened(store, alert, 100, "resolved", seconds=700)
    happened(store, alert, 300, "resolved", seconds=100)
    happened(store, alert, -100, "resolved", seconds=5)
    assert Mean(2, 400.0) == summary(store).resolved


def test_one_human_is_one_line_wherever_they_acknowledged(store: Store) -> None:
    """Joined by e-mail; who has none is known by the account."""
    alert = fired(store, 0)
    did(store, alert, 1)
    elsewhere = {"source": "pagerduty", "acknowledged_by_id": "pagerduty:PADA"}
    did(store, alert, 2, **elsewhere, acknowledged_by_email="Ada@Example.org")
    bot = {"acknowledged_by_name": "release-bot", "acknowledged_by_id": "api:release-bot"}
    did(store, alert, 3, **bot, acknowledged_by_email=None)
    did(store, alert, 4, "noted")
    assert [Count("Ada Example", 2), Count("release-bot", 1)] == summary(store).acknowledged_by


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """100,000 alerts of the last three months, one each 78 seconds, with their histories and acknowledgements."""
    path: Path = tmp_path_factory.mktemp("crowd") / "bridge.db"
    store = open_sqlite(str(path))
    migrate(store)
    first = fired(store, 0)
    happened(store, first, 300, "resolved", seconds=300)
    did(store, first, 60)
    with store.begin() as connection:
        numbers = orjson.dumps(list(range(1, MANY))).decode()
        connection.exec_driver_sql(
            "CREATE TEMP TABLE numbers AS SELECT value AS n FROM json_each(?)", (numbers,)
        )
        for table, id_ in ((alerts, OTHERWISE["alert_id"]), (history, "NULL"), (ack_events, "NULL")):
            names = [column.name for column in table.columns]
            values = [(OTHERWISE | {"id": id_}).get(name, name) for name in names]
            source = f"SELECT {', '.join(values)} FROM {table.name}, numbers"  # noqa: S608 (all of it stands here)
            connection.exec_driver_sql(f"INSERT INTO {table.name} ({', '.join(names)}) {source}")
    yield store
    store.close()


def plans(store: Store, period: Period) -> list[str]:
    """How SQLite goes about every statement of a summary."""
    said: list[tuple[str, Any]] = []

    def listen(*call: Any) -> None:
        said.append((call[2], call[3]))

    event.listen(store.reader, "before_cursor_execute", listen)
    summary(store, period)
    event.remove(store.reader, "before_cursor_execute", listen)
    with store.read() as connection:
        return [
            row.detail
            for statement, parameters in said
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]


def test_an_hour_among_many_alerts_is_found_along_the_time(crowd: Store) -> None:
    """No table is read from end to end: history and record are entered at the period's begin."""
    hour = Period(after(-3600), NOW)
    told = plans(crowd, hour)
    assert [plan for plan in told if plan.startswith("SCAN")] == []
    assert {"history", "ack_events", "alerts"} == {plan.split()[1] for plan in told if "SEARCH" in plan} - {
        "ack_events_1",
        "anon_1",
    }
    assert not [plan for plan in told if "SEARCH history" in plan and "at>? AND at<?" not in plan]
    assert summary(crowd, hour).fired == 46


def test_all_of_many_alerts_are_told_too(crowd: Store) -> None:
    told = summary(crowd, Period())
    assert (MANY, Mean(MANY, pytest.approx(60, abs=0.001))) == (told.fired, told.acknowledged)
    assert [Count("Ada Example", MANY)] == told.acknowledged_by
