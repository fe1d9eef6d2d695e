"""What people see and press, from the page to the program and back: a real browser on the whole of it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from sandbox import Sandbox, alerts
from sandbox.credentials import ADA, BRUNO, CHIDI, Person
from sandbox.pagerduty.model import Status
from tests.browser import opened
from tests.stories.running import Running


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(rate_limits=False, webhook_schedule=(0.1,)) as started:
        yield started


@pytest.fixture(scope="module")
def bridge(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(tmp_path_factory.mktemp("bridge"), sandbox) as running:
        sandbox.bridge_url = running.url
        yield running
        sandbox.bridge_url = None


@pytest.fixture
def page(browser: Browser, sandbox: Sandbox, bridge: Running) -> Iterator[Page]:
    yield from opened(browser, sandbox)


class Shown:
    """One alert as the page has it: its message in the channel and its incident's card."""

    def __init__(self, page: Page, bridge: Running, instance: str) -> None:
        """It fires, on an instance of its own: the stories of this module share a channel."""
        self._page = page
        assert bridge.post(alerts.fire("critical", instance=f"{instance}:9100")) == 202
        self.message = page.locator(".channel > .message", has_text=f"instance {instance}:9100")
        self.incident = page.locator(".incident", has_text=f"on {instance}: ")
        expect(self.message.get_by_role("link", name="PagerDuty #")).to_be_visible()
        expect(self.incident).to_be_visible()

    def press(self, where: Locator, name: str, person: Person) -> None:
        become(self._page, person)
        where.get_by_role("button", name=name, exact=True).click()

    def choose(self, name: str, person: Person) -> None:
        """In the menu of the message."""
        become(self._page, person)
        self.message.get_by_label("More actions").click()
        self.message.get_by_role("button", name=name).click()

    @property
    def thread(self) -> Locator:
        """Folded out."""
        replies = self.message.locator(".thread")
        expect(replies).to_be_visible()
        if replies.get_attribute("open") is None:
            replies.locator("summary").click()
        return replies


def become(page: Page, person: Person) -> None:
    page.locator("#person").select_option(label=person.name)


def test_acknowledge_in_slack_shows_who_it_was_on_the_incident_and_in_the_message(
    page: Page, bridge: Running
) -> None:
    shown = Shown(page, bridge, "slack-ack")
    shown.press(shown.message, "Acknowledge", ADA)
    expect(shown.incident.locator(".pill")).to_have_text("acknowledged")
    expect(shown.incident.locator(".who")).to_contain_text(f"acknowledged by {ADA.name}")
    expect(shown.message).to_contain_text(f"Acknowledged by {ADA.name}")
    expect(shown.message.get_by_role("button", name="Un-acknowledge")).to_be_visible()
    expect(shown.thread).to_contain_text(f"{ADA.name} acknowledged this")


def test_a_note_written_in_slack_stands_on_the_incident_and_in_the_thread(
    page: Page, bridge: Running
) -> None:
    shown = Shown(page, bridge, "slack-note")
    shown.choose("Add note", BRUNO)
    modal = page.get_by_role("dialog")
    modal.get_by_label("Note").fill("Looking at the <load> balancer")
    modal.get_by_role("button", name="Add", exact=True).click()
    expect(modal).to_be_hidden()
    shown.incident.locator(".incident-title").click()
    expect(shown.incident.locator(".notes")).to_contain_text("Looking at the <load> balancer")
    expect(shown.incident.locator(".notes")).to_contain_text(BRUNO.name)
    expect(shown.thread).to_contain_text(f"{BRUNO.name} noted: Looking at the <load> balancer")


def test_acknowledge_in_pagerduty_names_that_person_in_slack(page: Page, bridge: Running) -> None:
    shown = Shown(page, bridge, "pagerduty-ack")
    shown.press(shown.incident, "Acknowledge", CHIDI)
    expect(shown.message).to_contain_text(f"Acknowledged by @{CHIDI.name} in PagerDuty")
    expect(shown.thread).to_contain_text(f"{CHIDI.name} acknowledged this in PagerDuty")


def test_resolve_by_hand_closes_both_while_it_still_fires(
    page: Page, bridge: Running, sandbox: Sandbox
) -> None:
    shown = Shown(page, bridge, "by-hand")
    shown.choose("Resolve by hand", ADA)
    expect(shown.incident.locator(".pill")).to_have_text("resolved")
    closed = page.locator(".channel > .message", has_text="on by-hand resolved by")
    expect(closed).to_contain_text("opens again")
    expect(closed.get_by_role("button")).to_have_count(0)
    (incident,) = [one for one in sandbox.pagerduty.incidents if "on by-hand: " in one.title]
    assert incident.status is Status.RESOLVED


def test_who_presses_before_the_message_has_changed_is_told_who_was_first_and_nobody_else_is(
    page: Page, bridge: Running, sandbox: Sandbox
) -> None:
    shown = Shown(page, bridge, "second")
    sandbox.faults.add("slack", "refuse", method="chat.update", name="edits")
    shown.press(shown.message, "Acknowledge", ADA)
    expect(shown.incident.locator(".who")).to_contain_text(ADA.name)
    shown.press(shown.message, "Acknowledge", BRUNO)
    sandbox.faults.clear("edits")
    channel = page.locator(".channel")
    told = channel.get_by_text(f"{ADA.name} acknowledged it first")
    expect(told).to_be_visible()
    expect(channel.get_by_text("Only visible to you")).to_be_visible()
    become(page, ADA)
    expect(told).to_have_count(0)
    expect(shown.message).to_contain_text(f"Acknowledged by {ADA.name}")
