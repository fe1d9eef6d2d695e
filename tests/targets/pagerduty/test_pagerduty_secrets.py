"""No routing key, no token and no end of one in anything that is said, raised, printed or logged."""

import json
import logging
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from core.domain.alert import Alert
from core.targets import pagerduty_remote
from core.targets.pagerduty import PagerDutyTarget

Story = Any
"""The fixture `story`; its class is in conftest.py, which is no module to import from."""
Make = Callable[..., Alert]
Watch = Callable[..., None]

KEY = "q7Zk9sXw2LmNp4RtVb6YcD8fGh1JWXQZ"
OLD_KEY = "a5Zk9sXw2LmNp4RtVb6YcD8fGh1JVKYQ"
TOKEN = "u+TKw9xkPzy-eLmQWJXV"
SECRETS = [secret for whole in (KEY, OLD_KEY, TOKEN) for secret in (whole, whole[-4:])]
# Whatever PagerDuty might quote: the key whole, its end as pdpyras and the web page show it, inside a sentence.
ECHO = (
    f"key {KEY} (...{KEY[-4:]}) or {OLD_KEY} (...{OLD_KEY[-4:]}), Token token={TOKEN}, ends in {TOKEN[-4:]}"
)


def told(error: BaseException) -> Iterator[str]:
    """Everything that a log of this error could show, the errors behind it included."""
    yield "".join(traceback.format_exception(error))
    link: BaseException | None = error
    while link is not None:
        yield f"{link} {link!r} {link.args!r} {getattr(link, 'reason', '')} {getattr(link, 'detail', '')}"
        link = link.__cause__ or link.__context__


@pytest.fixture
def watch(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> Watch:
    caplog.set_level(logging.DEBUG)
    for name in ("pdpyras", "urllib3", "requests"):
        caplog.set_level(logging.DEBUG, name)

    def check(*texts: str) -> None:
        records = [f"{record.getMessage()} {record.msg!r} {record.args!r}" for record in caplog.records]
        assert any(record.name.startswith("urllib3") for record in caplog.records)
        printed = capsys.readouterr()
        for text in (*texts, *records, caplog.text, printed.out, printed.err):
            assert [secret for secret in SECRETS if secret in text] == []

    return check


@pytest.mark.parametrize("status", [200, 302, 400, 401, 402, 403, 404, 413, 422, 429, 500, 503])
@pytest.mark.parametrize("shape", ["events", "rest"])
def test_a_refusal_that_quotes_the_key_is_not_passed_on(
    story: Story, far: Any, firing: Alert, watch: Watch, *, status: int, shape: str
) -> None:
    # The end of a key that is not this call's own cannot be told from any other word.
    echo = ECHO.replace(f"(...{OLD_KEY[-4:]})", "").replace(f"ends in {TOKEN[-4:]}", "")
    body = {"status": "invalid event", "message": echo, "errors": [f"Invalid routing key: {echo}"]}
    with far(
        status=status, body=json.dumps(body if shape == "events" else {"error": body}).encode()
    ) as there:
        verdict, _ = story.failed(firing, {}, story.another(routing_key=KEY, events_api_url=there.url))
    watch(*told(verdict))


@pytest.mark.parametrize("status", [302, 400, 401, 402, 403, 404, 406, 429, 500])
def test_a_token_that_is_quoted_is_not_passed_on(
    story: Story, far: Any, firing: Alert, watch: Watch, status: int
) -> None:
    echo = f"Token token={TOKEN}, ends in {TOKEN[-4:]}"
    body = json.dumps({"error": {"message": echo, "code": 2006, "errors": [echo]}}).encode()
    with far() as events, far(status=status, body=body) as there:
        target = story.another(routing_key=KEY, api_token=TOKEN, api_url=there.url, events_api_url=events.url)
        fired = story.attempt(firing, {}, target)
        story.attempt(firing, fired.remote, target, after=1)
        target.probe()
        assert len(there.received) == 2
    watch(str(target.trouble))


def test_failures_of_the_network_name_no_key(story: Story, far: Any, firing: Alert, watch: Watch) -> None:
    with far(silent=True) as there:
        target = story.another(
            routing_key=KEY,
            api_token=TOKEN,
            api_url=there.url,
            events_api_url=there.url,
            timeout=(0.2, 0.2),
        )
        silence, _ = story.failed(firing, {}, target)
        target.probe()
    nobody, _ = story.failed(firing, {}, target)
    target.probe()
    watch(*told(silence), *told(nobody), str(target.trouble))


def test_a_refused_old_key_is_not_named(
    story: Story, far: Any, alert: Make, firing: Alert, over: Make, *, watch: Watch
) -> None:
    with far() as there:
        fired = story.attempt(firing, {}, story.another(routing_key=OLD_KEY, events_api_url=there.url)).remote
        there.status, there.body = 400, json.dumps({"errors": [f"Invalid routing key {OLD_KEY}"]}).encode()
        rotated = story.another(routing_key=KEY, events_api_url=there.url)
        parked, _ = story.failed(over(), fired, rotated)
        blocked, _ = story.failed(alert(occurrence=2), fired, rotated)
    assert parked.reason == "old_routing_key_refused"
    assert blocked.reason == "routing_key_refused"
    watch(*told(parked), *told(blocked))


def test_success_is_quiet_about_keys(story: Story, far: Any, firing: Alert, watch: Watch) -> None:
    with far() as events, far(status=200, body=b'{"incidents":[{"id":"Q1"}]}') as rest:
        target = story.another(routing_key=KEY, api_token=TOKEN, api_url=rest.url, events_api_url=events.url)
        fired = story.attempt(firing, {}, target)
        found = story.attempt(firing, fired.remote, target, after=1)
    assert found.news
    entries = pagerduty_remote.read(found.remote)
    watch(repr(target), str(target), repr(entries), repr(target.glance(found.remote)))


def test_what_holds_a_key_does_not_show_it() -> None:
    target = PagerDutyTarget(KEY, api_token=TOKEN)
    for text in (repr(target), repr(target._events), repr(target._lookup), repr(target.rates)):
        assert [secret for secret in SECRETS if secret in text] == []
