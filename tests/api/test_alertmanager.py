"""Alertmanager's webhook over real HTTP: every answer, and what is in the database after it."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import event, select

from core.store import tables
from core.store.bodies import unpack
from tests.api.conftest import LIMIT, PATH, Receiver, Start, WriteLock, wait_until
from tests.api.payload import alert, body


def received(outcome: str) -> float:
    labels = {"sender": "alertmanager", "outcome": outcome}
    return REGISTRY.get_sample_value("alert_bridge_received_total", labels) or 0.0


@pytest.mark.parametrize("path", [PATH, "/webhook/alertmanager"])
def test_a_request_is_stored_as_it_came(receiver: Receiver, path: str) -> None:
    sent = body(3)
    reply = receiver.post(sent, {"Content-Type": "application/json; charset=utf-8"}, path)
    assert (reply.status, reply.json) == (202, {"status": "accepted", "alerts": 3})
    with receiver.store.read() as connection:
        row = connection.execute(select(tables.inbox)).one()
        assert list(connection.execute(select(tables.lanes.c.name)).scalars()) == ["alertmanager:default"]
    assert ("default", "alertmanager:default", sent) == (row.source, row.lane, unpack(row.body))
    assert row.due_at == row.received_at
    assert receiver.hints == ["alertmanager:default"]


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (b"", 400, "malformed"),
        (b"{", 400, "malformed"),
        (b'{"version":"4","alerts":[NaN]}', 400, "malformed"),
        (b'{"version":"4","alerts":["\\ud800"]}', 400, "malformed"),
        (b"[" * 50_000, 400, "malformed"),
        (body(version="3"), 400, "malformed"),
        (body(alerts=[]), 400, "malformed"),
        (body(alerts=[{"status": "firing"}]), 400, "malformed"),
        (b"x" * (LIMIT + 1), 413, "too_large"),
    ],
    ids=["empty", "broken", "nan", "surrogate", "deep", "version", "no alerts", "none usable", "too large"],
)
def test_bad_input_is_refused_and_nothing_stored(
    receiver: Receiver, sent: bytes, status: int, code: str
) -> None:
    before = received(code)
    reply = receiver.post(sent)
    assert (status, code, 1.0) == (reply.status, reply.json["error"], received(code) - before)
    assert reply.json["message"].endswith(".")
    assert (receiver.rows(), receiver.hints) == (0, [])


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""])
def test_another_content_type_is_unsupported(receiver: Receiver, kind: str) -> None:
    reply = receiver.ask("POST", PATH, body(), {"Content-Type": kind})
    assert (reply.status, reply.json["error"], receiver.rows()) == (415, "unsupported", 0)


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(("extra", "status"), [(0, 202), (1, 413)])
def test_the_limit_of_the_body_is_exact(receiver: Receiver, chunked: bool, extra: int, status: int) -> None:
    empty = len(body(padding=""))
    sent = body(padding="x" * (LIMIT - empty + extra))
    assert LIMIT + extra == len(sent)

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(sent), 5000):
            yield sent[start : start + 5000]

    headers = {"Content-Type": "application/json"}
    if chunked:
        headers["Transfer-Encoding"] = "chunked"
    reply = receiver.ask("POST", PATH, pieces() if chunked else sent, headers)
    assert (status, int(status == 202)) == (reply.status, receiver.rows())


def test_a_body_said_to_be_too_large_is_not_waited_for(receiver: Receiver) -> None:
    headers = {"Content-Type": "application/json", "Content-Length": str(10**12)}
    assert receiver.ask("POST", PATH, b"", headers).status == 413


def test_ten_thousand_alerts_are_one_row(start: Start) -> None:
    receiver = start(max_body_bytes=16 * 1024 * 1024)
    reply = receiver.post(body(10_000))
    assert (reply.status, reply.json["alerts"], receiver.rows()) == (202, 10_000, 1)


def test_one_usable_item_is_enough(receiver: Receiver) -> None:
    reply = receiver.post(body(alerts=[5, alert(), {}]))
    assert (reply.status, reply.json["alerts"]) == (202, 3)


def test_the_source_is_what_the_address_says(receiver: Receiver) -> None:
    for name in ("eu-1", "a" * 60, "x.y_z"):
        assert receiver.post(body(), path=f"{PATH}?source={name}").status == 202
        assert f"alertmanager:{name}" == receiver.hints[-1]


@pytest.mark.parametrize("name", ["", "a" * 61, "a%20b", "a/b", "%00", "eu%0A", "%C3%A9", "a:b"])
def test_an_odd_source_is_refused(receiver: Receiver, name: str) -> None:
    reply = receiver.post(body(), path=f"{PATH}?source={name}")
    assert (reply.status, reply.json["error"], receiver.rows()) == (400, "malformed", 0)


def test_other_addresses_and_methods_answer_in_json(receiver: Receiver) -> None:
    missing = receiver.ask("GET", "/nowhere")
    assert (missing.status, missing.json["error"]) == (404, "not_found")
    wrong = receiver.ask("GET", PATH)
    assert (wrong.status, wrong.json["error"]) == (405, "method_not_allowed")
    assert "POST" in wrong.headers["Allow"]


def test_a_bug_is_a_500_in_json_that_says_nothing_of_itself(start: Start) -> None:
    receiver = start()
    receiver.intake.put = lambda *_: 1 / 0  # type: ignore[method-assign, assignment]
    reply = receiver.post(body())
    assert (reply.status, reply.json["error"]) == (500, "internal_error")
    assert b"ZeroDivision" not in reply.body


def test_a_2xx_is_given_only_after_the_event_is_committed(receiver: Receiver, lock: WriteLock) -> None:
    """While somebody else holds the database there is no answer; once there is one, the row is there for all."""
    lock.hold()
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(receiver.post, body())
        assert lock.wanted.wait(10)
        time.sleep(0.1)
        assert (answer.done(), receiver.rows(), receiver.hints) == (False, 0, [])
        lock.release()
        assert answer.result(10).status == 202
    assert receiver.rows() == 1


def test_requests_that_wait_together_share_a_commit(receiver: Receiver, lock: WriteLock) -> None:
    commits: list[object] = []
    event.listen(receiver.store.writer, "commit", commits.append)
    lock.hold()
    with ThreadPoolExecutor(50) as pool:
        answers = [pool.submit(receiver.post, body())]
        # The committer is busy with the first; the others wait behind it.
        assert lock.wanted.wait(10)
        answers += [pool.submit(receiver.post, body()) for _ in range(49)]
        wait_until(lambda: receiver.intake._queue.qsize() == 49)
        lock.release()
        assert [answer.result(20).status for answer in answers] == [202] * 50
    assert receiver.rows() == 50
    assert len(commits) == 2
    assert len(receiver.hints) == 2


def test_a_database_that_is_gone_is_a_503_and_nothing_is_lost(receiver: Receiver) -> None:
    """Alertmanager comes again after a 503, and then it is stored, lane and all."""
    assert receiver.post(body()).status == 202
    with receiver.store.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE inbox RENAME TO away")
        connection.exec_driver_sql("DELETE FROM lanes")
    before = received("unavailable")
    reply = receiver.post(body())
    assert (reply.status, reply.json["error"]) == (503, "unavailable")
    assert int(reply.headers["Retry-After"]) > 0
    assert received("unavailable") - before == 1.0
    with receiver.store.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE away RENAME TO inbox")
    assert receiver.post(body()).status == 202
    assert receiver.rows() == 2
    with receiver.store.read() as connection:
        assert list(connection.execute(select(tables.lanes.c.name)).scalars()) == ["alertmanager:default"]


def test_a_receiver_that_stops_finishes_what_waits(receiver: Receiver, lock: WriteLock) -> None:
    lock.hold()
    with ThreadPoolExecutor(5) as pool:
        answers = [pool.submit(receiver.post, body())]
        assert lock.wanted.wait(10)
        answers += [pool.submit(receiver.post, body()) for _ in range(4)]
        wait_until(lambda: receiver.intake._queue.qsize() == 4)
        stopping = threading.Thread(target=receiver.intake.stop)
        stopping.start()
        wait_until(lambda: receiver.intake._stopped)
        assert receiver.post(body()).status == 503
        lock.release()
        assert [answer.result(10).status for answer in answers] == [202] * 5
        stopping.join()
    assert receiver.rows() == 5
