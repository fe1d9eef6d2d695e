"""What comes in while Alertmanager's list is read is newer than the list, and wins."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from core.domain.compare import Rules
from core.reconcile import Outcome, reconcile
from core.targets.alertmanager_client import Members
from sandbox import alerts
from tests.stories.lists import Lists, listed, open_lists
from tests.stories.scene import Scene

RULES = Rules(grace=timedelta(seconds=20), restart_grace=timedelta())
LATER = 30.0


@pytest.fixture
def lists() -> Iterator[Lists]:
    with open_lists() as ours:
        yield ours


def look(scene: Scene, lists: Lists) -> Outcome:
    """One comparison, and what follows from it."""
    outcome = reconcile(scene.bridge, "default", Members([lists.url]), RULES)
    scene.settle()
    return outcome


def test_a_firing_that_comes_in_after_the_list_was_read_wins(scene: Scene, lists: Lists) -> None:
    """It stands in the inbox before what was concluded from the list, and is newer."""
    payload = alerts.fire("critical")
    scene.receive(payload)
    scene.settle()
    lists.alerts = listed(payload, "suppressed")
    lists.alerts[0]["status"]["silencedBy"] = ["a-silence"]
    assert Outcome(marked=1) == look(scene, lists)
    scene.put_forward(LATER)
    lists.alerts = []
    lists.meanwhile = lambda: scene.receive(payload)
    assert Outcome(resolved=1) == look(scene, lists)
    assert scene.story == ["fired"]
    lists.meanwhile = lambda: None
    scene.put_forward(LATER)
    look(scene, lists)
    scene.put_forward(LATER)
    assert Outcome(resolved=1) == look(scene, lists)
    assert scene.story == ["fired", "resolved", "reconciled"]


@pytest.mark.parametrize("words", [1, 2], ids=["a firing", "a firing and its end"])
def test_an_alert_that_is_told_after_the_list_was_read_is_not_taken_in(
    scene: Scene, lists: Lists, words: int
) -> None:
    """Whether or not it is over by the time that the conclusion is ingested."""
    scene.receive(alerts.fire("warning"))
    scene.settle()
    payload = alerts.fire("critical", now=scene.clock() - timedelta(hours=1))
    lists.alerts = [*listed(payload), *listed(alerts.fire("warning"))]
    told = [payload, alerts.resolve(payload)][:words]
    lists.meanwhile = lambda: scene.receive(*told)
    assert Outcome(taken_in=1) == look(scene, lists)
    lines = [row.what for row in scene.rows("history") if row.what != "delivered"]
    assert ["fired", "fired", "resolved"][: words + 1] == lines


def test_a_lane_that_is_behind_is_left_alone(scene: Scene, lists: Lists) -> None:
    """Otherwise every look would put the same conclusions behind words that are newer."""
    scene.receive(alerts.fire("critical"))
    scene.put_forward(LATER)
    outcome = reconcile(scene.bridge, "default", Members([lists.url]), RULES)
    assert Outcome(trouble="ingest is behind") == outcome


def test_many_ends_are_several_bodies(scene: Scene, lists: Lists) -> None:
    """Of at most five hundred alerts each: here three for a thousand and one."""
    scene.receive(*alerts.storm(1001))
    scene.work_on_lanes()
    before = len(scene.rows("inbox"))
    scene.put_forward(LATER)
    for _ in range(2):
        outcome = reconcile(scene.bridge, "default", Members([lists.url]), RULES)
        scene.put_forward(LATER)
    assert outcome.resolved == 1001
    assert len(scene.rows("inbox")) - before == 3
    scene.work_on_lanes()
    assert {"resolved"} == {row.state for row in scene.rows("alerts")}
