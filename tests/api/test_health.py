"""Alive, ready, in numbers; and none of it hangs with the database."""

import math
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import insert

from api.authentication import Authentication
from core.store import leases, sources, tables, targets
from core.store.cached import Cached
from core.store.clock import system_clock
from core.store.engine import Store, open_sqlite
from core.store.inbox import Incoming, put
from tests.api.conftest import Receiver, Start
from tests.api.payload import body


def samples(receiver: Receiver) -> dict[tuple[str, ...], float]:
    """Every sample by its name and the values of its labels."""
    reply = receiver.ask("GET", "/metrics")
    assert reply.status == 200
    assert reply.headers["Content-Type"].startswith("text/plain")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(reply.body.decode())
        for sample in family.samples
    }


def test_alive_is_all_that_health_says(receiver: Receiver) -> None:
    reply = receiver.ask("GET", "/health")
    assert (reply.status, reply.json) == (200, {"status": "ok"})


def test_ready_names_what_is_wrong_loudly(receiver: Receiver) -> None:
    """A blocked target is shown, and the receiver takes alerts all the same."""
    with receiver.store.begin() as connection:
        leases.ensure_target(connection, "slack:C1")
        leases.ensure_target(connection, "pagerduty:default")
        targets.block(connection, "slack:C1", system_clock() + timedelta(minutes=1), "invalid_auth")
        targets.leave(connection, "pagerduty:default", {}, "unauthorized: HTTP 401")
    reply = receiver.ask("GET", "/ready")
    expected = {
        "status": "ready",
        "database": "ok",
        "migrations": "current",
        "broker": "ok",
        "blocked": [{"target": "slack:C1", "reason": "invalid_auth"}],
        "degraded": [{"target": "pagerduty:default", "reason": "unauthorized: HTTP 401"}],
        "alertmanager": "unauthenticated",
        "reconciler": "off: without alertmanager.url an alert that ends while it is silenced stays open here, and one "
        "that was missed stays unknown",
    }
    assert (200, expected) == (reply.status, reply.json)


@pytest.mark.parametrize(
    ("taken", "told", "gauge"),
    [
        (None, "ok", None),
        (True, "ok", 1.0),
        (False, "down: what it does not carry is found by the sweep, some seconds later", 0.0),
    ],
)
def test_a_broker_that_is_down_is_named_and_no_reason_to_stay_away(
    start: Start, taken: bool | None, told: str, gauge: float | None
) -> None:
    """Before the first hint, and without a broker, there is no gauge."""
    receiver = start(hinted=lambda: taken)
    ready = receiver.ask("GET", "/ready")
    assert (ready.status, ready.json["broker"]) == (200, told)
    assert samples(receiver).get(("alert_bridge_broker_up",)) == gauge


def test_the_reconciler_says_how_long_ago_it_was(start: Start) -> None:
    """And what came in its way; before its first time it is infinitely long ago."""
    receiver = start(reconciled=("eu", "us"))
    at = system_clock() - timedelta(seconds=90)
    with receiver.store.begin() as connection:
        sources.reconciled(connection, "eu", at)
        sources.ails(connection, "eu", sources.RECONCILING, "am-1:9093: timeout")
    assert receiver.ask("GET", "/ready").json["reconciler"] == [
        {"source": "eu", "last_success": at.isoformat(), "trouble": "reconciling: am-1:9093: timeout"},
        {"source": "us", "last_success": None, "trouble": None},
    ]
    ages = [samples(receiver)["alert_bridge_reconciled_age_seconds", source] for source in ("eu", "us")]
    assert (90 <= ages[0] < 120, ages[1]) == (True, math.inf)


def test_with_authentication_the_loud_word_is_gone(start: Start) -> None:
    receiver = start(Authentication(tokens=("t",)))
    assert receiver.ask("GET", "/ready").json["alertmanager"] == "authenticated"
    assert samples(receiver)["alert_bridge_unauthenticated_sources",] == 0.0


def test_without_migrations_it_is_not_ready(start: Start) -> None:
    reply = start(migrated=lambda: False).ask("GET", "/ready")
    assert (reply.status, reply.json["status"], reply.json["migrations"]) == (503, "not ready", "not current")


def test_a_database_that_would_not_do_is_no_place_for_alerts(start: Start) -> None:
    """Its user may only read, say: whoever balances loads goes elsewhere."""
    reply = start(fit=lambda: False).ask("GET", "/ready")
    told = "not fit: nothing can be stored, and the log says why"
    assert (reply.status, reply.json["status"], reply.json["database"]) == (503, "not ready", told)


