"""What was put aside is listed, tried again or forgotten, by an operator at a terminal."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from core.store import bodies, deliveries, gauges, inbox, leases, notices
from core.store.engine import Store, open_sqlite
from core.store.tables import deliveries as delivery_rows
from core.store.tables import inbox as inbox_rows
from core.store.tables import notices as notice_rows
from sandbox import Sandbox
from tests.cli.command import SLACK, Home
from tests.store.rows import episode, keep

NOW = datetime.now(UTC)
ALERT = episode("f1")


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    """One delivery, one word and one click that were put aside, and a part of a webhook."""
    home.say("migrate")
    store = open_sqlite(str(home.database))
    keep(store, ALERT)
    word = notices.New("reminder:1", SLACK, "reminder", 50, ALERT.id, {})
    with store.begin() as connection:
        leases.ensure_target(connection, SLACK)
        deliveries.add(connection, [(ALERT.id, SLACK, 10)], NOW)
        notices.add(connection, [word], NOW)
        for lane in ("people", "am:default"):
            leases.ensure_lane(connection, lane)
            inbox.put(connection, [inbox.Incoming("slack", lane, bodies.pack(b"?"), f"key-{lane}")], NOW)
        refused = {
            "due_at": None,
            "parked_reason": "invalid_blocks",
            "last_error": "invalid_blocks: too long",
        }
        connection.execute(update(delivery_rows).values(since=None, **refused))
        connection.execute(update(notice_rows).values(**refused))
        connection.execute(update(inbox_rows).values(due_at=None, parked_at=NOW, error="not a click"))
    yield store
    store.close()


def put_aside(store: Store) -> tuple[int, int, int]:
    with store.read() as connection:
        read = gauges.read(connection, NOW)
    return read.parked_inbox, read.parked_deliveries, read.parked_notices


def test_what_is_put_aside_is_listed_with_the_reason(home: Home, store: Store) -> None:
    """And left alone."""
    rows = [line.split(maxsplit=3) for line in home.say("parked").splitlines()]
    assert rows == [
        ["WHAT", "WHERE", "ABOUT", "WHY"],
        ["inbox", "people", "1", "not a click"],
        ["inbox", "am:default", "2", "not a click"],
        ["deliveries", SLACK, ALERT.id, "invalid_blocks: too long"],
        ["notices", SLACK, ALERT.id, "invalid_blocks: too long"],
    ]
    assert put_aside(store) == (2, 1, 1)


def test_what_is_tried_again_reaches_its_target(home: Home, sandbox: Sandbox, store: Store) -> None:
    """Without anything else having to happen to its alert."""
    assert home.say("parked", "--retry", "--at", SLACK).splitlines()[-1] == "2 due again"
    assert put_aside(store) == (2, 0, 0)
    with home.command("run") as run:
        run.wait_until(lambda: any("HighLatency" in it.text for it in sandbox.slack.messages), 120)


def test_only_what_people_did_is_ingested_again(home: Home, store: Store) -> None:
    """Alertmanager says again what still holds."""
    assert home.say("parked", "--retry").splitlines()[-1] == "3 due again"
    with store.read() as connection:
        due = connection.execute(select(inbox_rows.c.lane).where(inbox_rows.c.due_at.is_not(None))).scalars()
        assert list(due) == ["people"]
    assert put_aside(store) == (1, 0, 0)


def test_what_is_forgotten_counts_no_longer_and_is_told_nobody(home: Home, store: Store) -> None:
    assert home.say("parked", "--forget").splitlines()[-1] == "4 forgotten"
    assert put_aside(store) == (0, 0, 0)
    with store.read() as connection:
        assert [gauge.due for gauge in gauges.read(connection, NOW).targets] == [0]
    assert home.say("parked") == "nothing is put aside\n"


def test_one_decision_at_a_time(home: Home, store: Store) -> None:
    assert "one of them at a time" in home.say("parked", "--retry", "--forget", status=2)
    assert put_aside(store) == (2, 1, 1)
