"""Silences over HTTP: looked at, made, changed and ended, by programs as by people."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import update

from core.domain.alert import Alert
from core.sources import own_silence
from core.store import inbox, silences, tables
from core.store.bodies import pack, unpack
from core.store.types import LAST
from tests.api.v1.conftest import OTHER, Api
from tests.store.rows import episode
from tests.store.silenced import HOUR, silenced, stands, told

NOW = datetime.now(UTC)
MATCHERS = [{"name": "alertname", "value": "HighLatency", "isRegex": False, "isEqual": True}]
WANTED = {"matchers": ['alertname="HighLatency"'], "duration": "2h", "reason": " deploy "}
IN_THREE_HOURS = (NOW + 3 * HOUR).isoformat()
NONE = "019aafd1-1c20-7a52-8f0e-6b7a9d2c4e10"


def ids(api: Api, query: str = "") -> list[str]:
    return [one["id"] for one in api.get(f"/silences{query}").json["silences"]]


def length(silence: Any) -> timedelta:
    return moment(silence["end_at"]) - moment(silence["start_at"])


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("matchers", [['alertname="HighLatency"'], MATCHERS, ["alertname=HighLatency"]])
def test_a_silence_is_made_and_answered_with_its_record(api: Api, alert: Alert, matchers: Any) -> None:
    """Under the name of the token; matchers as Alertmanager writes them, or as its API has them."""
    reply = api.post("/silences", {**WANTED, "matchers": matchers})
    made, record = reply.json["silence"], reply.json["record"]
    assert (200, {"silence", "record"}) == (reply.status, reply.json.keys())
    assert tuple(
        made[name] for name in ("phase", "matchers", "reason", "by", "by_id", "source", "hides")
    ) == ("active", MATCHERS, "deploy", "release-bot", "api:release-bot", "api", 1)
    assert length(made) == timedelta(hours=2)
    assert (made["id"], "silenced", "release-bot", "deploy") == tuple(
        record[name] for name in ("silence_id", "action", "by", "reason")
    )
    assert api.get(f"/silences/{made['id']}").json == {**made, "record": [record]}
    assert api.get(f"/alerts/{alert.facts.id}").json["silence"] == {
        "id": made["id"],
        "by": "release-bot",
        "until": made["end_at"],
        "reason": "deploy",
    }


@pytest.mark.usefixtures("worker")
def test_a_silence_of_one_alert_is_about_that_and_no_other(api: Api) -> None:
    """By all of its labels, and of its source."""
    alert, twin = episode(), episode(seq=2, source="other")
    api.keep(alert, twin)
    made = api.post("/silences", {"alert_id": alert.facts.id, "duration": "1h30m"}).json["silence"]
    assert [one["name"] for one in made["matchers"]] == ["alertname", "severity"]
    assert (1, alert.facts.id, "default") == (made["hides"], made["alert_id"], made["scope"])
    assert api.get(f"/alerts/{twin.facts.id}").json["silence"] is None
    assert [made["id"]] == ids(api, f"?alert={alert.facts.id}")
    assert ids(api, f"?alert={twin.facts.id}") == []


@pytest.mark.usefixtures("worker")
def test_one_of_two_that_hide_the_same_alert_is_ended_like_any_other(api: Api, alert: Alert) -> None:
    """And the other one hides it still."""
    made = api.post("/silences", {"alert_id": alert.facts.id, "duration": "1h"}).json["silence"]
    other = api.post("/silences", WANTED).json["silence"]
    reply = api.ask("DELETE", f"/silences/{made['id']}")
    assert (
        reply.status,
        reply.json["silence"]["phase"],
        reply.json["record"]["action"],
    ) == (200, "expired", "silence_ended")
    assert api.get(f"/alerts/{alert.facts.id}").json["silence"]["id"] == other["id"]


@pytest.mark.usefixtures("worker")
def test_an_end_may_be_told_as_a_time_and_a_beginning_may_lie_ahead(api: Api) -> None:
    """In whatever zone it is told."""
    zone = (NOW + HOUR).astimezone().isoformat()
    made = api.post("/silences", {**WANTED, "start_at": zone}).json["silence"]
    assert (made["phase"], made["hides"], moment(made["start_at"])) == ("pending", 0, NOW + HOUR)
    assert length(made) == timedelta(hours=2)
    wanted = {"matchers": ["a=b"], "end_at": (NOW + HOUR).isoformat(), "start_at": "2026-01-01T00:00:00Z"}
    made = api.post("/silences", wanted).json["silence"]
    assert (made["phase"], moment(made["end_at"])) == ("active", NOW + HOUR)
    assert moment(made["start_at"]) >= NOW


@pytest.mark.usefixtures("worker")
def test_a_dry_run_tells_what_it_would_hide_and_makes_nothing(api: Api, alert: Alert) -> None:
    reply = api.post("/silences", {**WANTED, "dry_run": True})
    seen = reply.json["preview"]
    assert (200, {"preview"}, 1, 0, []) == (
        reply.status,
        reply.json.keys(),
        seen["hides"],
        seen["already"],
        seen["objections"],
    )
    assert [(alert.facts.id, "HighLatency", "critical", "firing")] == [
        (one["id"], one["name"], one["severity"], one["state"]) for one in seen["alerts"]
    ]
    assert (MATCHERS, timedelta(hours=2)) == (seen["matchers"], length(seen))
    assert (api.inbox(), ids(api)) == ([], [])


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ({"duration": "25h"}, 'Alerts of severity "critical" may be silenced for 1 day at most.'),
        (
            {"matchers": ['purpose="watchdog"']},
            'Alerts with purpose="watchdog" are never silenced from here.',
        ),
        ({"matchers": ['team!="db"']}, "At least one matcher has to name something: "),
    ],
)
def test_what_the_rules_object_to_is_refused_before_anything_is_stored(
    api: Api, alert: Alert, wanted: dict[str, Any], why: str
) -> None:
    """A dry run tells the same."""
    reply = api.post("/silences", WANTED | wanted)
    assert (reply.status, reply.json["error"], api.inbox()) == (409, "refused", [])
    assert reply.json["message"].startswith(why)
    seen = api.post("/silences", {**WANTED, **wanted, "dry_run": True}).json["preview"]
    assert seen["objections"][0].startswith(why)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"matchers": None}, "matchers"),
        ({"matchers": []}, "matchers"),
        ({"matchers": "a=b"}, "matchers"),
        ({"matchers": ["a"]}, "matchers"),
        ({"matchers": [5]}, "matchers"),
        ({"matchers": ['a=~"("']}, "matchers"),
        ({"matchers": [{"name": "a"}]}, "matchers"),
        ({"matchers": ["a=b"] * 101}, "matchers"),
        ({"alert_id": NONE}, "alert_id"),
        ({"alert_id": "NO"}, "alert_id"),
        ({"duration": "2"}, "duration"),
        ({"duration": 7200}, "duration"),
        ({"duration": "0h"}, "duration"),
        ({"duration": "99999d"}, "duration"),
        ({"duration": "3650d", "start_at": "2037-01-01T00:00:00Z"}, "duration"),
        ({"end_at": "2026-11-24T00:00:00Z"}, "end_at"),
        ({"duration": None}, "duration"),
        ({"duration": ..., "end_at": "2026-11-24T00:00:00"}, "end_at"),
        ({"duration": ..., "end_at": "2026-01-01T00:00:00Z"}, "end_at"),
        ({"duration": ..., "end_at": "9999-12-31T23:59:59-12:00"}, "end_at"),
        ({"duration": ..., "end_at": "0001-01-01T00:00:00+14:00"}, "end_at"),
        ({"duration": ..., "end_at": "tomorrow"}, "end_at"),
        ({"reason": "x" * 501}, "reason"),
        ({"reason": None}, "reason"),
        ({"dry_run": "yes"}, "dry_run"),
        ({"created_by": "Mallory"}, "created_by"),
    ],
    ids=str,
)
def test_what_is_wrong_is_named_and_nothing_stored(api: Api, change: dict[str, Any], name: str) -> None:
    body = {key: value for key, value in (WANTED | change).items() if value is not ...}
    reply = api.post("/silences", body)
    assert (reply.status, reply.json["error"], api.inbox()) == (400, "malformed", [])
    assert f"`{name}`" in reply.json["message"]


def test_more_matchers_than_a_silence_may_have_are_told_how_many_it_may(api: Api) -> None:
    reply = api.post("/silences", WANTED | {"matchers": ["a=b"] * 101})
    expected = "`matchers`: There are at most 100 matchers, and at least one."
    assert (reply.status, reply.json["message"]) == (400, expected)


@pytest.mark.usefixtures("worker")
def test_the_length_of_a_silence_that_should_have_begun_counts_from_now(api: Api) -> None:
    made = api.post("/silences", {**WANTED, "start_at": "2026-01-01T00:00:00Z"}).json["silence"]
    assert (length(made), moment(made["start_at"]) >= NOW) == (2 * HOUR, True)


def test_a_silence_needs_matchers_or_an_alert_and_an_end(api: Api) -> None:
    message = api.post("/silences").json["message"]
    assert "One of `matchers`, `alert_id` is needed." in message


def test_a_silence_of_no_alert_is_not_found(api: Api) -> None:
    for body in ({}, {"dry_run": True}):
        reply = api.post("/silences", {"alert_id": NONE, "duration": "1h", **body})
        assert (reply.status, reply.json["error"], api.inbox()) == (404, "not_found", [])


def test_what_is_resolved_is_not_silenced(api: Api, alert: Alert) -> None:
    with api.store.begin() as connection:
        connection.execute(update(tables.alerts).values(state="resolved", resolved_at=NOW, firing=False))
    reply = api.post("/silences", {"alert_id": alert.facts.id, "duration": "1h"})
    assert (
        reply.status,
        reply.json["message"],
        api.inbox(),
    ) == (409, "It is already resolved, so there is nothing to silence.", [])


def test_what_nobody_has_come_to_is_accepted_and_stored_as_ingest_reads_it(api: Api) -> None:
    reply = api.post("/silences", WANTED)
    assert (reply.status, reply.json) == (202, {"status": "accepted"})
    (row,) = api.inbox()
    body = unpack(row.body)
    deed = own_silence.read(body, NOW)
    assert (row.lane, row.source, own_silence.is_one(body)) == ("people", "api", True)
    assert (deed.verb, deed.actor.key, deed.reason) == ("make_silence", "api:release-bot", "deploy")
    assert (MATCHERS, row.dedup_key) == (orjson.loads(body)["matchers"], deed.event_id)


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(
    ("change", "action", "ends_after", "reason"),
    [
        ({"extend_by": "1h"}, "silence_extended", 3 * HOUR, "deploy"),
        ({"duration": "1h"}, "silence_shortened", HOUR, "deploy"),
        ({"end_at": IN_THREE_HOURS}, "silence_extended", 3 * HOUR, "deploy"),
        ({"reason": "longer deploy"}, "silence_reworded", 2 * HOUR, "longer deploy"),
        ({"extend_by": "2h", "reason": "more"}, "silence_extended", 4 * HOUR, "more"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_a_silence_is_changed(
    api: Api, change: dict[str, str], action: str, ends_after: timedelta, reason: str
) -> None:
    silence = silenced(api.store, 1, NOW)
    reply = api.ask("PATCH", f"/silences/{silence.id}", change)
    changed = reply.json["silence"]
    assert (200, action, reason, "release-bot", "Ada Example") == (
        reply.status,
        reply.json["record"]["action"],
        changed["reason"],
        changed["changed_by"],
        changed["by"],
    )
    assert timedelta() <= moment(changed["end_at"]) - (NOW + ends_after) < timedelta(minutes=10)


@pytest.mark.usefixtures("worker")
def test_a_silence_is_ended(api: Api, alert: Alert) -> None:
    silence = silenced(api.store, 1, NOW)
    reply = api.ask("DELETE", f"/silences/{silence.id}")
    assert (
        reply.status,
        reply.json["silence"]["phase"],
        reply.json["silence"]["hides"],
        reply.json["record"]["action"],
    ) == (200, "expired", 0, "silence_ended")
    assert api.get(f"/alerts/{alert.facts.id}").json["silence"] is None
    again = api.ask("DELETE", f"/silences/{silence.id}")
    assert (again.status, again.json["message"]) == (409, "That silence has ended already.")


@pytest.mark.parametrize(
    ("body", "status", "why"),
    [
        ({}, 400, "One of `duration`, `end_at`, `extend_by` is needed."),
        (
            {"duration": "1h", "extend_by": "1h"},
            400,
            "Only one of `duration`, `end_at`, `extend_by`",
        ),
        ({"matchers": ["a=b"]}, 400, "`matchers`: Unknown field."),
        ({"reason": "deploy"}, 409, "It is like that already."),
        (
            {"end_at": "2026-01-01T00:00:00Z"},
            409,
            "A silence cannot end in the past; end it instead.",
        ),
        ({"extend_by": "23h"}, 409, 'Alerts of severity "critical" may be silenced for 1 day at most.'),
    ],
)
def test_a_change_that_cannot_be_is_told_why_and_not_stored(
    api: Api, alert: Alert, body: Any, status: int, why: str
) -> None:
    silence = silenced(api.store, 1, NOW)
    reply = api.ask("PATCH", f"/silences/{silence.id}", body)
    assert (status, []) == (reply.status, api.inbox())
    assert why in reply.json["message"]


def test_a_silence_lasts_no_longer_than_time_can_be_stored(api: Api) -> None:
    silence = silenced(api.store, 1, NOW, end_at=LAST - HOUR)
    reply = api.ask("PATCH", f"/silences/{silence.id}", {"extend_by": "2h"})
    assert (reply.status, api.inbox()) == (400, [])
    assert reply.json["message"] == "`extend_by`: A silence can last until 2038-01-19 at most."


@pytest.mark.usefixtures("worker")
def test_to_end_it_earlier_is_allowed_whatever_the_rules_say(api: Api, alert: Alert) -> None:
    silence = silenced(api.store, 1, NOW, end_at=NOW + 100 * HOUR)
    reply = api.ask("PATCH", f"/silences/{silence.id}", {"duration": "90h"})
    assert (reply.status, reply.json["record"]["action"]) == (200, "silence_shortened")


def test_nothing_is_refused_while_something_is_stored_that_may_make_a_difference(api: Api) -> None:
    silence = silenced(api.store, 1, NOW)
    with api.store.begin() as connection:
        inbox.put(connection, [inbox.Incoming("slack", "people", pack(b"a click"), "slack:1")], NOW)
    assert api.ask("PATCH", f"/silences/{silence.id}", {"reason": "deploy"}).status == 202


@pytest.mark.parametrize("id_", [NONE, "x", "%C3%A9"])
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_no_silence_is_not_found(api: Api, method: str, id_: str) -> None:
    reply = api.ask(method, f"/silences/{id_}", {"reason": "x"} if method == "PATCH" else None)
    assert (reply.status, reply.json["error"], api.inbox()) == (404, "not_found", [])


@pytest.mark.usefixtures("worker")
def test_a_request_that_is_sent_again_is_done_once(api: Api) -> None:
    """And answered as the first time, whatever two hours are by now, and though it has ended."""
    first, second = (api.post("/silences", WANTED, Idempotency_Key="k") for _ in range(2))
    assert (200, 200, first.json) == (first.status, second.status, second.json)
    path = f"/silences/{first.json['silence']['id']}"
    ends = [api.ask("DELETE", path, Idempotency_Key="end").json["record"] for _ in range(2)]
    assert (ends[0], 2) == (ends[1], len(api.inbox()))


@pytest.mark.usefixtures("worker")
def test_a_key_that_was_used_for_something_else_is_a_conflict(api: Api) -> None:
    made = api.post("/silences", WANTED, Idempotency_Key="k").json["silence"]
    for method, path, body in (
        ("POST", "/silences", {**WANTED, "duration": "3h"}),
        ("POST", "/silences", {**WANTED, "matchers": ["a=b"]}),
        ("DELETE", f"/silences/{made['id']}", None),
    ):
        reply = api.ask(method, path, body, Idempotency_Key="k")
        assert (reply.status, "Idempotency-Key" in reply.json["message"]) == (409, True)
    other = api.post("/silences", {**WANTED, "duration": "3h"}, OTHER, Idempotency_Key="k").json["silence"]
    assert (other["by"], len(api.inbox())) == ("somebody", 2)


def test_silences_are_listed_by_phase_the_first_to_end_on_top(api: Api) -> None:
    later = silenced(api.store, 1, NOW, end_at=NOW + 3 * HOUR)
    sooner = silenced(api.store, 2, NOW)
    pending = silenced(api.store, 3, NOW, start_at=NOW + HOUR, end_at=NOW + 4 * HOUR)
    over = silenced(api.store, 4, NOW, end_at=NOW - HOUR / 2)
    assert [sooner.id, later.id, pending.id] == ids(api)
    assert [pending.id] == ids(api, "?phase=pending")
    assert [sooner.id, later.id, over.id] == ids(api, "?phase=expired&phase=active")
    page = api.get("/silences?limit=2").json
    assert ([sooner.id, later.id], True) == ([one["id"] for one in page["silences"]], page["more"])
    assert api.get("/silences?limit=3").json["more"] is False


def test_those_that_go_with_an_acknowledgement_are_left_out_or_alone(api: Api) -> None:
    plain = silenced(api.store, 1, NOW)
    with_it = silenced(api.store, 2, NOW, acknowledges=True, end_at=NOW + HOUR)
    assert [with_it.id, plain.id] == ids(api)
    assert [plain.id] == ids(api, "?acknowledges=false&limit=1")
    assert [with_it.id] == ids(api, "?acknowledges=true")


def test_a_silence_is_found_by_the_beginning_of_its_id(api: Api) -> None:
    """In any phase."""
    one = silenced(api.store, 1, NOW)
    over = silenced(api.store, 2, NOW, end_at=NOW - HOUR / 2)
    assert {one.id, over.id} == set(ids(api, f"?id_prefix={one.id[:8]}"))
    page = api.get(f"/silences?id_prefix={over.id}").json
    (found,) = page["silences"]
    assert (over.id, "expired", True) == (found["id"], found["phase"], over.id.startswith(found["short_id"]))
    assert not one.id.startswith(found["short_id"])


@pytest.mark.parametrize(
    "query",
    [
        "?phase=over",
        "?limit=0",
        "?limit=201",
        "?alert=x!",
        "?id_prefix=x",
        "?id_prefix=0&phase=active",
        "?id_prefix=0&acknowledges=false",
        "?acknowledges=perhaps",
        "?by=me",
    ],
)
def test_a_wrong_parameter_is_named(api: Api, query: str) -> None:
    reply = api.get(f"/silences{query}")
    assert (reply.status, f"`{query[1:].partition('=')[0]}`" in reply.json["message"]) == (400, True)


def test_silences_about_no_alert_are_not_found(api: Api) -> None:
    assert api.get(f"/silences?alert={NONE}").status == 404


def test_how_many_each_hides_is_told_for_each(api: Api, alert: Alert) -> None:
    """One that goes with an acknowledgement hides nothing here."""
    silenced(api.store, 1, NOW)
    silenced(api.store, 2, NOW, 'severity=~"crit.*"', end_at=NOW + 3 * HOUR)
    silenced(api.store, 3, NOW, 'alertname="Other"', end_at=NOW + 4 * HOUR)
    silenced(api.store, 4, NOW, scope="elsewhere", end_at=NOW + 5 * HOUR)
    silenced(api.store, 5, NOW, acknowledges=True, end_at=NOW + 6 * HOUR)
    assert [one["hides"] for one in api.get("/silences").json["silences"]] == [1, 1, 0, 0, 0]
    hidden = api.get("/alerts").json["alerts"][0]["silence"]
    assert (moment(hidden["until"]), hidden["by"]) == (NOW + 3 * HOUR, "Ada Example")


def test_where_it_stands_is_told_of_each_alertmanager(api: Api) -> None:
    silence = silenced(api.store, 1, NOW)
    stands(api.store, silence, remote_id="a-uuid-there")
    stands(api.store, silence, target="alertmanager:eu", since=NOW, last_error="unreachable")
    refused = "refused: HTTP 400: invalid label name"
    stands(api.store, silence, target="alertmanager:us", parked_reason="refused", last_error=refused)
    stands(api.store, silence, target="alertmanager:wide", parked_reason="refused")
    told(api.store, silence, NOW - HOUR)
    shown = api.get(f"/silences/{silence.id}").json
    assert [(one["target"], one["standing"], one["id"], one["error"]) for one in shown["targets"]] == [
        ("alertmanager:default", "current", "a-uuid-there", None),
        ("alertmanager:eu", "behind", None, "unreachable"),
        ("alertmanager:us", "parked", None, "refused: HTTP 400: invalid label name"),
        ("alertmanager:wide", "parked", None, "refused"),
    ]
    assert [line["action"] for line in shown["record"]] == ["silenced"]


def test_silences_are_kept_from_whoever_has_no_token(api: Api) -> None:
    silence = silenced(api.store, 1, NOW)
    for method, path in (("GET", ""), ("POST", ""), ("GET", f"/{silence.id}"), ("DELETE", f"/{silence.id}")):
        assert api.ask(method, f"/silences{path}", token="wrong").status == 401
    with api.store.read() as connection:
        assert (silences.load(connection, [silence.id]), api.inbox()) == ({silence.id: silence}, [])
