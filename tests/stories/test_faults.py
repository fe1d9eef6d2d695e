"""Staged faults of Slack and PagerDuty. The end is the same each time: one message, one incident, nothing left due."""

from collections.abc import Callable
from typing import Any

import pytest
from prometheus_client import REGISTRY

from core.ingest import drain
from core.store import tables
from sandbox import alerts
from sandbox.faults import Kind
from tests.databases import ON_SQLITE
from tests.stories.conftest import Stage
from tests.stories.scene import LANE, PAGERDUTY, SLACK, Scene, together

FIRE = alerts.fire("critical")
TROUBLE: dict[str, dict[str, Any]] = {
    "refused": {"kind": Kind.REFUSE},
    "500": {"kind": Kind.STATUS, "status": 500},
    "503 with nothing in it": {"kind": Kind.STATUS, "status": 503, "empty_body": True},
    "429": {"kind": Kind.RATE_LIMIT, "retry_after": 7},
    "429 without Retry-After": {"kind": Kind.RATE_LIMIT, "retry_after": None},
    "answer lost after acting": {"kind": Kind.LOSE_ANSWER},
    "answered too late": {"kind": Kind.LATE, "seconds": 1.0},
}


def ends_well(scene: Scene, *, resolved: bool) -> None:
    """One message and one incident in the right state, nothing due, nothing parked."""
    (message,) = scene.messages
    (incident,) = scene.incidents
    assert message.text.startswith("RESOLVED" if resolved else "CRITICAL")
    assert incident.is_open is not resolved
    assert set(scene.due().values()) == {0}
    assert {row.parked_reason for row in scene.rows("deliveries")} == {None}
    assert scene.replies == []


@pytest.mark.parametrize("when", ["opening", "resolving"])
@pytest.mark.parametrize("service", ["slack", "pagerduty", "pagerduty_events", "pagerduty_rest"])
@pytest.mark.parametrize("trouble", TROUBLE)
def test_promise_4_one_message_and_one_incident(scene: Scene, service: str, trouble: str, when: str) -> None:
    """Whatever becomes of three calls in a row, while the alert opens and while it resolves."""
    if when == "opening":
        scene.sandbox.faults.add(service, times=3, **TROUBLE[trouble])
    scene.receive(FIRE)
    scene.settle()
    ends_well(scene, resolved=False)
    if when == "resolving":
        scene.sandbox.faults.add(service, times=3, **TROUBLE[trouble])
    scene.receive(alerts.resolve(FIRE))
    scene.settle()
    ends_well(scene, resolved=True)


@pytest.mark.parametrize("trouble", ["refused", "answer lost after acting", "500"])
def test_it_resolves_while_nobody_knows_whether_it_was_shown(scene: Scene, trouble: str) -> None:
    """What was perhaps posted is looked for and closed; what was not is not posted any more."""
    for service in ("slack", "pagerduty_events"):
        scene.sandbox.faults.add(service, times=1, **TROUBLE[trouble])
    scene.receive(FIRE)
    scene.work()
    scene.receive(alerts.resolve(FIRE))
    scene.settle()
    assert [one.text.split()[0] for one in scene.messages] in ([], ["RESOLVED"])
    assert scene.open_incidents == []
    assert set(scene.due().values()) == {0}
    if trouble == "answer lost after acting":
        assert len(scene.messages) == len(scene.incidents) == 1


def revoke_slack(scene: Scene, *, revoked: bool) -> None:
    scene.sandbox.slack.token_revoked = revoked


def revoke_routing_key(scene: Scene, *, revoked: bool) -> None:
    scene.sandbox.pagerduty.keys_revoked = revoked


def archive(scene: Scene, *, revoked: bool) -> None:
    scene.sandbox.slack.channels[SLACK.partition(":")[2]].is_archived = revoked


@pytest.mark.parametrize(
    ("take", "blocked"), [(revoke_slack, SLACK), (revoke_routing_key, PAGERDUTY), (archive, SLACK)]
)
def test_a_blocked_target_says_why_and_catches_up(
    scene: Scene, take: Callable[..., None], blocked: str
) -> None:
    """A token revoked and restored, a channel archived and not: the others go on, no row is parked."""
    take(scene, revoked=True)
    scene.receive(*alerts.storm(6))
    for _ in range(3):
        scene.work()
        scene.put_forward(70)
    reasons = {row.name: row.blocked_reason for row in scene.rows("targets")}
    assert reasons[blocked]
    assert [name for name, reason in reasons.items() if reason] == [blocked]
    assert {len(scene.messages), len(scene.incidents)} == {0, 6}
    service = "slack" if blocked == SLACK else "pagerduty_events"
    assert scene.sandbox.traffic.count(service) <= 8  # one call shows it, then one a minute
    take(scene, revoked=False)
    scene.settle()
    assert len(scene.messages) == len(scene.incidents) == 6
    assert {row.blocked_reason for row in scene.rows("targets")} == {None}


