"""What a program does to an alert over HTTP: stored like every click, and told what became of it."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import pytest
from sqlalchemy import select, update

from core.domain.alert import Alert
from core.store import inbox, tables
from core.store.bodies import pack, unpack
from tests.api.conftest import WriteLock
from tests.api.v1.conftest import OTHER, Api
from tests.api.v1.ingester import ACTIONS, Ingester
from tests.store.rows import NOW, after

PATHS = {
    "acknowledge": "acknowledge",
    "unacknowledge": "unacknowledge",
    "resolve": "resolve",
    "note": "notes",
}


def change(api: Api, **values: Any) -> None:
    with api.store.begin() as connection:
        connection.execute(update(tables.alerts).values({"severity": "critical", **values}))


def records(api: Api) -> list[str]:
    with api.store.read() as connection:
        return list(connection.execute(select(tables.ack_events.c.action)).scalars())


@pytest.mark.parametrize("verb", ACTIONS)
def test_an_act_is_stored_done_and_answered_with_its_record(
    api: Api, ingester: Ingester, alert: Alert, verb: str
) -> None:
    """Under the name of the token, never one that the request could give itself."""
    if verb == "unacknowledge":
        change(api, state="acknowledged", acknowledged_at=NOW)
    reply = api.post(f"/alerts/{alert.id}/{PATHS[verb]}", {"note": " on it "})
    assert reply.status == 200
    (row,) = api.inbox()
    assert (row.lane, row.source, api.receiver.hints) == ("people", "api", ["people"])
    assert {
        "verb": verb,
        "alert_id": alert.id,
        "occurrence": 1,
        "name": "release-bot",
        "text": "on it",
        "event_id": row.dedup_key,
    } == orjson.loads(unpack(row.body))
    record = reply.json["record"]
    assert (ACTIONS[verb], "api", "release-bot", "api:release-bot", "on it") == tuple(
        record[name] for name in ("action", "source", "by", "by_id", "note")
    )
    assert alert.id == reply.json["alert"]["id"] == record["alert_id"]


def test_the_answer_shows_the_alert_as_it_is_now(api: Api, ingester: Ingester, alert: Alert) -> None:
    reply = api.post(f"/alerts/{alert.id}/acknowledge")
    told = reply.json["alert"]
    assert (reply.status, told["state"], told["acknowledged_by"]) == (200, "acknowledged", "release-bot")


def test_what_nobody_has_come_to_is_accepted(api: Api, alert: Alert) -> None:
    """After two seconds, and it stays in the inbox."""
    began = time.monotonic()
    reply = api.post(f"/alerts/{alert.id}/acknowledge")
    assert (reply.status, reply.json) == (202, {"status": "accepted"})
    assert 2 <= time.monotonic() - began < 10
    assert [row.due_at is not None for row in api.inbox()] == [True]


def test_only_eight_wait_at_a_time(api: Api, alert: Alert) -> None:
    """While no worker does anything, threads are left for the alerts that come in."""

    def post(_: int) -> float:
        began = time.monotonic()
        assert api.post(f"/alerts/{alert.id}/acknowledge").status == 202
        return time.monotonic() - began

    with ThreadPoolExecutor(12) as pool:
        waited = [seconds >= 2 for seconds in pool.map(post, range(12))]
    assert (sum(waited), len(api.inbox())) == (8, 12)


def test_what_ingest_refuses_is_a_conflict_with_its_reason(
    api: Api, ingester: Ingester, alert: Alert
) -> None:
    """Somebody may have been faster after all."""
    ingester.refuses = "Bob Sample acknowledged it first, just now."
    reply = api.post(f"/alerts/{alert.id}/acknowledge")
    assert (409, {"error": "conflict", "message": ingester.refuses}) == (reply.status, reply.json)


@pytest.mark.parametrize(
    ("verb", "values", "message"),
    [
        (
            "acknowledge",
            {"state": "acknowledged", "acknowledged_at": NOW, "acknowledged_by_name": "Bob Sample"},
            "Bob Sample acknowledged it first, ",
        ),
        (
            "acknowledge",
            {"state": "resolved", "firing": False, "resolved_at": NOW},
            "It is already resolved, ",
        ),
        ("unacknowledge", {}, "Nobody has acknowledged it, so"),
        (
            "unacknowledge",
            {"state": "resolved", "firing": False, "resolved_at": NOW},
            "It is already resolved, ",
        ),
        (
            "resolve",
            {"state": "resolved", "closed_at": NOW, "closed_by_name": "Ada Example", "resolved_at": NOW},
            "It is already resolved by Ada Example, ",
        ),
        (
            "resolve",
            {"occurrence": 2, "fired_at": after(5)},
            "That was an earlier firing; it has fired again",
        ),
        (
            "acknowledge",
            {"occurrence": 2, "fired_at": after(5)},
            "That was an earlier firing; it has fired again",
        ),
    ],
)
def test_what_would_change_nothing_is_a_conflict_and_is_not_stored(
    api: Api, alert: Alert, verb: str, values: dict[str, Any], message: str
) -> None:
    change(api, **values)
    reply = api.post(f"/alerts/{alert.id}/{verb}", {"occurrence": 1})
    assert (reply.status, reply.json["error"]) == (409, "conflict")
    assert reply.json["message"].startswith(message)
    assert reply.json["message"].endswith(".")
    assert api.inbox() == []


def test_nothing_is_refused_while_something_is_stored_that_may_make_a_difference(
    api: Api, alert: Alert
) -> None:
    """A click that was answered and not ingested yet comes first: only ingest can say what is left to do after it."""
    with api.store.begin() as connection:
        inbox.put(connection, [inbox.Incoming("slack", "people", pack(b"a click"), "slack:1")], NOW)
    assert api.post(f"/alerts/{alert.id}/unacknowledge").status == 202
    assert [row.source for row in api.inbox()] == ["slack", "api"]


def test_an_occurrence_that_has_not_been_is_a_conflict(api: Api, alert: Alert) -> None:
    reply = api.post(f"/alerts/{alert.id}/notes", {"occurrence": 3, "note": "x"})
    assert (reply.status, reply.json["message"]) == (409, "It has fired 1 time and no more.")


def test_a_note_is_taken_whatever_the_state_and_of_every_occurrence(
    api: Api, ingester: Ingester, alert: Alert
) -> None:
    change(api, state="resolved", resolved_at=NOW, occurrence=2)
    assert api.post(f"/alerts/{alert.id}/notes", {"note": "it was the disk"}).status == 200
    assert api.post(f"/alerts/{alert.id}/notes", {"note": "ü" * 3000, "occurrence": 1}).status == 200
    assert [deed["occurrence"] for deed in ingester.done] == [2, 1]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("notes", None, 400),
        ("notes", {}, 400),
        ("notes", {"note": ""}, 400),
        ("notes", {"note": " \n\t"}, 400),
        ("notes", {"note": "x" * 3001}, 400),
        ("notes", {"note": 5}, 400),
        ("acknowledge", {"occurrence": 0}, 400),
        ("acknowledge", {"occurrence": "1"}, 400),
        ("acknowledge", {"occurrence": 2**40}, 400),
        ("acknowledge", {"name": "Mallory"}, 400),
        ("acknowledge", [], 400),
        ("acknowledge", b"{", 400),
        ("acknowledge", b'{"note": "\\ud800"}', 400),
        ("acknowledge", b" " * 65_537, 413),
    ],
)
def test_a_wrong_body_is_refused_and_nothing_stored(
    api: Api, alert: Alert, path: str, body: Any, status: int
) -> None:
    reply = api.post(f"/alerts/{alert.id}/{path}", body)
    assert (status, []) == (reply.status, api.inbox())
    assert reply.json["message"].endswith(".")


def test_a_body_that_is_not_said_to_be_json_is_unsupported(api: Api, alert: Alert) -> None:
    reply = api.post(f"/alerts/{alert.id}/acknowledge", b"{}", Content_Type="text/plain")
    assert (reply.status, reply.json["error"], api.inbox()) == (415, "unsupported", [])


@pytest.mark.parametrize("path", PATHS.values())
def test_an_act_on_no_alert_is_not_found(api: Api, path: str) -> None:
    for id_ in ("0" * 36, "x", "%C3%A9"):
        reply = api.post(f"/alerts/{id_}/{path}", {"note": "x"})
        assert (reply.status, reply.json["error"], api.inbox()) == (404, "not_found", [])


@pytest.mark.parametrize("path", PATHS.values())
def test_an_act_without_a_good_token_is_refused(api: Api, alert: Alert, path: str) -> None:
    reply = api.post(f"/alerts/{alert.id}/{path}", {"note": "x"}, token="wrong")
    assert (reply.status, api.inbox()) == (401, [])


def test_a_request_that_is_sent_again_is_done_once(api: Api, ingester: Ingester, alert: Alert) -> None:
    """And answered as the first time, though by now it would change nothing."""
    path = f"/alerts/{alert.id}/acknowledge"
    first, second = (api.post(path, {"note": "mine"}, Idempotency_Key="k-1") for _ in range(2))
    assert (200, 200, first.json) == (first.status, second.status, second.json)
    assert (len(api.inbox()), records(api)) == (1, ["acknowledged"])


def test_a_request_that_comes_twice_at_once_is_done_once(
    api: Api, ingester: Ingester, alert: Alert, lock: WriteLock
) -> None:
    path = f"/alerts/{alert.id}/notes"
    lock.hold()
    with ThreadPoolExecutor(4) as pool:
        replies = [pool.submit(api.post, path, {"note": "once"}, Idempotency_Key="k-1") for _ in range(4)]
        assert lock.wanted.wait(10)
        lock.release()
        assert [reply.result(20).status for reply in replies] == [200] * 4
    assert (len(api.inbox()), records(api)) == (1, ["noted"])


def test_without_a_key_every_request_is_one_of_its_own(api: Api, ingester: Ingester, alert: Alert) -> None:
    for _ in range(2):
        assert api.post(f"/alerts/{alert.id}/notes", {"note": "again"}).status == 200
    assert records(api) == ["noted", "noted"]


def test_the_same_key_of_another_token_is_another_key(api: Api, ingester: Ingester, alert: Alert) -> None:
    path = f"/alerts/{alert.id}/notes"
    assert api.post(path, {"note": "x"}, Idempotency_Key="k").status == 200
    assert api.post(path, {"note": "x"}, OTHER, Idempotency_Key="k").status == 200
    assert [deed["name"] for deed in ingester.done] == ["release-bot", "somebody"]


def test_a_key_that_was_used_for_something_else_is_a_conflict(
    api: Api, ingester: Ingester, alert: Alert
) -> None:
    assert api.post(f"/alerts/{alert.id}/notes", {"note": "x"}, Idempotency_Key="k").status == 200
    for path, body in (
        ("notes", {"note": "y"}),
        ("acknowledge", {}),
        ("notes", {"note": "x", "occurrence": 2}),
    ):
        reply = api.post(f"/alerts/{alert.id}/{path}", body, Idempotency_Key="k")
        assert (reply.status, reply.json["error"]) == (409, "conflict")
        assert "Idempotency-Key" in reply.json["message"]
    assert records(api) == ["noted"]


@pytest.mark.parametrize("key", ["x" * 256, "a b", "\xe9"])
def test_an_odd_key_is_refused(api: Api, alert: Alert, key: str) -> None:
    reply = api.post(f"/alerts/{alert.id}/acknowledge", {}, Idempotency_Key=key)
    assert (reply.status, api.inbox()) == (400, [])
    assert reply.json["message"].startswith("`Idempotency-Key`: ")


def test_what_cannot_be_stored_is_unavailable(api: Api, alert: Alert) -> None:
    with api.store.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE inbox RENAME TO away")
    reply = api.post(f"/alerts/{alert.id}/acknowledge")
    assert (reply.status, reply.json["error"]) == (503, "unavailable")
    assert int(reply.headers["Retry-After"]) > 0


def test_what_was_stored_is_accepted_though_the_database_goes_away_then(
    api: Api, ingester: Ingester, alert: Alert
) -> None:
    ingester.stop()

    def take_away() -> None:
        while not api.inbox():
            time.sleep(0.01)
        with api.store.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE inbox RENAME TO away")

    thief = threading.Thread(target=take_away)
    thief.start()
    reply = api.post(f"/alerts/{alert.id}/acknowledge")
    thief.join()
    assert (reply.status, reply.json) == (202, {"status": "accepted"})
