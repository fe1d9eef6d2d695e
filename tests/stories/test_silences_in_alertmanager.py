"""One silence, here and in the pretend Alertmanager: wherever it is made, changed or ended, and through its faults."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.domain.silence_deed import SilenceVerb
from sandbox import Sandbox, alerts
from sandbox.credentials import ADA, BRUNO
from sandbox.pagerduty.model import Status
from tests.databases import ON_SQLITE
from tests.stories.conftest import Stage
from tests.stories.scene import Scene, said, slack_actor

pytestmark = ON_SQLITE

FIRE = alerts.fire("critical")
pytestmark = pytest.mark.usefixtures("doors")


@pytest.fixture
def scene(stage: Stage, sandbox: Sandbox) -> Scene:
    scene = stage(alertmanagers=[sandbox.alertmanager_url])
    scene.receive(FIRE)
    scene.settle()
    return scene


def there(scene: Scene) -> list[dict[str, Any]]:
    """Alertmanager's silences that have not ended."""
    return [it for it in scene.sandbox.alertmanager.silences if it["status"]["state"] != "expired"]


def test_a_silence_made_here_is_made_there_once_with_its_author_and_reason(scene: Scene) -> None:
    scene.silence(alert_id=scene.alert.id, reason="deploy")
    scene.settle()
    (silence,) = there(scene)
    assert silence["createdBy"] == f"{ADA.name} (Slack)"
    assert silence["comment"].startswith("deploy [alert-bridge ")
    assert {it["name"] for it in silence["matchers"]} == set(FIRE["alerts"][0]["labels"])
    scene.poll()
    scene.settle()
    assert len(scene.rows("silences")) == 1


def test_a_silence_made_there_becomes_ours_with_its_author(scene: Scene) -> None:
    scene.sandbox.alertmanager.silence({"severity": "critical"}, by="ops", comment="maintenance")
    scene.poll()
    scene.settle()
    assert "Silenced by ops in Alertmanager until" in said(scene.message)
    assert ": maintenance" in said(scene.message)
    (row,) = scene.rows("silences")
    assert (row.source, row.created_by, row.reason) == ("alertmanager", "ops", "maintenance")
    assert [(line.action, line.by_name) for line in scene.rows("silence_events")] == [("silenced", "ops")]
    assert len(there(scene)) == 1


def test_ended_there_it_ends_here(scene: Scene) -> None:
    id_ = scene.sandbox.alertmanager.silence({"severity": "critical"}, by="ops", comment="x")
    scene.poll()
    scene.settle()
    scene.sandbox.alertmanager.expire(id_)
    scene.poll()
    scene.settle()
    assert scene.message.text.startswith("CRITICAL")
    assert scene.incident.status is Status.TRIGGERED
    assert any(one.broadcast for one in scene.replies)


def test_ended_here_it_ends_there(scene: Scene) -> None:
    silence = scene.silence(alert_id=scene.alert.id)
    scene.settle()
    scene.do_to_silence(SilenceVerb.END, slack_actor(BRUNO), silence)
    scene.settle()
    assert there(scene) == []


def test_extended_here_it_is_extended_there_in_place(scene: Scene) -> None:
    silence = scene.silence(alert_id=scene.alert.id)
    scene.settle()
    (before,) = there(scene)
    scene.do_to_silence(SilenceVerb.CHANGE, slack_actor(BRUNO), silence, longer_by=timedelta(hours=2))
    scene.settle()
    (after,) = there(scene)
    assert after["id"] == before["id"]
    assert _end(after) == _end(before) + timedelta(hours=2)


def test_edited_in_both_places_the_later_edit_holds_on_both_sides(scene: Scene) -> None:
    silence = scene.silence(alert_id=scene.alert.id)
    scene.settle()
    (shown,) = there(scene)
    end_there = scene.clock() + timedelta(hours=5)
    scene.sandbox.alertmanager.extend(shown["id"], timedelta(hours=5))
    scene.put_forward(5)
    scene.do_to_silence(SilenceVerb.CHANGE, slack_actor(BRUNO), silence, longer_by=timedelta(hours=2))
    scene.settle()
    scene.poll()
    scene.settle()
    (row,), (shown,) = scene.rows("silences"), there(scene)
    assert abs(_end(shown) - row.end_at) < timedelta(seconds=1)
    assert abs(row.end_at - end_there) > timedelta(minutes=30)


def test_a_create_whose_answer_is_lost_is_looked_up_and_never_doubled(scene: Scene) -> None:
    scene.sandbox.faults.add("alertmanager", "lose_answer", method="POST /silences", times=1)
    scene.silence(alert_id=scene.alert.id)
    scene.settle()
    assert len(there(scene)) == 1
    assert len(scene.sandbox.alertmanager.silences) == 1


def test_while_alertmanager_is_down_a_silence_holds_here_and_is_made_there_once_it_is_back(
    scene: Scene,
) -> None:
    scene.sandbox.faults.take_down("alertmanager")
    scene.silence(alert_id=scene.alert.id)
    scene.work()
    scene.work()
    assert "Silenced by" in said(scene.message)
    assert scene.due()["silence_deliveries"] == 1
    scene.sandbox.faults.bring_up("alertmanager")
    scene.settle()
    assert len(there(scene)) == 1


def test_an_acknowledgement_keeps_alertmanager_quiet_as_long_as_it_fires_acknowledged(
    stage: Stage, sandbox: Sandbox
) -> None:
    scene = stage(alertmanagers=[sandbox.alertmanager_url], ack_silences=True)
    scene.receive(FIRE)
    scene.settle()
    scene.sandbox.slack_hand.click(scene.message, "acknowledge", BRUNO)
    scene.settle()
    (silence,) = there(scene)
    assert silence["createdBy"] == f"{BRUNO.name} (Slack)"
    assert _end(silence) - scene.clock() < timedelta(minutes=31)
    assert "silenced" not in said(scene.message).lower()
    scene.put_forward(1000)
    scene.settle()
    (longer,) = there(scene)
    assert _end(longer) > _end(silence)
    scene.sandbox.slack_hand.click(scene.message, "unacknowledge", BRUNO)
    scene.settle()
    assert there(scene) == []


def _end(silence: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(str(silence["endsAt"])).astimezone(UTC)
