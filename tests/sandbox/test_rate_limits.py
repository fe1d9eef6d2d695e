"""The vendors' rate limits are enforced, can be scaled, and can be switched off."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from sandbox import Sandbox, credentials
from sandbox.limits import Limits
from sandbox.pagerduty import rest
from sandbox.slack.methods import POSTS_PER_CHANNEL


def post(sandbox: Sandbox, method: str = "chat.postMessage", **arguments: Any) -> requests.Response:
    body = {"channel": credentials.SLACK_CHANNEL, "text": "x", **arguments}
    headers = {"Authorization": f"Bearer {credentials.SLACK_BOT_TOKEN}"}
    return requests.post(f"{sandbox.slack_api_url}{method}", json=body, headers=headers, timeout=5)


def statuses(answers: list[requests.Response]) -> list[int]:
    return [answer.status_code for answer in answers]


def test_a_burst_of_posts_passes_and_then_it_is_one_a_second(limited: Sandbox, clock: Any) -> None:
    answers = [post(limited) for _ in range(4)]
    assert statuses(answers) == [200, 200, 200, 429]
    assert answers[3].json() == {"ok": False, "error": "ratelimited"}
    assert int(answers[3].headers["Retry-After"]) == 3
    clock.now += 3
    assert post(limited).status_code == 200


def test_posts_at_one_a_second_are_never_refused(clock: Any) -> None:
    limits = Limits(clock)
    for number in range(200):
        clock.now += 0.8 if number % 2 else 1.2
        assert limits.take("post", *POSTS_PER_CHANNEL).allowed


def test_no_more_than_a_post_a_second_over_a_minute_but_for_one_burst(clock: Any) -> None:
    limits = Limits(clock)
    passed = 0
    for _ in range(600):
        clock.now += 0.1
        passed += limits.take("post", *POSTS_PER_CHANNEL).allowed
    assert 57 <= passed <= 63


def test_channels_do_not_share_their_allowance_and_a_name_is_the_same_channel(limited: Sandbox) -> None:
    assert statuses([post(limited) for _ in range(3)]) == [200] * 3
    assert post(limited, channel="#alerts").status_code == 429
    assert post(limited, channel=credentials.SLACK_CHANNEL_SECOND).status_code == 200


def test_fifty_edits_a_minute_for_the_whole_workspace(limited: Sandbox, clock: Any) -> None:
    ts = post(limited).json()["ts"]
    assert statuses([post(limited, "chat.update", ts=ts) for _ in range(50)]) == [200] * 50
    refused = post(limited, "chat.update", ts=ts)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    clock.now += 60
    assert post(limited, "chat.update", ts=ts).status_code == 200


def test_edits_at_the_pace_slack_names_are_never_refused(limited: Sandbox, clock: Any) -> None:
    ts = post(limited).json()["ts"]
    for _ in range(120):
        clock.now += 1.2
        assert post(limited, "chat.update", ts=ts).status_code == 200


@pytest.mark.parametrize(("scale", "passed"), [(0, 12), (2, 3), (10_000, 12)])
def test_limits_can_be_scaled_and_switched_off(clock: Any, scale: float, passed: int) -> None:
    with Sandbox(clock=clock, rate_limits=scale) as sandbox:
        for _ in range(12):
            clock.now += 0.001
            post(sandbox)
        assert len(sandbox.slack.messages) == passed


def test_the_scale_can_be_changed_from_outside(limited: Sandbox) -> None:
    answer = requests.post(f"{limited.url}/control/limits", json={"scale": 0}, timeout=5)
    assert answer.json()["ok"]
    assert statuses([post(limited) for _ in range(8)]) == [200] * 8
    assert requests.post(f"{limited.url}/control/limits", json={"scale": -1}, timeout=5).status_code == 400


def test_one_hundred_and_twenty_events_a_minute_per_key(limited: Sandbox, clock: Any) -> None:
    def resolve(key: str = credentials.PAGERDUTY_ROUTING_KEY) -> requests.Response:
        event = {"routing_key": key, "event_action": "resolve", "dedup_key": "k"}
        return requests.post(f"{limited.pagerduty_events_url}/v2/enqueue", json=event, timeout=5)

    assert statuses([resolve() for _ in range(120)]) == [202] * 120
    refused = resolve()
    assert (refused.status_code, refused.content, "Retry-After" in refused.headers) == (429, b"", False)
    assert resolve(credentials.PAGERDUTY_ROUTING_KEY_SECOND).status_code == 202
    clock.now += 60
    assert resolve().status_code == 202


def test_the_rest_api_says_when_its_allowance_is_used_up(clock: Any) -> None:
    headers = {
        "Authorization": f"Token token={credentials.PAGERDUTY_API_TOKEN}",
        "Accept": "application/vnd.pagerduty+json;version=2",
    }
    with Sandbox(clock=clock) as sandbox:
        for _ in range(960):
            assert sandbox.limits.take("rest", rest.PER_KEY).allowed
        answer = requests.get(f"{sandbox.pagerduty_api_url}/users", headers=headers, timeout=5)
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, 2020)
    assert answer.headers["ratelimit-limit"] == "960"
    assert int(answer.headers["ratelimit-reset"]) == 60
