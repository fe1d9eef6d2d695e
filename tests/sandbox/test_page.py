"""The page in a real browser: live, in place, harmless, and readable on a telephone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from sandbox import Sandbox, alerts, credentials
from tests.browser import opened

HOSTILE = "<!channel> <script>document.title='owned'</script> <img src=x onerror=alert(1)> <javascript:alert(1)|click>"


@pytest.fixture
def page(browser: Browser, sandbox: Sandbox) -> Iterator[Page]:
    yield from opened(browser, sandbox)


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def test_a_message_appears_and_an_edit_changes_it_in_place(page: Page, slack: Any) -> None:
    ts = slack.post(attachments=[{"color": "#d92d20", "blocks": [section("*CRITICAL* HighCPU")]}], text="")[
        "ts"
    ]
    message = page.locator(".message")
    expect(message).to_have_count(1)
    expect(message.locator("strong", has_text="CRITICAL")).to_be_visible()
    bar = message.locator(".attachment").evaluate("node => node.style.getPropertyValue('--bar')")
    assert bar == "#d92d20"
    slack.update(ts, attachments=[{"color": "#2eb886", "blocks": [section("resolved after 12 min")]}])
    expect(message).to_contain_text("resolved after 12 min")
    expect(message).to_have_count(1)
    expect(message).to_have_class("message changed")


def test_hostile_text_is_shown_as_text(page: Page, slack: Any) -> None:
    slack.post(
        text=HOSTILE,
        blocks=[section(HOSTILE), {"type": "header", "text": {"type": "plain_text", "text": HOSTILE}}],
    )
    message = page.locator(".message")
    expect(message).to_contain_text("<img src=x onerror=alert(1)>")
    assert page.locator(".message .body script, .message .body img, .message .body a").count() == 0
    assert page.title() == "Alert Bridge sandbox"


def test_mrkdwn_is_drawn_as_slack_draws_it(page: Page, slack: Any) -> None:
    slack.post(
        "*bold* _it_ `a*b*c` &lt;tag&gt; &amp; <https://a.example/?x=1&amp;y=2|link> 2 * 3 * 4 snake_case_name <@U0ADA>"
    )
    words = page.locator(".message .words")
    expect(words).to_have_text("bold it a*b*c <tag> & link 2 * 3 * 4 snake_case_name @Ada Example")
    assert [words.locator(tag).inner_text() for tag in ("strong", "em", "code")] == ["bold", "it", "a*b*c"]
    assert words.locator("a").get_attribute("href") == "https://a.example/?x=1&y=2"


def test_times_are_in_the_zone_of_who_looks(page: Page, slack: Any) -> None:
    slack.post("since <!date^1767258000^{date_short} at {time}|2026-01-01 09:00 UTC>")
    expect(page.locator(".message .words")).to_have_text("since 1 Jan 2026 at 10:00")


def test_threads_fold_out_and_broadcasts_stand_in_the_channel(page: Page, slack: Any) -> None:
    parent = slack.post("parent")["ts"]
    slack.post("quiet", thread_ts=parent)
    slack.post("loud", thread_ts=parent, reply_broadcast=True)
    expect(page.locator(".message")).to_have_count(2)
    thread = page.locator(".message", has_text="parent").first.locator(".thread")
    expect(thread.locator("summary")).to_contain_text("2 replies")
    expect(thread.get_by_text("quiet")).to_be_hidden()
    thread.locator("summary").click()
    expect(thread.get_by_text("quiet")).to_be_visible()
    expect(page.locator(".message", has_text="replied to a thread")).to_contain_text("loud")


def test_incidents_follow_what_happens(page: Page, pagerduty: Any, sandbox: Sandbox) -> None:
    pagerduty.event(client_url="https://bridge.example/1", client="Alert Bridge")
    incident = page.locator(".incident")
    expect(incident.locator(".pill")).to_have_text("triggered")
    incident.locator(".incident-title").click()
    pagerduty.put(sandbox.pagerduty.incidents[0].id, "acknowledged")
    expect(incident.locator(".pill")).to_have_text("acknowledged")
    expect(incident.locator(".diary")).to_contain_text(f"acknowledged, by {credentials.ADA.name}")
    expect(incident.get_by_role("link", name="View in Alert Bridge")).to_be_visible()
    pagerduty.event("resolve")
    expect(page.locator("#incident-counts")).to_have_text("0 triggered · 0 acknowledged · 1 resolved")


def test_the_switches_take_a_service_down_and_bring_it_back(page: Page, sandbox: Sandbox) -> None:
    page.get_by_role("button", name="Take Slack down").click()
    expect(page.locator("#slack-state")).to_be_visible()
    assert sandbox.faults.is_down("slack")
    page.get_by_role("button", name="Bring Slack back").click()
    expect(page.locator("#slack-state")).to_be_hidden()
    assert not sandbox.faults.is_down("slack")


def test_without_a_bridge_the_page_says_so(page: Page) -> None:
    expect(page.locator("#notice")).to_contain_text("No bridge is connected")


def test_firing_at_a_bridge_that_is_not_there_says_so(browser: Browser, sandbox: Sandbox) -> None:
    sandbox.bridge_url = "http://127.0.0.1:1"
    try:
        for page in opened(browser, sandbox, refusals=1):
            page.get_by_role("button", name="Fire an alert").click()
            expect(page.get_by_role("alert")).to_have_text(
                "The bridge at http://127.0.0.1:1 does not answer: Connection refused."
            )
    finally:
        sandbox.bridge_url = None


def test_requests_are_listed_newest_first(page: Page, slack: Any, pagerduty: Any) -> None:
    slack.post("first")
    pagerduty.event()
    rows = page.locator(".request")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("/pagerduty/v2/enqueue")
    expect(rows.last).to_contain_text("#alerts first")


def test_the_page_comes_back_after_the_sandbox_was_restarted(
    page: Page, slack: Any, sandbox: Sandbox
) -> None:
    sandbox.stop()
    expect(page.locator("#connection")).to_contain_text("trying again")
    sandbox.start()
    slack.post("after the restart")
    expect(page.locator(".message")).to_contain_text("after the restart")


@pytest.mark.parametrize(
    ("width", "scheme"), [(390, "light"), (390, "dark"), (1280, "light"), (1280, "dark")]
)
def test_nothing_is_wider_than_the_screen(  # noqa: PLR0917 fixtures and parameters
    browser: Browser, sandbox: Sandbox, slack: Any, pagerduty: Any, width: int, scheme: Any
) -> None:
    long = "averyverylongwordwithoutanyblank" * 12
    slack.post(long, blocks=[section(f"`{long}` {alerts.KINDS['hostile'].description}")])
    sandbox.alertmanager.silence({long: long}, comment=long)
    pagerduty.event(key="k" * 255, payload={"summary": long, "source": long, "severity": "error"})
    for page in opened(browser, sandbox, viewport={"width": width, "height": 844}, color_scheme=scheme):
        expect(page.locator(".message")).to_be_visible()
        for view in ("slack", "pagerduty", "alertmanager", "log"):
            if width < 760:
                page.locator(f"[data-show={view}]").click()
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == {"light": "rgb(244, 243, 246)", "dark": "rgb(19, 18, 23)"}[scheme]
