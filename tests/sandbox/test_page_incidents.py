"""The incidents on the page in a real browser: every button does what it says, as the person chosen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from sandbox import Sandbox, credentials
from sandbox.pagerduty.model import Status
from tests.browser import opened
from tests.sandbox.receiver import Receiver
from tests.sandbox.test_page import HOSTILE

ADA, BRUNO, DORA = credentials.ADA, credentials.BRUNO, credentials.DORA


@pytest.fixture
def page(browser: Browser, sandbox: Sandbox) -> Iterator[Page]:
    yield from opened(browser, sandbox)


def menu(page: Page, item: str) -> None:
    page.get_by_role("button", name="More to do").click()
    page.get_by_role("button", name=item).click()


def test_buttons_act_as_the_person_chosen(page: Page, incident: Any) -> None:
    card = page.locator(".incident")
    page.locator("#person").select_option(label=BRUNO.name)
    expect(page.locator("#account-words")).to_have_text(f"acting as {BRUNO.name}")
    card.get_by_role("button", name="Acknowledge").click()
    expect(card.locator(".pill")).to_have_text("acknowledged")
    expect(card.locator(".who")).to_contain_text(f"acknowledged by {BRUNO.name}")
    assert incident.assignees == [BRUNO]
    card.get_by_role("button", name="Resolve", exact=True).click()
    expect(card.locator(".pill")).to_have_text("resolved")
    expect(card.locator(".facts")).to_contain_text(f"by {BRUNO.name}")
    card.get_by_role("button", name="Reopen").click()
    expect(card.locator(".pill")).to_have_text("triggered")


def test_who_has_no_pagerduty_account_can_do_nothing_there_and_is_told_so(page: Page, incident: Any) -> None:
    page.locator("#person").select_option(label=DORA.name)
    expect(page.locator("#account-words")).to_have_text(f"{DORA.name} has no PagerDuty account")
    acknowledge = page.get_by_role("button", name="Acknowledge")
    expect(acknowledge).to_have_attribute("aria-disabled", "true")
    for press in (acknowledge.dispatch_event, page.get_by_text("Escalate").dispatch_event):
        press("click")
        expect(page.locator("#toast")).to_contain_text(f"{DORA.name} has no PagerDuty account")
    page.locator("#person").select_option(label=ADA.name)
    expect(acknowledge).not_to_have_attribute("aria-disabled", "true")
    assert [entry.what for entry in incident.log] == ["triggered"]


def test_a_note_is_shown_with_its_author_and_never_as_html(page: Page, incident: Any) -> None:
    page.get_by_role("button", name="Add note").click()
    page.locator("#incident-dialog textarea").fill(HOSTILE)
    page.locator("#incident-dialog").get_by_role("button", name="Add note").click()
    page.locator(".incident-title").click()
    note = page.locator(".notes li")
    expect(note).to_contain_text(ADA.name)
    expect(note).to_contain_text("<img src=x onerror=alert(1)>")
    assert page.locator(".incident img, .incident script").count() == 0
    assert [one["content"] for one in incident.notes] == [HOSTILE]


def test_cancelling_does_nothing(page: Page, sandbox: Sandbox, incident: Any) -> None:
    page.get_by_role("button", name="Add note").click()
    page.locator("#incident-dialog textarea").fill("never mind")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#incident-dialog")).to_be_hidden()
    assert (incident.notes, len(sandbox.pagerduty.events)) == ([], 1)


def test_the_menu_hands_over_and_ranks(page: Page, incident: Any) -> None:
    card = page.locator(".incident")
    menu(page, "Reassign to…")
    page.locator("#incident-dialog select").select_option(label=BRUNO.name)
    page.locator("#incident-dialog").get_by_role("button", name="Reassign to").click()
    expect(card.locator(".who")).to_have_text(f"assigned to {BRUNO.name}")
    menu(page, "Set priority…")
    page.locator("#incident-dialog select").select_option("P2")
    page.locator("#incident-dialog").get_by_role("button", name="Set priority").click()
    expect(card.locator(".priority")).to_have_text("P2")
    menu(page, "Escalate")
    expect(card.locator(".who")).to_have_text(f"assigned to {credentials.CHIDI.name}")
    card.get_by_role("button", name="Acknowledge").click()
    expect(card.locator(".pill")).to_have_text("acknowledged")
    menu(page, "Let the acknowledgement time out")
    expect(card.locator(".pill")).to_have_text("triggered")
    assert incident.status is Status.TRIGGERED


def test_merging_says_where_it_went(page: Page, pagerduty: Any, sandbox: Sandbox, incident: Any) -> None:
    menu(page, "Merge into…")
    expect(page.locator("#toast")).to_have_text("There is no other open incident.")
    pagerduty.event(key="other")
    expect(page.locator(".incident")).to_have_count(2)
    card = page.locator(f"#incident-{incident.id}")
    card.get_by_role("button", name="More to do").click()
    card.get_by_role("button", name="Merge into…").click()
    page.locator("#incident-dialog").get_by_role("button", name="Merge into").click()
    expect(card.locator(".facts")).to_contain_text(f"by {ADA.name}, merged into #1002")
    assert sandbox.pagerduty.incidents[1].dedup_keys == ["other", "key-1"]


def test_what_pagerduty_refuses_is_said(browser: Browser, sandbox: Sandbox, incident: Any) -> None:
    for page in opened(browser, sandbox, refusals=1):
        page.get_by_role("button", name="More to do").click()
        page.get_by_role("button", name="Resolve with a note…").click()
        sandbox.pagerduty.resolve(incident, BRUNO)
        page.locator("#incident-dialog textarea").fill("too late")
        page.locator("#incident-dialog").get_by_role("button", name="Resolve").click()
        expect(page.locator("#toast")).to_have_text("PagerDuty refuses: Incident Already Resolved.")


def test_a_subscription_that_was_switched_off_is_switched_on_from_the_page(
    page: Page, sandbox: Sandbox, bridge: Receiver
) -> None:
    expect(page.locator("#webhooks-words")).to_have_text("webhooks on")
    bridge.answer = lambda _: 404
    for _ in range(3):
        sandbox.webhooks.ping()
    expect(page.locator("#webhooks-words")).to_have_text("webhooks switched off after three refusals")
    page.get_by_role("button", name="switch on").click()
    expect(page.locator("#webhooks-words")).to_have_text("webhooks on")
    assert sandbox.webhooks.enabled


def test_the_buttons_stay_where_they_are_when_the_card_is_folded_out(page: Page, incident: Any) -> None:
    button = page.get_by_role("button", name="Add note")
    before = button.bounding_box()
    page.locator(".incident-title").click()
    expect(page.locator(".diary")).to_be_visible()
    assert before == button.bounding_box()
    page.locator(".incident-title").click()
    expect(page.locator(".diary")).to_be_hidden()


def test_the_keyboard_stays_where_it_was_when_the_card_changes(
    page: Page, sandbox: Sandbox, incident: Any
) -> None:
    button = page.get_by_role("button", name="Add note")
    button.focus()
    sandbox.pagerduty.acknowledge(incident, BRUNO)
    expect(page.locator(".pill")).to_have_text("acknowledged")
    expect(button).to_be_focused()


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
def test_cards_with_everything_on_them_fit_the_screen(
    browser: Browser, sandbox: Sandbox, incident: Any, width: int, scheme: Any
) -> None:
    long = "averyverylongwordwithoutanyblank" * 12
    sandbox.pagerduty.acknowledge(incident, ADA)
    sandbox.pagerduty.annotate(incident, ADA, long)
    sandbox.pagerduty.add_responder(incident, ADA, BRUNO)
    sandbox.pagerduty.set_priority(incident, ADA, "P1")
    for page in opened(browser, sandbox, viewport={"width": width, "height": 844}, color_scheme=scheme):
        if width < 760:
            page.locator("[data-show=pagerduty]").click()
        page.locator(".incident-title").click()
        expect(page.locator(".notes li")).to_be_visible()
        page.get_by_role("button", name="More to do").click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator(".pagerduty .scroll").evaluate("node => node.scrollWidth - node.clientWidth") == 0
