"""Notices: each word is said once."""

import pytest
from sqlalchemy import func, select

from core.store import notices
from core.store.engine import Store
from core.store.notices import Claimed, New
from core.store.tables import notices as table
from tests.store.rows import NOW, PAGERDUTY, SLACK, after, at_once, episode, keep


def new(
    unique_key: str = "k1", *, target: str = SLACK, priority: int = 2, alert_id: str | None = None
) -> New:
    return New(unique_key, target, "reminder", priority, alert_id, {"of": ["a"]})


def add(store: Store, *words: New, at: float = 0) -> None:
    with store.begin() as connection:
        notices.add(connection, words, after(at))


def best(store: Store, at: float = 0, target: str = SLACK) -> int | None:
    with store.read() as connection:
        found = notices.best(connection, target, after(at), ["reminder"])
        return found.id if found else None


def claim(store: Store, by: str = "t1", at: float = 0) -> Claimed:
    id_ = best(store, at)
    assert id_ is not None
    with store.begin() as connection:
        notice = notices.claim(connection, id_, by, after(at))
    assert notice is not None
    return notice


def count(store: Store) -> int:
    with store.read() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_doing_a_step_again_writes_no_second_word(store: Store) -> None:
    add(store, new("k1"))
    add(store, new("k1"), new("k2"))
    assert count(store) == 2


def test_two_words_that_differ_by_case_are_two(store: Store) -> None:
    add(store, new("k"), new("K"))
    assert count(store) == 2


def test_of_eight_hands_at_once_one_writes_and_one_claims(store: Store) -> None:
    at_once(8, lambda _: store.transact(lambda c: notices.add(c, [new()], NOW)))
    assert count(store) == 1
    id_ = best(store)
    assert id_ is not None
    claims = at_once(8, lambda hand: store.transact(lambda c: notices.claim(c, id_, f"t{hand}", NOW)))
    assert len([notice for notice in claims if notice]) == 1


def test_a_claimed_word_comes_whole_and_rests_while_it_is_claimed(store: Store) -> None:
    alert = episode()
    keep(store, alert)
    add(store, new(alert_id=alert.id))
    notice = claim(store)
    assert (notice.unique_key, notice.target, notice.kind) == ("k1", SLACK, "reminder")
    assert (notice.alert_id, notice.params, notice.remote) == (alert.id, {"of": ["a"]}, {})
    assert (notice.attempts, notice.expires_at) == (1, None)
    assert best(store, 119) is None
    assert best(store, 120) == notice.id


def test_a_said_word_is_never_due_again(store: Store) -> None:
    add(store, new())
    notice = claim(store)
    with store.begin() as connection:
        assert notices.settle(connection, notice, due_at=None, remote={"ts": "1"})
    add(store, new())
    assert best(store, 9999) is None


def test_a_word_that_was_put_off_comes_again_with_what_was_learned(store: Store) -> None:
    add(store, new())
    notice = claim(store)
    with store.begin() as connection:
        assert notices.settle(connection, notice, due_at=after(5), remote={"at": 1}, error="500")
    assert best(store, 4) is None
    again = claim(store, "t2", 5)
    assert (again.attempts, again.remote) == (2, {"at": 1})


def test_the_targets_own_fault_costs_the_word_no_attempt(store: Store) -> None:
    add(store, new())
    notice = claim(store)
    with store.begin() as connection:
        notices.settle(connection, notice, due_at=after(5), error="429", blameless=True)
    assert claim(store, "t2", 5).attempts == 1


def test_an_intent_outlives_its_holder(store: Store) -> None:
    add(store, new())
    notice = claim(store)
    with store.begin() as connection:
        notices.intend(connection, notice, {"at": 1})
    assert claim(store, "t2", 120).remote == {"at": 1}


def test_who_lost_the_claim_settles_nothing(store: Store) -> None:
    add(store, new())
    late = claim(store)
    claim(store, "t2", 120)
    with store.begin() as connection:
        notices.intend(connection, late, {"at": "old"})
        assert not notices.settle(connection, late, due_at=None)
        row = connection.execute(select(table)).one()
    assert (row.claim, row.due_at, row.remote) == ("t2", after(240), {})


def test_the_most_urgent_word_comes_first_then_the_longest_due(store: Store) -> None:
    add(store, new("late"), at=2)
    add(store, new("early"), new("next"), at=1)
    add(store, new("urgent", priority=1), at=3)
    add(store, new("elsewhere", target=PAGERDUTY, priority=0))
    said = []
    while best(store, 5) is not None:
        said.append(claim(store, at=5).unique_key)
    assert said == ["urgent", "early", "next", "late"]


@pytest.mark.parametrize("words", [0, 2])
def test_a_word_about_an_alert_goes_with_it(store: Store, words: int) -> None:
    alert = episode()
    keep(store, alert)
    add(store, new("digest"), *(new(f"k{n}", alert_id=alert.id) for n in range(words)))
    with store.begin() as connection:
        connection.exec_driver_sql("DELETE FROM alerts")
    assert count(store) == 1
