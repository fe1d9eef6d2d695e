"""Alerts and summaries over HTTP: who may read them, what is asked, and what is answered."""

from dataclasses import replace

import pytest
from sqlalchemy import update

from api.authentication import Authentication
from core.domain.alert import Alert, Content
from core.store import deliveries, tables
from tests.api.conftest import Start
from tests.api.v1.conftest import OTHER, TOKEN, Api
from tests.store.deeds import did, happened
from tests.store.rows import NOW, SLACK, after, episode

ALL = ["/alerts", f"/alerts/{'0' * 36}", "/summary", "/openapi.json"]


@pytest.mark.parametrize("path", ALL)
def test_without_a_token_nothing_is_told(api: Api, path: str) -> None:
    for token in (None, "wrong", TOKEN + "x"):
        reply = api.get(path, token)
        assert (reply.status, reply.json["error"]) == (401, "unauthenticated")
        assert reply.headers["WWW-Authenticate"] == "Bearer"
        assert TOKEN not in reply.body.decode()


@pytest.mark.parametrize("path", ALL)
def test_where_no_token_is_configured_nobody_comes_in(start: Start, path: str) -> None:
    """And is told which key is missing. Alertmanager's own tokens are not for the API."""
    closed = Api(start(Authentication(tokens=(TOKEN,))))
    reply = closed.get(path)
    assert (reply.status, reply.json["error"]) == (401, "unauthenticated")
    assert "api.tokens" in reply.json["message"]


@pytest.mark.parametrize("token", [TOKEN, OTHER])
def test_every_named_token_comes_in(api: Api, token: str) -> None:
    assert (
        api.get("/alerts", token).status,
        api.get("/alerts", token).json,
    ) == (200, {"alerts": [], "next_cursor": None})


def test_an_alert_is_told_with_where_it_is_shown(api: Api, alert: Alert) -> None:
    link = "https://example.slack.com/archives/C0123/p12"
    with api.store.begin() as connection:
        deliveries.add(connection, [(alert.id, SLACK, 1)], NOW)
        connection.execute(
            update(tables.deliveries).values(remote={"link": link, "posting": {"x": "secret"}})
        )
    (told,) = api.get("/alerts").json["alerts"]
    assert {
        "id": alert.id,
        "short_id": alert.id[:8],
        "state": "firing",
        "name": "HighLatency",
        "severity": "critical",
        "summary": "slow 🐢",
        "labels": {"alertname": "HighLatency", "severity": "critical"},
        "fired_at": "2026-11-23T12:00:00.123456+00:00",
        "acknowledged_by": None,
        "targets": [
            {
                "target": SLACK,
                "standing": "behind",
                "since": "2026-11-23T12:00:00.123456+00:00",
                "link": link,
                "error": None,
            }
        ],
    }.items() <= told.items()


def test_one_alert_comes_with_its_story(api: Api, alert: Alert) -> None:
    happened(api.store, alert, 0, "fired")
    did(api.store, alert, 60, note="on it")
    told = api.get(f"/alerts/{alert.id}").json
    assert [entry["what"] for entry in told["timeline"]] == ["fired", "acknowledged"]
    assert {"by": "Ada Example", "via": "slack", "note": "on it", "target": None}.items() <= told["timeline"][
        1
    ].items()


@pytest.mark.parametrize("id_", ["0" * 36, "x", "%C3%A9" * 12, "a%00b", "..", "%27%20or%201=1"])
def test_what_is_no_alert_is_not_found(api: Api, alert: Alert, id_: str) -> None:
    reply = api.get(f"/alerts/{id_}")
    assert (reply.status, reply.json["error"]) == (404, "not_found")


@pytest.fixture
def three(api: Api) -> Api:
    """f1 fires, f2 was acknowledged, f3 is over; each fired a second later."""
    content = Content({"alertname": "DiskFull", "severity": "warning", "team": "db"}, {})
    api.keep(
        replace(episode("f1", seq=1), content=content),
        episode("f2", seq=2, fired_at=after(1), acknowledged_at=after(2)),
        episode("f3", seq=3, fired_at=after(2), firing=False, resolved_at=after(3), source="eu-1"),
    )
    return api


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["f3", "f2", "f1"]),
        ("state=firing", ["f1"]),
        ("state=firing&state=acknowledged", ["f2", "f1"]),
        ("severity=Warning", ["f1"]),
        ("severity=warning&severity=critical&state=resolved", ["f3"]),
        ("match=team%3D%22db%22", ["f1"]),
        ("match=team!%3D%22db%22&match=severity%3Dcritical", ["f3", "f2"]),
        ("match=team%3D~%22d.%7Cweb%22", ["f1"]),
        ("match=team!~%22d.%22", ["f3", "f2"]),
        ("match=team%3D~%22d%22", []),
        ("source=eu-1", ["f3"]),
        ("name=DiskFull", ["f1"]),
        ("since=2026-11-23T12:00:01Z", ["f3", "f2"]),
        ("since=2026-11-23T13:00:01%2B01:00&until=2026-11-23T12:00:02Z", ["f2"]),
        ("limit=1", ["f3"]),
    ],
)
def test_a_query_narrows_the_list(three: Api, query: str, expected: list[str]) -> None:
    reply = three.get(f"/alerts?{query}")
    assert (200, expected) == (reply.status, [alert["fingerprint"] for alert in reply.json["alerts"]])


