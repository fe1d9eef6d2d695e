"""The silences on the page: made, extended and ended there, live, and told apart by the clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from sandbox import Sandbox, alerts
from tests.browser import opened

CPU = 'alertname="HighCPU"'


@pytest.fixture
def page(browser: Browser, sandbox: Sandbox) -> Iterator[Page]:
    yield from opened(browser, sandbox)


def create(page: Page, matchers: str, comment: str = "deploy") -> None:
    page.get_by_label("Matchers").fill(matchers)
    page.get_by_label("Why").fill(comment)
    page.get_by_role("button", name="Create").click()


def test_the_person_who_looks_is_the_author(page: Page, sandbox: Sandbox) -> None:
    sandbox.alertmanager.hold(alerts.fire("critical")["alerts"])
    page.locator("#person").select_option(label="Bruno Sample")
    page.get_by_label("For how long").select_option("10 minutes")
    create(page, f'{CPU}, instance=~"web.*"')
    row = page.locator("#silences .silence")
    expect(row).to_contain_text('alertname="HighCPU", instance=~"web.*"')
    expect(row).to_contain_text("by Bruno Sample")
    expect(row.locator(".covers")).to_have_text("1 alert")
    expect(page.get_by_label("Matchers")).to_have_value("")
    [one] = sandbox.alertmanager.silences
    assert (one["createdBy"], one["comment"], len(one["matchers"])) == ("Bruno Sample", "deploy", 2)


def test_it_is_extended_and_ended_by_its_buttons(page: Page, sandbox: Sandbox) -> None:
    name = sandbox.alertmanager.silence(CPU, timedelta(minutes=1))
    before = sandbox.alertmanager.silences[0]["endsAt"]
    page.get_by_role("button", name="One hour longer").click()
    expect(page.get_by_role("status").last).to_have_text("The silence lasts longer.")
    assert [(one["id"], one["endsAt"] > before) for one in sandbox.alertmanager.silences] == [(name, True)]
    page.get_by_role("button", name="Expire").click()
    expect(page.locator("#ended-count")).to_have_text("1 silence has ended")
    expect(page.locator("#alertmanager-empty")).to_be_visible()


def test_one_that_ends_by_the_clock_is_folded_away(page: Page, sandbox: Sandbox) -> None:
    sandbox.alertmanager.silence(CPU, timedelta(seconds=2))
    expect(page.locator("#silence-counts")).to_have_text("1 active")
    expect(page.locator("#ended-count")).to_have_text("1 silence has ended")
    expect(page.locator("#silence-counts")).to_have_text("")


def test_what_is_no_matcher_is_refused_in_alertmanagers_words(browser: Browser, sandbox: Sandbox) -> None:
    for page in opened(browser, sandbox, refusals=1):
        create(page, "HighCPU")
        expect(page.locator("#toast")).to_have_text("Alertmanager refuses: bad matcher format: HighCPU.")
        expect(page.get_by_label("Matchers")).to_have_value("HighCPU")
    assert sandbox.alertmanager.silences == []


def test_it_is_restarted_with_its_data_and_without(page: Page, sandbox: Sandbox) -> None:
    sandbox.alertmanager.hold(alerts.fire("critical")["alerts"])
    sandbox.alertmanager.silence(CPU)
    page.get_by_role("button", name="Restart", exact=True).click()
    expect(page.locator(".covers")).to_have_text("nothing fires")
    page.get_by_role("button", name="Restart without its data").click()
    expect(page.locator("#alertmanager-empty")).to_be_visible()
    assert (sandbox.alertmanager.firing, sandbox.alertmanager.silences) == ([], [])


def test_it_is_taken_down_and_brought_back(page: Page, sandbox: Sandbox) -> None:
    page.get_by_role("button", name="Take Alertmanager down").click()
    expect(page.locator("#alertmanager-state")).to_be_visible()
    assert sandbox.faults.is_down("alertmanager")
    page.get_by_role("button", name="Bring Alertmanager back").click()
    expect(page.locator("#alertmanager-state")).to_be_hidden()


def test_what_is_asked_over_and_over_takes_one_line(browser: Browser, sandbox: Sandbox) -> None:
    def ask(*paths: str) -> None:
        for path in paths:
            requests.get(f"{sandbox.alertmanager_url}/api/v2/{path}", timeout=5)

    ask("silences", "alerts", "silences", "silences")
    for page in opened(browser, sandbox):
        rows = page.locator(".request")
        expect(rows).to_have_count(2)
        ask("alerts", "alerts")
        expect(rows.first).to_contain_text("/api/v2/alerts")
        ask("status")
        expect(rows).to_have_count(3)
    assert sandbox.traffic.count("alertmanager_api") == 7
