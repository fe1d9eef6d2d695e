"""How MariaDB and SQLite go about the statements that run all day, with so many rows that they decide as in life.

MariaDB explains each statement as the code says it, with the values that it had. SQLite, which knows no numbers
beforehand, is watched at work.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, insert, make_url, select, text

from core.domain.alert import State
from core.store import (
    aged,
    alerts,
    deliveries,
    gauges,
    inbox,
    incidents,
    leases,
    listing,
    notices,
    open_alerts,
    outcome,
    people,
    record,
    sightings,
    silence_listing,
    silences,
    summary,
    tables,
    targets,
    timeline,
)
from core.store.engine import Store, open_mysql, open_sqlite
from core.store.listing import Cursor, Filter
from core.store.migrate import migrate
from core.store.summary import Period
from tests.servers import MariaDB
from tests.store.rows import NOW, SLACK, after

LANE, ALERTMANAGER = "alertmanager:default", "alertmanager:main"
HOUR = timedelta(hours=1)
# What is open, due or lately done; the rest is history, and nobody may walk through it.
FEW = 1500
ID, OTHER = f"{1:08x}-0000-7000-8000-000000000000", f"{19_999:08x}-0000-7000-8000-000000000000"

# One alert a minute into the past; the first 900 burn, a hundred of them acknowledged.
_ID = "CONCAT(LPAD(HEX(seq), 8, '0'), '-0000-7000-8000-000000000000')"
_AT = "'2026-11-23 12:00:00' - INTERVAL seq MINUTE"
FILL = f"""
INSERT INTO lanes (name, lease_until) VALUES ('{LANE}', NOW()), ('people', NOW()), ('sweep', NOW());
INSERT INTO targets (name, lease_until, blocked_until, rate)
  VALUES ('{SLACK}', '2000-01-01', '2000-01-01', '{{}}'), ('{ALERTMANAGER}', '2000-01-01', '2000-01-01', '{{}}');
INSERT INTO inbox (source, lane, dedup_key, body, received_at, due_at, attempts, parked_at)
  SELECT 'default', IF(seq % 10, '{LANE}', 'people'), CONCAT('key', seq), REPEAT('x', 200), {_AT},
    IF(seq > 19700, {_AT}, NULL), 0, IF(seq % 1000, NULL, {_AT}) FROM seq_1_to_20000;
INSERT INTO alerts (id, source, fingerprint, open_key, name, severity, state, instance, summary, description, labels,
  annotations, generator_url, firing, starts_at, fired_at, occurrence, seq, resolved_at, wake_at, content_hash, version,
  created_at, updated_at)
  SELECT {_ID}, IF(seq % 3, 'default', 'eu-1'), CONCAT('f', seq), IF(seq <= 900, CONCAT('default:f', seq), NULL),
    CONCAT('Alert', seq % 50), ELT(1 + seq % 3, 'critical', 'warning', 'info'),
    IF(seq > 900, 'resolved', IF(seq % 9, 'firing', 'acknowledged')), 'web-1', REPEAT('s', 200), '', '{{}}', '{{}}', '',
    seq <= 900, {_AT}, {_AT}, 1, seq, IF(seq > 900, {_AT}, NULL), IF(seq <= 900, '2026-11-24', NULL), 'x', 1,
    {_AT}, {_AT}
  FROM seq_1_to_20000;
UPDATE alerts SET wake_at = '2026-11-23 11:00:00' WHERE seq <= 20;
INSERT INTO deliveries (alert_id, target, wanted, delivered, priority, due_at, since, remote, remote_id, parked_reason)
  SELECT {_ID}, '{SLACK}', 2, 1, seq % 40, IF(seq <= 400, {_AT}, NULL), IF(seq <= 400, {_AT}, NULL), '{{}}',
    CONCAT('1.', seq), IF(seq % 2000, NULL, 'refused') FROM seq_1_to_20000;
INSERT INTO notices (alert_id, target, kind, unique_key, params, priority, due_at, remote, created_at, parked_reason)
  SELECT {_ID}, '{SLACK}', IF(seq % 5, 'line', 'note'), CONCAT('n', seq), '{{}}', 30, IF(seq <= 100, {_AT}, NULL),
    '{{}}', {_AT}, IF(seq % 2000, NULL, 'refused') FROM seq_1_to_20000;
