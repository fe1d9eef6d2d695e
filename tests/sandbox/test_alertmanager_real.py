"""The pretend Alertmanager and the real one get the same requests and give the same answers, but for ids and times."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sandbox import Sandbox, alerts
from tests.sandbox.silencing import Answer, Client, matcher
from tests.servers import Alertmanager, alertmanager, wait_until

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
METHODS = re.compile(r"[A-Z]+(,[A-Z]+)+")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
NOBODY = "00000000-0000-4000-8000-000000000000"
SILENCES, SILENCE = "/api/v2/silences", "/api/v2/silence"
LABELS = {"alertname": "HighCPU", "instance": "web-1:9100", "severity": "critical"}


@pytest.fixture(scope="module")
def real() -> Iterator[Alertmanager]:
    with alertmanager("http://127.0.0.1:9/", group_wait="10ms") as server:
        yield server


@pytest.fixture
def both(sandbox: Sandbox, real: Alertmanager) -> Iterator[tuple[Client, Client]]:
    """The pretend one as Debian's version, and the real one with nothing silenced."""
    sandbox.alertmanager.version = "0.25.0"
    clients = Client(sandbox.alertmanager_url), Client(real.url)
    yield clients
    for one in clients[1].silences():
        clients[1].ask("DELETE", f"{SILENCE}/{one['id']}")
    for client in clients:
        client.session.close()


def plain(value: Any, names: dict[str, str]) -> Any:
    """Ids by the order of their appearance, times by their form, Go's own words of a decoder cut off."""
    if isinstance(value, dict):
        return {name: plain(item, names) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, names) for item in value]
    if not isinstance(value, str):
        return value
    value = METHODS.sub(lambda found: ",".join(sorted(found[0].split(","))), value)  # they have no order
    value = TIME.sub("TIME", re.sub(r"(?<= failed, because )(?!json).*", "…", value))
    return ID.sub(lambda found: names.setdefault(found[0], f"id {len(names)}"), value)


def same(both: tuple[Client, Client], course: Callable[[Client], Any]) -> Any:
    """What both of them answered to the same course."""
    pretend, real = (plain(course(client), {}) for client in both)
    assert real == pretend
    return pretend


def fields(**changes: Any) -> Callable[[Client], Answer]:
    return lambda client: client.post(**changes)


def times(starts: float, ends: float) -> Callable[[Client], Answer]:
    return lambda client: client.post(startsAt=client.at(starts), endsAt=client.at(ends))


def of(*matchers: Any) -> Callable[[Client], Answer]:
    return lambda client: client.post(*matchers)


def raw(body: bytes, **headers: str) -> Callable[[Client], Answer]:
    kinds = headers or {"Content-Type": "application/json"}
    return lambda client: client.ask("POST", SILENCES, body, headers=kinds)


def call(method: str, path: str, **more: Any) -> Callable[[Client], Answer]:
    return lambda client: client.ask(method, path, **more)


