"""What a silence would do now: how much it hides, what that is, and what the rules say of it."""

import tracemalloc
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert

from core.domain.alert import Alert, Content
from core.domain.matcher import Matcher, parse
from core.domain.severity import Severity
from core.domain.silence import Silence, silence_id
from core.domain.silence_rules import Rules
from core.silencing import Preview, preview
from core.store import open_alerts, silences
from core.store.engine import Store
from core.store.tables import alerts
from tests.store.rows import NOW, after, episode, keep

HOUR = timedelta(hours=1)


def firing(
    number: int, *, source: str = "default", labels: dict[str, str] | None = None, **facts: Any
) -> Alert:
    name = {"alertname": f"Alert{number}", "instance": f"web-{number}:9100", "severity": "warning"}
    fresh = episode(f"f{number}", seq=number, source=source, **{"fired_at": after(number), **facts})
    return replace(fresh, content=Content(name | (labels or {}), {}))


def hiding(
    store: Store, *matchers: str, scope: str | None = None, number: int = 1, **changed: Any
) -> Silence:
    """A silence that lasts now."""
    made = Silence(
        id=silence_id(f"event {number} {matchers} {scope} {changed}", NOW),
        matchers=tuple(map(parse, matchers)),
        start_at=after(-60),
        end_at=after(60),
        created_by="slack:U0ADA",
        created_by_name="Ada Example",
        reason="",
        source="slack",
        created_at=NOW,
        scope=scope,
    )
    made = replace(made, **changed)
    with store.begin() as connection:
        silences.add(connection, made, NOW)
    return made


def seen(
    store: Store, *matchers: str, rules: Rules | None = None, length: timedelta = HOUR, **more: Any
) -> Preview:
    with store.read() as connection:
        wanted = tuple(map(parse, matchers))
        return preview(connection, rules or Rules(), wanted, NOW, NOW + length, NOW, **more)


def names(found: Preview) -> list[str]:
    return [alert.name for alert in found.alerts]


def test_only_what_is_open_is_hidden(store: Store) -> None:
    keep(
        store,
        firing(1),
        firing(2, acknowledged_at=after(9)),
        firing(3, firing=False, resolved_at=after(9)),
        firing(4, labels={"severity": "info"}),
    )
    found = seen(store, 'severity="warning"')
    assert (found.count, names(found), found.already, found.objections) == (2, ["Alert1", "Alert2"], 0, ())
    brief = found.alerts[1]
    assert (
        brief.instance,
        brief.severity,
        brief.state,
        brief.source,
    ) == ("web-2:9100", "warning", "acknowledged", "default")
    assert (seen(store, 'severity="critical"').count, seen(store, 'severity="critical"').alerts) == (0, ())


def test_at_most_ten_are_named_the_most_severe_and_longest_first(store: Store) -> None:
    keep(store, *(firing(number) for number in range(1, 15)), firing(99, labels={"severity": "page"}))
    found = seen(store, "alertname!=x", "severity!=info", 'instance!=""')
    assert (15, ["Alert99", *(f"Alert{number}" for number in range(1, 10))]) == (found.count, names(found))


def test_a_scope_hides_nothing_of_other_sources(store: Store) -> None:
    keep(store, firing(1), firing(2, source="eu-1"))
    assert names(seen(store, "severity=warning", scope="eu-1")) == ["Alert2"]
    assert names(seen(store, "severity=warning")) == ["Alert1", "Alert2"]


def test_what_other_silences_hide_already_is_told_apart(store: Store) -> None:
    keep(store, *(firing(number) for number in range(1, 6)), firing(6, source="eu-1"))
    own = hiding(store, "severity=warning", number=1)
    hiding(store, "alertname=Alert1", number=2)
    hiding(store, "alertname=Alert1", "severity=warning", number=3)
    hiding(store, "alertname!=Alert2", "instance=web-3:9100", number=4)
    hiding(store, 'team=""', "alertname=Alert6", scope="default", number=5)
    hiding(store, "alertname=Alert4", number=6, end_at=NOW)
    hiding(store, "alertname=Alert4", number=7, start_at=after(1))
    hiding(store, "alertname=Alert5", number=8, acknowledges=True)
    assert (seen(store, "severity=warning").count, seen(store, "severity=warning").already) == (6, 6)
    assert seen(store, "severity=warning", but=own.id).already == 2


