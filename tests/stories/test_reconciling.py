"""What no webhook tells is found in the list of a real Alertmanager: ends that a silence swallowed, alerts missed."""

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import delete, select

from core.domain.compare import Rules
from core.domain.event import Deed, Verb
from core.domain.person import Actor, Provider
from core.reconcile import Outcome, reconcile
from core.sources import own
from core.store import sources, tables
from core.store.engine import Store
from core.store.timeline import timeline
from core.targets.alertmanager_client import Members
from sandbox import Sandbox
from sandbox.alerts import webhook
from sandbox.pagerduty.model import Status
from tests.servers import Alertmanager, alertmanager, alertmanager_pair, free_port, wait_until
from tests.stories.conftest import Stage
from tests.stories.running import TOKEN, Running
from tests.stories.scene import Scene, said, together

LABELS = {"alertname": "HighCPU", "instance": "web-1", "severity": "critical"}
NOTES = {"summary": "CPU above 90% on web-1"}
RULES = Rules(grace=timedelta(seconds=20), restart_grace=timedelta())
LATER = 30.0
"""Longer than the grace and what these Alertmanagers keep to themselves."""


@pytest.fixture
def behind(doors: str) -> Callable[..., Any]:
    """An Alertmanager that tells the doors."""
    return partial(alertmanager, f"{doors}/alertmanager/webhook")


@pytest.fixture
def server(behind: Callable[..., Any]) -> Iterator[Alertmanager]:
    with behind() as started:
        yield started


def look(
    scene: Scene, *urls: str, rules: Rules = RULES, timeout: tuple[float, float] = (0.5, 2.0)
) -> Outcome:
    """One comparison, and what follows from it."""
    outcome = reconcile(scene.bridge, "default", Members(urls, timeout=timeout), rules)
    scene.settle()
    return outcome


def fire(scene: Scene, server: Alertmanager, **labels: str) -> None:
    """An alert that Alertmanager tells in its usual way."""
    before = len(scene.rows("alerts"))
    server.fire({**LABELS, **labels}, NOTES)
    wait_until(lambda: received(scene, before + 1), 20, "told")


def received(scene: Scene, count: int) -> bool:
    scene.settle()
    return len(scene.rows("alerts")) >= count


def silence(server: Alertmanager, **labels: str) -> str:
    """As Alertmanager itself has understood it."""
    wanted = {**LABELS, **labels}
    id_ = server.silence({name: wanted[name] for name in ("alertname", "instance")})
    wait_until(lambda: id_ in str(server.alerts()), what="silenced")
    return id_


def end(server: Alertmanager, **labels: str) -> None:
    """Over, and gone from the list."""
    ended = {**LABELS, **labels}
    server.resolve(ended, NOTES)
    wait_until(lambda: ended not in [one["labels"] for one in server.alerts()], what="gone")


def forget(server: Alertmanager, *, data: bool) -> None:
    """A power cut; `data`: what was on its disk is still there."""
    server.kill9()
    if not data:
        shutil.rmtree(server.folder / "data")
    server.start()


def lose_words(store: Store) -> None:
    """What came in and was not ingested is gone, as with a database that was put back from yesterday."""
    with store.begin() as connection:
        connection.execute(delete(tables.inbox).where(tables.inbox.c.due_at.is_not(None)))


def miss(scene: Scene, server: Alertmanager, **labels: str) -> None:
    """Told in its usual way, and lost."""
    server.fire({**LABELS, **labels}, NOTES)
    wait_until(lambda: scene.due()["inbox"], what="told")
    lose_words(scene.store)


def wait(scene: Scene, seconds: float = LATER) -> None:
    """Time goes by, and the bridge is at work."""
    scene.settle()
    scene.put_forward(seconds)


def states(scene: Scene) -> dict[str, str]:
    return {row.instance: row.state for row in scene.rows("alerts")}


def is_over(scene: Scene, instance: str) -> bool:
    scene.settle()
    return states(scene)[instance] == "resolved"


def marks(scene: Scene) -> list[tuple[str | None, bool]]:
    """Of every sighting why it is suppressed, and whether it is looked for in vain."""
    return [(row.suppressed, row.absent_since is not None) for row in scene.rows("sightings")]


