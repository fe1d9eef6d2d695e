"""The queries that operators of the first bridge type run unchanged."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import NullPool, create_engine, func, insert, make_url, select

from core.store import alerts
from core.store.engine import Store, open_mysql
from core.store.migrate import migrate
from core.store.tables import alerts as table
from core.store.tables import deliveries, silence_events, silences
from tests.servers import MariaDB
from tests.store.deeds import did
from tests.store.rows import NOW, SLACK, after, episode, keep, keep_due
from tests.store.silenced import silenced, told

ALL = "SELECT id, name, state FROM alerts"
FIRING = "SELECT id, name, state, severity FROM alerts WHERE state = 'firing'"
RECORD = (
    "SELECT alert_id, source, acknowledged_by_name, acknowledged_at FROM ack_events "
    "ORDER BY acknowledged_at DESC LIMIT 10"
)
SILENCED = "SELECT id, instance, fingerprint, start_at, end_at FROM silences WHERE start_at <= NOW() AND end_at > NOW()"
TIDY_SILENCES = "DELETE FROM silences WHERE end_at < NOW()"
TIDY = "DELETE FROM alerts WHERE state = 'resolved' AND updated_at < DATE_SUB(NOW(), INTERVAL 30 DAY)"


def test_operators_list_alerts_with_the_words_they_know(store: Store) -> None:
    firing = episode("f1", seq=1)
    acknowledged = episode("f2", seq=2, acknowledged_at=after(1))
    resolved = episode("f3", seq=3, firing=False, resolved_at=after(1))
    keep(store, firing, acknowledged, resolved)
    with store.read() as connection:
        states = {row.id: (row.name, row.state) for row in connection.exec_driver_sql(ALL)}
        rows = connection.exec_driver_sql(FIRING).all()
    assert states == {
        firing.id: ("HighLatency", "firing"),
        acknowledged.id: ("HighLatency", "acknowledged"),
        resolved.id: ("HighLatency", "resolved"),
    }
    assert [tuple(row) for row in rows] == [(firing.id, "HighLatency", "firing", "critical")]


@pytest.mark.parametrize("zone", ["+00:00", "+13:00", "-12:00"])
def test_the_tidying_delete_keeps_to_its_30_days_in_any_session_zone(
    mariadb: MariaDB, mariadb_tables: Store, zone: str
) -> None:
    store = mariadb_tables
    with store.begin() as connection:
        connection.execute(table.delete())
    now = datetime.now(UTC)
    old, young = now - timedelta(days=30, hours=1), now - timedelta(days=30) + timedelta(hours=1)
    gone, kept, still = (
        episode(f"f{seq}", seq=seq, firing=seq == 3, resolved_at=None if seq == 3 else NOW)
        for seq in (1, 2, 3)
    )
    with store.begin() as connection:
        for alert, at in ((gone, old), (kept, young), (still, old)):
            alerts.add(connection, [alert], at)
            connection.execute(
                insert(deliveries).values(alert_id=alert.id, target=SLACK, wanted=1, priority=1, remote={})
            )
    with store.writer.connect() as connection:
        connection.exec_driver_sql(f"SET SESSION time_zone = '{zone}'")
        connection.exec_driver_sql(TIDY)
        connection.commit()
        connection.invalidate()
    with store.read() as connection:
        assert set(connection.execute(select(table.c.id)).scalars()) == {kept.id, still.id}
        assert set(connection.execute(select(deliveries.c.alert_id)).scalars()) == {kept.id, still.id}


def texts(rows: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in rows]


@pytest.mark.parametrize("collation", ["utf8mb4_unicode_ci", "utf8mb4_bin", "latin1_swedish_ci"])
def test_all_of_it_runs_as_written_whatever_the_server_is_set_to(mariadb: MariaDB, collation: str) -> None:
    """In a session of its own, on a server whose clock shows another zone, in a database with a mind of its own."""
    name = mariadb.new_database()
    charset = collation.partition("_")[0]
    mariadb.execute(
        f"ALTER DATABASE {name} CHARACTER SET {charset} COLLATE {collation}",
        "SET GLOBAL time_zone = '-09:30'",
    )
    store = open_mysql(make_url(mariadb.url(name)))
    typed = create_engine(mariadb.url(name), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    now, month = datetime.now(UTC), timedelta(days=31)
    try:
        migrate(store)
        burns, over = episode("f1", seq=1), episode("f2", seq=2, firing=False, resolved_at=now - month)
        with store.begin() as connection:
            alerts.add(connection, [burns, over], now - month)
        did(store, burns, 5, acknowledged_by_name="Ana Lind 🐢")
        lasts = silenced(store, 1, now, 'instance="web-1"')
        silenced(store, 2, now, start_at=now - timedelta(hours=3), end_at=now - timedelta(hours=1))
        with typed.connect() as connection:
            assert texts(connection.exec_driver_sql(FIRING)) == [
                (burns.id, "HighLatency", "firing", "critical")
            ]
            (who,) = texts(connection.exec_driver_sql(RECORD))
            assert who[:3] == (burns.id, "slack", "Ana Lind 🐢")
            assert [row[0] for row in connection.exec_driver_sql(SILENCED)] == [lasts.id]
            assert connection.exec_driver_sql(TIDY_SILENCES).rowcount == 1
            assert connection.exec_driver_sql(TIDY).rowcount == 1
            assert texts(connection.exec_driver_sql(ALL)) == [(burns.id, "HighLatency", "firing")]
    finally:
        mariadb.execute("SET GLOBAL time_zone = '+00:00'")
        typed.dispose()
        store.close()


def test_what_is_deleted_takes_its_deliveries_and_leaves_the_others(store: Store) -> None:
    resolved = replace(episode("f1", seq=1).facts, firing=False, resolved_at=NOW)
    keep_due(store, replace(episode("f1", seq=1), facts=resolved), episode("f2", seq=2))
    with store.begin() as connection:
        connection.exec_driver_sql("DELETE FROM alerts WHERE state = 'resolved'")
        assert connection.execute(select(func.count()).select_from(deliveries)).scalar() == 1


@pytest.mark.parametrize("zone", ["+00:00", "+13:00", "-12:00"])
def test_operators_see_and_tidy_silences_in_any_session_zone(
    mariadb: MariaDB, mariadb_tables: Store, zone: str
) -> None:
    """What has been done to a silence and where it stands go with it."""
    store, now, hour = mariadb_tables, datetime.now(UTC), timedelta(hours=1)
    with store.begin() as connection:
        connection.execute(silences.delete())
    lasts = silenced(store, 1, now, 'instance="web-1"', fingerprint="f1")
    over = silenced(store, 2, now, start_at=now - 2 * hour, end_at=now - timedelta(minutes=1))
    to_come = silenced(store, 3, now, start_at=now + hour)
    for each in (lasts, over, to_come):
        told(store, each, now)
    with store.writer.connect() as connection:
        connection.exec_driver_sql(f"SET SESSION time_zone = '{zone}'")
        rows = connection.exec_driver_sql(SILENCED).all()
        connection.exec_driver_sql(TIDY_SILENCES)
        connection.commit()
        connection.invalidate()
    assert [(row.id, row.instance, row.fingerprint) for row in rows] == [(lasts.id, "web-1", "f1")]
    with store.read() as connection:
        kept = set(connection.execute(select(silences.c.id)).scalars())
        lines = set(connection.execute(select(silence_events.c.silence_id)).scalars())
    assert kept == lines == {lasts.id, to_come.id}