def test_a_silence_by_an_absent_label_is_one_of_the_others(store: Store) -> None:
    keep(store, firing(1), firing(2, labels={"team": "db"}))
    hiding(store, 'team=""')
    assert seen(store, "severity=warning").already == 1


TOO_LONG = ('Alerts of severity "critical" may be silenced for 30 min at most.',)


@pytest.mark.parametrize(
    ("matchers", "objections"),
    [
        (["team=db"], TOO_LONG),
        (["alertname=Alert1"], ()),
        (
            ["severity=critical", "alertname=Gone"],
            TOO_LONG,
        ),
        (["severity=~crit.+", "alertname=Gone"], TOO_LONG),
        (["alertname=Gone", "tier=~one|two"], ('Alerts with tier="one" are never silenced from here.',)),
        (["alertname=Gone", "tier=~one|two", "tier!=one"], ()),
        (["alertname=Alert3"], ('Alerts with tier="one" are never silenced from here.',)),
        (["tier=two"], ()),
        (["team!=x"], ("At least one matcher has to name something: these match nearly every alert.",)),
    ],
)
def test_the_rules_are_asked_about_what_it_names_and_what_it_hides(
    store: Store, matchers: list[str], objections: Sequence[str]
) -> None:
    keep(
        store,
        firing(1),
        firing(2, labels={"severity": "critical", "team": "db"}),
        firing(3, labels={"tier": "one"}),
    )
    rules = Rules({Severity.CRITICAL: timedelta(minutes=30)}, {"tier": ["one"]})
    assert objections == seen(store, *matchers, rules=rules).objections


def test_what_fired_at_one_moment_is_counted_once(store: Store) -> None:
    """A piece may end between two of them."""
    keep(store, *(firing(number, fired_at=NOW) for number in range(1, 8)))
    with store.read() as connection:
        pieces = list(open_alerts.walk(connection, piece=3))
    assert (
        [len(piece) for piece in pieces],
        len({it.id for piece in pieces for it in piece}),
    ) == ([3, 3, 1], 7)


def test_ten_thousand_open_alerts_are_looked_at_in_little_room(own: Store) -> None:
    """With a thousand silences besides."""
    with own.begin() as connection:
        connection.execute(insert(alerts), [_row(number) for number in range(10_000)])
        for number in range(1000):
            matchers = (Matcher("instance", f"web-{number}"), Matcher("severity", "warning"))
            made = Silence(silence_id(str(number), NOW), matchers, NOW, after(60), "", "", "", "slack", NOW)
            silences.add(connection, made, NOW)
    found = seen(own, "severity=warning")
    assert (found.count, found.already, len(found.alerts)) == (10_000, 1000, 10)
    tracemalloc.start()
    seen(own, "severity=warning")
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 16 * 1024 * 1024


def _row(number: int) -> dict[str, Any]:
    texts = ("summary", "description", "generator_url", "content_hash")
    labels = {"alertname": "HighCPU", "instance": f"web-{number}", "severity": "warning", "job": "node" * 20}
    return dict.fromkeys(texts, "") | {
        "id": f"{number:036d}",
        "source": "default",
        "fingerprint": f"{number:016x}",
        "name": "HighCPU",
        "instance": f"web-{number}",
        "severity": "warning",
        "state": "firing",
        "labels": labels,
        "annotations": {"summary": "above 90%" * 50},
        "firing": True,
        **dict.fromkeys(("starts_at", "fired_at", "created_at", "updated_at"), NOW),
        **dict.fromkeys(("occurrence", "seq", "version"), 1),
    }


def test_the_look_goes_along_an_index(own: Store) -> None:
    with own.begin() as connection:
        connection.execute(insert(alerts), [_row(number) for number in range(10)])
    said: list[tuple[str, Any]] = []
    event.listen(own.reader, "before_cursor_execute", lambda *call: said.append((call[2], call[3])))
    with own.read() as connection:
        list(open_alerts.walk(connection, piece=3))
        plans = [
            row.detail
            for statement, parameters in list(said)
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    assert len(plans) > 4
    assert all("USING INDEX ix_alerts_listed" in plan for plan in plans)