def test_what_ends_while_it_is_silenced_ends_here(scene: Scene, server: Alertmanager) -> None:
    """The message and the incident close, and the timeline says how that was known."""
    fire(scene, server)
    id_ = silence(server)
    assert Outcome(marked=1) == look(scene, server.url)
    assert marks(scene) == [("silenced", False)]
    assert [id_] == scene.rows("sightings")[0].suppressed_by
    end(server)
    wait(scene)
    assert Outcome(resolved=1) == look(scene, server.url)
    assert "RESOLVED" in scene.message.text.upper()
    assert Status.RESOLVED is scene.status_there()
    assert scene.story == ["fired", "resolved", "reconciled"]
    assert marks(scene) == []


def test_what_was_silenced_and_ended_between_two_looks_ends_later(scene: Scene, server: Alertmanager) -> None:
    """It was never seen silenced: Alertmanager is given the time to say so itself, then it is believed to be over."""
    fire(scene, server)
    silence(server)
    end(server)
    wait(scene)
    assert Outcome() == look(scene, server.url)
    assert marks(scene) == [(None, True)]
    scene.put_forward(RULES.grace.total_seconds() - 1)
    assert Outcome() == look(scene, server.url)
    scene.put_forward(3)
    assert Outcome(resolved=1) == look(scene, server.url)
    assert states(scene) == {"web-1": "resolved"}


def test_a_word_of_lately_is_not_overruled(scene: Scene, server: Alertmanager) -> None:
    """A firing that came in within the grace may be newer than the list."""
    fire(scene, server)
    silence(server)
    look(scene, server.url)
    end(server)
    assert Outcome() == look(scene, server.url)
    assert states(scene) == {"web-1": "firing"}


def test_an_end_that_alertmanager_tells_itself_is_only_told_once(scene: Scene, server: Alertmanager) -> None:
    fire(scene, server)
    end(server)
    wait_until(lambda: is_over(scene, "web-1"), what="told")
    wait(scene)
    assert Outcome() == look(scene, server.url)
    assert scene.story == ["fired", "resolved"]


def test_a_silence_that_ends_unmarks(scene: Scene, server: Alertmanager) -> None:
    fire(scene, server)
    id_ = silence(server)
    look(scene, server.url)
    server.call("DELETE", f"/api/v2/silence/{id_}")
    wait_until(lambda: id_ not in str(server.alerts()), what="expired")
    assert Outcome(marked=1) == look(scene, server.url)
    assert marks(scene) == []


def test_inhibited_alerts_are_marked(scene: Scene, behind: Callable[..., Any]) -> None:
    """They fire on, and Alertmanager keeps quiet about them."""
    rule = {"source_matchers": ['severity="page"'], "target_matchers": ['severity="critical"']}
    with behind(inhibit_rules=[rule]) as server:
        fire(scene, server)
        fire(scene, server, instance="rack-1", severity="page")
        wait_until(lambda: "suppressed" in str(server.alerts()), what="inhibited")
        assert Outcome(marked=1) == look(scene, server.url)
    assert marks(scene) == [("inhibited", False)]
    held_back = [said(message) for message in scene.messages if "another alert inhibits it" in said(message)]
    assert len(held_back) == 1
    assert "on web-1" in held_back[0]


def test_nothing_is_written_while_nothing_changes(scene: Scene, server: Alertmanager) -> None:
    """Neither sightings nor deliveries nor rows of the inbox."""
    fire(scene, server)
    silence(server)
    look(scene, server.url)
    before = {name: scene.rows(name) for name in ("sightings", "deliveries", "inbox", "alerts")}
    wait(scene)
    assert Outcome() == look(scene, server.url)
    assert before == {name: scene.rows(name) for name in before}


def test_one_member_that_does_not_answer_keeps_all_open(scene: Scene, server: Alertmanager) -> None:
    """The other's list may be short; and whoever looks is told."""
    fire(scene, server)
    silence(server)
    look(scene, server.url)
    end(server)
    wait(scene)
    gone = f"http://127.0.0.1:{free_port()}"
    outcome = look(scene, server.url, gone)
    assert (0, gone.removeprefix("http://")) == (outcome.resolved, outcome.trouble.partition(": ")[0])
    assert states(scene) == {"web-1": "firing"}
    (row,) = scene.rows("sources")
    assert row.trouble == f"reconciling: {outcome.trouble}"
    assert Outcome(resolved=1) == look(scene, server.url)
    assert scene.rows("sources")[0].trouble is None