ASKED: dict[str, tuple[int, Callable[[Client], Answer]]] = {
    "a plain one": (200, fields()),
    "no comment": (422, fields(comment=None)),
    "an empty comment": (200, fields(comment="")),
    "nobody": (422, fields(createdBy=None)),
    "no start": (422, fields(startsAt=None)),
    "no end": (422, fields(endsAt=None)),
    "no matchers": (422, fields(matchers=None)),
    "an empty list": (422, fields(matchers=[])),
    "a number as comment": (400, fields(comment=5)),
    "a text as matchers": (400, fields(matchers="a")),
    "a text as a matcher": (400, fields(matchers=["a"])),
    "a text as isRegex": (400, fields(matchers=[{**matcher("a", "b"), "isRegex": "no"}])),
    "a matcher without a name": (422, fields(matchers=[{"value": "a", "isRegex": False}])),
    "a matcher without a value": (422, fields(matchers=[{"name": "a", "isRegex": False}])),
    "a matcher without isRegex": (422, fields(matchers=[{"name": "a", "value": "b"}])),
    "a matcher without isEqual": (200, fields(matchers=[{"name": "a", "value": "b", "isRegex": False}])),
    "a field it does not know": (200, fields(annotations={"a": "b"}, colour="red")),
    "an id that nobody has": (404, fields(id=NOBODY)),
    "an id that is none": (404, fields(id="mine")),
    "no time": (400, fields(startsAt="yesterday")),
    "a number as a time": (400, fields(startsAt=5)),
    "a time without a zone": (200, fields(endsAt="2099-01-01T00:00:00")),
    "a time with nanoseconds": (200, fields(endsAt="2099-01-01T00:00:00.123456789Z")),
    "a far end": (200, times(0, 20 * 366 * 86400)),
    "an end before the start": (400, times(100, 50)),
    "an end at the start": (400, times(100, 100)),
    "an end in the past": (400, times(-100, -50)),
    "a start in the past": (200, times(-100, 50)),
    "an empty value": (400, of(matcher("a", ""))),
    "an empty value beside another": (200, of(matcher("a", ""), matcher("b", "c"))),
    "anything at all": (400, of(matcher("a", ".*", isRegex=True))),
    "anything but one": (200, of(matcher("a", "b", isEqual=False))),
    "or nothing": (400, of(matcher("a", "x|", isRegex=True))),
    "not a name": (400, of(matcher("a-b", "x"))),
    "no name": (400, of(matcher("", "x"))),
    "a name beyond ASCII": (400, of(matcher("ü", "x"))),
    "an open bracket": (400, of(matcher("a", "(", isRegex=True))),
    "a look ahead": (400, of(matcher("a", "(?=x)", isRegex=True))),
    "broken JSON": (400, raw(b"{")),
    "an empty body": (422, raw(b"")),
    "null": (422, raw(b"null")),
    "an array": (400, raw(b"[]")),
    "text": (415, raw(b"{}", **{"Content-Type": "text/plain"})),
    "no type": (415, raw(b"{}", Accept="*/*")),
    "JSON and its charset": (422, raw(b"{}", **{"Content-Type": "application/json; charset=utf-8"})),
    "nobody's silence": (404, call("GET", f"{SILENCE}/{NOBODY}")),
    "not an id": (422, call("GET", f"{SILENCE}/mine")),
    "nobody's silence to expire": (500, call("DELETE", f"{SILENCE}/{NOBODY}")),
    "not an id to expire": (422, call("DELETE", f"{SILENCE}/mine")),
    "the plural path of one": (404, call("GET", f"{SILENCES}/{NOBODY}")),
    "no such path": (404, call("GET", "/api/v2/nothing")),
    "no such path above": (404, call("GET", "/nothing")),
    "all expired at once": (405, call("DELETE", SILENCES)),
    "a status posted": (405, call("POST", "/api/v2/status", body={})),
    "another way to one": (405, call("PATCH", f"{SILENCE}/{NOBODY}")),
    "a filter that is none": (400, call("GET", SILENCES, params={"filter": "nonsense"})),
    "an empty filter": (400, call("GET", SILENCES, params={"filter": ""})),
    "a filter's open bracket": (400, call("GET", SILENCES, params={"filter": 'a=~"("'})),
    "two filters in one": (400, call("GET", SILENCES, params={"filter": 'a="b",c="d"'})),
    "a receiver's open bracket": (400, call("GET", "/api/v2/alerts", params={"receiver": "("})),
    "is it alive": (200, call("GET", "/-/healthy")),
    "is it ready": (200, call("GET", "/-/ready")),
    "alive, posted": (405, call("POST", "/-/healthy")),
}


@pytest.mark.parametrize(("status", "course"), ASKED.values(), ids=ASKED)
def test_the_same_question_gets_the_same_answer(
    both: tuple[Client, Client], status: int, course: Callable[[Client], Answer]
) -> None:
    assert status == same(both, course)[0]


