"""Every way PagerDuty's Events API can say no, through real HTTP, to its verdict: one request each."""

import json
import socket
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import pytest

from core.domain.alert import Alert
from core.domain.errors import Blocked, Permanent, Transient, Verdict
from core.targets.pagerduty import PagerDutyTarget
from core.targets.target import Notice, Word
from sandbox import credentials

Story = Any
"""The fixture `story`; its class is in conftest.py, which is no module to import from."""

NAMED = {
    400: (Permanent, "request_refused"),
    401: (Blocked, "unauthorized"),
    402: (Blocked, "not_in_plan"),
    403: (Blocked, "unauthorized"),
    404: (Blocked, "wrong_address"),
    408: (Transient, "timeout"),
    413: (Permanent, "too_large"),
    429: (Transient, "rate_limited"),
}
HUNDREDS = {
    2: (Transient, "odd_answer"),
    3: (Blocked, "wrong_address"),
    4: (Permanent, "request_refused"),
    5: (Transient, "server_error"),
}
NOT_A_YES = [int(status) for status in HTTPStatus if status >= 200 and status != 202]


def verdict_of(story: Story, alert: Alert, **settings: Any) -> Verdict:
    verdict: Verdict = story.failed(alert, {}, story.another(**settings))[0]
    return verdict


@pytest.mark.parametrize("status", [*NOT_A_YES, 520, 529, 599])
def test_every_status_has_its_verdict_after_one_request(
    story: Story, far: Any, firing: Alert, status: int
) -> None:
    with far(status=status, body=b"<html>no</html>", headers={"Location": "/elsewhere"}) as there:
        verdict = verdict_of(story, firing, events_api_url=there.url)
        assert len(there.received) == 1
    kind, reason = NAMED.get(status) or HUNDREDS[status // 100]
    assert (type(verdict), verdict.reason) == (kind, reason)
    assert verdict.detail == f"HTTP {status}"
    if isinstance(verdict, Transient):
        assert verdict.budget == ("event" if status == 429 else None)
        assert verdict.retry_after == (30.0 if status == 429 else None)


@pytest.mark.parametrize("action", ["trigger", "resolve"])
def test_a_202_is_a_yes_whatever_it_says(
    story: Story, far: Any, firing: Alert, over: Callable[..., Alert], action: str
) -> None:
    with far(body=b"") as there:
        target = story.another(events_api_url=there.url)
        stored = story.attempt(firing, {}, target).remote
        if action == "resolve":
            stored = story.attempt(over(), stored, target).remote
        method, path, body = there.received[-1]
    assert (method, path) == ("POST", "/v2/enqueue")
    assert json.loads(body)["event_action"] == action
    assert json.loads(body)["routing_key"] == credentials.PAGERDUTY_ROUTING_KEY


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_pdpyras_repeats_nothing_and_sleeps_for_nothing(story: Story, firing: Alert, status: int) -> None:
    story.sandbox.faults.add("pagerduty_events", "status", status=status, times=1)
    began = time.monotonic()
    assert isinstance(verdict_of(story, firing), Transient)
    assert time.monotonic() - began < 1
    assert story.events() == 1
    assert story.incidents == []


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"ratelimit-reset": "12"}, 12.0),
        ({"Retry-After": "3", "ratelimit-reset": "12"}, 3.0),
        ({"Retry-After": "86400"}, 300.0),
        ({"Retry-After": "-4"}, 0.0),
        ({"Retry-After": "nan"}, 30.0),
        ({"Retry-After": "Mon, 23 Nov 2026 09:01:00 GMT"}, 30.0),
        ({}, 30.0),
    ],
)
def test_a_429_waits_as_long_as_it_says_within_reason(
    story: Story, far: Any, firing: Alert, headers: dict[str, str], seconds: float
) -> None:
    with far(status=429, body=b"", headers=headers) as there:
        verdict = verdict_of(story, firing, events_api_url=there.url)
    assert isinstance(verdict, Transient)
    assert (verdict.retry_after, verdict.budget) == (seconds, "event")


@pytest.mark.parametrize(
    "key", ["R0SANDBOX0ROUTING0KEY00000000099", "tooshort", "R0SANDBOX0ROUTING0KEY000000000-1"]
)
def test_a_routing_key_that_is_refused_blocks_the_target(story: Story, firing: Alert, key: str) -> None:
    verdict = verdict_of(story, firing, routing_key=key)
    assert (type(verdict), verdict.reason) == (Blocked, "routing_key_refused")
    assert "routing" in verdict.detail
    assert story.events() == 1


