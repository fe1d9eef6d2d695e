"""What a worker says of itself to whoever asks at its door."""

import http.client
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.servers import free_port
from workers.door import Rounds, open_door

Ask = Callable[[str], tuple[int, str, str]]


@contextmanager
def door(trouble: Callable[[], str | None]) -> Iterator[Ask]:
    port = free_port()
    server = open_door(port, trouble)

    def ask(path: str) -> tuple[int, str, str]:
        """The status, the kind of the answer, and the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", path)
        answer = connection.getresponse()
        told = answer.status, answer.getheader("Content-Type", ""), answer.read().decode()
        connection.close()
        return told

    yield ask
    server.shutdown()
    server.server_close()


def told(answer: tuple[int, str, str]) -> tuple[int, Any]:
    return answer[0], json.loads(answer[2])["status"]


def test_a_worker_that_goes_its_rounds_is_alive() -> None:
    """Each counts from the moment it begins."""
    rounds = Rounds()
    rounds.begin()
    with door(rounds.trouble) as ask:
        assert told(ask("/health")) == (200, "ok")


def test_a_worker_whose_sweep_stands_still_says_so() -> None:
    """With the time since it last came round; the next round puts it right."""
    rounds = Rounds(limit=-1.0)
    with door(rounds.trouble) as ask:
        assert told(ask("/health")) == (503, "the sweep has not come round for 0 s")


def test_all_else_at_the_door_are_numbers() -> None:
    """For Prometheus, which asks for /metrics."""
    with door(lambda: "anything") as ask:
        status, kind, page = ask("/metrics")
    assert (status, kind.partition(";")[0]) == (200, "text/plain")
    assert "alert_bridge_delivered_total" in page
