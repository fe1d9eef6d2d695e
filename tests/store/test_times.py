"""Times: UTC to the microsecond, whatever comes in, clamped to what MySQL can hold."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import insert, make_url, select

from core.store.clock import clock_of
from core.store.engine import Store, open_mysql
from core.store.tables import inbox
from core.store.types import FIRST, LAST
from tests.servers import MariaDB, Proxy
from tests.store.rows import NOW

FAR_EAST, FAR_WEST = timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))


@pytest.mark.parametrize(
    ("time", "stored"),
    [
        (NOW, NOW),
        (NOW.astimezone(FAR_EAST), NOW),
        (NOW.astimezone(FAR_WEST), NOW),
        (FIRST, FIRST),
        (LAST, LAST),
        (LAST + timedelta(microseconds=1), LAST),
        (datetime(2106, 2, 7, tzinfo=UTC), LAST),
        (datetime.max.replace(tzinfo=UTC), LAST),
        (datetime.max.replace(tzinfo=FAR_WEST), LAST),
        (datetime(1970, 1, 1, tzinfo=UTC), FIRST),
        (datetime(1, 1, 1, tzinfo=UTC), FIRST),
        (datetime(1, 1, 1, tzinfo=FAR_EAST), FIRST),
        (None, None),
    ],
    ids=str,
)
def test_a_time_comes_back_in_utc_and_within_what_can_be_held(
    store: Store, time: datetime | None, stored: datetime | None
) -> None:
    with store.begin() as connection:
        connection.execute(insert(inbox).values(source="s", lane="l", received_at=NOW, due_at=time))
    with store.read() as connection:
        found = connection.execute(select(inbox.c.due_at)).scalar_one()
    assert found == stored
    assert found is None or found.tzinfo is UTC


def test_times_sort_as_times(store: Store) -> None:
    times = [FIRST, NOW - timedelta(microseconds=1), NOW, NOW.replace(microsecond=0) + timedelta(1), LAST]
    with store.begin() as connection:
        for time in reversed(times):
            connection.execute(insert(inbox).values(source="s", lane="l", received_at=time))
    with store.read() as connection:
        ordered = select(inbox.c.received_at).order_by(inbox.c.received_at)
        assert list(connection.execute(ordered).scalars()) == times
        later = select(inbox.c.received_at).where(inbox.c.received_at > NOW)
        assert set(connection.execute(later).scalars()) == set(times[3:])


def test_the_one_clock_is_utc_and_goes_forward(store: Store) -> None:
    clock = clock_of(store)
    first = clock()
    assert abs(first - datetime.now(UTC)) < timedelta(seconds=5)
    assert clock() >= first


def test_a_connection_that_takes_long_does_not_put_the_one_clock_wrong(mariadb: MariaDB) -> None:
    """Two instances whose clocks differed would each not see at once what the other has made due."""
    with Proxy(mariadb.port) as proxy, ThreadPoolExecutor(1) as pool:
        url = make_url(mariadb.url(mariadb.new_database())).set(port=proxy.port)
        with closing(open_mysql(url)) as store:
            proxy.hang()
            clock = clock_of(store)
            asked = pool.submit(clock)
            time.sleep(1)
            proxy.forward()
            asked.result(30)
            assert abs(clock() - datetime.now(UTC)) < timedelta(milliseconds=250)
