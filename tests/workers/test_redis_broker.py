"""Hints on a real Redis: queues that do not grow, and a broker that hangs is not asked again and again."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from redis import Redis as Client

from tests.servers import Redis, redis_server
from workers.app import make_celery
from workers.duties import DELIVER, INGEST
from workers.hints import Hints
from workers.redis_broker import MOST


@pytest.fixture
def redis() -> Iterator[Redis]:
    with redis_server() as started:
        yield started


@pytest.fixture
def hints(redis: Redis, tmp_path: Path) -> Iterator[Hints]:
    made = Hints(make_celery(redis.url, tmp_path, publishes=True))
    yield made
    made.stop()


def ask(redis: Redis, question: Callable[[Client], Any]) -> Any:
    with Client.from_url(redis.url) as client:
        return question(client)


def test_a_queue_that_nobody_listens_to_keeps_the_newest(redis: Redis, hints: Hints) -> None:
    for number in range(MOST + 5):
        assert hints.publish(INGEST, f"alertmanager:{number}")
    assert ask(redis, lambda client: client.llen("ingest")) == MOST
    oldest, newest = (orjson.loads(ask(redis, lambda c, i=i: c.lindex("ingest", i))) for i in (-1, 0))
    assert [one["headers"]["argsrepr"] for one in (oldest, newest)] == [
        "['alertmanager:5']",
        f"['alertmanager:{MOST + 4}']",
    ]


def test_each_target_has_a_queue_and_lanes_have_two(redis: Redis, hints: Hints) -> None:
    for task, name in [(INGEST, "people"), (INGEST, "lookup"), (DELIVER, "slack:C1"), (DELIVER, "slack:C2")]:
        hints.publish(task, name)
    queues = ask(redis, lambda client: sorted(key.decode() for key in client.scan_iter(_type="list")))
    assert queues == ["deliver:slack:C1", "deliver:slack:C2", "ingest", "people"]


def test_a_broker_that_hangs_is_left_alone(redis: Redis, hints: Hints) -> None:
    """A thousand lanes and targets would each wait for it; after the first nobody does, for some seconds."""
    assert hints.publish(INGEST, "people")
    redis.freeze()
    began = time.monotonic()
    assert [hints.publish(DELIVER, f"slack:{number}") for number in range(1000)] == [False] * 1000
    assert time.monotonic() - began < 30
    assert hints.taken is False
