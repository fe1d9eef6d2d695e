"""Modals: who may open one, what it may hold, and what becomes of a submission."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox import Sandbox, credentials
from sandbox.slack.modals import Modal
from tests.sandbox.kit import Json, actions, button, inputs, modal, option, plain, section, select, typed

STAMP = {"type": "datepicker", "action_id": "day"}
TROUBLE = "We had some trouble connecting. Try again?"


def trigger(sandbox: Sandbox, app: Any, person: credentials.Person = credentials.ADA) -> str:
    sandbox.slack_hand.command("/open", person=person)
    found: str = app.calls[-1].form["trigger_id"]
    return found


@pytest.fixture
def opened(sandbox: Sandbox, slack: Any, app: Any) -> Modal:
    return show(sandbox, slack, app, modal())


def show(sandbox: Sandbox, slack: Any, app: Any, view: Json) -> Modal:
    answer = slack.call("views.open", trigger_id=trigger(sandbox, app), view=view)
    assert answer["ok"], answer
    return sandbox.slack_hand.views[-1]


def test_a_view_opens_for_who_clicked_and_the_answer_describes_it(
    sandbox: Sandbox, slack: Any, app: Any
) -> None:
    name = trigger(sandbox, app, credentials.BRUNO)
    view = slack.call("views.open", trigger_id=name, view=modal(private_metadata="C1 1.2"))["view"]
    [one] = sandbox.slack_hand.views
    assert (one.person, one.id, one.hash) == ("U0BRUNO", view["id"], view["hash"])
    assert (view["private_metadata"], view["root_view_id"], view["previous_view_id"]) == (
        "C1 1.2",
        view["id"],
        None,
    )
    assert view["state"]["values"] == {"note": {"typed": {"type": "plain_text_input", "value": None}}}


def test_a_trigger_works_once_even_for_a_view_that_is_refused(sandbox: Sandbox, slack: Any, app: Any) -> None:
    name = trigger(sandbox, app)
    assert slack.call("views.open", trigger_id=name, view=modal())["ok"]
    again = [slack.call("views.open", trigger_id=name, view=modal())["error"]]
    other = trigger(sandbox, app)
    again += [slack.call("views.open", trigger_id=other, view=modal(title=plain("x" * 25)))["error"]]
    again += [slack.call("views.open", trigger_id=other, view=modal())["error"]]
    assert again == ["exchanged_trigger_id", "invalid_arguments", "exchanged_trigger_id"]


def test_a_trigger_lives_three_seconds(limited: Sandbox, clock: Any) -> None:
    from tests.sandbox.conftest import Slack  # noqa: PLC0415 this sandbox is not the fixture's

    names = [limited.slack.triggers.issue("U0ADA") for _ in range(2)]
    clock.now += 3
    assert Slack(limited).call("views.open", trigger_id=names[0], view=modal())["ok"]
    clock.now += 0.01
    late = Slack(limited).call("views.open", trigger_id=names[1], view=modal())
    assert late["error"] == "expired_trigger_id"


def test_a_trigger_that_nobody_got_is_invalid(slack: Any) -> None:
    assert slack.call("views.open", trigger_id="1.2.3", view=modal())["error"] == "invalid_trigger_id"
    assert slack.call("views.open", view=modal())["error"] == "invalid_arguments"


def several(count: int) -> list[Json]:
    return [section("x")] * (count - 1) + [typed()]


def length(**limits: Any) -> Json:
    return modal(typed(**limits))


def offering(count: int, **kind: Any) -> Json:
    return modal(inputs("a", select("s", *map(str, range(count)), **kind)))


# name, a view of size n, the limit (facts of Slack, section 2.4; Block Kit reference), where the complaint points
LIMITS: list[tuple[str, Any, int, str]] = [
    ("title", lambda n: modal(title=plain("x" * n)), 24, "/view/title/text"),
    ("submit", lambda n: modal(submit=plain("x" * n)), 24, "/view/submit/text"),
    ("close", lambda n: modal(close=plain("x" * n)), 24, "/view/close/text"),
    ("private_metadata", lambda n: modal(private_metadata="x" * n), 3000, "/view/private_metadata"),
    ("callback_id", lambda n: modal(callback_id="x" * n), 255, "/view/callback_id"),
    ("blocks", lambda n: modal(*several(n)), 100, "/view/blocks"),
    ("label", lambda n: modal({**typed(), "label": plain("x" * n)}), 2000, "/view/blocks/0/label/text"),
    ("hint", lambda n: modal({**typed(), "hint": plain("x" * n)}), 2000, "/view/blocks/0/hint/text"),
    ("placeholder", lambda n: length(placeholder=plain("x" * n)), 150, "/view/blocks/0/element/placeholder/text"),
    ("max_length", lambda n: length(max_length=n), 3000, "/view/blocks/0/element/max_length"),
    ("min_length", lambda n: length(min_length=n), 3000, "/view/blocks/0/element/min_length"),
    ("initial_value", lambda n: length(initial_value="x" * n), 3000, "/view/blocks/0/element/initial_value"),
    ("options", offering, 100, "/view/blocks/0/element/options"),
    ("checkboxes", lambda n: offering(n, kind="checkboxes"), 10, "/view/blocks/0/element/options"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("view", "most", "place"), [row[1:] for row in LIMITS], ids=[row[0] for row in LIMITS]
)
def test_each_limit_of_a_view_holds_exactly(  # noqa: PLR0917 fixtures and parameters
    sandbox: Sandbox, slack: Any, app: Any, view: Any, most: int, place: str
) -> None:
    assert slack.call("views.open", trigger_id=trigger(sandbox, app), view=view(most))["ok"]
    refused = slack.call("views.open", trigger_id=trigger(sandbox, app), view=view(most + 1))
    assert refused["error"] == "invalid_arguments"
    assert refused["response_metadata"]["messages"][0].endswith(f"[json-pointer:{place}]")


FAULTS = {
    "no submit beside an input": {name: item for name, item in modal().items() if name != "submit"},
    "not a modal": modal(type="dialog"),
    "no title": {name: item for name, item in modal().items() if name != "title"},
    "an unknown property": modal(colour="red"),
    "no blocks": {**modal(), "blocks": []},
    "two blocks of one name": modal(typed("a"), typed("a")),
    "a button as an input": modal(inputs("a", button("b"))),
    "least above most": length(min_length=5, max_length=4),
    "a start longer than it may be": length(initial_value="abc", max_length=2),
    "a start that is not offered": modal(inputs("a", select("s", "x", initial_option=option("y")))),
    "a day that is none": modal(inputs("a", {**STAMP, "initial_date": "2027-13-01"})),
    "an hour that is none": modal(
        inputs("a", {"type": "timepicker", "action_id": "t", "initial_time": "24:00"})
    ),
    "an unknown element": modal(inputs("a", {"type": "slider", "action_id": "s"})),
    "two that want the focus": modal(typed("a", focus_on_load=True), typed("b", focus_on_load=True)),
    "not an object": "[]",
    "not JSON": "{",
}


@pytest.mark.parametrize("view", FAULTS.values(), ids=FAULTS)
def test_a_view_with_a_fault_is_refused_with_the_reason(
    sandbox: Sandbox, slack: Any, app: Any, view: Any
) -> None:
    refused = slack.call("views.open", trigger_id=trigger(sandbox, app), view=view)
    assert (refused["error"], sandbox.slack_hand.views) == ("invalid_arguments", [])
    assert refused["response_metadata"]["messages"]


def test_a_view_without_inputs_needs_no_submit(sandbox: Sandbox, slack: Any, app: Any) -> None:
    view = modal(section("Loading…"))
    del view["submit"]
    assert show(sandbox, slack, app, view).view == view


def test_a_view_is_changed_only_from_the_state_that_was_read(
    sandbox: Sandbox, slack: Any, opened: Modal
) -> None:
    before = opened.hash
    changed = slack.call(
        "views.update", view_id=opened.id, hash=before, view=modal(section("ready"), typed())
    )
    assert (changed["ok"], opened.view["blocks"][0], opened.hash == before) == (True, section("ready"), False)
    late = slack.call("views.update", view_id=opened.id, hash=before, view=modal())
    assert late["error"] == "hash_conflict"
    assert slack.call("views.update", view_id=opened.id, view=modal())["ok"]
    assert slack.call("views.update", view_id="V0NONE", view=modal())["error"] == "not_found"


def test_an_own_name_for_a_view_finds_it_and_is_given_once(sandbox: Sandbox, slack: Any, app: Any) -> None:
    show(sandbox, slack, app, modal(external_id="silence-1"))
    assert slack.call("views.update", external_id="silence-1", view=modal(external_id="silence-1"))["ok"]
    other = slack.call(
        "views.open",
        trigger_id=trigger(sandbox, app, credentials.BRUNO),
        view=modal(external_id="silence-1"),
    )
    assert other["error"] == "duplicate_external_id"


def test_a_view_is_pushed_from_inside_a_modal_three_deep(
    sandbox: Sandbox, slack: Any, app: Any, opened: Modal
) -> None:
    outside = slack.call("views.push", trigger_id=trigger(sandbox, app), view=modal())
    assert outside["error"] == "invalid_trigger_id"
    answers = []
    for _ in range(3):
        top = sandbox.slack_hand.views[-1]
        app.will_answer({"response_action": "errors", "errors": {"note": "not yet"}})
        sandbox.slack_hand.submit(top, {"note": "x"})
        name = app.calls[-1].payload["trigger_id"]
        answers.append(slack.call("views.push", trigger_id=name, view=modal()).get("error", "ok"))
    assert answers == ["ok", "ok", "push_limit_reached"]
    first, second, third = sandbox.slack_hand.views
    assert (third.previous, third.root) == (second.id, first.id)
    sandbox.slack_hand.close(third)
    assert sandbox.slack_hand.views == [first, second]
    sandbox.slack_hand.close(second, everything=True)
    assert sandbox.slack_hand.views == []


# Submitting


def test_a_submission_tells_the_view_and_what_was_given(sandbox: Sandbox, slack: Any, app: Any) -> None:
    view = modal(
        typed("note"),
        inputs("how_long", select("hours", "1h", "4h", initial_option=option("1h"))),
        inputs("day", STAMP, optional=True),
        inputs("which", select("labels", "job", "node", kind="checkboxes")),
        private_metadata="a-1",
        callback_id="silence",
    )
    opened = show(sandbox, slack, app, view)
    sandbox.slack_hand.submit(opened, {"note": "deploy", "which": ["job"]}, credentials.BRUNO)
    told = app.calls[-1].payload
    assert (told["type"], told["user"]["id"], told["response_urls"]) == ("view_submission", "U0BRUNO", [])
    assert [name in told for name in ("channel", "response_url", "container")] == [False] * 3
    assert (told["view"]["private_metadata"], told["view"]["callback_id"]) == ("a-1", "silence")
    assert told["view"]["state"]["values"] == {
        "note": {"typed": {"type": "plain_text_input", "value": "deploy"}},
        "how_long": {"hours": {"type": "static_select", "selected_option": option("1h")}},
        "day": {"day": {"type": "datepicker", "selected_date": None}},
        "which": {"labels": {"type": "checkboxes", "selected_options": [option("job")]}},
    }


@pytest.mark.parametrize("value", ["", "x", "12345"])
def test_what_slacks_own_client_refuses_is_not_sent(
    sandbox: Sandbox, slack: Any, app: Any, value: str
) -> None:
    opened = show(sandbox, slack, app, length(min_length=2, max_length=4))
    sent = len(app.calls)
    reply = sandbox.slack_hand.submit(opened, {"note": value})
    assert (reply.status, len(app.calls), list(opened.errors)) == (None, sent, ["note"])
    assert sandbox.slack_hand.submit(opened, {"note": "1234"}).status == 200


def test_a_place_or_an_option_that_is_not_there_cannot_be_filled_in(
    sandbox: Sandbox, slack: Any, app: Any
) -> None:
    opened = show(sandbox, slack, app, modal(inputs("how_long", select("hours", "1h")), typed()))
    for wrong in ({"nothing": "x"}, {"how_long": "9h"}, {"note": 5}):
        with pytest.raises(LookupError):
            sandbox.slack_hand.submit(opened, wrong)


def test_an_empty_answer_closes_the_view(sandbox: Sandbox, app: Any, opened: Modal) -> None:
    assert sandbox.slack_hand.submit(opened, {"note": "x"}).problem is None
    assert sandbox.slack_hand.views == []
    with pytest.raises(LookupError, match="not open any more"):
        sandbox.slack_hand.submit(opened, {"note": "x"})


def test_errors_are_shown_under_their_inputs_and_the_view_stays(
    sandbox: Sandbox, app: Any, opened: Modal
) -> None:
    app.will_answer({"response_action": "errors", "errors": {"note": "Say why"}})
    sandbox.slack_hand.submit(opened, {"note": "x"})
    assert (sandbox.slack_hand.views, opened.errors, opened.trouble) == ([opened], {"note": "Say why"}, None)
    app.will_answer(b"")
    sandbox.slack_hand.submit(opened)
    assert sandbox.slack_hand.views == []


def test_update_push_and_clear_do_what_they_say(sandbox: Sandbox, app: Any, opened: Modal) -> None:
    view = modal(typed("second"))
    app.will_answer({"response_action": "update", "view": view})
    sandbox.slack_hand.submit(opened, {"note": "x"})
    assert (sandbox.slack_hand.views, opened.view) == ([opened], view)
    app.will_answer({"response_action": "push", "view": modal()})
    sandbox.slack_hand.submit(opened, {"second": "x"})
    assert [one.previous for one in sandbox.slack_hand.views] == [None, opened.id]
    app.will_answer({"response_action": "clear"})
    sandbox.slack_hand.submit(sandbox.slack_hand.views[-1], {"note": "x"})
    assert sandbox.slack_hand.views == []


@pytest.mark.parametrize(
    "answer",
    [
        {"response_action": "dance"},
        {},
        ["clear"],
        "thanks",
        {"response_action": "errors", "errors": {"elsewhere": "x"}},
        {"response_action": "errors", "errors": {}},
        {"response_action": "errors", "errors": {"note": 5}},
        {"response_action": "update", "view": modal(title=plain("x" * 25))},
        {"response_action": "push"},
    ],
)
def test_an_answer_that_slack_does_not_know_is_trouble_and_the_view_stays(
    sandbox: Sandbox, app: Any, opened: Modal, answer: Any
) -> None:
    before = dict(opened.view)
    app.will_answer(answer)
    assert sandbox.slack_hand.submit(opened, {"note": "x"}).problem
    assert (sandbox.slack_hand.views, opened.view, opened.trouble) == ([opened], before, TROUBLE)


def test_an_app_that_fails_is_trouble_and_the_view_stays(sandbox: Sandbox, app: Any, opened: Modal) -> None:
    app.will_answer(status=503)
    assert sandbox.slack_hand.submit(opened, {"note": "x"}).problem == "status 503"
    assert (sandbox.slack_hand.views, opened.trouble) == ([opened], TROUBLE)


def test_closing_is_told_only_where_the_app_wants_to_know(sandbox: Sandbox, slack: Any, app: Any) -> None:
    quiet = show(sandbox, slack, app, modal())
    sent = len(app.calls)
    assert sandbox.slack_hand.close(quiet) is None
    assert (sandbox.slack_hand.views, len(app.calls)) == ([], sent)
    loud = show(sandbox, slack, app, modal(notify_on_close=True))
    reply = sandbox.slack_hand.close(loud)
    told = app.calls[-1].payload
    assert reply is not None
    assert (told["type"], told["view"]["id"], told["is_cleared"], "trigger_id" in told) == (
        "view_closed",
        loud.id,
        False,
        False,
    )


def test_views_need_the_token_and_count_against_their_own_rate(limited: Sandbox) -> None:
    from tests.sandbox.conftest import Slack  # noqa: PLC0415 this sandbox is not the fixture's

    assert Slack(limited, "xoxb-wrong").call("views.open", trigger_id="x", view={})["error"] == "invalid_auth"
    slack = Slack(limited)
    errors = [slack.call("views.open", trigger_id="1.2.3", view={})["error"] for _ in range(101)]
    assert errors == ["invalid_trigger_id"] * 100 + ["ratelimited"]


def test_a_reset_takes_modals_triggers_and_addresses_away(
    sandbox: Sandbox, slack: Any, app: Any, opened: Modal
) -> None:
    name = trigger(sandbox, app)
    sandbox.reset()
    assert sandbox.slack_hand.views == []
    assert slack.call("views.open", trigger_id=name, view=modal())["error"] == "invalid_trigger_id"


def test_a_select_in_a_view_that_is_no_input_is_part_of_its_state(
    sandbox: Sandbox, slack: Any, app: Any
) -> None:
    opened = show(sandbox, slack, app, modal(actions(select("pick", "a", "b")), typed()))
    sandbox.slack_hand.choose(opened, "pick", "b")
    sandbox.slack_hand.submit(opened, {"note": "x"})
    values = app.calls[-1].payload["view"]["state"]["values"]
    assert values["m0"]["pick"]["selected_option"] == option("b")
