"""The inbox: received order within a lane, nothing lost, nothing taken twice."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core.domain.errors import ClaimLost
from core.store import inbox, leases
from core.store.engine import Store
from core.store.tables import inbox as table
from tests.store.rows import NOW, after, at_once

LANE = "alertmanager:default"


@pytest.fixture
def ids(store: Store) -> list[int]:
    """Three rows of one lane, due."""
    with store.begin() as connection:
        leases.ensure_lane(connection, LANE)
        inbox.put(connection, [inbox.Incoming("default", LANE, b"%d" % n) for n in range(3)], NOW)
        return list(connection.execute(select(table.c.id).order_by(table.c.id)).scalars())


def claim(store: Store, token: str, at: float = 0, limit: int = 50) -> list[int]:
    with store.begin() as connection:
        return [row.id for row in inbox.claim(connection, LANE, token, after(at), limit)]


def test_rows_come_in_the_order_received_and_whole(store: Store, ids: list[int]) -> None:
    with store.begin() as connection:
        rows = inbox.claim(connection, LANE, "t1", NOW, 50)
    assert [row.id for row in rows] == ids
    assert [row.body for row in rows] == [b"0", b"1", b"2"]
    assert {(row.source, row.lane, row.received_at, row.attempts) for row in rows} == {
        ("default", LANE, NOW, 1)
    }


def test_no_more_rows_come_than_asked_for(store: Store, ids: list[int]) -> None:
    assert claim(store, "t1", limit=2) == ids[:2]


def test_a_claimed_row_holds_up_its_lane_until_the_claim_runs_out(store: Store, ids: list[int]) -> None:
    claim(store, "t1", limit=1)
    assert claim(store, "t2", 59) == []
    assert claim(store, "t2", 60) == ids[:1]


def test_a_row_that_was_put_off_holds_up_its_lane(store: Store, ids: list[int]) -> None:
    claim(store, "t1", limit=1)
    with store.begin() as connection:
        inbox.give_back(connection, ids[:1], "t1", after(5), "database gone")
    assert claim(store, "t2", 4) == []
    assert claim(store, "t2", 5) == ids


def test_a_row_that_was_tried_comes_alone(store: Store, ids: list[int]) -> None:
    claim(store, "t1", limit=2)
    assert claim(store, "t2", 60) == ids[:1]
    with store.begin() as connection:
        inbox.finish(connection, ids[:1], "t2")
    assert claim(store, "t3", 60) == ids[1:2]
    with store.begin() as connection:
        inbox.finish(connection, ids[1:2], "t3")
    assert claim(store, "t4", 60) == ids[2:]


def test_fresh_rows_before_a_tried_one_come_without_it(store: Store, ids: list[int]) -> None:
    with store.begin() as connection:
        connection.execute(table.update().where(table.c.id == ids[2]).values(attempts=1))
    assert claim(store, "t1") == ids[:2]


def test_another_lane_is_not_held_up(store: Store, ids: list[int]) -> None:
    claim(store, "t1", limit=1)
    with store.begin() as connection:
        inbox.put(connection, [inbox.Incoming("other", "alertmanager:other", b"")], NOW)
        assert len(inbox.claim(connection, "alertmanager:other", "t2", NOW, 50)) == 1


def test_of_eight_hands_at_once_one_gets_the_rows(store: Store, ids: list[int]) -> None:
    def take(hand: int) -> list[int]:
        return store.transact(
            lambda connection: [row.id for row in inbox.claim(connection, LANE, f"t{hand}", NOW, 50)]
        )

    assert sorted(at_once(8, take)) == [[], [], [], [], [], [], [], ids]


def test_a_finished_row_is_never_due_again(store: Store, ids: list[int]) -> None:
    claim(store, "t1")
    with store.begin() as connection:
        inbox.finish(connection, ids, "t1")
        assert inbox.due_lanes(connection, after(9999)) == []
        assert inbox.counts(connection) == (0, 0, None)


def test_who_lost_the_claim_can_neither_hold_nor_finish(store: Store, ids: list[int]) -> None:
    claim(store, "t1", limit=1)
    claim(store, "t2", 60)
    with pytest.raises(ClaimLost), store.begin() as connection:
        inbox.finish(connection, ids[:1], "t1")
    with pytest.raises(ClaimLost), store.begin() as connection:
        inbox.hold(connection, ids[:1], "t1", NOW)
    with store.begin() as connection:
        inbox.finish(connection, ids[:1], "t2")


def test_a_held_claim_runs_from_now(store: Store, ids: list[int]) -> None:
    claim(store, "t1", limit=1)
    with store.begin() as connection:
        inbox.hold(connection, ids[:1], "t1", after(50))
    assert claim(store, "t2", 109) == []
    assert claim(store, "t2", 110) == ids[:1]


def test_holding_twice_in_one_instant_keeps_the_claim(store: Store, ids: list[int]) -> None:
    """MySQL counts a row that an UPDATE leaves as it was as changed only where it is asked to."""
    claim(store, "t1", limit=1)
    with store.begin() as connection:
        inbox.hold(connection, ids[:1], "t1", after(1))
        inbox.hold(connection, ids[:1], "t1", after(1))


def test_a_parked_row_lets_the_others_by_and_keeps_its_body(store: Store, ids: list[int]) -> None:
    claim(store, "t1", limit=1)
    with store.begin() as connection:
        inbox.park(connection, ids[0], "t1", "not JSON", NOW)
    assert claim(store, "t2") == ids[1:]
    with store.begin() as connection:
        row = connection.execute(select(table).where(table.c.id == ids[0])).one()
        assert (row.body, row.error, row.parked_at, row.due_at) == (b"0", "not JSON", NOW, None)
        assert inbox.counts(connection) == (2, 1, NOW)


def test_a_bad_item_is_put_aside_beside_its_row(store: Store, ids: list[int]) -> None:
    with store.begin() as connection:
        (row,) = inbox.claim(connection, LANE, "t1", NOW, 1)
        inbox.park_part(connection, row, b"bad", "no labels", after(1))
        inbox.finish(connection, [row.id], "t1")
        assert inbox.counts(connection) == (2, 1, NOW)
    assert claim(store, "t2") == ids[1:]


def test_an_error_of_any_length_is_kept_short(store: Store, ids: list[int]) -> None:
    claim(store, "t1", limit=1)
    with store.begin() as connection:
        inbox.park(connection, ids[0], "t1", "é" * 100_000, NOW)
        error = connection.execute(select(table.c.error).where(table.c.id == ids[0])).scalar_one()
    assert error == "é" * 2000


def test_a_body_of_a_megabyte_comes_back_as_it_went_in(store: Store) -> None:
    """MySQL's plain BLOB would end at 64 KiB."""
    body = bytes(range(256)) * (1 << 12)
    with store.begin() as connection:
        inbox.put(connection, [inbox.Incoming("default", LANE, body)], NOW)
        (row,) = inbox.claim(connection, LANE, "t1", NOW, 1)
    assert row.body == body


def test_one_dedup_key_is_stored_once_and_none_is_no_key(store: Store) -> None:
    def put(dedup_key: str | None) -> None:
        with store.begin() as connection:
            inbox.put(connection, [inbox.Incoming("default", "people", b"", dedup_key)], NOW)

    put("Ev1")
    put("ev1")
    put(None)
    put(None)
    with pytest.raises(IntegrityError):
        put("Ev1")


def test_a_lane_is_due_when_a_row_of_it_is(store: Store, ids: list[int]) -> None:
    with store.read() as connection:
        assert inbox.due_lanes(connection, after(-1)) == []
        assert inbox.due_lanes(connection, NOW) == [LANE]
        assert inbox.counts(connection) == (3, 0, NOW)


def test_an_id_is_never_used_twice(store: Store, ids: list[int]) -> None:
    with store.begin() as connection:
        connection.execute(table.delete())
        inbox.put(connection, [inbox.Incoming("default", LANE, b"")], NOW)
        assert connection.execute(select(table.c.id)).scalar_one() > ids[-1]
