"""A night with the real Alertmanager: silenced in Slack or with amtool, it is one silence, and nothing stays stuck."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from core.domain.compare import Rules
from core.reconcile import reconcile
from sandbox.credentials import ADA, BRUNO
from sandbox.pagerduty.model import Status
from tests.databases import ON_SQLITE
from tests.servers import Alertmanager, alertmanager, wait_until
from tests.stories.conftest import Stage
from tests.stories.scene import Scene, said

pytestmark = ON_SQLITE

LABELS = {"alertname": "HighCPU", "instance": "web-1", "severity": "critical"}
NOTES = {"summary": "CPU above 90% on web-1"}


@pytest.fixture
def server(doors: str) -> Iterator[Alertmanager]:
    with alertmanager(f"{doors}/alertmanager/webhook") as started:
        yield started


@pytest.fixture
def scene(stage: Stage, server: Alertmanager) -> Scene:
    """HighCPU fires, and everybody knows."""
    scene = stage(alertmanagers=[server.url])
    server.fire(LABELS, NOTES)
    until(scene, lambda: bool(scene.messages) and bool(scene.incidents))
    return scene


def until(scene: Scene, done: Callable[[], Any]) -> None:
    def look() -> bool:
        scene.settle()
        return bool(done())

    wait_until(look, 20)


def amtool(server: Alertmanager, *arguments: str) -> str:
    command = ["amtool", f"--alertmanager.url={server.url}", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=20).stdout.strip()


def compare(scene: Scene, server: Alertmanager) -> None:
    """The reconciler's turn, some time after the last word."""
    scene.put_forward(120)
    (target,) = scene.bridge.alertmanagers.values()
    rules = Rules(grace=timedelta(seconds=1), restart_grace=timedelta())
    reconcile(scene.bridge, "default", target.members, rules)
    scene.settle()


def choose(scene: Scene, seconds: int, person: Any = ADA) -> None:
    """The Silence menu of the message."""
    about = f"{scene.alert.id}:{scene.alert.occurrence}:{seconds}"
    reply = scene.sandbox.slack_hand.choose(scene.message, "silence", about, person)
    assert (reply.status, reply.problem) == (200, None)
    scene.settle()


def test_silenced_in_slack_it_stands_in_amtool_and_what_resolves_meanwhile_is_closed(
    scene: Scene, server: Alertmanager
) -> None:
    choose(scene, 3600)
    assert f"Silenced by {ADA.name}" in said(scene.message)
    listed = amtool(server, "silence", "query", "-o", "extended")
    assert f"{ADA.name} (Slack)" in listed
    assert "HighCPU" in listed
    wait_until(lambda: amtool(server, "alert", "query", "--silenced", "-o", "simple").count("HighCPU"), 10)
    assert "HighCPU" not in amtool(server, "alert", "query", "-o", "simple")
    compare(scene, server)
    heard = len(scene.rows("inbox"))
    server.resolve(LABELS, NOTES)
    wait_until(lambda: not server.alerts(), 20)
    compare(scene, server)
    assert "resolved" in said(scene.message)
    assert scene.incident.status is Status.RESOLVED
    assert "reconciled" in scene.story
    # Nobody but the comparison has told of it.
    assert len([row for row in scene.rows("inbox")[heard:] if row.lane == "alertmanager:default"]) == 1


def test_silenced_with_amtool_slack_says_by_whom_and_its_end_is_told(
    scene: Scene, server: Alertmanager
) -> None:
    id_ = amtool(server, "silence", "add", "alertname=HighCPU", "-d", "1h", "-a", "ops", "-c", "disk swap")
    scene.poll()
    scene.settle()
    assert "Silenced by ops in Alertmanager until" in said(scene.message)
    assert ": disk swap" in said(scene.message)
    amtool(server, "silence", "expire", id_)
    scene.poll()
    scene.settle()
    assert scene.message.text.startswith("CRITICAL")
    assert [one.broadcast for one in scene.replies][-1]
    assert "The silence of ops" in scene.thread[-1]


def test_a_short_silence_runs_out_and_what_fires_is_told_again(scene: Scene, server: Alertmanager) -> None:
    scene.silence(alert_id=scene.alert.id, lasting=3)
    scene.settle()
    assert "Silenced by" in said(scene.message)
    assert amtool(server, "silence", "query", "-q")
    wait_until(lambda: not amtool(server, "silence", "query", "-q"), 20)
    until(scene, lambda: scene.message.text.startswith("CRITICAL"))
    assert f"The silence of {ADA.name} ended" in scene.thread[-1]
    assert len(scene.rows("silences")) == 1


@pytest.mark.parametrize("with_data", [True, False])
def test_alertmanager_killed_and_started_again_keeps_the_silence_and_resolves_nothing(
    scene: Scene, server: Alertmanager, with_data: bool
) -> None:
    choose(scene, 3600)
    server.process.kill9()
    if not with_data:
        shutil.rmtree(server.folder / "data")
    server.process.start()
    server.wait_ready()
    (target,) = scene.bridge.alertmanagers.values()
    reconcile(scene.bridge, "default", target.members, Rules(grace=timedelta()))
    scene.poll()
    until(scene, lambda: amtool(server, "silence", "query", "-q"))
    assert len(amtool(server, "silence", "query", "-q").splitlines()) == 1
    assert scene.alert.state == "firing"
    assert f"Silenced by {ADA.name}" in said(scene.message)
    assert len(scene.rows("silences")) == 1


def test_silenced_while_alertmanager_is_down_it_holds_here_and_is_made_there_once(
    scene: Scene, server: Alertmanager
) -> None:
    server.process.kill9()
    about = f"{scene.alert.id}:{scene.alert.occurrence}:3600"
    scene.sandbox.slack_hand.choose(scene.message, "silence", about, BRUNO)
    scene.work()
    scene.work()
    assert f"Silenced by {BRUNO.name}" in said(scene.message)
    server.process.start()
    server.wait_ready()
    scene.settle()
    scene.poll()
    scene.settle()
    assert len(amtool(server, "silence", "query", "-q").splitlines()) == 1
    assert len(scene.rows("silences")) == 1


def test_extended_with_amtool_it_is_extended_here_and_ended_here_it_is_ended_there(
    scene: Scene, server: Alertmanager
) -> None:
    choose(scene, 3600)
    (id_,) = amtool(server, "silence", "query", "-q").splitlines()
    before = scene.rows("silences")[0].end_at
    amtool(server, "silence", "update", id_, "-d", "5h")
    scene.poll()
    scene.settle()
    (row,) = scene.rows("silences")
    assert row.end_at - before > timedelta(hours=3)
    assert [line.action for line in scene.rows("silence_events")] == ["silenced", "silence_extended"]
    scene.sandbox.slack_hand.click(scene.message, "end_silence", BRUNO)
    scene.settle()
    assert amtool(server, "silence", "query", "-q") == ""
