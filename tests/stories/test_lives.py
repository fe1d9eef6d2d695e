"""The life of an alert, seen in the channel and in the list of incidents."""

from datetime import timedelta

import pytest

from core.domain.change import Policy
from sandbox import Sandbox, alerts, credentials
from tests.stories.conftest import Stage
from tests.stories.scene import PAGERDUTY, SLACK, Scene, together

FIRE = alerts.fire("critical")


def test_one_message_and_one_incident_follow_an_alert_to_its_end(scene: Scene) -> None:
    """And the message links to the incident."""
    scene.receive(FIRE)
    scene.settle()
    (message,) = scene.messages
    (incident,) = scene.incidents
    assert message.text.startswith("CRITICAL HighCPU on web-1")
    assert f"#{incident.number}" in str(message.attachments)
    assert incident.is_open

    scene.receive(alerts.resolve(FIRE))
    scene.settle()
    assert [one.text[:16] for one in scene.messages] == ["RESOLVED HighCPU"]
    assert scene.messages[0].ts == message.ts
    assert not scene.incidents[0].is_open
    assert len(scene.incidents) == 1


def test_repeats_change_nothing_and_call_nobody(scene: Scene) -> None:
    """Alertmanager repeats what fires every group_interval or repeat_interval."""
    scene.receive(FIRE)
    scene.settle()
    calls = len(scene.sandbox.traffic.calls())
    version = scene.rows("alerts")[0].version
    scene.receive(*[FIRE] * 20)
    scene.settle()
    assert len(scene.sandbox.traffic.calls()) == calls
    assert scene.rows("alerts")[0].version == version


def test_an_alert_that_changes_is_edited_in_place(scene: Scene) -> None:
    """One message, the new words in it, nobody rung a second time."""
    scene.receive(FIRE)
    scene.settle()
    worse = alerts.fire("critical")
    worse["alerts"][0] |= {"startsAt": FIRE["alerts"][0]["startsAt"]}
    worse["alerts"][0]["annotations"]["summary"] = "CPU above 97% now"
    scene.receive(worse)
    scene.settle()
    assert len(scene.messages) == len(scene.incidents) == 1
    assert "CPU above 97% now" in str(scene.messages[0].attachments)


def test_firing_again_soon_continues_the_message_and_opens_a_new_incident(scene: Scene) -> None:
    """Within alerting.deduplication_window; a line in the thread says so."""
    scene.receive(FIRE)
    scene.settle()
    scene.receive(alerts.resolve(FIRE))
    scene.settle()
    scene.put_forward(60)
    again = alerts.fire("critical", now=scene.clock())
    scene.receive(again)
    scene.settle()
    assert len(scene.messages) == 1
    assert scene.messages[0].text.startswith("CRITICAL")
    assert len(scene.incidents) == 2
    assert len(scene.open_incidents) == 1
    assert len(scene.replies) == 1
    scene.receive(alerts.resolve(again, now=scene.clock()))
    scene.settle()
    assert scene.open_incidents == []


def test_firing_again_later_is_a_new_message(scene: Scene) -> None:
    """After alerting.deduplication_window."""
    scene.receive(FIRE)
    scene.settle()
    scene.receive(alerts.resolve(FIRE))
    scene.settle()
    scene.put_forward(301)
    scene.receive(alerts.fire("critical", now=scene.clock()))
    scene.settle()
    assert len(scene.messages) == len(scene.incidents) == 2
    assert [one.text.split()[0] for one in scene.messages] == ["RESOLVED", "CRITICAL"]


def test_one_digest_reminds_of_everything_that_nobody_acknowledged(stage: Stage) -> None:
    """One reminder per interval and channel, not one per alert; none of what is resolved."""
    scene = stage(policy=Policy(timedelta(minutes=5), timedelta(minutes=10)))
    scene.receive(*alerts.storm(12))
    scene.settle()
    before = len(scene.messages)
    assert before == 12
    scene.put_forward(601)
    scene.settle()
    assert len(scene.messages) == before + 1
    digest = scene.messages[-1]
    assert "12" in digest.text
    scene.put_forward(300)
    scene.settle()
    assert len(scene.messages) == before + 1
    scene.receive(*[alerts.resolve(each, now=scene.clock()) for each in alerts.storm(12)])
    scene.settle()
    scene.put_forward(1200)
    scene.settle()
    assert len(scene.messages) == before + 1
    assert len(scene.incidents) == 12


def test_resolve_before_firing_is_not_an_alert(scene: Scene) -> None:
    """Nothing was shown, so there is nothing to end; a firing after it counts."""
    scene.receive(alerts.resolve(FIRE))
    scene.settle()
    assert scene.sandbox.traffic.calls("slack") == []
    assert scene.rows("alerts") == []
    scene.receive(FIRE)
    scene.settle()
    assert len(scene.messages) == len(scene.open_incidents) == 1


def test_fired_and_resolved_before_anybody_was_told_calls_nobody(scene: Scene) -> None:
    """The intermediate state is skipped: no message about something that is over."""
    scene.receive(FIRE, alerts.resolve(FIRE))
    scene.settle()
    assert not scene.messages
    assert not scene.incidents
    assert scene.rows("alerts")[0].state == "resolved"


def test_a_deleted_message_is_posted_again_only_while_its_alert_is_open(scene: Scene) -> None:
    """Somebody deleted it by hand."""
    scene.receive(FIRE)
    scene.settle()
    (first,) = scene.messages
    scene.sandbox.slack.delete(first.channel, first.ts)
    worse = alerts.fire("critical")
    worse["alerts"][0]["annotations"]["summary"] = "CPU above 97% now"
    scene.receive(worse)
    scene.settle()
    (second,) = scene.messages
    assert second.ts != first.ts
    scene.sandbox.slack.delete(second.channel, second.ts)
    scene.receive(alerts.resolve(FIRE))
    scene.settle()
    assert scene.messages == []
    assert scene.open_incidents == []