def test_a_silence_is_read_back_and_expired_the_same_way(both: tuple[Client, Client]) -> None:
    def course(client: Client) -> list[Any]:
        one = client.silence(matcher("job", "no.*", isRegex=True), matcher("team", "x", isEqual=False))
        ended = [client.ask("DELETE", f"{SILENCE}/{one['id']}") for _ in range(2)]
        return [one, *ended, client.read(one["id"])]

    before, first, second, after = same(both, course)
    assert (before["status"]["state"], after["status"]["state"]) == ("active", "expired")
    assert [200, None, ""] == first == second


# What is changed, after the silence was read; whether it stays the same silence.
CHANGES: dict[str, tuple[bool, Callable[[Client, Any], dict[str, Any]]]] = {
    "a later end": (True, lambda client, _: {"endsAt": client.at(7200)}),
    "an earlier end": (True, lambda client, _: {"endsAt": client.at(60)}),
    "a start of the same second": (True, lambda _, one: {"startsAt": one["startsAt"][:19] + ".000Z"}),
    "another author and comment": (True, lambda *_: {"createdBy": "bruno", "comment": "longer"}),
    "another start": (False, lambda client, _: {"startsAt": client.at(60)}),
    "an older start": (False, lambda client, _: {"startsAt": client.at(-60)}),
    "other matchers": (False, lambda *_: {"matchers": [matcher("a", "1")]}),
    "the matchers reversed": (False, lambda _, one: {"matchers": one["matchers"][::-1]}),
}


@pytest.mark.parametrize(("in_place", "changes"), CHANGES.values(), ids=CHANGES)
def test_a_change_is_made_in_place_or_in_a_new_one(
    both: tuple[Client, Client], in_place: bool, changes: Callable[[Client, Any], dict[str, Any]]
) -> None:
    def course(client: Client) -> list[Any]:
        before = client.silence(matcher("a", "1"), matcher("b", "2"))
        answer = client.change(before, **changes(client, before))
        return [before, answer, client.read(before["id"]), client.read(answer.body["silenceID"])]

    before, answer, old, _ = same(both, course)
    assert in_place == (answer[2]["silenceID"] == before["id"])
    assert ("active" if in_place else "expired") == old["status"]["state"]


def test_the_old_one_ends_even_where_the_new_one_is_refused(both: tuple[Client, Client]) -> None:
    """A fault of that version; later ones look first."""

    def course(client: Client) -> list[Any]:
        before = client.silence()
        refused = client.change(before, matchers=[matcher("a", "")])
        return [refused, client.read(before["id"])]

    refused, old = same(both, course)
    assert (refused[0], old["status"]["state"]) == (400, "expired")


def test_a_pending_one_moves_only_forward_and_an_expired_one_never(both: tuple[Client, Client]) -> None:
    def course(client: Client) -> list[bool]:
        pending = client.silence(startsAt=client.at(600))
        moved = client.change(pending, startsAt=client.at(300)).body["silenceID"]
        begun = client.change(pending, startsAt=client.at(-300)).body["silenceID"]
        client.ask("DELETE", f"{SILENCE}/{begun}")
        again = client.change(client.read(begun), endsAt=client.at(900)).body["silenceID"]
        return [moved == pending["id"], begun == pending["id"], again == begun]

    assert same(both, course) == [True, False, False]


def test_the_list_is_in_the_same_order_and_filtered_alike(both: tuple[Client, Client]) -> None:
    def course(client: Client) -> list[Any]:
        kept = [one["id"] for one in client.silences()]
        ends = (60, 30, 90)
        for number, end in enumerate(ends):
            client.silence(matcher("order", str(number)), endsAt=client.at(end))
            client.silence(matcher("order", "later"), startsAt=client.at(end), endsAt=client.at(100))
            gone = client.silence(matcher("order", "gone"), comment=str(number))
            client.ask("DELETE", f"{SILENCE}/{gone['id']}")
        filters = ['order="later"', "order=gone", 'order!="later"', 'order=~"later"', 'order=""', 'none=""']
        found = [client.silences(one) for one in filters]
        return [
            [[one for one in listed if one["id"] not in kept] for listed in found],
            [one for one in client.silences() if one["id"] not in kept],
        ]

    found, listed = same(both, course)
    assert [len(one) for one in found] == [3, 3, 0, 0, 0, 0]
    states = ["active"] * 3 + ["pending"] * 3 + ["expired"] * 3
    assert states == [one["status"]["state"] for one in listed]
    assert [one["matchers"][0]["value"] for one in listed[:3]] == ["1", "0", "2"]


