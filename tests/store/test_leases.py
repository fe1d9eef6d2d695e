"""Leases: one holder at a time, and nothing that a dead one held stays his."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, insert, select

from core.store import deliveries, inbox, leases, notices
from core.store.engine import Store
from core.store.tables import lanes, targets
from tests.store.rows import NOW, SLACK, after, at_once, episode, keep_due

LANE = "alertmanager:default"


@pytest.fixture(autouse=True)
def rows(store: Store) -> None:
    with store.begin() as connection:
        leases.ensure_lane(connection, LANE)
        leases.ensure_target(connection, SLACK)


def test_a_lane_and_a_target_have_one_holder(store: Store) -> None:
    with store.begin() as connection:
        assert leases.take_lane(connection, LANE, "a-1", NOW)
        assert not leases.take_lane(connection, LANE, "b-2", after(29))
        assert leases.take_target(connection, SLACK, "a-1", NOW)
        assert not leases.take_target(connection, SLACK, "b-2", after(19))


def test_of_eight_hands_at_once_one_gets_the_lane(store: Store) -> None:
    def take(hand: int) -> bool:
        return store.transact(lambda connection: leases.take_lane(connection, LANE, f"w-{hand}", NOW))

    assert sum(at_once(8, take)) == 1


def test_the_holder_renews(store: Store) -> None:
    with store.begin() as connection:
        leases.take_lane(connection, LANE, "a-1", NOW)
        assert leases.take_lane(connection, LANE, "a-1", after(20))
        assert not leases.take_lane(connection, LANE, "b-2", after(49))


def test_a_lease_that_ran_out_passes_on(store: Store) -> None:
    with store.begin() as connection:
        leases.take_lane(connection, LANE, "a-1", NOW)
        assert leases.is_held(connection, lanes, LANE, after(29))
        assert not leases.is_held(connection, lanes, LANE, after(30))
        assert leases.take_lane(connection, LANE, "b-2", after(30))
        assert not leases.take_lane(connection, LANE, "a-1", after(31))


def test_a_released_lease_is_free_at_once(store: Store) -> None:
    with store.begin() as connection:
        leases.take_target(connection, SLACK, "a-1", NOW)
        leases.release(connection, targets, SLACK, "a-1")
        assert leases.take_target(connection, SLACK, "b-2", NOW)


def test_only_the_holder_releases(store: Store) -> None:
    with store.begin() as connection:
        leases.take_target(connection, SLACK, "a-1", NOW)
        leases.release(connection, targets, SLACK, "b-2")
        assert not leases.take_target(connection, SLACK, "b-2", NOW)


def test_a_name_that_is_not_there_cannot_be_held(store: Store) -> None:
    with store.begin() as connection:
        assert not leases.take_lane(connection, "nobody", "a-1", NOW)
        assert not leases.is_held(connection, lanes, "nobody", NOW)


def test_making_sure_of_a_name_again_leaves_its_lease(store: Store) -> None:
    with store.begin() as connection:
        leases.take_lane(connection, LANE, "a-1", NOW)
        leases.ensure_lane(connection, LANE)
        assert leases.is_held(connection, lanes, LANE, NOW)


def _everything(connection: Connection, holder: str, number: int) -> None:
    """A lease of each kind and a claim of each kind, under one holder's name."""
    name = f"{number}"
    leases.ensure_lane(connection, name)
    leases.take_lane(connection, name, holder, NOW)
    leases.ensure_target(connection, name)
    leases.take_target(connection, name, holder, NOW)
    inbox.put(connection, [inbox.Incoming("default", name, b"{}")], NOW)
    inbox.claim(connection, name, f"{holder}/t", NOW, 1)
    notices.add(connection, [notices.New(name, SLACK, "reminder", number, None, {})], NOW)
    best = notices.best(connection, SLACK, NOW, ["reminder"])
    assert best is not None
    notices.claim(connection, best.id, f"{holder}/t", NOW)


def test_forgetting_a_dead_holder_returns_what_was_his_and_nobody_elses(store: Store) -> None:
    """`host_1-` is a prefix of its own: an underscore stands for itself and a longer number is somebody else."""
    first, second = episode("f1", seq=1), episode("f2", seq=2)
    keep_due(store, first, second)
    with store.begin() as connection:
        _everything(connection, "host_1-7", 1)
        _everything(connection, "hostx1-8", 2)
        deliveries.claim(connection, SLACK, first.id, "host_1-7/t", NOW)
        deliveries.claim(connection, SLACK, second.id, "hostx1-8/t", NOW)
    with store.begin() as connection:
        leases.forget(connection, "host_1-", after(1))
    with store.begin() as connection:
        assert leases.take_lane(connection, "1", "new-9", after(1))
        assert not leases.take_lane(connection, "2", "new-9", after(1))
        assert leases.take_target(connection, "1", "new-9", after(1))
        assert not leases.take_target(connection, "2", "new-9", after(1))
        assert len(inbox.claim(connection, "1", "new-9/t", after(1), 1)) == 1
        assert inbox.claim(connection, "2", "new-9/t", after(1), 1) == []
        assert deliveries.claim(connection, SLACK, first.id, "new-9/t", after(1))
        assert deliveries.claim(connection, SLACK, second.id, "new-9/t", after(1)) is None
        best = notices.best(connection, SLACK, after(1), ["reminder"])
        assert best is not None
        assert best.priority == 1


def test_forgetting_wakes_nothing_that_was_done(store: Store) -> None:
    with store.begin() as connection:
        inbox.put(connection, [inbox.Incoming("default", LANE, b"{}")], NOW)
        (row,) = inbox.claim(connection, LANE, "host-7/t", NOW, 1)
        inbox.finish(connection, [row.id], "host-7/t")
        leases.forget(connection, "host-", after(1))
        assert inbox.due_lanes(connection, after(3600)) == []


def test_what_the_silent_may_still_be_telling_is_due_later(store: Store) -> None:
    """Its leases and what it was ingesting are free at once; a send may be under way for as long as it takes."""
    first = episode("f1", seq=1)
    keep_due(store, first)
    with store.begin() as connection:
        _everything(connection, "host-7", 1)
        deliveries.claim(connection, SLACK, first.id, "host-7/t", NOW)
        leases.forget(connection, "host-7", after(11), timedelta(seconds=30))
        assert leases.take_target(connection, "1", "new-9", after(11))
        assert len(inbox.claim(connection, "1", "new-9/t", after(11), 1)) == 1
        assert deliveries.claim(connection, SLACK, first.id, "new-9/t", after(29)) is None
        assert deliveries.claim(connection, SLACK, first.id, "new-9/t", after(30))


def test_a_holder_is_heard_until_it_is_forgotten(store: Store) -> None:
    with store.begin() as connection:
        leases.beat(connection, "host-7:", NOW)
        leases.beat(connection, "host-8:", NOW)
        leases.beat(connection, "host-8:", after(2))
        assert leases.beats(connection) == {"host-7:": NOW, "host-8:": after(2)}
        leases.forget(connection, "host-7:", after(3))
        assert leases.beats(connection) == {"host-8:": after(2)}
        assert inbox.due_lanes(connection, after(60)) == []


def test_a_blocked_target_has_no_holder_until_it_is_probed(store: Store) -> None:
    with store.begin() as connection:
        connection.execute(
            insert(targets).values(name="t", lease_until=NOW, blocked_until=after(60), rate={})
        )
        assert not leases.take_target(connection, "t", "a-1", after(59))
        assert leases.take_target(connection, "t", "a-1", after(60))
        assert connection.execute(select(targets.c.holder).where(targets.c.name == "t")).scalar() == "a-1"
