"""The pretend Alertmanager mutes what is silenced, can fail in every way, and forgets what a restart forgets."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests

from sandbox import Sandbox, alerts
from sandbox.alertmanager.matching import parse_all
from sandbox.alertmanager.silences import Unwanted
from tests.sandbox.silencing import Client, matcher

CPU = 'alertname="HighCPU"'


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Client]:
    made = Client(sandbox.alertmanager_url)
    yield made
    made.session.close()


def told(app: Any) -> list[tuple[str, str]]:
    """Status and instance of all that the bridge was posted."""
    return [
        (one["status"], one["labels"]["instance"])
        for call in app.calls
        for one in json.loads(call.body)["alerts"]
    ]


def listed(sandbox: Sandbox) -> list[tuple[str, list[str]]]:
    found = Client(sandbox.alertmanager_url).ask("GET", "/api/v2/alerts").body
    return [(one["status"]["state"], one["status"]["silencedBy"]) for one in found]


# Muting


def test_what_is_silenced_is_posted_neither_when_it_fires_nor_when_it_ends(
    sandbox: Sandbox, app: Any
) -> None:
    silence = sandbox.alertmanager.silence(CPU)
    fired = sandbox.alertmanager.fire("critical")
    assert fired.message == "1 alert fired, silenced: the bridge was not told."
    assert listed(sandbox) == [("suppressed", [silence])]
    assert sandbox.alertmanager.resolve().ok
    assert (listed(sandbox), app.calls) == ([], [])


def test_the_end_of_what_was_told_is_not_told_while_it_is_silenced(sandbox: Sandbox, app: Any) -> None:
    sandbox.alertmanager.fire("critical")
    sandbox.alertmanager.silence(CPU)
    sandbox.alertmanager.resolve()
    assert told(app) == [("firing", "web-1:9100")]
    assert listed(sandbox) == []


def test_the_end_of_a_silence_posts_nothing_until_the_repeat_interval(sandbox: Sandbox, app: Any) -> None:
    silence = sandbox.alertmanager.silence(CPU)
    sandbox.alertmanager.fire("critical")
    sandbox.alertmanager.expire(silence)
    assert (listed(sandbox), app.calls) == ([("active", [])], [])
    assert sandbox.alertmanager.repeat().message == "1 alert told again."
    sandbox.alertmanager.resolve()
    assert told(app) == [("firing", "web-1:9100"), ("resolved", "web-1:9100")]


def test_the_end_of_what_nobody_was_told_of_is_not_told(sandbox: Sandbox, app: Any) -> None:
    silence = sandbox.alertmanager.silence(CPU)
    sandbox.alertmanager.fire("critical")
    sandbox.alertmanager.expire(silence)
    assert sandbox.alertmanager.resolve().ok
    assert app.calls == []


def test_only_the_silenced_ones_of_a_group_vanish_from_it(sandbox: Sandbox, app: Any) -> None:
    for _ in range(2):
        sandbox.alertmanager.fire("critical")
    sandbox.alertmanager.silence(f'{CPU}, instance=~"web-1:.*"')
    app.calls.clear()
    assert sandbox.alertmanager.repeat().message == "2 alerts told again, 1 of them silenced."
    sandbox.alertmanager.resolve()
    assert told(app) == [("firing", "web-2:9100"), ("resolved", "web-2:9100")]


def test_a_silence_begins_and_ends_with_the_clock(limited: Sandbox, clock: Any) -> None:
    limited.alertmanager.hold(alerts.fire("critical", now=limited.alertmanager.now())["alerts"])
    limited.alertmanager.silence(CPU, timedelta(minutes=10))
    states = [listed(limited)[0][0]]
    clock.now += 600
    states += [listed(limited)[0][0], limited.alertmanager.silences[0]["status"]["state"]]
    clock.now += 121 * 3600
    assert [*states, limited.alertmanager.silences] == ["suppressed", "active", "expired", []]


def test_an_alert_is_listed_as_alertmanager_lists_it(limited: Sandbox, clock: Any) -> None:
    [item] = alerts.fire("plain", now=limited.alertmanager.now())["alerts"]
    limited.alertmanager.hold([item])
    clock.now += 90
    assert limited.alertmanager.alerts == [
        {
            "annotations": item["annotations"],
            "endsAt": "2027-01-15T08:05:00.000Z",
            "fingerprint": item["fingerprint"],
            "generatorURL": item["generatorURL"],
            "labels": item["labels"],
            "receivers": [{"name": "alert-bridge"}],
            "startsAt": "2027-01-15T08:00:00.000Z",
            "status": {"inhibitedBy": [], "mutedBy": [], "silencedBy": [], "state": "active"},
            "updatedAt": "2027-01-15T08:01:00.000Z",
        }
    ]


# Later versions than Debian's


def test_annotations_are_kept_since_0_32(sandbox: Sandbox, client: Client) -> None:
    kept = client.silence(annotations={"alert_bridge": "s-1"})
    sandbox.alertmanager.version = "0.31.0"
    assert (kept["annotations"], "annotations" in client.read(kept["id"])) == ({"alert_bridge": "s-1"}, False)


@pytest.mark.parametrize(("version", "statuses"), [("0.34.0", [200, 404]), ("0.25.0", [400, 500])])
def test_names_may_be_any_text_and_nobody_is_not_found_since_then(
    sandbox: Sandbox, client: Client, version: str, statuses: list[int]
) -> None:
    sandbox.alertmanager.version = version
    nobody = "/api/v2/silence/00000000-0000-4000-8000-000000000000"
    answers = [client.post(matcher("Größe", "x")), client.ask("DELETE", nobody)]
    assert [one.status for one in answers] == statuses


def test_states_are_left_out_since_0_34(sandbox: Sandbox, client: Client) -> None:
    sandbox.alertmanager.silence({"job": "a"}, after=timedelta(hours=1))
    sandbox.alertmanager.silence([matcher("job", "b.*", isRegex=True)])
    sandbox.alertmanager.expire(sandbox.alertmanager.silence({"job": "c"}))

    def told(**asked: str) -> list[str]:
        found = client.ask("GET", "/api/v2/silences", params=asked).body
        return [one["status"]["state"] for one in found]

    assert told(expired="false", pending="false") == ["active"]
    assert told(active="false") == ["pending", "expired"]
    sandbox.alertmanager.version = "0.33.0"
    assert told(active="false") == ["active", "pending", "expired"]


def test_a_change_that_is_refused_leaves_the_old_one_alone(client: Client) -> None:
    before = client.silence()
    assert client.change(before, matchers=[matcher("a", "")]).status == 400
    assert client.read(before["id"]) == before


@pytest.mark.parametrize(
    "changes", [{"matchers": [None]}, {"annotations": {"a": None}}, {"annotations": ["a"]}]
)
def test_what_has_no_meaning_is_refused(client: Client, changes: dict[str, Any]) -> None:
    answer = client.post(**changes)
    assert (answer.status, answer.body["code"]) == (400, 400)


# Faults


def test_each_fault_does_to_it_what_it_does_to_the_others(sandbox: Sandbox, client: Client) -> None:
    sandbox.faults.take_down("alertmanager")
    with pytest.raises(requests.ConnectionError):
        client.silences()
    sandbox.faults.bring_up("alertmanager")
    sandbox.faults.add("alertmanager", "status", status=503, method="GET /alerts")
    assert [client.ask("GET", f"/api/v2/{path}").status for path in ("alerts", "silences")] == [503, 200]
    sandbox.faults.clear()
    sandbox.faults.add("alertmanager", "late", seconds=0.15, method="GET")
    began = time.monotonic()
    assert client.silences() == []
    assert time.monotonic() - began >= 0.15
    sandbox.faults.clear()
    sandbox.faults.add("alertmanager", "error", error="silence invalid: made up", times=1)
    assert client.post()[::2] == (400, "silence invalid: made up")


def test_a_lost_answer_has_silenced_and_the_same_again_silences_twice(
    sandbox: Sandbox, client: Client
) -> None:
    sandbox.faults.add("alertmanager", "lose_answer", times=1, method="POST /silences")
    with pytest.raises(requests.ConnectionError):
        client.post(comment="the same")
    client.post(comment="the same")
    assert [one["comment"] for one in sandbox.alertmanager.silences] == ["the same", "the same"]


def test_what_it_is_asked_is_in_the_log(sandbox: Sandbox, client: Client) -> None:
    name = client.post().body["silenceID"]
    client.post(matcher("a", ""))
    client.ask("DELETE", f"/api/v2/silence/{name}")
    client.ask("GET", "/-/ready")
    seen = [(one.operation, one.outcome, one.summary) for one in sandbox.traffic.calls("alertmanager_api")]
    assert seen == [
        ("POST /silences", "ok", 'ada: job="node"'),
        (
            "POST /silences",
            "refused",
            "invalid silence: at least one matcher must not match the empty string",
        ),
        ("DELETE /silence/{id}", "ok", ""),
        ("GET /-/ready", "ok", ""),
    ]


# A restart


@pytest.mark.parametrize("with_data", [True, False])
def test_a_restart_forgets_alerts_and_keeps_silences_only_with_its_data(
    limited: Sandbox, clock: Any, with_data: bool
) -> None:
    limited.alertmanager.hold(alerts.fire("critical", now=limited.alertmanager.now())["alerts"])
    limited.alertmanager.silence(CPU)
    clock.now += 60
    limited.alertmanager.restart(with_data=with_data)
    client = Client(limited.alertmanager_url)
    assert client.ask("GET", "/api/v2/status").body["uptime"] == "2027-01-15T08:01:00.000Z"
    assert (listed(limited), len(client.silences())) == ([], int(with_data))


# By hand


def test_a_silence_by_hand_is_one_like_any_other(sandbox: Sandbox, client: Client) -> None:
    name = sandbox.alertmanager.silence(
        {"job": "node"}, timedelta(minutes=5), by="Bruno", comment="new disks"
    )
    [one] = client.silences()
    assert [one] == sandbox.alertmanager.silences
    assert (one["id"], one["createdBy"], one["comment"]) == (name, "Bruno", "new disks")
    assert one["matchers"] == [matcher("job", "node")]
    assert sandbox.alertmanager.extend(name, timedelta(hours=1)) == name
    assert client.read(name)["endsAt"] > one["endsAt"]
    sandbox.alertmanager.expire(name)
    assert client.read(name)["status"] == {"state": "expired"}
    assert sandbox.alertmanager.extend(name) != name


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('alertname="HighCPU"', ['alertname="HighCPU"']),
        ("{job=node,instance!~web.*}", ['job="node"', 'instance!~"web.*"']),
        (r'a="x,\"y\"" , b!="\n"', [r'a="x,\"y\""', r'b!="\n"']),
    ],
)
def test_matchers_are_read_as_people_type_them(text: str, shown: list[str]) -> None:
    assert [str(one) for one in parse_all(text)] == shown


@pytest.mark.parametrize("text", ["", "HighCPU", 'a="b', 'a=~"("', 'a=""'])
def test_what_is_no_matcher_is_refused_and_nothing_is_silenced(sandbox: Sandbox, text: str) -> None:
    with pytest.raises(Unwanted):
        sandbox.alertmanager.silence(text)
    assert sandbox.alertmanager.silences == []
