"""What is asked of the API by looking may come from the replica; what is done is answered by the primary."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from api.authentication import Authentication
from core.store import tables
from core.store.engine import Store, open_sqlite
from core.store.replica import Replica
from tests.api.conftest import Start
from tests.api.test_health import samples
from tests.api.v1.conftest import OTHER, TOKEN, Api
from tests.store.rows import episode, keep

SEEN, NEW = episode("f1"), episode("f2", seq=2)


@pytest.fixture
def primary(store: Store) -> Store:
    with store.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version AS SELECT '0004' AS version_num")
    keep(store, SEEN, NEW)
    return store


@pytest.fixture
def replica(tmp_path: Path, primary: Store) -> Iterator[Store]:
    """It does not know the newest alert yet. `primary` is made first, as in life."""
    assert primary
    store = open_sqlite(str(tmp_path / "replica.db"))
    tables.metadata.create_all(store.writer)
    with store.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version AS SELECT '0004' AS version_num")
    keep(store, SEEN)
    yield store
    store.close()


@pytest.fixture
def api(start: Start, primary: Store, replica: Store) -> Api:
    both = replace(primary, replica=Replica(replica.reader, primary.reader))
    tokens = Authentication(source_tokens=(("release-bot", TOKEN), ("somebody", OTHER)))
    return Api(start(api=tokens, gauges_of=both))


def listed(api: Api) -> set[str]:
    return {alert["id"] for alert in api.get("/alerts").json["alerts"]}


def test_a_list_is_the_replicas_and_one_alert_that_it_lacks_the_primarys(api: Api) -> None:
    assert listed(api) == {SEEN.id}
    assert api.get(f"/alerts/{NEW.id}").json["id"] == NEW.id
    assert api.get(f"/alerts/{'0' * 36}").status == 404
    assert api.get("/silences/" + "0" * 36).status == 404


@pytest.mark.usefixtures("worker")
def test_who_has_done_something_is_answered_by_the_primary(api: Api) -> None:
    told = api.post(f"/alerts/{NEW.id}/acknowledge")
    assert (told.status, told.json["alert"]["state"]) == (200, "acknowledged")


def test_a_replica_that_fails_is_said_to_and_nobody_notices(api: Api, replica: Store) -> None:
    assert api.receiver.ask("GET", "/ready").json["replica"] == "ok"
    assert samples(api.receiver)["alert_bridge_replica_up",] == 1.0
    with replica.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE alerts RENAME TO gone")
    assert listed(api) == {SEEN.id, NEW.id}
    ready = api.receiver.ask("GET", "/ready")
    assert (ready.status, ready.json["replica"]) == (200, "not used: no such table: alerts")
    assert samples(api.receiver)["alert_bridge_replica_up",] == 0.0
