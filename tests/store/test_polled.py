"""What polling keeps and asks of the store."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from core.domain.matcher import Matcher
from core.domain.silence import Silence
from core.store import deliveries, silences, sources, tables
from core.store.deliveries import SILENCES
from core.store.engine import Store

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NAME = "alertmanager:default"


def silence(number: int, end_at: datetime) -> Silence:
    return Silence(
        id=f"01993e00-0000-7000-8000-{number:012x}",
        matchers=(Matcher("alertname", "HighCPU"),),
        start_at=NOW - timedelta(hours=1),
        end_at=end_at,
        created_by="slack:U0ADA",
        created_by_name="Ada Example",
        reason="",
        source="slack",
        created_at=NOW,
    )


def test_a_source_that_was_never_heard_of_is_kept_with_when_it_was_read(store: Store) -> None:
    for minutes in (0, 1):
        with store.begin() as connection:
            sources.polled(connection, "default", NOW + timedelta(minutes=minutes))
    with store.read() as connection:
        rows = connection.execute(select(tables.sources)).all()
    assert [("default", NOW + timedelta(minutes=1), [])] == [
        (it.name, it.polled_at, it.receivers) for it in rows
    ]


def test_expected_is_what_lasts_and_has_an_id_there(store: Store) -> None:
    lasts, over, unmade = (silence(n, NOW + timedelta(hours=h)) for n, h in ((1, 1), (2, 0), (3, 1)))
    with store.begin() as connection:
        for it, remote_id in ((lasts, "a"), (over, "b"), (unmade, None)):
            silences.add(connection, it, NOW)
            deliveries.add(connection, [(it.id, NAME, 0)], NOW, of=SILENCES)
            delivery = deliveries.claim(connection, NAME, it.id, "token", NOW, of=SILENCES)
            assert delivery is not None
            deliveries.complete(connection, delivery, {}, remote_id=remote_id, again_at=None, now=NOW)
        assert {"a": lasts.id} == silences.expected(connection, NAME, NOW)
        assert silences.expected(connection, "alertmanager:other", NOW) == {}
