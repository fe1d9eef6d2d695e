"""The pretend Slack in a real browser: buttons, menus, modals and commands reach the app, and its answers are seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from sandbox import Sandbox, credentials
from tests.browser import opened
from tests.sandbox.kit import actions, alert, button, inputs, modal, option, plain, section, select, typed

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def page(browser: Browser, sandbox: Sandbox, app: Any) -> Iterator[Page]:
    """Looks once the app's address is known."""
    yield from opened(browser, sandbox)


def show_modal(slack: Any, app: Any, view: dict[str, Any]) -> None:
    last = app.calls[-1]
    trigger = last.payload["trigger_id"] if "payload" in last.form else last.form["trigger_id"]
    assert slack.call("views.open", trigger_id=trigger, view=view)["ok"]


def arrived(page: Page, app: Any, count: int) -> None:
    """Until the app has been called so often; the page is what makes it happen."""
    for _ in range(300):
        if len(app.calls) >= count:
            break
        page.wait_for_timeout(50)
    assert len(app.calls) == count


def test_a_button_calls_the_app_as_the_person_who_looks(page: Page, slack: Any, app: Any) -> None:
    slack.post(**alert())
    page.locator("#person").select_option(label="Bruno Sample")
    page.get_by_role("button", name="Press").click()
    arrived(page, app, 1)
    told = app.calls[0].payload
    assert (told["user"]["id"], told["actions"][0]["action_id"]) == ("U0BRUNO", "ack")
    expect(page.locator(".request").first).to_contain_text("bruno · ack")


def test_a_click_shows_that_it_is_under_way(page: Page, slack: Any, app: Any) -> None:
    slack.post(**alert())
    app.hold.clear()
    press = page.get_by_role("button", name="Press")
    press.click()
    expect(press).to_have_attribute("aria-busy", "true")
    app.hold.set()
    expect(press).not_to_have_attribute("aria-busy", "true")


def test_a_click_without_an_answer_gets_a_warning_that_only_that_person_sees(
    page: Page, slack: Any, app: Any, sandbox: Sandbox
) -> None:
    slack.post(**alert())
    sandbox.slack_hand.wire.deadline = 0.2
    app.hold.clear()
    page.get_by_role("button", name="Press").click()
    warning = page.locator(".unanswered")
    expect(warning).to_contain_text("no answer within 3 seconds")
    page.locator("#person").select_option(label="Bruno Sample")
    expect(warning).to_have_count(0)
    page.locator("#person").select_option(label="Ada Example")
    expect(warning).to_have_count(1)
    app.hold.set()
    page.get_by_role("button", name="Press").click()
    expect(warning).to_have_count(0)


def test_menus_and_selects_send_what_was_chosen(page: Page, slack: Any, app: Any) -> None:
    slack.post(**alert())
    page.get_by_label("Silence").select_option("4h")
    arrived(page, app, 1)
    page.get_by_label("More actions").click()
    page.locator(".menu").get_by_role("button", name="resolve").click()
    arrived(page, app, 2)
    chosen = [call.payload["actions"][0]["selected_option"]["value"] for call in app.calls]
    assert chosen == ["4h", "resolve"]


def test_a_menu_opens_where_there_is_room_and_escape_closes_it(page: Page, slack: Any) -> None:
    for _ in range(12):
        slack.post(**alert())
    expect(page.locator(".message")).to_have_count(12)
    channel = page.locator("#slack-scroll")
    end = channel.evaluate("node => node.scrollTop")
    page.get_by_label("More actions").last.click()
    expect(page.locator(".menu ul:visible")).to_be_in_viewport(ratio=1)
    assert end == channel.evaluate("node => node.scrollTop")
    page.keyboard.press("Escape")
    expect(page.locator(".menu ul:visible")).to_have_count(0)
    expect(page.get_by_label("More actions").last).to_be_focused()


def test_whom_a_message_rings_is_named_and_an_edit_rings_nobody(page: Page, slack: Any) -> None:
    slack.post("for <@U0BRUNO>")
    quiet = slack.post("for nobody")["ts"]
    slack.update(quiet, text="for <@U0BRUNO> after all")
    expect(page.locator(".message", has_text="after all")).to_be_visible()
    expect(page.locator(".rings")).to_have_text(["🔔 notifies @Bruno Sample"])


def test_a_button_with_an_address_opens_it_and_is_reported(page: Page, slack: Any, app: Any) -> None:
    slack.post(blocks=[actions(button("graph", "Graph", url=f"{app.url}/graph"))])
    expect(page.locator("a.slack-button")).to_have_attribute("href", f"{app.url}/graph")
    page.evaluate("document.addEventListener('click', (event) => event.preventDefault(), true)")
    page.get_by_role("link", name="Graph").click()
    arrived(page, app, 1)
    assert app.calls[0].payload["actions"][0]["action_id"] == "graph"


