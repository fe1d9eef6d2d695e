"""The doors through which the page and other processes press, choose, type and submit."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from sandbox import Sandbox, credentials
from tests.sandbox.kit import alert, modal


def knock(sandbox: Sandbox, door: str, **body: Any) -> requests.Response:
    return requests.post(f"{sandbox.url}/control/slack/{door}", json=body, timeout=5)


def state(sandbox: Sandbox) -> dict[str, Any]:
    told: dict[str, Any] = requests.get(f"{sandbox.url}/control/state", timeout=5).json()
    return told


@pytest.fixture
def message(slack: Any) -> dict[str, str]:
    return {"channel": credentials.SLACK_CHANNEL, "ts": slack.post(**alert())["ts"]}


def test_a_click_and_a_choice_answer_what_became_of_them(
    sandbox: Sandbox, app: Any, message: dict[str, str]
) -> None:
    app.will_answer(status=503)
    told = knock(sandbox, "click", **message, action_id="ack", value="ack:1", person="U0BRUNO").json()
    assert (told["ok"], told["status"], told["message"]) == (False, 503, "status 503")
    assert state(sandbox)["messages"][0]["unanswered"]["U0BRUNO"]["action_id"] == "ack"
    told = knock(sandbox, "choose", **message, action_id="silence", block_id="a1b1", choice="4h").json()
    assert (told["ok"], told["status"]) == (True, 200)
    assert [call.payload["user"]["id"] for call in app.calls] == ["U0BRUNO", "U0ADA"]


def test_a_command_opens_a_modal_that_is_filled_in_and_submitted(
    sandbox: Sandbox, slack: Any, app: Any
) -> None:
    knock(sandbox, "command", command="/silence", text="1h", person="U0CHIDI")
    assert (app.calls[0].form["text"], app.calls[0].form["user_id"]) == ("1h", "U0CHIDI")
    slack.call("views.open", trigger_id=app.calls[0].form["trigger_id"], view=modal(notify_on_close=True))
    [view] = state(sandbox)["views"]
    assert (view["person"], view["errors"], view["view"]["title"]["text"]) == ("U0CHIDI", {}, "A title")
    app.will_answer({"response_action": "errors", "errors": {"note": "Say why"}})
    assert knock(sandbox, "submit", view=view["id"], values={"note": "x"}).json()["ok"]
    assert state(sandbox)["views"][0]["errors"] == {"note": "Say why"}
    assert knock(sandbox, "close", view=view["id"]).json()["ok"]
    assert state(sandbox)["views"] == []
    assert app.calls[-1].payload["type"] == "view_closed"


@pytest.mark.parametrize(
    ("door", "body", "words"),
    [
        ("click", {"action_id": "ack"}, "There is no such message"),
        ("click", {"ts": "now", "action_id": "nothing"}, "nothing here has the action_id 'nothing'"),
        ("click", {"ts": "now"}, "action_id is missing"),
        ("click", {"ts": "now", "action_id": "ack", "person": "U0NOBODY"}, "There is no such person"),
        ("choose", {"ts": "now", "action_id": "silence", "choice": "9h"}, "'9h' is not offered"),
        ("command", {"command": "alert-status"}, "a command begins with /"),
        ("submit", {"view": "V0NONE"}, "There is no such modal"),
        ("submit", {"view": "V0NONE", "values": []}, "There is no such modal"),
        ("close", {}, "view is missing"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence_and_sent_nowhere(  # noqa: PLR0917 fixtures and parameters
    sandbox: Sandbox, app: Any, message: dict[str, str], door: str, body: dict[str, Any], words: str
) -> None:
    where = message if body.pop("ts", None) else {}
    answer = knock(sandbox, door, **where, **body)
    assert (answer.status_code, answer.json()["ok"], app.calls) == (400, False, [])
    assert words in answer.json()["message"]


def test_only_json_is_taken(sandbox: Sandbox, app: Any) -> None:
    answer = requests.post(f"{sandbox.url}/control/slack/command", data={"command": "/x"}, timeout=5)
    assert (answer.status_code, app.calls) == (400, [])
