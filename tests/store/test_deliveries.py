"""Deliveries: each due row claimed by one hand, no change taken for told, no row forgotten."""

import pytest
from sqlalchemy import func, select

from core.store import deliveries, leases, targets
from core.store.deliveries import Delivery
from core.store.engine import Store
from core.store.tables import deliveries as table
from tests.store.rows import NOW, PAGERDUTY, SLACK, after, at_once, episode, keep_due

ALERT = episode()


def claim(store: Store, token: str, at: float = 0, alert_id: str = ALERT.id) -> Delivery | None:
    with store.begin() as connection:
        return deliveries.claim(connection, SLACK, alert_id, token, after(at))


def claimed(store: Store, by: str = "t1", at: float = 0) -> Delivery:
    delivery = claim(store, by, at)
    assert delivery is not None
    return delivery


def complete(store: Store, delivery: Delivery, at: float = 1) -> bool:
    with store.begin() as connection:
        return deliveries.complete(
            connection, delivery, {"ts": "1.2"}, remote_id="1.2", again_at=None, now=after(at)
        )


def want(store: Store, at: float = 1, *, new: int = 1, edit: int = 3, but: str | None = None) -> None:
    with store.begin() as connection:
        deliveries.want(connection, [ALERT.id], after(at), new=new, edit=edit, but=but)


def best(store: Store, at: float = 0, shown: tuple[bool, ...] = (True, False)) -> str | None:
    with store.read() as connection:
        due = deliveries.best(connection, SLACK, after(at), shown)
        return due.id if due else None


def test_of_eight_hands_at_once_one_claims_the_row(store: Store) -> None:
    keep_due(store, ALERT)

    def take(hand: int) -> Delivery | None:
        return store.transact(lambda c: deliveries.claim(c, SLACK, ALERT.id, f"t{hand}", NOW))

    (mine,) = [delivery for delivery in at_once(8, take) if delivery]
    assert (mine.wanted, mine.delivered, mine.remote, mine.attempts) == (1, 0, {}, 1)
    assert best(store, 119) is None
    assert best(store, 120) == ALERT.id


def test_a_told_row_has_nothing_to_do(store: Store) -> None:
    keep_due(store, ALERT)
    assert complete(store, claimed(store))
    assert best(store, 9999) is None
    with store.read() as connection:
        row = connection.execute(select(table)).one()
    assert (row.delivered, row.attempts, row.claim, row.since, row.remote_id) == (1, 0, None, None, "1.2")
    assert row.remote == {"ts": "1.2"}


def test_a_row_may_be_due_again_by_the_targets_own_wish(store: Store) -> None:
    keep_due(store, ALERT)
    delivery = claimed(store)
    with store.begin() as connection:
        assert deliveries.complete(connection, delivery, {}, remote_id=None, again_at=after(30), now=after(1))
    assert best(store, 29) is None
    assert best(store, 30) == ALERT.id


def test_what_changes_while_it_is_told_leaves_the_row_due(store: Store) -> None:
    keep_due(store, ALERT)
    delivery = claimed(store)
    want(store)
    assert best(store, 1) is None, "the row is still under way"
    assert complete(store, delivery, 2)
    again = claimed(store, "t2", 2)
    assert (again.wanted, again.delivered) == (2, 1)
    assert complete(store, again, 3)
    assert best(store, 9999) is None


def test_ten_changes_are_one_call(store: Store) -> None:
    keep_due(store, ALERT)
    for _ in range(9):
        want(store)
    assert complete(store, claimed(store))
    assert best(store, 9999) is None


def test_who_lost_the_claim_makes_the_row_wanted_once_more(store: Store) -> None:
    """He may have painted an old state over the new one."""
    keep_due(store, ALERT)
    late = claimed(store, "t1")
    want(store)
    quick = claimed(store, "t2", 120)
    assert complete(store, quick, 121)
    assert best(store, 9999) is None
    assert not complete(store, late, 122)
    again = claimed(store, "t3", 122)
    assert (again.wanted, again.delivered) == (3, 2)
    assert again.remote == {"ts": "1.2"}