def test_a_revoked_rest_token_costs_links_and_no_page(scene: Scene) -> None:
    """Paging goes through the routing key; only what the token adds is missing."""
    scene.sandbox.pagerduty.token_revoked = True
    scene.receive(FIRE)
    for _ in range(5):
        scene.work()
        scene.put_forward(10)
    assert len(scene.open_incidents) == 1
    assert len(scene.messages) == 1
    (trouble,) = [row.trouble for row in scene.rows("targets") if row.name == PAGERDUTY]
    assert "401" in trouble
    scene.receive(alerts.resolve(FIRE))
    scene.settle()
    assert scene.open_incidents == []


@ON_SQLITE
def test_a_storm_of_300_through_a_slack_that_refuses_a_third(stage: Stage) -> None:
    """All arrive, each once, critical ones first, though every third call is answered 429."""
    scene = stage()
    scene.sandbox.faults.add("slack", Kind.RATE_LIMIT, share=1 / 3, retry_after=1, seed=7)
    scene.receive(*alerts.storm(300))
    scene.settle(rounds=900)
    order = [one.text.split()[0] for one in scene.messages]
    assert len(order) == len(scene.incidents) == 300
    assert order == sorted(order, key=["CRITICAL", "ERROR", "WARNING", "INFO"].index)
    shown = {one.metadata["event_payload"]["alert_id"] for one in scene.messages if one.metadata}
    assert len(shown) == 300
    assert set(scene.due().values()) == {0}
    posts = scene.sandbox.traffic.count("slack", "chat.postMessage")
    assert posts - scene.sandbox.traffic.count("slack", "chat.postMessage", "ok") > 50


def test_the_same_payload_fifty_times_at_once(stage: Stage) -> None:
    """Fifty requests, four workers, one message."""
    workers = [stage(holder=f"w{number}:1:") for number in range(4)]
    together(*[lambda: workers[0].receive(*[FIRE] * 10) for _ in range(5)])
    together(*[worker.work for worker in workers])
    workers[0].settle()
    ends_well(workers[0], resolved=False)
    assert len(workers[0].rows("inbox")) == 50


def test_promise_9_one_bad_alert_holds_back_no_other(scene: Scene) -> None:
    """The good ones beside it go on, and those after it."""
    storm = alerts.storm(4)
    mixed = alerts.webhook([item for each in storm for item in each["alerts"]])
    mixed["alerts"].insert(2, {"status": "firing", "labels": {"alertname": "Odd"}, "startsAt": "yesterday"})
    scene.receive(mixed, FIRE)
    scene.settle()
    assert len(scene.messages) == len(scene.incidents) == 5
    (parked,) = [row for row in scene.rows("inbox") if row.parked_at]
    assert "alerts[2]" in parked.error
    assert "startsAt" in parked.error


def test_a_body_of_ten_thousand_is_ingested_whole(scene: Scene) -> None:
    """Alertmanager has no limit unless max_alerts sets one; sent twice, it is still ten thousand."""
    one = alerts.webhook([item for each in alerts.storm(10_000) for item in each["alerts"]])
    scene.receive(one, one)
    drain(scene.bridge, LANE)
    assert len(scene.rows("alerts")) == 10_000
    due = {"inbox": 0, "deliveries": 20_000, "notices": 0, "silence_deliveries": 0}
    assert scene.due() == due


def test_a_body_that_nobody_can_read_is_parked_and_the_next_goes_on(scene: Scene) -> None:
    """It got past the receiver, by an older version or by a broken disk."""
    scene.receive(b"not json at all", FIRE)
    scene.settle()
    with scene.store.begin() as connection:
        connection.execute(tables.inbox.insert().values(**broken(scene)))
    scene.receive(alerts.resolve(FIRE))
    scene.settle()
    assert [one.text.split()[0] for one in scene.messages] == ["RESOLVED"]
    assert len([row for row in scene.rows("inbox") if row.parked_at]) == 2
    assert scene.open_incidents == []
    assert set(scene.due().values()) == {0}


def broken(scene: Scene) -> dict[str, Any]:
    """A row whose body does not even unpack."""
    now = scene.clock()
    return {
        "source": "default",
        "lane": LANE,
        "body": b"\x01\x00",
        "received_at": now,
        "due_at": now,
        "attempts": 0,
    }


def test_slack_that_cannot_be_read_is_posted_to_again_and_counted(scene: Scene) -> None:
    """Without channels:history a lost answer can't be looked up: a double is better than a lost alert."""
    scene.sandbox.slack.scopes = frozenset(s for s in scene.sandbox.slack.scopes if "history" not in s)
    scene.sandbox.faults.add("slack", Kind.LOSE_ANSWER, method="chat.postMessage", times=1)
    before = reposts()
    scene.receive(FIRE)
    scene.settle()
    assert len(scene.messages) == 2
    assert reposts() == before + 1 or before == 0.0


def reposts() -> float:
    return REGISTRY.get_sample_value("alert_bridge_unverified_reposts_total", {"target": SLACK}) or 0.0
