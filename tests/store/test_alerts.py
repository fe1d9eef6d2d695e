"""Alerts: one open episode of each, and no version written over one that was not read."""

from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core.domain.alert import Alert, Content, Facts
from core.domain.errors import Conflict
from core.store import alerts
from core.store.engine import Store
from core.store.tables import alerts as table
from tests.store.rows import NOW, after, at_once, episode, keep

ALERT = episode()
SINCE = after(-300)


def newest(store: Store, source: str = "default") -> dict[str, Facts]:
    with store.begin() as connection:
        return alerts.newest(connection, source, [ALERT.facts.fingerprint, "other"], SINCE)


def change(store: Store, *changed: Alert | Facts) -> None:
    with store.begin() as connection:
        alerts.change(connection, changed, after(9))


def resolved(alert: Alert, at: float = 0) -> Facts:
    return replace(alert.facts, firing=False, resolved_at=after(at), version=alert.facts.version + 1)


def test_an_alert_comes_back_as_it_went_in(store: Store) -> None:
    whole = episode(
        ends_at=after(1),
        acknowledged_at=after(2),
        acknowledged_by_name="Åsa 🐢",
        wake_at=after(3),
    )
    keep(store, whole)
    with store.read() as connection:
        assert alerts.load(connection, [whole.id, "gone"]) == {whole.id: whole}


def test_two_open_episodes_of_one_alert_are_a_conflict(store: Store) -> None:
    keep(store, ALERT)
    with pytest.raises(Conflict):
        keep(store, episode(seq=2))


def test_opening_again_while_another_is_open_is_a_conflict(store: Store) -> None:
    keep(store, ALERT)
    change(store, resolved(ALERT))
    keep(store, episode(seq=2))
    with pytest.raises(Conflict):
        change(store, replace(ALERT.facts, version=3))


def test_of_eight_hands_at_once_one_opens_the_episode(store: Store) -> None:
    def open_it(hand: int) -> bool:
        try:
            keep(store, episode(seq=hand + 1))
        except Conflict:
            return False
        return True

    assert sum(at_once(8, open_it)) == 1


def test_equal_labels_from_two_sources_are_two_alerts(store: Store) -> None:
    keep(store, ALERT, episode(seq=2, source="other"))
    assert newest(store)[ALERT.facts.fingerprint].source == "default"
    assert newest(store, "other")[ALERT.facts.fingerprint].source == "other"


def test_fingerprints_differ_by_case(store: Store) -> None:
    keep(store, episode("aa"), episode("AA", seq=2))


def test_resolved_episodes_may_be_many(store: Store) -> None:
    for seq in range(1, 4):
        one = episode(seq=seq)
        keep(store, one)
        change(store, resolved(one))


def test_a_change_is_stored_over_the_version_before_it(store: Store) -> None:
    keep(store, ALERT)
    second = Alert(replace(ALERT.facts, version=2), Content({"alertname": "B"}, {}, "http://g"))
    change(store, second)
    third = replace(second.facts, version=3, acknowledged_at=after(5), acknowledged_by_name="Ada")
    change(store, third)
    with store.read() as connection:
        assert alerts.load(connection, [ALERT.id]) == {ALERT.id: Alert(third, second.content)}
        row = connection.execute(select(table)).one()
    assert (row.name, row.state, row.created_at, row.updated_at) == ("B", "acknowledged", NOW, after(9))


@pytest.mark.parametrize("version", [1, 3])
def test_a_change_over_another_version_is_a_conflict_and_stores_nothing(store: Store, version: int) -> None:
    other = episode("other", seq=2)
    keep(store, ALERT, other)
    with pytest.raises(Conflict):
        change(store, replace(other.facts, version=2), replace(ALERT.facts, version=version))
    with store.read() as connection:
        assert set(connection.execute(select(table.c.version)).scalars()) == {1}


def test_a_change_of_an_alert_that_is_gone_is_a_conflict(store: Store) -> None:
    with pytest.raises(Conflict):
        change(store, replace(ALERT.facts, version=2))