def test_what_asks_first_is_sent_only_after_yes(page: Page, slack: Any, app: Any) -> None:
    words = {"title": "Sure?", "text": "It ends the alert.", "confirm": "Resolve it", "deny": "Leave it"}
    confirm = {name: plain(text) for name, text in words.items()}
    slack.post(blocks=[actions(button("resolve", "Resolve", confirm=confirm))])
    for answer in ("Leave it", "Resolve it"):
        page.locator(".message").get_by_role("button", name="Resolve").click()
        page.get_by_role("dialog").get_by_role("button", name=answer).click()
        expect(page.get_by_role("dialog")).to_have_count(0)
    arrived(page, app, 1)


def test_ephemeral_messages_are_drawn_for_their_person_only(page: Page, slack: Any) -> None:
    slack.call("chat.postEphemeral", channel=credentials.SLACK_CHANNEL, user="U0BRUNO", text="Bruno first")
    slack.post("for all")
    expect(page.locator(".message")).to_have_count(1)
    page.locator("#person").select_option(label="Bruno Sample")
    expect(page.locator(".message", has_text="Only visible to you")).to_contain_text("Bruno first")
    expect(page.locator(".message")).to_have_count(2)


def test_a_command_is_typed_under_the_channel_and_its_answer_is_seen(page: Page, app: Any) -> None:
    app.will_answer({"text": "3 alerts are firing"})
    page.get_by_label("Command in").fill("/alert-status critical now")
    page.get_by_label("Command in").press("Enter")
    expect(page.locator(".message", has_text="Only visible to you")).to_contain_text("3 alerts are firing")
    assert (app.calls[0].form["command"], app.calls[0].form["text"]) == ("/alert-status", "critical now")
    expect(page.get_by_label("Command in")).to_have_value("")


def test_words_that_are_no_command_are_sent_nowhere(page: Page, app: Any) -> None:
    page.get_by_label("Command in").fill("hello")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#toast")).to_contain_text("begin with a slash")
    assert app.calls == []


def test_a_modal_is_filled_in_corrected_and_submitted(page: Page, slack: Any, app: Any) -> None:
    slack.post(**alert())
    page.get_by_role("button", name="Press").click()
    arrived(page, app, 1)
    view = modal(
        section(f"*Silence* {HOSTILE}"),
        {**typed("why", multiline=True), "label": plain("Why?")},
        {
            **inputs("hours", select("h", "1h", "4h", initial_option=option("1h"))),
            "label": plain("How long?"),
        },
        {**inputs("day", {"type": "datepicker", "action_id": "d"}, optional=True), "label": plain("From")},
        {**inputs("who", select("w", "job", "node", kind="checkboxes")), "label": plain("Labels")},
    )
    show_modal(slack, app, view)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(HOSTILE)
    dialog.get_by_role("button", name="Send").click()
    expect(dialog.locator(".field-error:visible")).to_have_count(2)
    dialog.get_by_label("Why?").fill("deploy")
    dialog.get_by_label("How long?").select_option("4h")
    dialog.get_by_label("From").fill("2027-01-31")
    dialog.get_by_text("node").click()
    app.will_answer({"response_action": "errors", "errors": {"hours": "Too long"}})
    dialog.get_by_role("button", name="Send").click()
    expect(dialog.locator("#input-hours-error")).to_have_text("Too long")
    expect(dialog.get_by_label("Why?")).to_have_value("deploy")
    dialog.get_by_role("button", name="Send").click()
    expect(dialog).to_be_hidden()
    arrived(page, app, 3)
    values = app.calls[2].payload["view"]["state"]["values"]
    assert (values["why"]["typed"]["value"], values["hours"]["h"]["selected_option"]["value"]) == (
        "deploy",
        "4h",
    )
    assert values["day"]["d"]["selected_date"] == "2027-01-31"
    assert [one["value"] for one in values["who"]["w"]["selected_options"]] == ["node"]


def test_a_view_that_is_filled_later_keeps_what_was_typed(
    page: Page, slack: Any, app: Any, sandbox: Sandbox
) -> None:
    sandbox.slack_hand.command("/silence")
    show_modal(slack, app, modal(typed("why")))
    page.get_by_role("dialog").get_by_label("Label").fill("half a thought")
    [view] = sandbox.slack_hand.views
    slack.call("views.update", view_id=view.id, view=modal(section("3 alerts match"), typed("why")))
    expect(page.get_by_role("dialog")).to_contain_text("3 alerts match")
    expect(page.get_by_role("dialog").get_by_label("Label")).to_have_value("half a thought")