def test_only_chosen_severities_page(stage: Stage) -> None:
    """pagerduty.severities; Slack shows all."""
    scene = stage(pagerduty={"severities": frozenset({"critical"})})
    scene.receive(FIRE, alerts.fire("warning"), alerts.fire("plain"))
    scene.settle()
    assert len(scene.messages) == 3
    assert [one.title[:10] for one in scene.incidents] == ["[CRITICAL]"]


def test_the_same_labels_from_two_sources_are_two_alerts(scene: Scene) -> None:
    """Each Alertmanager has its own order and its own end."""
    scene.receive(FIRE, lane="alertmanager:eu")
    scene.receive(FIRE, lane="alertmanager:us")
    scene.settle()
    assert len(scene.messages) == len(scene.incidents) == 2
    scene.receive(alerts.resolve(FIRE), lane="alertmanager:us")
    scene.settle()
    assert len(scene.open_incidents) == 1


def test_a_target_that_is_configured_later_learns_of_what_still_fires(stage: Stage) -> None:
    """With the next report."""
    scene = stage(pagerduty=None)
    scene.receive(FIRE)
    scene.settle()
    assert scene.incidents == []
    later = stage()
    later.receive(FIRE)
    later.settle()
    assert len(later.incidents) == len(later.messages) == 1


def test_hostile_words_stay_words(scene: Scene) -> None:
    """Nobody is rung by a label."""
    scene.receive(alerts.fire("hostile"))
    scene.settle()
    (message,) = scene.messages
    assert message.pings == []
    assert len(scene.incidents) == 1


def test_the_most_urgent_go_first(stage: Stage) -> None:
    """Critical, then error, warning, info, however they arrived."""
    scene = stage()
    scene.receive(*reversed(alerts.storm(40)))
    scene.settle()
    order = [one.text.split()[0] for one in scene.messages]
    assert order == sorted(order, key=["CRITICAL", "ERROR", "WARNING", "INFO"].index)
    assert len(order) == 40


@pytest.mark.parametrize("down", ["slack", "pagerduty"])
def test_promise_5_a_target_converges_to_the_newest_state_once_it_answers(scene: Scene, down: str) -> None:
    """And catches up when it is back, without the states in between."""
    scene.sandbox.faults.take_down(down)
    scene.receive(FIRE)
    scene.work()
    scene.sandbox.settle()
    assert (len(scene.messages), len(scene.incidents)) == ((0, 1) if down == "slack" else (1, 0))
    for percent in range(91, 97):
        worse = alerts.fire("critical")
        worse["alerts"][0]["annotations"]["summary"] = f"CPU above {percent}%"
        scene.receive(worse)
        scene.work()
    scene.sandbox.faults.bring_up(down)
    scene.sandbox.traffic.forget()
    scene.settle()
    assert len(scene.messages) == len(scene.incidents) == 1
    assert "CPU above 96%" in str(scene.messages[0].attachments)
    if down == "slack":
        assert scene.sandbox.traffic.count("slack", "chat.postMessage") == 1


def test_a_slack_that_says_why_pagerduty_does_not_know(scene: Scene) -> None:
    """While one target is behind, the other one's message says so; once it is told, the words go."""
    scene.sandbox.faults.take_down("pagerduty")
    scene.receive(FIRE)
    for _ in range(8):
        scene.work()
        scene.put_forward(10)
    assert "PagerDuty" in str(scene.messages[0].attachments)
    scene.sandbox.faults.bring_up("pagerduty")
    scene.settle()
    (incident,) = scene.incidents
    assert f"#{incident.number}" in str(scene.messages[0].attachments)


def test_many_workers_at_once_share_the_work(stage: Stage) -> None:
    """Same store, four workers, no double."""
    workers = [stage(holder=f"w{number}:1:") for number in range(4)]
    workers[0].receive(*alerts.storm(40))

    def work(scene: Scene) -> None:
        for _ in range(20):
            scene.work()

    together(*[lambda worker=worker: work(worker) for worker in workers])
    workers[0].settle()
    assert len(workers[0].messages) == len(workers[0].incidents) == 40
    assert {(row.target, row.delivered >= row.wanted) for row in workers[0].rows("deliveries")} == {
        (SLACK, True),
        (PAGERDUTY, True),
    }


def test_what_the_sandbox_was_configured_with_is_what_it_got(scene: Scene, sandbox: Sandbox) -> None:
    """The dedup key holds occurrence and alert, never the same twice."""
    scene.receive(FIRE)
    scene.settle()
    row = scene.rows("alerts")[0]
    (key,) = sandbox.pagerduty.incidents[0].dedup_keys
    assert row.id in key
    assert sandbox.slack.messages[0].channel == credentials.SLACK_CHANNEL


def test_an_end_and_the_next_episode_may_come_in_one_batch(scene: Scene) -> None:
    """The worker was away for an hour: what has happened meanwhile is ingested at once."""
    fire = alerts.fire("critical")
    scene.receive(fire)
    scene.settle()
    scene.receive(alerts.resolve(fire))
    scene.put_forward(3600)
    scene.receive(fire)
    scene.settle()
    assert sorted(row.state for row in scene.rows("alerts")) == ["firing", "resolved"]
    assert len(scene.messages) == len(scene.incidents) == 2
    assert len(scene.open_incidents) == 1
