"""The embedded broker: what is put arrives once and whole, and soon."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kombu import Connection

from tests.servers import wait_until
from workers.app import make_celery
from workers.duties import DELIVER, INGEST
from workers.hints import Hints


@pytest.fixture
def publisher(tmp_path: Path) -> Any:
    return make_celery(None, tmp_path / "hints", publishes=True)


class Listener:
    """Takes every message of one queue, in a thread, until it is closed."""

    def __init__(self, celery: Any, queue: str) -> None:
        self.heard: list[tuple[str, float]] = []
        self._connection: Connection = celery.connection_for_read()
        self._queue = queue
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        with self._connection as connection, connection.SimpleQueue(self._queue) as queue:
            while not self._over.is_set():
                try:
                    message = queue.get(timeout=0.5)
                except queue.Empty:
                    continue
                message.ack()
                self.heard.append((message.payload[0][0], time.monotonic()))

    def close(self) -> None:
        self._over.set()
        self._thread.join(5)


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[Listener]:
    listening = Listener(make_celery(None, tmp_path / "hints"), "ingest")
    yield listening
    listening.close()


def test_many_writers_and_a_reader_who_is_always_there(publisher: Any, listener: Listener) -> None:
    """A message that is being written is not yet there: every one is read, whole and once."""

    def write(writer: int) -> None:
        hints = Hints(publisher)
        for number in range(100):
            assert hints.publish(INGEST, f"{writer}-{number}")
        hints.stop()

    writers = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in writers:
        thread.start()
    for thread in writers:
        thread.join()
    wait_until(lambda: len(listener.heard) == 400, 20, "all heard")
    assert {name for name, _ in listener.heard} == {f"{w}-{n}" for w in range(4) for n in range(100)}


def test_a_hint_is_heard_before_the_next_look(publisher: Any, listener: Listener) -> None:
    """The bell, not the quarter of a second, decides: the median of twenty is far below it."""
    hints = Hints(publisher)
    waits = []
    for number in range(20):
        time.sleep(0.01)
        asked = time.monotonic()
        hints.publish(INGEST, str(number))
        wait_until(lambda number=number: len(listener.heard) > number, 5, "heard")  # type: ignore[misc]
        waits.append(listener.heard[-1][1] - asked)
    hints.stop()
    assert sorted(waits)[10] < 0.15


def test_what_somebody_else_puts_there_is_thrown_away(
    publisher: Any, listener: Listener, tmp_path: Path
) -> None:
    """An empty file, and one that is no message."""
    (tmp_path / "hints" / "0-odd.ingest").write_text("")
    (tmp_path / "hints" / "1-odd.ingest").write_text("{")
    hints = Hints(publisher)
    hints.publish(INGEST, "slack:C1")
    wait_until(lambda: listener.heard, 5, "heard")
    hints.stop()
    assert [name for name, _ in listener.heard] == ["slack:C1"]


def test_without_its_folder_a_hint_fails_and_nobody_ends(
    publisher: Any, listener: Listener, tmp_path: Path
) -> None:
    """The sweep does the work then; once the folder is back, so is the broker, some seconds later."""
    folder = tmp_path / "hints"
    hints = Hints(publisher)
    folder.rename(tmp_path / "away")
    assert not hints.publish(INGEST, "slack:C1")
    time.sleep(0.3)
    folder.mkdir()
    wait_until(lambda: hints.publish(INGEST, "slack:C2"), 15, "taken again")
    wait_until(lambda: [name for name, _ in listener.heard] == ["slack:C2"], 5, "heard")
    hints.stop()


def test_queues_do_not_mix(publisher: Any, listener: Listener, tmp_path: Path) -> None:
    """Also those with a full stop in their name."""
    hints = Hints(publisher)
    hints.publish(DELIVER, "alertmanager:eu.ingest")
    hints.publish(INGEST, "alertmanager:eu.ingest")
    wait_until(lambda: listener.heard, 5, "heard")
    hints.stop()
    assert [name for name, _ in listener.heard] == ["alertmanager:eu.ingest"]
    left = {path.name.partition(".")[2] for path in (tmp_path / "hints").iterdir() if path.name != "bell"}
    assert left == {"deliver:alertmanager:eu.ingest"}