def test_one_that_hangs_keeps_all_open(scene: Scene, server: Alertmanager) -> None:
    fire(scene, server)
    wait(scene)
    server.freeze()
    outcome = look(scene, server.url, timeout=(0.2, 0.3))
    server.thaw()
    assert outcome.trouble.endswith("timeout: ReadTimeoutError")
    assert states(scene) == {"web-1": "firing"}


def test_what_one_member_still_lists_is_not_over(scene: Scene, behind: Callable[..., Any]) -> None:
    """Absent from one, present at the other."""
    with behind() as one, behind() as other:
        fire(scene, one)
        other.fire(LABELS, NOTES)
        forget(one, data=True)
        for _ in range(3):
            wait(scene)
            assert Outcome() == look(scene, one.url, other.url)
    assert states(scene) == {"web-1": "firing"}


def test_a_pair_agrees_on_what_is_over(scene: Scene, doors: str) -> None:
    """Both have answered, neither lists it."""
    with alertmanager_pair(f"{doors}/alertmanager/webhook") as pair:
        for one in pair:
            one.fire(LABELS, NOTES)
        wait_until(lambda: received(scene, 1), what="told")
        silence(pair[0])
        wait_until(lambda: "suppressed" in str(pair[1].alerts()), what="gossiped")
        urls = [one.url for one in pair]
        assert Outcome(marked=1) == look(scene, *urls)
        for one in pair:
            end(one)
        wait(scene)
        assert Outcome(resolved=1) == look(scene, *urls)


@pytest.mark.parametrize("data", [True, False], ids=["with its data", "without its data"])
def test_a_restarted_alertmanager_resolves_nothing(scene: Scene, server: Alertmanager, data: bool) -> None:
    """Its alerts are gone until Prometheus sends them again; also those that were silenced."""
    rules = Rules(grace=timedelta(), restart_grace=timedelta(minutes=5))
    instances = [f"web-{number}" for number in range(6)]
    for instance in instances:
        server.fire({**LABELS, "instance": instance}, NOTES)
    wait_until(lambda: received(scene, len(instances)), what="told")
    silence(server, instance="web-3")
    scene.put_forward(400)
    assert Outcome(marked=1) == look(scene, server.url, rules=rules)
    forget(server, data=data)
    scene.clock.ahead = 0.0
    for _ in range(3):
        scene.put_forward(80)
        assert Outcome() == look(scene, server.url, rules=rules)
    assert dict.fromkeys(instances, "firing") == states(scene)
    for instance in instances:
        server.fire({**LABELS, "instance": instance}, NOTES)
    scene.put_forward(400)
    look(scene, server.url, rules=rules)
    assert dict.fromkeys(instances, "firing") == states(scene)
    assert all(incident.is_open for incident in scene.incidents)


def test_what_stays_away_after_a_restart_is_over_in_the_end(scene: Scene, server: Alertmanager) -> None:
    fire(scene, server)
    forget(server, data=False)
    rules = Rules(grace=timedelta(seconds=20), restart_grace=timedelta(minutes=5))
    resolved = []
    for seconds in (301, 1, 30):
        wait(scene, seconds)
        resolved.append(look(scene, server.url, rules=rules).resolved)
    assert resolved == [0, 0, 1]


def test_what_was_missed_is_taken_in(scene: Scene, server: Alertmanager) -> None:
    """With its message and its incident, and once."""
    fire(scene, server, instance="web-0")
    miss(scene, server)
    wait(scene)
    assert Outcome(taken_in=1) == look(scene, server.url)
    assert states(scene) == {"web-0": "firing", "web-1": "firing"}
    assert Outcome() == look(scene, server.url)
    assert [len(scene.messages), len(scene.open_incidents)] == [2, 2]
    (row,) = [row for row in scene.rows("alerts") if row.instance == "web-1"]
    assert row.annotations == {"summary": "CPU above 90% on web-1"}
    with scene.store.read() as connection:
        told = [entry.what for entry in timeline(connection, row.id, scene.clock())]
    assert told[:2] == ["fired", "reconciled"]
    end(server)
    wait_until(lambda: is_over(scene, "web-1"), what="resolved by its own word")