def fired(sandbox: Sandbox, real: Alertmanager) -> None:
    """The same alerts in both, once the real one has them sorted into groups."""
    payload = alerts.fire("critical")
    [one] = payload["alerts"]
    for labels in (LABELS, {**LABELS, "instance": "web-2:9100", "team": "shop"}):
        item = {**one, "labels": labels, "fingerprint": alerts.fingerprint(labels)}
        sandbox.alertmanager.hold([item])
        real.fire(labels, one["annotations"], generator_url=one["generatorURL"])
    wait_until(lambda: len(real.alerts()) == 2, what="both alerts")
    wait_until(lambda: all(one["receivers"] for one in real.alerts()), what="their receivers")


MATCHERS = {
    "a value": [matcher("instance", "web-1:9100")],
    "a part of a value": [matcher("instance", "web", isRegex=True)],
    "a pattern": [matcher("instance", "web-.:9100", isRegex=True)],
    "one of two": [matcher("instance", "web-1:9100|db-1", isRegex=True)],
    "no such label": [matcher("alertname", "HighCPU"), matcher("team", "")],
    "any but": [matcher("alertname", "HighCPU"), matcher("team", "shop", isEqual=False)],
    "any but like": [matcher("alertname", "HighCPU"), matcher("instance", ".*-2.*", isRegex=True, isEqual=False)],
    "some team": [matcher("team", ".+", isRegex=True)],
    "a team or none": [matcher("alertname", "HighCPU"), matcher("team", "shop|", isRegex=True)],
    "another case": [matcher("instance", "WEB-1:9100")],
    "another case on purpose": [matcher("instance", "(?i)WEB-1:9100", isRegex=True)],
}  # fmt: skip
ASKED_OF_ALERTS: list[dict[str, str]] = [
    {}, {"silenced": "false"}, {"active": "false"}, {"active": "false", "silenced": "0"}, {"active": "maybe"},
    {"filter": 'instance=~"web.*"'}, {"filter": 'instance=~"web"'}, {"filter": 'team=""'}, {"filter": 'team!=""'},
    {"filter": "team=shop"}, {"receiver": "alert-.*"}, {"receiver": "alert"},
]  # fmt: skip


@pytest.mark.parametrize("matchers", MATCHERS.values(), ids=MATCHERS)
def test_the_same_alerts_are_suppressed_and_listed(
    both: tuple[Client, Client], sandbox: Sandbox, real: Alertmanager, matchers: list[Any]
) -> None:
    fired(sandbox, real)

    def course(client: Client) -> list[Any]:
        name = client.post(*matchers).body["silenceID"]
        told = [client.ask("GET", "/api/v2/alerts", params=one) for one in ASKED_OF_ALERTS]
        client.ask("DELETE", f"{SILENCE}/{name}")
        return [name, *told, client.ask("GET", "/api/v2/alerts")]

    told = same(both, course)
    assert [one["status"]["state"] for one in told[-1][2]] == ["active", "active"]
    assert len(told[1][2]) == 2


def test_the_status_has_the_same_shape(both: tuple[Client, Client]) -> None:
    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: shape(item) for name, item in sorted(value.items())}
        return type(value).__name__

    told = same(both, lambda client: shape(client.ask("GET", "/api/v2/status").body))
    assert list(told) == ["cluster", "config", "uptime", "versionInfo"]
    assert [one.ask("GET", "/api/v2/status").body["versionInfo"]["version"] for one in both] == ["0.25.0"] * 2
