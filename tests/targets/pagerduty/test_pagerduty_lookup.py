"""The incident's link, learned beside the paging and never in its way."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from core.domain.alert import Alert
from core.targets.target import Glance
from sandbox import credentials
from sandbox.pagerduty.model import Status

Story = Any
"""The fixture `story`; its class is in conftest.py, which is no module to import from."""
Make = Callable[..., Alert]

UNKNOWN_KEY = "R0SANDBOX0ROUTING0KEY00000000099"


def seconds(story: Story, done: Any) -> float | None:
    """When it wants to be called again, from the beginning of the story."""
    return None if done.again_at is None else (done.again_at - story.now).total_seconds()


def test_the_link_is_learned_by_a_look_after_the_trigger(story: Story, firing: Alert) -> None:
    target = story.with_token()
    fired = story.attempt(firing, {}, target)
    assert (seconds(story, fired), fired.news, fired.remote_id) == (1.0, False, None)
    assert story.reads() == 0
    assert target.glance(fired.remote) == Glance("pagerduty:default", "PagerDuty")

    early = story.attempt(firing, fired.remote, target, after=0.5)
    assert (seconds(story, early), story.reads()) == (1.0, 0)

    found = story.attempt(firing, early.remote, target, after=1)
    [incident] = story.incidents
    assert (found.news, found.again_at, found.remote_id) == (True, None, incident.id)
    assert target.identify(found.remote) == incident.id
    link = f"{story.sandbox.url}/#incident-{incident.id}"
    assert target.glance(found.remote) == Glance("pagerduty:default", f"PagerDuty #{incident.number}", link)

    after = story.attempt(firing, found.remote, target, after=500)
    assert (after.news, after.remote_id) == (False, incident.id)
    # It is looked at each time, and nothing is done about what agrees.
    assert (story.reads(), story.events()) == (2, 1)


def test_an_incident_that_is_not_there_yet_is_looked_for_again(story: Story, firing: Alert) -> None:
    story.sandbox.pagerduty.delay = 0.2
    target = story.with_token()
    done = story.attempt(firing, {}, target)
    done = story.attempt(firing, done.remote, target, after=1)
    assert (done.news, seconds(story, done)) == (False, 6.0)
    story.sandbox.settle()
    done = story.attempt(firing, done.remote, target, after=6)
    assert (done.news, done.again_at) == (True, None)


def test_what_never_became_an_incident_is_given_up(story: Story, firing: Alert) -> None:
    story.sandbox.pagerduty.drop_unknown_keys = True
    target = story.with_token(routing_key=UNKNOWN_KEY)
    done, waits = story.attempt(firing, {}, target), []
    while (at := seconds(story, done)) is not None:
        waits.append(at)
        done = story.attempt(firing, done.remote, target, after=at)
    assert waits == [1.0, 6.0, 36.0, 156.0]
    story.attempt(firing, done.remote, target, after=9999)
    assert story.reads() == 4


def test_an_incident_that_is_resolved_already_is_found_too(story: Story, firing: Alert, over: Make) -> None:
    target = story.with_token()
    done = story.attempt(over(), story.attempt(firing, {}, target).remote, target)
    assert story.incidents[0].status is Status.RESOLVED
    assert seconds(story, done) == 1.0
    assert story.attempt(over(), done.remote, target, after=1).news


def test_a_refire_learns_the_new_incident(story: Story, alert: Make, firing: Alert) -> None:
    target = story.with_token()
    done = story.attempt(firing, story.attempt(firing, {}, target).remote, target, after=1)
    done = story.attempt(alert(occurrence=2), done.remote, target, after=60)
    assert done.remote_id is None
    done = story.attempt(alert(occurrence=2), done.remote, target, after=61)
    assert (done.news, done.remote_id) == (True, story.incidents[1].id)


@pytest.mark.parametrize(("service", "found"), [(credentials.PAGERDUTY_SERVICE_ID, True), ("POTHER1", False)])
def test_only_the_configured_service_is_searched(
    story: Story, firing: Alert, service: str, found: object
) -> None:
    target = story.with_token(service_id=service)
    done = story.attempt(firing, story.attempt(firing, {}, target).remote, target, after=1)
    assert done.news is found


def test_an_empty_key_is_never_looked_up(story: Story, alert: Make, firing: Alert) -> None:
    target = story.with_token()
    stored = story.attempt(firing, {}, target).remote
    stored["incidents"][0]["dedup_key"] = ""
    assert not story.attempt(firing, stored, target, after=1).news
    assert story.reads() == 0


def test_without_a_token_it_pages_and_looks_for_nothing(story: Story, firing: Alert, over: Make) -> None:
    done = story.attempt(firing, {})
    assert done.again_at is None
    story.attempt(over(), done.remote, after=10)
    story.target.probe()
    assert story.target.trouble is None
    assert (story.events(), story.reads()) == (2, 0)


def test_a_revoked_token_never_stops_paging(story: Story, alert: Make, firing: Alert, over: Make) -> None:
    story.sandbox.pagerduty.token_revoked = True
    target = story.with_token()
    target.probe()
    assert target.trouble is not None
    assert target.trouble.startswith("unauthorized: HTTP 401")
    done = story.attempt(firing, {}, target)
    done = story.attempt(firing, done.remote, target, after=1)
    assert (done.news, seconds(story, done)) == (False, 301.0)
    done = story.attempt(alert(occurrence=2), done.remote, target, after=2)
    done = story.attempt(over(occurrence=2), done.remote, target, after=3)
    assert [one.status for one in story.incidents] == [Status.RESOLVED, Status.RESOLVED]
    assert story.reads() == 2

    story.sandbox.pagerduty.token_revoked = False
    done = story.attempt(over(occurrence=2), done.remote, target, after=301)
    assert done.news
    assert target.trouble is None


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 406, 408, 429, 500, 502, 503, 504])
def test_no_answer_of_the_rest_api_is_repeated_or_raised(story: Story, firing: Alert, status: int) -> None:
    story.sandbox.faults.add("pagerduty_rest", "status", status=status)
    target = story.with_token()
    done = story.attempt(firing, story.attempt(firing, {}, target).remote, target, after=1)
    transient = status in (408, 429, 500, 502, 503, 504)
    assert (done.news, seconds(story, done)) == (False, 61.0 if transient else 301.0)
    assert (target.trouble is None) is transient
    assert story.reads() == 1


def test_a_rest_api_that_hangs_costs_one_timeout(story: Story, far: Any, firing: Alert) -> None:
    with far(silent=True) as there:
        target = story.with_token(api_url=there.url, timeout=(0.2, 0.2))
        done = story.attempt(firing, story.attempt(firing, {}, target).remote, target, after=1)
        assert len(there.received) == 1
    assert seconds(story, done) == 61.0


def test_a_pause_uses_up_no_looks(story: Story, alert: Make, firing: Alert) -> None:
    """Alerts that were to be looked for when the REST API failed are looked for when it is back, not given up."""
    target, other = story.with_token(), alert(id="01993e00-0000-7000-8000-000000000002")
    one, two = (story.attempt(which, {}, target) for which in (firing, other))
    story.sandbox.faults.add("pagerduty_rest", "status", status=503, times=1)
    story.attempt(firing, one.remote, target, after=1)
    for after in (2, 10, 20, 30, 40, 50):
        two = story.attempt(other, two.remote, target, after=after)
        assert seconds(story, two) == 61.0
    assert story.reads() == 1
    assert story.attempt(other, two.remote, target, after=61).news


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"<html>",
        b"{}",
        b'{"incidents":{"id":"Q1"}}',
        b'{"incidents":[null,5,{"id":7},{"id":""},{}]}',
    ],
)
def test_odd_answers_find_nothing(story: Story, far: Any, firing: Alert, body: bytes) -> None:
    with far(status=200, body=body) as there:
        target = story.with_token(api_url=there.url)
        done = story.attempt(firing, story.attempt(firing, {}, target).remote, target, after=1)
    assert (done.news, done.remote_id) == (False, None)
    assert done.again_at is not None


def test_after_a_merge_the_open_incident_is_shown(story: Story, far: Any, firing: Alert) -> None:
    merged = {"id": "Q1", "status": "resolved", "created_at": "2026-11-23T09:00:09Z", "incident_number": 1}
    into = {"id": "Q2", "status": "triggered", "created_at": "2026-11-23T08:00:00Z", "incident_number": "x"}
    body = json.dumps({"incidents": [into | {"html_url": "javascript:alert(1)"}, merged]}).encode()
    with far(status=200, body=body) as there:
        target = story.with_token(api_url=there.url)
        done = story.attempt(firing, story.attempt(firing, {}, target).remote, target, after=1)
    assert done.remote_id == "Q2"
    assert target.glance(done.remote) == Glance("pagerduty:default", "PagerDuty")


def test_a_stored_look_survives_a_restart(story: Story, firing: Alert) -> None:
    stored = json.loads(json.dumps(story.attempt(firing, {}, story.with_token()).remote))
    assert story.attempt(firing, stored, story.with_token(), after=1).news


def test_a_token_that_is_taken_away_leaves_a_planned_look_alone(story: Story, firing: Alert) -> None:
    stored = story.attempt(firing, {}, story.with_token()).remote
    assert story.attempt(firing, stored, after=1).again_at is None
    assert story.reads() == 0


@pytest.mark.parametrize("token", ["", "with blank", "tökén", "new\nline"])
def test_a_token_that_fits_no_header_is_refused_without_being_quoted(story: Story, token: str) -> None:
    if not token:
        assert story.another(api_token=token).trouble is None
        return
    with pytest.raises(ValueError, match="API token") as raised:
        story.another(api_token=token)
    assert token not in str(raised.value)


def test_the_times_are_those_given(story: Story, firing: Alert) -> None:
    target = story.with_token()
    done = story.attempt(firing, {}, target, after=86400 * 400)
    assert done.again_at == story.now + timedelta(days=400, seconds=1)


def test_an_incident_older_than_a_month_is_found(story: Story, firing: Alert) -> None:
    target = story.with_token()
    fired = story.attempt(firing, {}, target)
    story.incidents[0].created_at -= 86400 * 90
    assert story.attempt(firing, fired.remote, target, after=1).news