def test_a_first_notification_is_not_overtaken(scene: Scene, behind: Callable[..., Any]) -> None:
    """What is younger than Alertmanager's own waits and the grace is left to Alertmanager."""
    with behind(group_wait="40s", group_interval="50s") as server:
        server.fire({**LABELS, "alertname": "Known"}, NOTES)
        scene.store.transact(lambda c: sources.add_receiver(c, "default", "alert-bridge"))
        scene.put_forward(105)
        assert Outcome() == look(scene, server.url)
        scene.put_forward(7)
        assert Outcome(taken_in=1) == look(scene, server.url)


def test_alerts_of_other_receivers_are_not_taken_in(scene: Scene, behind: Callable[..., Any]) -> None:
    """Nor what is silenced, nor anything as long as no webhook has said which receiver is ours."""
    with behind(elsewhere=['team="other"']) as server:
        server.fire({**LABELS, "team": "other"}, NOTES)
        wait(scene)
        assert Outcome() == look(scene, server.url)
        fire(scene, server, instance="web-2")
        assert scene.rows("sources")[0].receivers == ["alert-bridge"]
        miss(scene, server, instance="web-3")
        silence(server, instance="web-3")
        wait(scene)
        assert Outcome() == look(scene, server.url)
    assert states(scene) == {"web-2": "firing"}


def test_two_instances_at_once_do_it_once(stage: Stage, scene: Scene, server: Alertmanager) -> None:
    """One line each of what ended and of what was missed, one message and one incident each."""
    other = stage(holder="two:1:")
    fire(scene, server)
    silence(server)
    look(scene, server.url)
    end(server)
    miss(scene, server, instance="web-2")
    wait(scene)
    members = Members([server.url])
    together(*[lambda it=it: reconcile(it.bridge, "default", members, RULES) for it in (scene, other)])
    together(scene.settle, other.settle)
    assert states(scene) == {"web-1": "resolved", "web-2": "firing"}
    assert [len(scene.messages), len(scene.incidents)] == [2, 2]
    lines = [row.what for row in scene.rows("history") if row.what != "delivered"]
    assert sorted(lines) == ["fired", "fired", "reconciled", "reconciled", "resolved"]


def test_what_was_closed_by_hand_stays_closed(scene: Scene, server: Alertmanager) -> None:
    """Its end, which a silence swallowed, is found too: else it would open again when its window is over."""
    fire(scene, server)
    by = Actor(Provider.API, "tests", "tests")
    deed = Deed(Verb.RESOLVE, by, scene.alert.id, 1, scene.clock(), "api:close", "resolved")
    scene.receive(own.write(deed), lane="people")
    scene.settle()
    silence(server)
    look(scene, server.url)
    end(server)
    wait(scene)
    assert Outcome(resolved=1) == look(scene, server.url)
    wait(scene, scene.policy.deduplication_window.total_seconds() + 1)
    scene.settle()
    assert "fired_again" not in scene.story
    assert states(scene) == {"web-1": "resolved"}


def test_the_whole_program_looks_every_so_often(
    server: Alertmanager, sandbox: Sandbox, tmp_path: Path
) -> None:
    """In its worker, and its receiver says when that went well last."""
    ours = {"url": server.url, "reconcile_interval": "1s"}
    server.fire(LABELS, NOTES)
    silence(server)
    with (
        Running(tmp_path, sandbox, alertmanager={"bearer_token": TOKEN, **ours}) as bridge,
        bridge.store() as store,
    ):
        assert bridge.post(webhook([{"status": "firing", "labels": LABELS, "annotations": NOTES}])) == 202

        def marked() -> bool:
            with store.read() as connection:
                return connection.execute(select(tables.sightings.c.suppressed)).scalars().all() == [
                    "silenced"
                ]

        def standing() -> Any:
            return orjson.loads(bridge.ask("GET", "/ready")[1])["reconciler"]

        bridge.process.wait_until(marked, 20, "marked")
        bridge.process.wait_until(lambda: standing()[0]["last_success"], 20, "told")
        (one,) = standing()
    assert (one["source"], one["trouble"]) == ("default", None)