def test_who_lost_the_claim_does_not_shorten_another_ones(store: Store) -> None:
    keep_due(store, ALERT)
    late = claimed(store, "t1")
    quick = claimed(store, "t2", 120)
    assert not complete(store, late, 122)
    assert claim(store, "t3", 122) is None
    assert complete(store, quick, 123)
    assert best(store, 123) == ALERT.id


def test_who_lost_the_claim_neither_puts_off_nor_parks(store: Store) -> None:
    keep_due(store, ALERT)
    late = claimed(store, "t1")
    claimed(store, "t2", 120)
    with store.begin() as connection:
        deliveries.put_off(connection, late, after(999), "late", ({"ts": "old"}, "old"))
        deliveries.park(connection, late, "late", "late", ({"ts": "old"}, "old"))
        deliveries.intend(connection, late, {"ts": "old"})
        row = connection.execute(select(table)).one()
    assert (row.claim, row.due_at, row.parked_reason, row.remote) == ("t2", after(240), None, {})


def test_an_intent_outlives_its_holder(store: Store) -> None:
    keep_due(store, ALERT)
    with store.begin() as connection:
        delivery = deliveries.claim(connection, SLACK, ALERT.id, "t1", NOW)
        assert delivery is not None
        deliveries.intend(connection, delivery, {"key": "k1"})
    assert claimed(store, "t2", 120).remote == {"key": "k1"}


def test_a_row_that_was_put_off_keeps_its_time_when_its_alert_changes(store: Store) -> None:
    keep_due(store, ALERT)
    delivery = claimed(store)
    with store.begin() as connection:
        deliveries.put_off(connection, delivery, after(30), "500", ({"ts": "x"}, "x"))
    want(store)
    assert best(store, 29) is None
    again = claimed(store, "t2", 30)
    assert (again.attempts, again.remote, again.remote_id) == (2, {"ts": "x"}, "x")


def test_the_targets_own_fault_costs_the_row_no_attempt(store: Store) -> None:
    keep_due(store, ALERT)
    delivery = claimed(store)
    with store.begin() as connection:
        deliveries.put_off(connection, delivery, after(5), "429", None, blameless=True)
    assert claimed(store, "t2", 5).attempts == 1


def test_a_parked_row_rests_until_its_alert_changes(store: Store) -> None:
    keep_due(store, ALERT)
    delivery = claimed(store)
    with store.begin() as connection:
        deliveries.park(connection, delivery, "too_long", "x" * 9999, None)
    assert best(store, 9999) is None
    want(store, 5)
    assert best(store, 5) == ALERT.id
    with store.read() as connection:
        row = connection.execute(select(table)).one()
    assert (row.parked_reason, row.since, len(row.last_error)) == (None, after(5), 2000)


def test_what_changes_while_a_row_is_parked_tries_again(store: Store) -> None:
    """The payload at fault is not the newest one."""
    keep_due(store, ALERT)
    delivery = claimed(store)
    want(store)
    with store.begin() as connection:
        deliveries.park(connection, delivery, "too_long", "x", None)
        assert connection.execute(select(table.c.parked_reason)).scalar() is None
    assert claimed(store, "t2", 1).wanted == 2


def test_since_is_when_the_target_fell_behind_not_when_it_was_last_tried(store: Store) -> None:
    keep_due(store, ALERT)
    delivery = claimed(store)
    want(store, 7)
    with store.begin() as connection:
        deliveries.put_off(connection, delivery, after(30), "500", None)
        assert connection.execute(select(table.c.since)).scalar() == NOW


def test_the_most_urgent_row_comes_first_then_the_longest_due(store: Store) -> None:
    late, early, urgent = (episode(f"f{n}", seq=n) for n in range(3))
    keep_due(store, late, early, priority=2)
    keep_due(store, urgent, priority=1)
    with store.begin() as connection:
        connection.execute(table.update().where(table.c.alert_id == early.id).values(due_at=after(-9)))
    told = []
    while (alert_id := best(store)) is not None:
        told.append(alert_id)
        claim(store, "t1", alert_id=alert_id)
    assert told == [urgent.id, early.id, late.id]