def test_escape_closes_the_view_on_top_and_the_cross_all_of_them(
    page: Page, slack: Any, app: Any, sandbox: Sandbox
) -> None:
    dialog = page.get_by_role("dialog")
    for leave in ("Escape", "cross"):
        sandbox.slack_hand.command("/silence")
        show_modal(slack, app, modal(typed("first")))
        app.will_answer({"response_action": "push", "view": modal(typed("second"), title=plain("On top"))})
        sandbox.slack_hand.submit(sandbox.slack_hand.views[0], {"first": "x"})
        expect(dialog.locator("h2")).to_have_text("On top")
        if leave == "Escape":
            page.keyboard.press("Escape")
            expect(dialog.locator("h2")).to_have_text("A title")
            page.keyboard.press("Escape")
        else:
            dialog.get_by_role("button", name="Close").click()
        expect(dialog).to_be_hidden()
        assert sandbox.slack_hand.views == []


def test_a_modal_stands_before_its_own_person_only(
    page: Page, slack: Any, app: Any, sandbox: Sandbox
) -> None:
    sandbox.slack_hand.command("/silence", person=credentials.BRUNO)
    show_modal(slack, app, modal())
    expect(page.locator("#connection")).to_have_text("live")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.locator("#person").select_option(label="Bruno Sample")
    expect(page.get_by_role("dialog")).to_be_visible()


@pytest.mark.parametrize(
    ("width", "scheme"), [(390, "light"), (390, "dark"), (1280, "light"), (1280, "dark")]
)
def test_a_message_and_a_modal_fit_the_screen(  # noqa: PLR0917 fixtures and parameters
    browser: Browser, sandbox: Sandbox, slack: Any, app: Any, width: int, scheme: Any
) -> None:
    slack.post(**alert())
    sandbox.slack_hand.command("/silence")
    long = "averyverylongwordwithoutanyblank" * 4
    show_modal(
        slack, app, modal(section(long), *(typed(f"n{number}", multiline=True) for number in range(8)))
    )
    for page in opened(browser, sandbox, viewport={"width": width, "height": 844}, color_scheme=scheme):
        box = page.get_by_role("dialog").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] + box["height"] <= 844
        expect(page.get_by_role("dialog").get_by_role("button", name="Send")).to_be_in_viewport()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()
        page.get_by_label("More actions").click()
        expect(page.locator(".menu").get_by_role("button", name="resolve")).to_be_in_viewport(ratio=1)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_moment_is_chosen_by_the_clock_of_who_looks(page: Page, slack: Any, app: Any) -> None:
    page.locator("#person").select_option(label="Chidi Placeholder")
    page.locator("#line").fill("/silence")
    page.locator("#line").press("Enter")
    arrived(page, app, 1)
    picker = {"type": "datetimepicker", "action_id": "at", "initial_date_time": 1_800_000_000}
    show_modal(slack, app, modal(inputs("until", picker)))
    shown = page.locator("#modal input[type=datetime-local]")
    expect(shown).to_have_value("2027-01-15T13:30")
    expect(page.locator("#modal label")).to_contain_text("Asia/Kolkata")
    shown.fill("2027-01-15T14:00")
    page.get_by_role("button", name="Send").last.click()
    arrived(page, app, 2)
    values = app.calls[1].payload["view"]["state"]["values"]
    assert values["until"]["at"]["selected_date_time"] == 1_800_001_800


def test_a_moment_is_right_on_the_day_the_clocks_change(page: Page, slack: Any, app: Any) -> None:
    slack.post(text="x", blocks=[actions({"type": "datetimepicker", "action_id": "at"})])
    page.locator(".message input[type=datetime-local]").fill("2027-03-28T03:30")
    page.locator(".message input[type=datetime-local]").blur()
    arrived(page, app, 1)
    assert app.calls[0].payload["actions"][0]["selected_date_time"] == 1_806_197_400


def test_what_is_ticked_stays_ticked_while_the_words_above_it_change(
    page: Page, slack: Any, app: Any, sandbox: Sandbox
) -> None:
    def view(words: str) -> dict[str, Any]:
        ticks = inputs("which", select("labels", "job", "team", kind="checkboxes"))
        return modal(section(words), ticks, inputs("long", select("hours", "1h", "4h"), dispatch_action=True))

    sandbox.slack_hand.command("/silence")
    show_modal(slack, app, view("2 alerts"))
    page.get_by_role("checkbox", name="team").check()
    page.locator("#modal select").select_option("4h")
    arrived(page, app, 2)
    assert app.calls[1].payload["actions"][0]["selected_option"] == option("4h")
    slack.call("views.update", view_id=sandbox.slack_hand.views[-1].id, view=view("3 alerts"))
    expect(page.locator("#modal .words")).to_have_text("3 alerts")
    expect(page.get_by_role("checkbox", name="team")).to_be_checked()
    expect(page.locator("#modal select")).to_have_value("4h")
