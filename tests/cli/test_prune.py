"""`prune`, and the same done by the workers."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, insert, select

from core.domain.alert import Alert, Content, Facts
from core.domain.ids import alert_id
from core.store import alerts, tables
from core.store.engine import Store, open_sqlite
from sandbox import Sandbox
from tests.cli.command import Home, alert, shows
from tests.servers import wait_until

OLD = datetime.now(UTC) - timedelta(days=40)


@contextmanager
def store(home: Home) -> Iterator[Store]:
    opened = open_sqlite(str(home.database))
    yield opened
    opened.close()


def resolved(number: int) -> Alert:
    content = Content({"alertname": f"Old{number}"}, {})
    facts = Facts(
        id=alert_id("default", f"f{number}", number, OLD),
        source="default",
        fingerprint=f"f{number}",
        firing=False,
        starts_at=OLD,
        fired_at=OLD,
        occurrence=1,
        seq=number,
        content_hash=content.digest(),
        version=1,
        resolved_at=OLD,
    )
    return Alert(facts, content)


def fill(home: Home) -> None:
    """Three alerts of forty days ago, and what came in then."""
    home.say("migrate")
    row = {"source": "default", "lane": "alertmanager:default", "body": b"x", "received_at": OLD}
    with store(home) as opened, opened.begin() as connection:
        alerts.add(connection, [resolved(number) for number in range(1, 4)], OLD)
        connection.execute(insert(tables.inbox), [row, row])


def left(home: Home) -> tuple[int, int]:
    with store(home) as opened, opened.read() as connection:
        asked = (tables.alerts, tables.inbox)
        rows = [connection.execute(select(func.count()).select_from(table)).scalar_one() for table in asked]
    return rows[0], rows[1]


def test_it_says_what_would_go_and_then_removes_it(home: Home) -> None:
    fill(home)
    assert home.say("prune", "--dry-run").splitlines() == [
        "WHAT              OLDER THAN  WOULD GO",
        "attempts          7 days      0",
        "digests           30 days     0",
        "resolved_alerts   30 days     3",
        "expired_silences  90 days     0",
        "events            7 days      2",
        "event_bodies      1 day       0",
    ]
    assert left(home) == (3, 2)
    assert "resolved_alerts   30 days     3\n" in home.say("prune")
    assert left(home) == (0, 0)


def test_what_is_kept_for_ever_stays_and_is_not_named(home: Home, sandbox: Sandbox) -> None:
    home.configure(sandbox, retention={"resolved_alerts": 0})
    fill(home)
    assert "resolved_alerts" not in home.say("prune")
    assert left(home) == (3, 0)


def test_what_fires_again_as_the_same_alert_is_still_there(home: Home, sandbox: Sandbox) -> None:
    """The longer of the two counts."""
    home.configure(sandbox, retention={"resolved_alerts": "1h"}, alerting={"deduplication_window": "168h"})
    home.say("migrate")
    assert "resolved_alerts   7 days" in home.say("prune", "--dry-run")


def test_the_workers_do_it_by_themselves_and_prune_beside_them(home: Home, sandbox: Sandbox) -> None:
    fill(home)
    with home.command("run") as run:
        home.wait_ready(run)
        wait_until(lambda: left(home)[0] == 0, 30, "pruned")
        home.post(alert("Beside"))
        assert "resolved_alerts   30 days     0\n" in home.say("prune")
        wait_until(lambda: shows(sandbox, "Beside"), 20, "shown")


def test_a_database_that_is_not_there_is_not_made(home: Home) -> None:
    assert f"there is no database {home.database.relative_to(home.folder)}" in home.say("prune", status=1)
    assert not home.database.exists()


def test_a_database_that_was_not_migrated_is_refused(home: Home) -> None:
    home.database.parent.mkdir()
    home.database.touch()
    assert "run `alert-bridge migrate` first" in home.say("prune", status=1)
