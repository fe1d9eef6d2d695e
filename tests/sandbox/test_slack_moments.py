"""What modals for times and choices rest on: date and time pickers, zones, and choices that an update takes away."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox import Sandbox, credentials
from sandbox.slack.modals import Modal
from tests.sandbox.kit import Json, actions, inputs, modal, option, plain, section, select, typed

PICKER = {"type": "datetimepicker", "action_id": "at"}


def show(sandbox: Sandbox, slack: Any, app: Any, view: Json) -> Modal:
    sandbox.slack_hand.command("/open")
    answer = slack.call("views.open", trigger_id=app.calls[-1].form["trigger_id"], view=view)
    assert answer["ok"], answer
    return sandbox.slack_hand.views[-1]


def test_a_moment_is_told_in_seconds(sandbox: Sandbox, slack: Any, app: Any) -> None:
    opened = show(sandbox, slack, app, modal(inputs("until", PICKER)))
    sandbox.slack_hand.submit(opened, {"until": 1_800_000_000})
    values = app.calls[-1].payload["view"]["state"]["values"]
    assert values == {"until": {"at": {"type": "datetimepicker", "selected_date_time": 1_800_000_000}}}


@pytest.mark.parametrize("moment", ["2027-01-15", 5, True, 1_800_000_000.5])
def test_what_is_no_moment_cannot_be_chosen(sandbox: Sandbox, slack: Any, app: Any, moment: Any) -> None:
    opened = show(sandbox, slack, app, modal(inputs("until", PICKER)))
    with pytest.raises(LookupError, match="ten digits"):
        sandbox.slack_hand.submit(opened, {"until": moment})


@pytest.mark.parametrize(
    "block",
    [inputs("a", {**PICKER, "initial_date_time": 180_000_000}), section("at", accessory=PICKER)],
    ids=["nine digits", "beside a section"],
)
def test_a_picker_that_slack_would_not_take_is_refused(
    sandbox: Sandbox, slack: Any, app: Any, block: Json
) -> None:
    sandbox.slack_hand.command("/open")
    name = app.calls[-1].form["trigger_id"]
    refused = slack.call("views.open", trigger_id=name, view=modal(block, typed()))
    assert refused["error"] == "invalid_arguments"


def test_the_zone_of_a_person_is_told_with_its_offset_of_today(limited: Sandbox, clock: Any) -> None:
    from tests.sandbox.conftest import Slack  # noqa: PLC0415 this sandbox is not the fixture's

    def told(person: credentials.Person) -> tuple[str, int]:
        user = Slack(limited).call("users.info", user=person.slack_id)["user"]
        return user["tz"], user["tz_offset"]

    winter = [told(one) for one in (credentials.ADA, credentials.BRUNO, credentials.CHIDI)]
    clock.now += 180 * 86_400
    assert winter == [("Europe/Berlin", 3600), ("America/New_York", -18_000), ("Asia/Kolkata", 19_800)]
    assert told(credentials.BRUNO) == ("America/New_York", -14_400)


# A modal that changes while it is open


def test_a_choice_in_an_input_is_told_only_where_the_app_asked_for_it(
    sandbox: Sandbox, slack: Any, app: Any
) -> None:
    view = modal(
        inputs("long", select("hours", "1h", "4h"), dispatch_action=True), inputs("a", select("b", "c"))
    )
    opened = show(sandbox, slack, app, view)
    sandbox.slack_hand.choose(opened, "hours", "4h")
    told = app.calls[-1].payload
    assert (told["type"], told["container"]) == ("block_actions", {"type": "view", "view_id": opened.id})
    assert told["actions"][0]["selected_option"] == option("4h")
    assert told["view"]["state"]["values"]["long"]["hours"]["selected_option"] == option("4h")
    with pytest.raises(LookupError, match="when the view is submitted"):
        sandbox.slack_hand.choose(opened, "b", "c")


def test_an_update_keeps_what_is_still_offered_and_drops_the_rest(
    sandbox: Sandbox, slack: Any, app: Any
) -> None:
    def view(words: str, *hours: str) -> Json:
        ticks = inputs("which", select("labels", "job", "team", kind="checkboxes"))
        return modal(section(words), actions(select("hours", *hours)), ticks, typed())

    opened = show(sandbox, slack, app, view("2 alerts", "1h", "4h"))
    sandbox.slack_hand.choose(opened, "hours", "4h")
    sandbox.slack_hand.build_submit(opened, {"which": ["job"], "note": "x"})
    changed = slack.call("views.update", view_id=opened.id, view=view("3 alerts", "1h", "4h"))["view"]
    assert changed["state"]["values"]["m1"]["hours"]["selected_option"] == option("4h")
    assert changed["blocks"][0]["text"]["text"] == "3 alerts"
    gone = slack.call("views.update", view_id=opened.id, view=view("1 alert", "1h", "8h"))["view"]
    assert gone["state"]["values"]["m1"]["hours"]["selected_option"] is None
    assert gone["state"]["values"]["which"]["labels"]["selected_options"] == [option("job")]


@pytest.mark.parametrize("action", ["push", "update"])
def test_a_submission_leads_to_the_next_view_and_that_one_to_the_end(
    sandbox: Sandbox, slack: Any, app: Any, action: str
) -> None:
    opened = show(sandbox, slack, app, modal())
    confirm = modal(section("2 alerts fall silent"), callback_id="sure", submit=plain("Silence"))
    app.will_answer({"response_action": action, "view": confirm})
    sandbox.slack_hand.submit(opened, {"note": "x"})
    top = sandbox.slack_hand.views[-1]
    assert (top.view["callback_id"], top.previous) == ("sure", opened.id if action == "push" else None)
    app.will_answer({"response_action": "clear"})
    sandbox.slack_hand.submit(top)
    assert app.calls[-1].payload["view"]["callback_id"] == "sure"
    assert sandbox.slack_hand.views == []


def test_a_menu_in_a_message_tells_what_was_chosen(sandbox: Sandbox, slack: Any, app: Any) -> None:
    slack.post(text="x", blocks=[actions(select("silence", "1h", "4h", placeholder=plain("Silence")))])
    sandbox.slack_hand.choose(sandbox.slack.messages[-1], "silence", "1h")
    [told] = app.calls[-1].payload["actions"]
    assert (told["type"], told["selected_option"]) == ("static_select", option("1h"))
    assert sandbox.slack.triggers.exchange(app.calls[-1].payload["trigger_id"]).person == "U0ADA"