INSERT INTO ack_events (alert_id, occurrence, action, source, acknowledged_by_name, acknowledged_by_email,
  acknowledged_by_id, acknowledged_at, fired_at, source_event_id)
  SELECT {_ID}, 1, IF(seq % 4, 'acknowledged', 'note'), 'slack', 'Ana', 'ana@example.org', 'slack:U1', {_AT}, {_AT},
    CONCAT('e', seq) FROM seq_1_to_20000;
INSERT INTO history (alert_id, occurrence, at, what, seconds)
  SELECT {_ID}, 1, {_AT}, ELT(1 + seq % 3, 'fired', 'resolved', 'delivered'), 60 FROM seq_1_to_20000;
INSERT INTO delivery_attempts (alert_id, target, at, milliseconds, outcome, reason, error)
  SELECT {_ID}, '{SLACK}', {_AT}, 5, 'transient', 'timeout', '' FROM seq_1_to_20000;
INSERT INTO silences (id, matchers, instance, start_at, end_at, created_by, created_by_id, reason, source, alert_id,
  acknowledges, wake_at, version, created_at, updated_at)
  SELECT {_ID}, '[]', 'web-1', {_AT} - INTERVAL 1 HOUR, IF(seq <= 50, '2026-11-24', {_AT}), 'Ana', 'slack:U1', '',
    'slack', {_ID}, seq % 2, IF(seq <= 50, '2026-11-23 11:59:00', NULL), 1, {_AT}, {_AT} FROM seq_1_to_20000;
INSERT INTO silence_deliveries (silence_id, target, wanted, delivered, priority, due_at, since, remote, remote_id)
  SELECT {_ID}, '{ALERTMANAGER}', 1, 1, 5, IF(seq <= 20, {_AT}, NULL), IF(seq <= 20, {_AT}, NULL), '{{}}',
    CONCAT('am', seq) FROM seq_1_to_20000;
INSERT INTO silence_events (silence_id, action, at, by_name, by_id, source, end_at, source_event_id)
  SELECT {_ID}, 'silenced', {_AT}, 'Ana', 'slack:U1', 'slack', {_AT}, CONCAT('s', seq) FROM seq_1_to_20000;
INSERT INTO incidents (incident_id, alert_id, occurrence, number, url, learned_at)
  SELECT CONCAT('P', seq), {_ID}, 1, seq, '', {_AT} FROM seq_1_to_20000;
INSERT INTO people (provider, id, name, refreshed_at)
  SELECT 'slack', CONCAT('U', seq), 'Ana', {_AT} FROM seq_1_to_20000;
INSERT INTO sightings (alert_id, seen_at, suppressed_by) SELECT {_ID}, {_AT}, '[]' FROM seq_1_to_900
"""  # noqa: S608


@pytest.fixture(scope="module")
def full(mariadb: MariaDB) -> Iterator[Store]:
    store = open_mysql(make_url(mariadb.url(mariadb.new_database())))
    migrate(store)
    with store.begin() as connection:
        for statement in FILL.split(";\n"):
            connection.exec_driver_sql(statement.replace("%", "%%"))
    with store.begin() as connection:
        names = ", ".join(table.name for table in tables.metadata.sorted_tables)
        connection.exec_driver_sql(f"ANALYZE TABLE {names}").all()
    yield store
    store.close()


@pytest.fixture(scope="module")
def full_sqlite(full: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The same rows, of which nothing has been analysed, as in life."""
    store = open_sqlite(str(tmp_path_factory.mktemp("full") / "full.db"))
    migrate(store)
    with full.read() as source, store.begin() as connection:
        for table in tables.metadata.sorted_tables:
            if rows := [row._asdict() for row in source.execute(select(table))]:
                connection.execute(insert(table), rows)
    yield store
    store.close()


@dataclass(frozen=True)
class Case:
    """`sorts`: what is found, and it is little, is put in order, counted or joined. `reads`: at most so many rows."""

    ask: Callable[[Connection], object]
    sorts: bool = False
    reads: int = FEW


def _page(wanted: Filter, after_: Cursor | None = None) -> Case:
    return Case(lambda c: listing.page(c, wanted, after_, 50), reads=25_000)


