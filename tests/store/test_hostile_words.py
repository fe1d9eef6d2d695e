"""Words that would mean something to a database: stored and found to the letter, through every parameter of the API."""

from dataclasses import replace
from urllib.parse import quote, urlencode

import pytest
from sqlalchemy import func, select

from api.authentication import Authentication
from api.v1.operations import OPERATIONS
from core.domain.alert import Alert, Content
from core.store.engine import Store
from core.store.tables import metadata
from tests.api.conftest import Receiver, Start, start
from tests.store.rows import after, episode, keep

__all__ = ["start"]  # the fixture, here on both databases

TOKEN = {"Authorization": "Bearer good", "Content-Type": "application/json"}
WORDS = [
    "'; DROP TABLE alerts; -- ",
    '" OR "1"="1',
    "' OR 1=1 #",
    "x') UNION SELECT * FROM people -- ",
    "%",
    "_",
    "\\' OR 1=1 -- ",
    "\\",
    "%s %(name)s :name ? {}",
    "1; SELECT SLEEP(20)",
    "/*!50000 DROP TABLE alerts */",
    "\u02b9 OR 1=1",
    "\u202ereversed\u2066",
    "😀' --",
]


def alert(number: int, word: str) -> Alert:
    content = Content({"alertname": word, "severity": word[:40], word: word}, {"summary": word})
    return replace(episode(f"f{number}", seq=number + 1, fired_at=after(number)), content=content)


@pytest.fixture
def receiver(store: Store, start: Start) -> Receiver:
    keep(store, *(alert(number, word) for number, word in enumerate(WORDS)))
    return start(api=Authentication(source_tokens=(("bot", "good"),)))


def counts(store: Store) -> dict[str, int]:
    with store.read() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }


def test_each_is_stored_and_found_to_the_letter(receiver: Receiver) -> None:
    for number, word in enumerate(WORDS):
        reply = receiver.ask("GET", "/api/v1/alerts?" + urlencode({"name": word}), headers=TOKEN)
        assert [f"f{number}"] == [one["fingerprint"] for one in reply.json["alerts"]], word
        (one,) = reply.json["alerts"]
        assert (word, word, word) == (one["name"], one["labels"][word], one["summary"])
        reply = receiver.ask("GET", "/api/v1/alerts?" + urlencode({"severity": word[:40]}), headers=TOKEN)
        assert [f"f{number}"] == [each["fingerprint"] for each in reply.json["alerts"]], word


def test_no_parameter_reaches_a_statement_as_anything_but_a_value(receiver: Receiver) -> None:
    before = counts(receiver.store)
    for operation in OPERATIONS:
        if operation.method != "GET":
            continue
        names = [*(operation.query().fields if operation.query else ()), "unknown"]
        for word in WORDS:
            path = operation.path
            for part in ("alert_id", "silence_id"):
                path = path.replace(f"<{part}>", quote(word, safe=""))
            for name in names if "<" not in operation.path else [""]:
                asked = f"/api/v1{path}?{urlencode({name: word})}" if name else f"/api/v1{path}"
                reply = receiver.ask("GET", asked, headers=TOKEN)
                assert reply.status in (200, 400, 404), (asked, reply.body)
    assert before == counts(receiver.store)


def test_no_body_reaches_a_statement_as_anything_but_a_value(receiver: Receiver) -> None:
    before = counts(receiver.store)
    for word in WORDS:
        for path in (f"/alerts/{quote(word, safe='')}/acknowledge", f"/silences/{quote(word, safe='')}"):
            method = "POST" if "alerts" in path else "DELETE"
            key = {"Idempotency-Key": word.strip().replace(" ", "-")} if word.isascii() else {}
            reply = receiver.ask(method, f"/api/v1{path}", b"{}", TOKEN | key)
            assert reply.status in (400, 404, 405), (path, reply.body)
    assert before == counts(receiver.store)