@pytest.fixture
def gone(tmp_path: Path) -> Store:
    return open_sqlite(str(tmp_path / "nowhere" / "bridge.db"))


def test_without_a_database_health_and_metrics_still_answer(start: Start, gone: Store) -> None:
    receiver = start(gauges_of=gone)
    reply = receiver.ask("GET", "/ready")
    assert (reply.status, reply.json["database"]) == (503, "unreachable")
    assert receiver.ask("GET", "/health").status == 200
    told = samples(receiver)
    assert told["alert_bridge_database_up",] == 0.0
    assert ("alert_bridge_oldest_undelivered_seconds",) not in told


def test_the_gauges_say_what_waits(receiver: Receiver) -> None:
    now = system_clock()
    with receiver.store.begin() as connection:
        leases.ensure_lane(connection, "alertmanager:default")
        put(connection, [Incoming("default", "alertmanager:default", b"x")] * 2, now - timedelta(minutes=5))
        leases.ensure_target(connection, "slack:C1")
        targets.block(connection, "slack:C1", now, "invalid_auth")
        notice = {
            "target": "slack:C1",
            "kind": "reminder",
            "params": {},
            "priority": 1,
            "remote": {},
            "created_at": now - timedelta(hours=1),
        }
        connection.execute(insert(tables.notices).values(**notice, unique_key="a", due_at=now))
        connection.execute(insert(tables.notices).values(**notice, unique_key="b", parked_reason="odd"))
    told = samples(receiver)
    assert pytest.approx(told["alert_bridge_oldest_undelivered_seconds",], abs=60) == 3600
    assert told["alert_bridge_inbox_due",] == 2.0
    assert told["alert_bridge_due", "slack:C1"] == 1.0
    assert told["alert_bridge_blocked", "slack:C1"] == 1.0
    assert told["alert_bridge_parked", "notices"] == 1.0
    assert told["alert_bridge_parked", "inbox"] == 0.0
    assert told["alert_bridge_unauthenticated_sources",] == 1.0
    assert told["alert_bridge_database_up",] == 1.0


def test_nothing_waiting_is_zero_and_outcomes_are_there_from_the_start(receiver: Receiver) -> None:
    told = samples(receiver)
    assert told["alert_bridge_oldest_undelivered_seconds",] == 0.0
    for outcome in ("accepted", "malformed", "unauthenticated", "too_large", "unsupported", "unavailable"):
        assert ("alert_bridge_received_total", outcome, "alertmanager") in told


def test_with_several_processes_the_counts_are_collected_from_all(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "counts"
    folder.mkdir()
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(folder))
    count = "from core import metrics; metrics.RECEIVED.labels('alertmanager', 'accepted').inc(21)"
    for _ in range(2):
        subprocess.run([sys.executable, "-c", count], check=True, cwd=Path(__file__).parents[2])
    receiver.post(body())
    told = samples(receiver)
    assert told["alert_bridge_received_total", "accepted", "alertmanager"] == 42.0
    assert told["alert_bridge_inbox_due",] == 1.0


def test_ready_does_not_hang_with_what_it_asks(start: Start) -> None:
    held = threading.Event()
    receiver = start(migrated=lambda: held.wait(30))
    try:
        began = time.monotonic()
        assert receiver.ask("GET", "/ready").status == 503
        assert receiver.ask("GET", "/health").status == 200
        assert receiver.ask("GET", "/metrics").status == 200
        assert time.monotonic() - began < 6
    finally:
        held.set()


def test_a_question_that_hangs_is_put_once_and_waited_for_once() -> None:
    held = threading.Event()
    asked: list[int] = []

    def ask() -> int:
        asked.append(1)
        held.wait(30)
        return 5

    cached = Cached(ask, patience=0.2)
    assert cached.get() is None
    began = time.monotonic()
    assert [cached.get() for _ in range(20)] == [None] * 20
    assert time.monotonic() - began < 0.15
    held.set()
    deadline = time.monotonic() + 5
    while cached.get() != 5:
        assert time.monotonic() < deadline
    assert asked == [1]


def test_an_answer_is_kept_while_it_is_fresh() -> None:
    answers = iter([1, 2])
    cached = Cached(lambda: next(answers), fresh=0.1)
    assert [cached.get(), cached.get()] == [1, 1]
    time.sleep(0.15)
    assert cached.get() == 2


def test_a_question_that_fails_has_no_answer() -> None:
    def ask() -> int:
        raise RuntimeError

    assert Cached(ask).get() is None