CASES = {
    "claim of a lane": Case(lambda c: inbox.claim(c, LANE, "t", NOW, 50), sorts=True),
    "finish": Case(lambda c: inbox.give_back(c, [1, 2], "t", NOW, "x")),
    "next of a lane": Case(lambda c: inbox.is_next_due(c, LANE, NOW), sorts=True),
    "waiting in a lane": Case(lambda c: inbox.is_waiting(c, "people")),
    "lane behind": Case(lambda c: inbox.is_behind(c, LANE, NOW), sorts=True),
    "due lanes": Case(lambda c: inbox.due_lanes(c, NOW)),
    "event known": Case(
        lambda c: (inbox.is_known(c, "key7"), outcome.outcome(c, "key7"), outcome.record(c, "e7"))
    ),
    "lease of a lane": Case(lambda c: leases.take_lane(c, LANE, "me", NOW)),
    "lease of a target": Case(lambda c: leases.take_target(c, SLACK, "me", NOW)),
    "due targets": Case(lambda c: targets.due(c, [SLACK, ALERTMANAGER], NOW)),
    "best delivery": Case(lambda c: deliveries.best(c, SLACK, NOW, [True, False]), sorts=True),
    "best new delivery": Case(lambda c: deliveries.best(c, SLACK, NOW, [False], at_most=20), sorts=True),
    "claim of a delivery": Case(lambda c: deliveries.claim(c, SLACK, ID, "t", NOW)),
    "other deliveries": Case(lambda c: deliveries.others(c, ID, SLACK, NOW)),
    "deliveries known": Case(lambda c: deliveries.known(c, [ID, OTHER])),
    "deliveries wanted": Case(lambda c: deliveries.want(c, [ID, OTHER], NOW, new=1, edit=2)),
    "delivery found": Case(lambda c: deliveries.found(c, SLACK, ["1.7", "1.8"])),
    "best silence": Case(
        lambda c: deliveries.best(c, ALERTMANAGER, NOW, [True, False], of=deliveries.SILENCES), sorts=True
    ),
    "best notice": Case(lambda c: notices.best(c, SLACK, NOW, ["line", "note"]), sorts=True),
    "claim of a notice": Case(lambda c: notices.claim(c, 7, "t", NOW)),
    "note of ours": Case(lambda c: notices.has_said(c, SLACK, [ID, OTHER], "x")),
    "newest episodes": Case(
        lambda c: alerts.newest(c, "default", [f"f{n}" for n in range(500)], NOW - HOUR), sorts=True
    ),
    "alerts to change": Case(lambda c: alerts.load(c, [ID, OTHER], to_change=True)),
    "alerts to wake": Case(lambda c: alerts.to_wake(c, NOW, NOW + HOUR, 500), sorts=True),
    "alerts heard again": Case(lambda c: alerts.touch(c, {ID: 7, OTHER: 8})),
    "all alerts": _page(Filter()),
    "firing": _page(Filter(states=[State.FIRING])),
    "acknowledged": _page(Filter(states=[State.ACKNOWLEDGED])),
    "resolved": _page(Filter(states=[State.RESOLVED])),
    "narrow": _page(Filter(severities=["warning"], name="Alert7", since=NOW - HOUR, until=NOW)),
    "second page": _page(Filter(), Cursor(after(-600_000), OTHER)),
    "longest open": Case(lambda c: listing.longest_open(c, ["critical"], 15)),
    "short ids": Case(lambda c: listing.short_ids(c, [ID, OTHER])),
    "by a beginning": Case(lambda c: listing.begins_with(c, "0000001", 3)),
    "open alerts": Case(lambda c: list(open_alerts.walk(c))),
    "timeline": Case(lambda c: timeline.timeline(c, OTHER, NOW), sorts=True),
    "summary of an hour": Case(lambda c: summary.summarise(c, Period(NOW - HOUR, NOW)), sorts=True),
    "gauges": Case(lambda c: gauges.read(c, NOW, ["default"]), sorts=True),
    "silences that last": Case(lambda c: silences.lasting(c, NOW), sorts=True),
    "silences to wake": Case(lambda c: silences.to_wake(c, NOW, 100)),
    "silences that ended": Case(lambda c: silences.ended(c, NOW - HOUR, NOW), sorts=True),
    "silences listed": Case(
        lambda c: silence_listing.page(c, list(silence_listing.Phase), None, NOW, 50), reads=25_000
    ),
    "silence of an acknowledgement": Case(lambda c: silences.acknowledging(c, [ID, OTHER], NOW)),
    "record of silences": Case(lambda c: silences.record(c, [ID, OTHER]), sorts=True),
    "silences expected": Case(lambda c: silences.expected(c, ALERTMANAGER, NOW)),
    "incident": Case(lambda c: (incidents.holds(c, "P7"), incidents.newest(c, ID)), sorts=True),
    "people": Case(lambda c: people.accounts(c, ["slack:U7", "pagerduty:P1"])),
    "deeds known": Case(
        lambda c: (record.is_known(c, "e7"), record.with_deeds(c, [ID]), record.fired_at(c, ID, 1)),
        sorts=True,
    ),
    "alerts pruned": Case(lambda c: aged.remove_alerts(c, [ID, OTHER], NOW, [SLACK]), sorts=True),
    "old alerts": Case(lambda c: aged.old_alerts(c, NOW - HOUR, None, [SLACK]), sorts=True, reads=25_000),
    "silences pruned": Case(lambda c: aged.remove_silences(c, [ID, OTHER], NOW, [SLACK])),
    "events pruned": Case(
        lambda c: (aged.remove_events(c, [7, 8], NOW, ()), aged.remove_bodies(c, [9], NOW, ()))
    ),
    "words pruned": Case(
        lambda c: (aged.remove_attempts(c, [7], NOW, ()), aged.remove_digests(c, [8], NOW, ()))
    ),
    "sightings": Case(lambda c: sightings.held(c, "default"), reads=FEW + 1),
    "sightings outlived": Case(lambda c: sightings.outlived(c, 100), reads=FEW + 1),
}