def test_pages_are_walked_by_their_cursor(three: Api) -> None:
    seen, cursor = [], ""
    for _ in range(3):
        page = three.get(f"/alerts?limit=1{cursor}").json
        seen += [alert["fingerprint"] for alert in page["alerts"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert (seen, page["next_cursor"]) == (["f3", "f2", "f1"], None)


def test_the_beginning_of_an_id_leads_to_its_alerts(three: Api) -> None:
    for alert in three.get("/alerts").json["alerts"]:
        (found,) = three.get(f"/alerts?id_prefix={alert['short_id']}").json["alerts"]
        assert alert == found
    assert len(three.get("/alerts?id_prefix=0&limit=2").json["alerts"]) == 2
    assert three.get("/alerts?id_prefix=ffff").json["alerts"] == []


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("/alerts?state=open", "state"),
        ("/alerts?state=", "state"),
        ("/alerts?severity=", "severity"),
        ("/alerts?match=x", "match"),
        ("/alerts?match=a%3D~%22(%22", "match"),
        ("/alerts?match=a%3D%00", "match"),
        ("/alerts?since=yesterday", "since"),
        ("/alerts?since=2026-11-23T12:00:00", "since"),
        ("/alerts?limit=0", "limit"),
        ("/alerts?limit=201", "limit"),
        ("/alerts?limit=ten", "limit"),
        ("/alerts?limit=1&limit=2", "limit"),
        ("/alerts?cursor=x", "cursor"),
        ("/alerts?id_prefix=XYZ", "id_prefix"),
        ("/alerts?id_prefix=01&state=firing", "id_prefix"),
        ("/alerts?source=a%20b", "source"),
        ("/alerts?stat=firing", "stat"),
        ("/alerts?%60%1b%5b31m=1", "??[31m"),
        ("/summary?all=perhaps", "all"),
        ("/summary?all=true&since=2026-11-23T12:00:00Z", "all"),
        ("/summary?since=2026-11-23T12:00:00Z&until=2026-11-22T12:00:00Z", "since"),
        ("/summary?period=7d", "period"),
    ],
)
def test_a_wrong_parameter_is_named(api: Api, path: str, parameter: str) -> None:
    reply = api.get(path)
    assert (reply.status, reply.json["error"]) == (400, "malformed")
    assert reply.json["message"].startswith(f"`{parameter}`: ")


def test_all_wrong_parameters_are_named_at_once(api: Api) -> None:
    message = api.get("/alerts?limit=0&state=open&x=1").json["message"]
    assert sorted(word[:-1] for word in message.split() if word.startswith("`")) == [
        "`limit`",
        "`state`",
        "`x`",
    ]


def test_a_summary_is_of_the_last_day_unless_it_is_said_otherwise(three: Api) -> None:
    (alert, *_) = three.get("/alerts").json["alerts"]
    happened(three.store, replace(episode("f3", seq=3)), 0, "fired")
    told = three.get("/summary?until=2026-11-23T13:00:00Z").json
    assert (told["since"], told["fired"]) == ("2026-11-22T13:00:00+00:00", 1)
    assert told["fired_by_severity"] == [{"name": "critical", "count": 1}]
    assert told["acknowledged"] == {"count": 0, "seconds": None}
    assert three.get("/summary?since=2026-11-23T12:30:00Z&until=2026-11-23T13:00:00Z").json["fired"] == 0
    everything = three.get("/summary?all=true").json
    assert (everything["since"], sum(each["count"] for each in everything["open_by_severity"])) == (None, 2)
    assert alert["fingerprint"] == "f3"


def test_a_database_that_is_gone_is_unavailable(api: Api) -> None:
    with api.store.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE alerts RENAME TO away")
    reply = api.get("/alerts")
    assert (reply.status, reply.json["error"]) == (503, "unavailable")
    assert int(reply.headers["Retry-After"]) > 0


def test_addresses_that_do_not_exist_are_not_found_in_json(api: Api) -> None:
    assert (api.get("/nothing").status, api.get("/nothing").json["error"]) == (404, "not_found")
    assert api.post("/alerts").status == 405
