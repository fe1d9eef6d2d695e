"""What is old goes, a little at a time, and nothing goes that somebody still waits for."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from core.domain.alert import Alert
from core.prune import Kind, Prune
from core.store import aged, inbox
from core.store.engine import Store
from core.store.tables import (
    ack_events,
    alerts,
    deliveries,
    delivery_attempts,
    history,
    notices,
    silence_deliveries,
    silence_events,
    silences,
)
from core.store.tables import inbox as events
from tests.store.deeds import did, failed, happened
from tests.store.rows import NOW, PAGERDUTY, SLACK, after, episode, keep, keep_due
from tests.store.silenced import silenced, stands, told

DAY = timedelta(days=1)
LANE = "alertmanager:default"
COMING = inbox.Incoming("default", LANE, b"y")
rest: Callable[[float], bool] = threading.Event().wait


def prune(store: Store, *kinds: Kind, keep: timedelta = DAY, told: tuple[str, ...] = (SLACK,)) -> Prune:
    return Prune(store, dict.fromkeys(kinds, keep), told)


def gone(store: Store, kind: Kind, now: datetime, **changed: Any) -> int:
    return prune(store, kind, **changed).run(now, lambda _: False)[kind]


def over(fingerprint: str = "f1", seq: int = 1, **facts: Any) -> Alert:
    return episode(fingerprint, seq=seq, firing=False, resolved_at=NOW, **facts)


def count(store: Store, table: Any) -> int:
    with store.read() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def receive(store: Store, *rows: dict[str, Any]) -> None:
    plain = {"source": "default", "lane": LANE, "body": b"x", "received_at": NOW}
    with store.begin() as connection:
        for row in rows:
            connection.execute(insert(events).values(plain | row))


def say(store: Store, key: str, **changed: Any) -> None:
    row = {"target": SLACK, "kind": "reminder", "unique_key": key, "params": {}, "remote": {}, "priority": 1}
    with store.begin() as connection:
        connection.execute(insert(notices).values({**row, "created_at": NOW, **changed}))


def set_all(store: Store, table: Any, **values: Any) -> None:
    with store.begin() as connection:
        connection.execute(update(table).values(values))


def test_an_alert_goes_when_it_has_been_over_for_so_long(store: Store) -> None:
    keep(store, over())
    assert gone(store, Kind.RESOLVED_ALERTS, NOW + DAY) == 0
    assert gone(store, Kind.RESOLVED_ALERTS, NOW + DAY + timedelta(seconds=1)) == 1
    assert count(store, alerts) == 0


def test_all_that_is_about_an_alert_goes_with_it(store: Store) -> None:
    alert = over()
    keep_due(store, alert)
    did(store, alert, 1)
    happened(store, alert, 1, "fired")
    failed(store, alert, after(1), "http_500")
    say(store, "note:1", alert_id=alert.id)
    set_all(store, deliveries, due_at=None)
    assert gone(store, Kind.RESOLVED_ALERTS, NOW + 2 * DAY) == 1
    about = (deliveries, ack_events, history, delivery_attempts, notices)
    assert [count(store, table) for table in about] == [0] * len(about)


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"acknowledged_at": NOW, "acknowledged_by": "slack:U0ADA"},
        {"closed_at": NOW, "resolved_at": NOW, "wake_at": after(300)},
    ],
    ids=["firing", "acknowledged", "closed by hand, and it burns on"],
)
def test_an_open_alert_stays_whatever_its_age(store: Store, facts: dict[str, Any]) -> None:
    keep(store, episode(**facts))
    assert gone(store, Kind.RESOLVED_ALERTS, NOW + 1000 * DAY) == 0
    assert count(store, alerts) == 1


@pytest.mark.parametrize(
    "waits", [{"due_at": NOW}, {"due_at": None, "parked_reason": "payload"}], ids=["due", "parked"]
)
def test_an_alert_that_a_target_was_not_told_of_stays(store: Store, waits: dict[str, Any]) -> None:
    keep_due(store, over())
    set_all(store, deliveries, **waits)
    assert gone(store, Kind.RESOLVED_ALERTS, NOW + 2 * DAY) == 0
    set_all(store, deliveries, due_at=None, parked_reason=None)
    assert gone(store, Kind.RESOLVED_ALERTS, NOW + 2 * DAY) == 1


@pytest.mark.parametrize("waits", [{"due_at": NOW}, {"parked_reason": "payload"}], ids=["due", "parked"])
def test_an_alert_with_a_word_that_was_not_said_stays(store: Store, waits: dict[str, Any]) -> None:
    alert = over()
    keep(store, alert)
    say(store, "note:1", alert_id=alert.id, **waits)
    assert gone(store, Kind.RESOLVED_ALERTS, NOW + 2 * DAY) == 0


def test_a_target_that_is_no_more_holds_nothing_back(store: Store) -> None:
    """As after a change of the channel: nobody is left to tell it."""
    keep_due(store, over(), target=PAGERDUTY)
    assert gone(store, Kind.RESOLVED_ALERTS, NOW + 2 * DAY, told=(SLACK, PAGERDUTY)) == 0
    assert gone(store, Kind.RESOLVED_ALERTS, NOW + 2 * DAY, told=(SLACK,)) == 1


def test_those_that_stay_hide_none_that_may_go(store: Store) -> None:
    """More of them than are looked at together, and all older."""
    held = [over(f"held {number}", number) for number in range(250)]
    keep_due(store, *held)
    free = over("free", 999)
    keep(store, free)
    assert gone(store, Kind.RESOLVED_ALERTS, NOW + 2 * DAY) == 1
    assert count(store, alerts) == len(held)


def test_an_alert_that_was_touched_since_it_was_found_stays(store: Store) -> None:
    alert = over()
    keep_due(store, alert)
    set_all(store, deliveries, due_at=None)
    before = NOW + 2 * DAY
    with store.read() as connection:
        found = aged.old_alerts(connection, before, None, [SLACK])
    assert found.ids == [alert.id]
    set_all(store, deliveries, due_at=NOW)
    with store.begin() as connection:
        assert aged.remove_alerts(connection, found.ids, before, [SLACK]) == 0
    assert count(store, alerts) == 1


def test_a_transaction_stays_small_however_much_goes_along(store: Store) -> None:
    """Alerts of 200 lines of history each: two at a time, and the last alone."""
    many = [over(f"f{number}", number) for number in range(5)]
    keep(store, *many)
    with store.begin() as connection:
        line = {"occurrence": 1, "at": NOW, "what": "fired"}
        rows = [{**line, "alert_id": alert.id} for alert in many for _ in range(200)]
        connection.execute(insert(history), rows)
    batches: list[int] = []
    prune(store, Kind.RESOLVED_ALERTS).run(NOW + 2 * DAY, lambda _: False, batches.append)
    assert batches == [2, 2, 1]
    assert count(store, history) == 0


def test_one_alert_with_very_much_to_it_goes_whole(store: Store) -> None:
    alert = over()
    keep(store, alert)
    with store.begin() as connection:
        line = {"alert_id": alert.id, "occurrence": 1, "at": NOW, "what": "fired"}
        connection.execute(insert(history), [line] * (aged.ROWS + 1))
    assert gone(store, Kind.RESOLVED_ALERTS, NOW + 2 * DAY) == 1
    assert count(store, history) == 0


def test_a_silence_goes_so_long_after_its_end_with_its_record(store: Store) -> None:
    silence = silenced(store, 1, NOW)
    told(store, silence, NOW)
    stands(store, silence)
    assert gone(store, Kind.EXPIRED_SILENCES, silence.end_at + DAY) == 0
    assert gone(store, Kind.EXPIRED_SILENCES, silence.end_at + 2 * DAY) == 1
    assert [count(store, t) for t in (silences, silence_events, silence_deliveries)] == [0, 0, 0]


@pytest.mark.parametrize("waits", [{"due_at": NOW}, {"parked_reason": "payload"}], ids=["due", "parked"])
def test_a_silence_that_an_alertmanager_was_not_told_of_stays(store: Store, waits: dict[str, Any]) -> None:
    stands(store, silenced(store, 1, NOW), **waits)
    told = (SLACK, "alertmanager:default")
    assert gone(store, Kind.EXPIRED_SILENCES, NOW + 9 * DAY, told=told) == 0
    assert gone(store, Kind.EXPIRED_SILENCES, NOW + 9 * DAY, told=(SLACK,)) == 1


def test_a_silence_whose_end_has_not_been_told_yet_stays(store: Store) -> None:
    silenced(store, 1, NOW, wake_at=NOW)
    assert gone(store, Kind.EXPIRED_SILENCES, NOW + 9 * DAY) == 0


def test_what_came_in_goes_once_it_is_done_and_old(store: Store) -> None:
    receive(store, {}, {"due_at": NOW}, {"parked_at": NOW}, {}, {"received_at": NOW + DAY})
    assert gone(store, Kind.EVENTS, NOW + DAY + timedelta(hours=1)) == 2
    assert count(store, events) == 3


def test_content_goes_before_its_row_and_not_that_of_what_is_parked(store: Store) -> None:
    receive(store, {}, {"due_at": NOW}, {"parked_at": NOW}, {"received_at": NOW + DAY})
    assert gone(store, Kind.EVENT_BODIES, NOW + DAY + timedelta(hours=1)) == 1
    with store.read() as connection:
        bodies = connection.execute(select(events.c.body).order_by(events.c.id)).scalars().all()
    assert bodies == [None, b"x", b"x", b"x"]


def test_content_is_looked_for_where_the_last_turn_ended(store: Store) -> None:
    """The rows stay for days more, and are not read again each time."""
    receive(store, *[{}] * 1200)
    tidy = prune(store, Kind.EVENT_BODIES)
    batches: list[int] = []
    later = NOW + DAY + timedelta(hours=1)
    tidy.run(later, lambda _: False, batches.append)
    receive(store, {}, {})
    tidy.run(later, lambda _: False, batches.append)
    assert batches == [500, 500, 200, 2]


def test_a_number_in_the_inbox_is_never_given_twice(store: Store) -> None:
    """Alerts remember how far they have read by it."""
    receive(store, {}, {})
    with store.read() as connection:
        last = connection.execute(select(func.max(events.c.id))).scalar_one()
    gone(store, Kind.EVENTS, NOW + 2 * DAY)
    receive(store, {})
    with store.read() as connection:
        assert connection.execute(select(events.c.id)).scalar_one() > last


def test_attempts_go_by_age_alone(store: Store) -> None:
    alert = episode()
    keep(store, alert)
    failed(store, alert, NOW, "http_500")
    failed(store, alert, NOW + DAY, "http_500")
    assert gone(store, Kind.ATTEMPTS, NOW + DAY + timedelta(hours=1)) == 1
    assert count(store, delivery_attempts) == 1


def test_words_about_several_alerts_go_once_they_are_said(store: Store) -> None:
    alert = episode()
    keep(store, alert)
    say(store, "of one", alert_id=alert.id)
    say(store, "said")
    say(store, "due", due_at=NOW)
    say(store, "parked", parked_reason="payload")
    assert gone(store, Kind.DIGESTS, NOW + 2 * DAY) == 1
    with store.read() as connection:
        left = set(connection.execute(select(notices.c.unique_key)).scalars())
    assert left == {"of one", "due", "parked"}


def test_zero_keeps_for_ever(store: Store) -> None:
    keep(store, over())
    tidy = prune(store, *Kind, keep=timedelta())
    assert (tidy.count(NOW + 9999 * DAY), tidy.run(NOW + 9999 * DAY, lambda _: False)) == ({}, {})
    assert count(store, alerts) == 1


def test_counting_removes_nothing_and_tells_what_would_go(store: Store) -> None:
    keep(store, *(over(f"f{number}", number) for number in range(230)))
    tidy = prune(store, Kind.RESOLVED_ALERTS)
    assert tidy.count(NOW + 2 * DAY) == {Kind.RESOLVED_ALERTS: 230}
    assert count(store, alerts) == 230
    assert tidy.run(NOW + 2 * DAY, lambda _: False) == {Kind.RESOLVED_ALERTS: 230}


def test_content_that_goes_with_its_row_is_not_counted_twice(store: Store) -> None:
    receive(store, {}, {}, {"received_at": NOW + DAY})
    tidy = Prune(store, {Kind.EVENTS: 2 * DAY, Kind.EVENT_BODIES: DAY}, [SLACK])
    now = NOW + 2.5 * DAY
    assert tidy.count(now) == tidy.run(now, lambda _: False) == {Kind.EVENTS: 2, Kind.EVENT_BODIES: 1}


def test_it_ends_between_two_batches_when_it_is_told_to(store: Store) -> None:
    receive(store, *[{}] * 1100)
    ended = prune(store, Kind.EVENTS).run(NOW + 2 * DAY, lambda _: True)
    assert ended == {Kind.EVENTS: 500}


def test_two_at_once_do_it_once(store: Store) -> None:
    """A scheduled turn and somebody at a terminal."""
    keep(store, *(over(f"f{number}", number) for number in range(300)))
    with ThreadPoolExecutor(2) as pool:
        went = list(pool.map(lambda _: gone(store, Kind.RESOLVED_ALERTS, NOW + 2 * DAY), range(2)))
    assert (sum(went), count(store, alerts)) == (300, 0)


def test_nobody_who_brings_something_waits_for_it(store: Store) -> None:
    """Thousands of old rows go while others come in: each is taken, and none waits for the whole."""
    keep(store, *(over(f"f{number}", number) for number in range(2000)))
    receive(store, *[{}] * 2000)
    done = threading.Event()
    tidy = prune(store, Kind.RESOLVED_ALERTS, Kind.EVENTS)

    def bring(_: int) -> int:
        brought = 0
        while not done.is_set() and brought < 5000:
            store.transact(lambda c: inbox.put(c, [COMING], NOW + 2 * DAY))
            brought += 1
        return brought

    with ThreadPoolExecutor(4) as pool:
        brought = [pool.submit(bring, number) for number in range(3)]
        try:
            went = pool.submit(tidy.run, NOW + 2 * DAY, rest).result(60)
        finally:
            done.set()
        each = [hand.result(30) for hand in brought]
    assert went == {Kind.RESOLVED_ALERTS: 2000, Kind.EVENTS: 2000}
    assert min(each) > 10
    assert count(store, events) == sum(each)
