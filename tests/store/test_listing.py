"""Looking for alerts: filters, pages, short ids, and what it costs among many."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event, update

from core.domain.alert import Alert, Content, State
from core.domain.errors import Malformed
from core.domain.matcher import parse
from core.store import listing
from core.store.engine import Store, open_sqlite
from core.store.listing import Cursor, Filter
from core.store.tables import alerts
from tests.store.rows import NOW, after, episode, keep


def firing(number: int, **labels: str) -> Alert:
    """Fired `number` seconds after noon; `labels` replace its own."""
    content = Content({"alertname": "HighLatency", "severity": "critical", **labels}, {})
    return replace(episode(f"f{number}", seq=number, fired_at=after(number)), content=content)


def found(store: Store, wanted: Filter, limit: int = 50) -> list[str]:
    """Fingerprints of the first page."""
    with store.read() as connection:
        return [alert.fingerprint for alert in listing.page(connection, wanted, None, limit).alerts]


@pytest.fixture
def five(store: Store) -> Store:
    keep(
        store,
        firing(1, team="db"),
        replace(firing(2), facts=episode("f2", seq=2, fired_at=after(2), acknowledged_at=after(9)).facts),
        replace(
            firing(3), facts=episode("f3", seq=3, fired_at=after(3), firing=False, resolved_at=after(9)).facts
        ),
        firing(4, severity="warning", alertname="DiskFull"),
        replace(firing(5), facts=episode("f5", seq=5, fired_at=after(5), source="eu-1").facts),
    )
    return store


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Filter(), ["f5", "f4", "f3", "f2", "f1"]),
        (Filter(states=[State.FIRING]), ["f5", "f4", "f1"]),
        (Filter(states=[State.ACKNOWLEDGED, State.RESOLVED]), ["f3", "f2"]),
        (Filter(severities=["warning"]), ["f4"]),
        (Filter(severities=["warning", "critical"]), ["f5", "f4", "f3", "f2", "f1"]),
        (Filter(severities=["Warning"]), []),
        (Filter(name="DiskFull"), ["f4"]),
        (Filter(name="diskfull"), []),
        (Filter(source="eu-1"), ["f5"]),
        (Filter(since=after(4)), ["f5", "f4"]),
        (Filter(until=after(2)), ["f1"]),
        (Filter(since=after(2), until=after(4)), ["f3", "f2"]),
        (Filter(matchers=[parse('team="db"')]), ["f1"]),
        (Filter(matchers=[parse('team!="db"'), parse("severity=critical")]), ["f5", "f3", "f2"]),
        (Filter(matchers=[parse('team=""')]), ["f5", "f4", "f3", "f2"]),
        (Filter(matchers=[parse('team=~"d|db"'), parse('severity!~"warn.*"')]), ["f1"]),
    ],
)
def test_a_filter_lets_through_what_it_names_newest_first(
    five: Store, wanted: Filter, expected: list[str]
) -> None:
    assert expected == found(five, wanted)


@pytest.mark.parametrize("states", [(), (State.FIRING,)])
@pytest.mark.parametrize("matchers", [(), (parse('n="yes"'),)])
@pytest.mark.parametrize("limit", [1, 3, 7])
def test_pages_put_together_are_the_whole_list(
    store: Store, states: tuple[State, ...], matchers: tuple[Any, ...], limit: int
) -> None:
    """Also where several fired at one moment."""
    kept = [firing(seq, n="yes") for seq in range(1, 8)]
    keep(store, *(replace(alert, facts=replace(alert.facts, fired_at=NOW)) for alert in kept))
    seen: list[str] = []
    after_: Cursor | None = None
    with store.read() as connection:
        for _ in range(8):
            page = listing.page(connection, Filter(states=states, matchers=matchers), after_, limit)
            seen += [alert.id for alert in page.alerts]
            after_ = page.more and listing.read_cursor(page.more.write())
            if after_ is None:
                break
    assert sorted((alert.id for alert in kept), reverse=True) == seen
    assert after_ is None


def test_an_alert_that_comes_meanwhile_moves_no_page(store: Store) -> None:
    keep(store, *(firing(number) for number in range(1, 5)))
    with store.read() as connection:
        first = listing.page(connection, Filter(), None, 2)
    keep(store, firing(9))
    with store.read() as connection:
        second = listing.page(connection, Filter(), first.more, 2)
    assert [alert.fingerprint for alert in second.alerts] == ["f2", "f1"]


def test_a_look_by_labels_ends_somewhere_and_can_be_taken_up_there(store: Store) -> None:
    """A request looks at 5,000 rows and no more; where it stopped the next one begins."""
    keep(store, firing(1, team="db"), *(firing(number) for number in range(2, 5_010)))
    wanted = Filter(matchers=[parse('team="db"')])
    with store.read() as connection:
        first = listing.page(connection, wanted, None, 1)
        second = listing.page(connection, wanted, first.more, 1)
    assert (first.alerts, first.more is not None) == ([], True)
    assert ([alert.fingerprint for alert in second.alerts], second.more) == (["f1"], None)


@pytest.mark.parametrize(
    "text", ["", "x", "20261123T120000000000_", "20261123T120000000000_é", "99999999_x", "_" * 2000]
)
def test_a_cursor_that_was_never_given_out_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        listing.read_cursor(text)


def test_one_alert_is_all_that_is_known_of_it(store: Store) -> None:
    alert = firing(1)
    keep(store, alert)
    with store.begin() as connection:
        connection.execute(update(alerts).values(closed_at=after(8), closed_by_name="Ada Example"))
    with store.read() as connection:
        listed = listing.one(connection, alert.id)
        assert listing.one(connection, "0" * 36) is None
    assert listed is not None
    assert (alert.id, State.FIRING, {"alertname": "HighLatency", "severity": "critical"}) == (
        listed.id,
        listed.state,
        listed.labels,
    )
    assert (after(1), after(8), "Ada Example") == (listed.fired_at, listed.closed_at, listed.closed_by_name)


def test_of_what_is_open_the_unacknowledged_come_first_and_then_the_longest(five: Store) -> None:
    """As many as are asked for, of the severities that are asked for."""

    def longest(*severities: str, limit: int) -> list[str]:
        with five.read() as connection:
            ids = listing.longest_open(connection, severities, limit)
            return [alert.fingerprint for id_ in ids if (alert := listing.one(connection, id_))]

    assert longest("critical", limit=9) == ["f1", "f5", "f2"]
    assert longest("critical", "warning", limit=9) == ["f1", "f4", "f5", "f2"]
    assert longest("critical", limit=1) == ["f1"]
    assert longest("info", limit=9) == []


def test_a_short_id_leads_to_one_alert_only(store: Store) -> None:
    """Those of one moment share much of their ids."""
    kept = [firing(number) for number in range(1, 40)]
    keep(store, *kept)
    with store.read() as connection:
        short = listing.short_ids(connection, [alert.id for alert in kept])
        assert {alert.id for alert in kept} == set(short)
        for id_, prefix in short.items():
            assert [id_] == [alert.id for alert in listing.begins_with(connection, prefix, 3)]
            assert len(prefix) == 8 or len(listing.begins_with(connection, prefix[:-1], 3)) > 1


def test_the_only_alert_has_an_id_of_eight(store: Store) -> None:
    alert = firing(1)
    keep(store, alert)
    with store.read() as connection:
        assert {alert.id: alert.id[:8]} == listing.short_ids(connection, [alert.id])
        assert listing.begins_with(connection, "ffff", 3) == []


@pytest.mark.parametrize(
    "wanted",
    [
        Filter(),
        Filter(states=[State.FIRING]),
        Filter(severities=["warning"], name="DiskFull", since=NOW, until=after(9)),
        Filter(matchers=[parse("a=b")]),
    ],
    ids=["all", "firing", "narrow", "labels"],
)
def test_no_look_reads_all_alerts(sqlite_tables: Any, wanted: Filter) -> None:
    """Every statement walks an index, and none has to sort what it found."""
    store = open_sqlite(str(sqlite_tables))
    said: list[tuple[str, Any]] = []
    event.listen(store.reader, "before_cursor_execute", lambda *call: said.append((call[2], call[3])))
    with store.read() as connection:
        listing.page(connection, wanted, Cursor(NOW, "0" * 36), 50)
        listing.begins_with(connection, "0199", 3)
        listing.short_ids(connection, ["0" * 36])
        listing.longest_open(connection, ["critical"], 15)
        asked = list(said)
        plans = [
            row.detail
            for statement, parameters in asked
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    store.close()
    assert len(asked) >= 3
    read = [plan for plan in plans if plan != "SCAN CONSTANT ROW"]
    assert [plan for plan in read if plan.startswith("SCAN") or "TEMP B-TREE" in plan] == []


def test_a_severity_of_two_spellings_is_two(store: Store) -> None:
    """What MySQL's comparison takes for the same is told apart."""
    keep(store, firing(1, severity="sév"), firing(2, severity="sev"))
    assert found(store, Filter(severities=["sev"])) == ["f2"]