@contextmanager
def caught(store: Store) -> Iterator[list[tuple[str, Any]]]:
    said: list[tuple[str, Any]] = []

    def catch(*call: Any) -> None:
        if not call[2].startswith(("INSERT", "BEGIN", "EXPLAIN", "ROLLBACK")):
            said.append((call[2], call[3][0] if call[5] else call[3]))

    event.listen(store.writer, "before_cursor_execute", catch)
    yield said
    event.remove(store.writer, "before_cursor_execute", catch)


@pytest.mark.parametrize("name", CASES)
def test_a_statement_of_every_day_goes_along_an_index(full: Store, name: str) -> None:
    case = CASES[name]
    with full.writer.connect() as connection, caught(full) as said:
        case.ask(connection)
        plans = [
            (statement, row)
            for statement, parameters in list(said)
            for row in connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
        ]
        connection.rollback()
    bad = [(what, statement) for statement, row in plans if (what := fault(case, row))]
    assert said
    assert bad == []


def fault(case: Case, row: Any) -> str | None:
    read, extra = int(row.rows or 0), row.Extra or ""
    if row.type == "ALL" and read > 10:
        return f"{row.table}: all {read} rows are read"
    if row.type == "index" and not case.reads > FEW and read > 10:
        return f"{row.table}: all {read} of an index are read"
    if read > case.reads:
        return f"{row.table}: {read} rows along {row.key}"
    if not case.sorts and ("filesort" in extra or "temporary" in extra):
        return f"{row.table}: {read} rows, {extra}"
    return None


@pytest.mark.parametrize("name", CASES)
def test_sqlite_does_not_walk_through_the_past_for_it(full_sqlite: Store, name: str) -> None:
    """In steps of its machine, of which a question asked of each row of one table takes more."""
    with full_sqlite.writer.connect() as connection:
        whole = steps(
            connection,
            lambda c: c.execute(text("SELECT SUM(priority) FROM deliveries WHERE wanted >= 0")).all(),
        )
        taken = steps(connection, CASES[name].ask)
        connection.rollback()
    assert taken < whole


def steps(connection: Connection, ask: Callable[[Connection], object]) -> int:
    hundreds = 0

    def count() -> int:
        nonlocal hundreds
        hundreds += 1
        return 0

    driver: Any = connection.connection.driver_connection
    driver.set_progress_handler(count, 100)
    ask(connection)
    driver.set_progress_handler(None, 0)
    return hundreds * 100