def test_rows_can_be_asked_for_by_whether_they_are_shown(store: Store) -> None:
    shown, unseen = episode("f1", seq=1), episode("f2", seq=2)
    keep_due(store, shown, unseen)
    with store.begin() as connection:
        connection.execute(table.update().where(table.c.alert_id == shown.id).values(remote_id="1.2"))
    assert best(store, 0, (True,)) == shown.id
    assert best(store, 0, (False,)) == unseen.id


@pytest.mark.parametrize(("told", "priority"), [(False, 1), (True, 3)])
def test_the_priority_is_that_of_a_post_or_of_an_edit(store: Store, *, told: bool, priority: int) -> None:
    keep_due(store, ALERT, priority=5)
    if told:
        complete(store, claimed(store))
    want(store)
    with store.read() as connection:
        assert connection.execute(select(table.c.priority)).scalar() == priority


def test_a_lesser_change_does_not_delay_what_is_urgent(store: Store) -> None:
    keep_due(store, ALERT, priority=0)
    want(store)
    with store.read() as connection:
        assert connection.execute(select(table.c.priority)).scalar() == 0


def test_the_urgency_of_an_edit_that_was_made_is_over(store: Store) -> None:
    keep_due(store, ALERT, priority=0)
    complete(store, claimed(store))
    want(store)
    with store.read() as connection:
        assert connection.execute(select(table.c.priority)).scalar() == 3


def test_one_target_can_be_left_out(store: Store) -> None:
    keep_due(store, ALERT)
    with store.begin() as connection:
        deliveries.add(connection, [(ALERT.id, PAGERDUTY, 2)], NOW)
    want(store, but=PAGERDUTY)
    with store.read() as connection:
        rows = connection.execute(select(table.c.target, table.c.wanted)).all()
    assert {row.target: row.wanted for row in rows} == {SLACK: 2, PAGERDUTY: 1}


def test_a_target_knows_how_the_others_stand(store: Store) -> None:
    """Some seconds behind is nothing; a second attempt, or a whole target that is blocked, is."""
    keep_due(store, ALERT, target=PAGERDUTY)

    def stands(at: float) -> tuple[bool, bool]:
        with store.read() as connection:
            (other,) = deliveries.others(connection, ALERT.id, SLACK, after(at))
            assert other.target == PAGERDUTY
            return other.behind, other.failing

    with store.begin() as connection:
        leases.ensure_target(connection, PAGERDUTY)
        assert deliveries.others(connection, ALERT.id, PAGERDUTY, NOW) == []
    assert stands(4) == (False, False)
    assert stands(5) == (True, False)
    with store.begin() as connection:
        targets.block(connection, PAGERDUTY, after(60), "invalid_auth")
    assert stands(4) == (True, True)
    with store.begin() as connection:
        targets.unblock(connection, PAGERDUTY)
        deliveries.claim(connection, PAGERDUTY, ALERT.id, "t1", NOW)
        deliveries.claim(connection, PAGERDUTY, ALERT.id, "t2", after(120))
    assert stands(120) == (True, True)


def test_what_is_known_and_where_can_be_asked_for_many_alerts(store: Store) -> None:
    other = episode("f2", seq=2)
    keep_due(store, ALERT, other)
    complete(store, claimed(store))
    with store.read() as connection:
        ids = [ALERT.id, other.id]
        assert deliveries.known(connection, ids) == {(ALERT.id, SLACK), (other.id, SLACK)}
        assert deliveries.targets_of(connection, ids) == {SLACK}
        assert deliveries.remotes(connection, SLACK, ids) == {ALERT.id: {"ts": "1.2"}, other.id: {}}


def test_deliveries_go_with_their_alert(store: Store) -> None:
    keep_due(store, ALERT)
    with store.begin() as connection:
        connection.exec_driver_sql("DELETE FROM alerts")
        assert connection.execute(select(func.count()).select_from(table)).scalar() == 0
    assert claim(store, "t1") is None