def test_eight_hands_that_count_at_once_lose_nothing(store: Store) -> None:
    keep(store, ALERT)

    def count(_: int) -> None:
        with store.read() as connection:
            facts = alerts.load(connection, [ALERT.id])[ALERT.id].facts
        change(store, replace(facts, occurrence=facts.occurrence + 1, version=facts.version + 1))

    def until_it_is_stored(hand: int) -> None:
        for _ in range(50):
            try:
                return count(hand)
            except Conflict:
                continue
        raise AssertionError("never stored")

    at_once(8, until_it_is_stored)
    with store.read() as connection:
        facts = alerts.load(connection, [ALERT.id])[ALERT.id].facts
    assert (facts.occurrence, facts.version) == (9, 9)


def test_a_conflict_is_repeated_from_a_fresh_read(store: Store) -> None:
    tries = []

    def step(_: object) -> int:
        tries.append(1)
        if len(tries) < 3:
            raise Conflict("not yet")
        return len(tries)

    assert store.transact(step) == 3


def test_the_newest_episode_is_the_open_one(store: Store) -> None:
    closed, opened = episode(seq=1, fired_at=after(-10)), episode(seq=2, fired_at=after(-20))
    keep(store, closed)
    change(store, resolved(closed))
    keep(store, opened)
    assert newest(store) == {opened.facts.fingerprint: opened.facts}


def test_else_it_is_the_one_closed_last_inside_the_window(store: Store) -> None:
    for seq, ended in ((1, -300), (2, -200), (3, -100)):
        one = episode(seq=seq, fired_at=after(ended - 5))
        keep(store, one)
        change(store, resolved(one, ended))
    (facts,) = newest(store).values()
    assert facts.seq == 3


@pytest.mark.parametrize(("ended", "found"), [(-300, True), (-300.000001, False)])
def test_the_end_of_the_window_belongs_to_it(store: Store, ended: float, *, found: bool) -> None:
    keep(store, ALERT)
    change(store, resolved(ALERT, ended))
    assert bool(newest(store)) == found


def test_a_repeat_raises_seq_alone_and_never_lowers_it(store: Store) -> None:
    keep(store, ALERT)
    for seq in (7, 5):
        with store.begin() as connection:
            alerts.touch(connection, {ALERT.id: seq})
    with store.read() as connection:
        assert alerts.load(connection, [ALERT.id])[ALERT.id].facts == replace(ALERT.facts, seq=7)
        assert connection.execute(select(table.c.updated_at)).scalar() == NOW


def test_timers_wait_for_the_first_and_then_come_together(store: Store) -> None:
    keep(store, *(episode(f"f{n}", seq=n, wake_at=after(at)) for n, at in enumerate((10, 12, 99))))
    with store.begin() as connection:
        assert alerts.to_wake(connection, after(9), after(15), 50) == []
        assert [facts.seq for facts in alerts.to_wake(connection, after(10), after(15), 50)] == [0, 1]
        assert [facts.seq for facts in alerts.to_wake(connection, after(10), after(15), 1)] == [0]


def test_a_long_alert_is_shortened_never_refused(store: Store) -> None:
    """Its columns are; what people are told is made from the whole text."""
    long = "🐢" * 40_000
    content = Content(
        {"alertname": long, "severity": long, "instance": long},
        {"summary": long, "description": long},
        "http://g/?" + "q" * 100_000,
    )
    keep(store, Alert(ALERT.facts, content))
    with store.read() as connection:
        row = connection.execute(select(table)).one()
        loaded = alerts.load(connection, [ALERT.id])[ALERT.id].content
    lengths = [len(text) for text in (row.name, row.severity, row.instance, row.summary, row.description)]
    assert lengths == [255, 64, 255, 16_383, 16_383]
    assert loaded == replace(content, generator_url=""), "half an address is worse than none"


def test_the_error_of_a_statement_does_not_repeat_the_alert(store: Store) -> None:
    closed = episode(firing=False, resolved_at=NOW)
    with pytest.raises(IntegrityError) as caught:
        keep(store, closed, closed)
    assert "HighLatency" not in str(caught.value)