@pytest.mark.parametrize(
    "body",
    [
        {
            "status": "invalid event",
            "message": "Event object is invalid",
            "errors": ["'payload.source' is missing"],
        },
        {"error": {"message": "Invalid Input Provided", "code": 2001, "errors": ["Nope"]}},
        {"message": 5, "errors": "no list"},
        {"error": None},
        ["not", "an", "object"],
        "text",
    ],
)
def test_any_other_400_parks_the_row_alone(story: Story, far: Any, firing: Alert, body: Any) -> None:
    with far(status=400, body=json.dumps(body).encode()) as there:
        verdict = verdict_of(story, firing, events_api_url=there.url)
        assert len(there.received) == 1
    assert (type(verdict), verdict.reason) == (Permanent, "request_refused")
    assert len(verdict.detail) < 250


def test_an_answer_that_is_no_json_at_all_is_no_bug(story: Story, far: Any, firing: Alert) -> None:
    with far(status=400, body=b"[" * 100_000) as there:
        assert isinstance(verdict_of(story, firing, events_api_url=there.url), Permanent)
    with far(status=400, body=b"\xff\xfe{\x00") as there:
        assert isinstance(verdict_of(story, firing, events_api_url=there.url), Permanent)


def test_silence_is_a_timeout_after_one_request(story: Story, far: Any, firing: Alert) -> None:
    with far(silent=True) as there:
        began = time.monotonic()
        verdict = verdict_of(story, firing, events_api_url=there.url, timeout=(0.2, 0.2))
        assert time.monotonic() - began < 1
        assert len(there.received) == 1
    assert (type(verdict), verdict.reason) == (Transient, "timeout")


def test_nobody_there_is_unreachable(story: Story, firing: Alert) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
        verdict = verdict_of(story, firing, events_api_url=nobody)
    assert (type(verdict), verdict.reason) == (Transient, "unreachable")


def test_a_connection_that_is_closed_is_unreachable_after_one_request(story: Story, firing: Alert) -> None:
    story.sandbox.faults.take_down("pagerduty_events")
    verdict = verdict_of(story, firing)
    assert (type(verdict), verdict.reason) == (Transient, "unreachable")
    assert story.events() == 1


def test_half_an_answer_is_unreachable(story: Story, far: Any, firing: Alert) -> None:
    with far(body=b"no gzip", headers={"Content-Encoding": "gzip"}) as there:
        verdict = verdict_of(story, firing, events_api_url=there.url)
        assert len(there.received) == 1
    assert (type(verdict), verdict.reason) == (Transient, "unreachable")


def test_a_key_follows_no_redirect(story: Story, far: Any, firing: Alert) -> None:
    with far() as elsewhere, far(status=307, headers={"Location": f"{elsewhere.url}/v2/enqueue"}) as there:
        assert isinstance(verdict_of(story, firing, events_api_url=there.url), Blocked)
        assert elsewhere.received == []


def test_the_address_may_be_given_with_its_path(story: Story, firing: Alert) -> None:
    for ending in ("/", "/v2/enqueue", "/v2/enqueue/"):
        story.attempt(firing, {}, story.another(events_api_url=story.sandbox.pagerduty_events_url + ending))
    assert len(story.incidents) == 1


def test_it_takes_no_notices(story: Story) -> None:
    notice = Notice("k", Word.REMINDER, {}, {"as": "it was"})
    assert story.target.says == frozenset()
    assert story.target.intend_to_say(notice, story.now) == {"as": "it was"}
    with pytest.raises(Permanent):
        story.target.say(notice, story.now)
    assert story.events() == 0


@pytest.mark.parametrize("per_minute", [0.5, 1.0, 60.0, 120.0, 600.0])
def test_no_sliding_minute_holds_more_than_the_budget(per_minute: float) -> None:
    rate = PagerDutyTarget("k" * 32, events_per_minute=per_minute).rates["event"]
    assert rate.burst >= 1
    assert 0 <= rate.reserve < rate.burst
    assert rate.burst - 1 + rate.per_second * 60 <= per_minute + 1e-9
