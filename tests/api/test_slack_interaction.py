"""What people click and write in Slack: stored as it came, or said where they clicked that it was not."""

import time
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from sqlalchemy import insert

from api.parts import SlackParts
from core.sources import slack as source
from core.store import tables
from core.store.clock import system_clock
from tests.api import test_slack
from tests.api.conftest import Receiver, Reply, Start, WriteLock, no_inbox
from tests.api.signed import ADA, ALERT, CHANNEL, MESSAGE, click, form, interaction, menu, note, slack_headers
from tests.api.test_slack import counted, parts
from tests.api.workspace import Workspace, workspace

OF_OURS = {
    "acknowledge": click(),
    "unacknowledge": click({"action_id": "unacknowledge", "value": f"{ALERT}:3"}),
    "resolve": menu(f"resolve:{ALERT}:1"),
}


@pytest.fixture
def slack() -> Iterator[Workspace]:
    with workspace() as world:
        yield world


@pytest.fixture
def receiver(start: Start, slack: Workspace) -> Receiver:
    return start(slack=with_views(slack))


def with_views(slack: Workspace, port: int | None = None) -> SlackParts:
    return parts(open_view=slack.api(port).open_view)


def send(receiver: Receiver, body: bytes) -> Reply:
    return receiver.ask("POST", test_slack.INTERACTIONS, body, slack_headers(body))


def enter(receiver: Receiver, name: str) -> None:
    """An alert of this name."""
    now = system_clock()
    texts = (
        "source",
        "fingerprint",
        "severity",
        "state",
        "instance",
        "summary",
        "description",
        "generator_url",
    )
    row: dict[str, Any] = dict.fromkeys(texts, "") | {
        "id": ALERT,
        "name": name,
        "labels": {},
        "annotations": {},
        "firing": True,
        "content_hash": "",
        **dict.fromkeys(("starts_at", "fired_at", "created_at", "updated_at"), now),
        **dict.fromkeys(("occurrence", "seq", "version"), 1),
    }
    with receiver.store.begin() as connection:
        connection.execute(insert(tables.alerts).values(row))


@pytest.mark.parametrize("body", OF_OURS.values(), ids=OF_OURS)
def test_a_click_is_stored_as_it_came(receiver: Receiver, slack: Workspace, body: bytes) -> None:
    before = counted("accepted")
    reply = send(receiver, body)
    assert (reply.status, reply.body, counted("accepted") - before) == (200, b"", 1.0)
    assert [("slack", "people", source.event_id(body), body)] == receiver.stored()
    assert (receiver.hints, slack.calls) == (["people"], [])


def test_the_same_request_again_is_the_same_click(receiver: Receiver) -> None:
    body = click()
    headers = slack_headers(body)
    replies = [receiver.ask("POST", test_slack.INTERACTIONS, body, headers) for _ in range(3)]
    assert ([reply.status for reply in replies], receiver.rows()) == ([200, 200, 200], 1)
    assert send(receiver, click(trigger_id="another.click")).status == 200
    assert receiver.rows() == 2


@pytest.mark.parametrize(
    "body",
    [
        click({"action_id": "open", "url": "https://sandbox.example"}),
        click({"action_id": "of another app", "value": f"{ALERT}:1"}),
        menu("open:https://sandbox.example"),
        menu("later:1"),
        click(actions=[]),
        click(actions=None),
        click(actions=[None, 5, {"action_id": ["acknowledge"]}]),
        interaction({"type": "view_submission", "user": ADA, "view": {"callback_id": "of another app"}}),
        interaction({"type": "view_submission", "view": None}),
        interaction({"type": "view_closed", "user": ADA}),
        interaction({"type": "shortcut"}),
        interaction({"type": ["block_actions"]}),
        interaction({}),
    ],
)
def test_what_is_not_asked_of_the_bridge_is_answered_and_not_stored(receiver: Receiver, body: bytes) -> None:
    before = counted("ignored")
    assert (send(receiver, body).status, counted("ignored") - before, receiver.rows()) == (200, 1.0, 0)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe\x00",
        form(payload=""),
        form(payload="{"),
        form(payload="[" * 10_000),
        interaction([]),
        click({"action_id": "acknowledge", "value": "1:1"}),
        click({"action_id": "acknowledge", "value": ALERT}),
        click({"action_id": "acknowledge", "value": f"{ALERT}:0"}),
        click({"action_id": "acknowledge", "value": f"{ALERT}:{'9' * 50}"}),
        click({"action_id": "acknowledge"}),
        menu("note:everything"),
        click(user=None),
        click(user={"id": "U0ADA'; --"}),
        note("looking", private_metadata="{}"),
        note("looking", private_metadata=None),
    ],
)
def test_what_is_signed_and_cannot_be_read_is_answered_and_counted(receiver: Receiver, body: bytes) -> None:
    before = counted("malformed")
    assert (send(receiver, body).status, counted("malformed") - before, receiver.rows()) == (200, 1.0, 0)


def test_a_click_that_is_not_stored_is_a_503(receiver: Receiver) -> None:
    """So that Slack shows an error at the button."""
    with no_inbox(receiver.store):
        reply = send(receiver, click())
    assert (reply.status, reply.json["error"]) == (503, "unavailable")
    assert (send(receiver, click()).status, receiver.rows()) == (200, 1)


def test_a_click_is_not_answered_later_than_slack_waits(receiver: Receiver, lock: WriteLock) -> None:
    lock.hold()
    began = time.monotonic()
    assert send(receiver, click()).status == 503
    assert 2 < time.monotonic() - began < 3


def test_a_note_begins_with_a_modal(receiver: Receiver, slack: Workspace) -> None:
    """It names the alert and carries all that its submission needs; nothing is stored yet."""
    enter(receiver, "HighCPU <!channel> & co")
    before = counted("answered")
    assert (send(receiver, menu(f"note:{ALERT}:2")).status, counted("answered") - before) == (200, 1.0)
    assert receiver.rows() == 0
    [(path, asked)] = slack.calls
    view = asked["view"]
    section, written = view["blocks"]
    assert (path, asked["trigger_id"]) == ("/api/views.open", "12345.98765.abcd")
    assert section["text"]["type"] == "plain_text"
    assert section["text"]["text"] == "HighCPU &lt;!channel&gt; &amp; co"
    assert (view["type"], view["callback_id"], view["title"]["text"]) == ("modal", "note", "Add note")
    assert (written["block_id"], written["element"]["action_id"]) == ("note", "text")
    assert (written["element"]["multiline"], written["element"]["max_length"]) == (True, 2000)
    expected = {"alert_id": ALERT, "occurrence": 2, "channel": CHANNEL, "message_ts": MESSAGE}
    assert expected == orjson.loads(view["private_metadata"])


def test_the_modal_is_within_slacks_limits_whatever_the_alert_is_called(
    receiver: Receiver, slack: Workspace
) -> None:
    enter(receiver, "&" * 255)
    send(receiver, menu(f"note:{ALERT}:1"))
    [(_, asked)] = slack.calls
    view = asked["view"]
    assert len(view["blocks"][0]["text"]["text"]) <= 150
    assert max(len(view[name]["text"]) for name in ("title", "submit", "close")) <= 24
    assert len(view["private_metadata"]) <= 3000


def test_a_modal_opens_without_a_name_where_the_database_has_none(
    receiver: Receiver, slack: Workspace
) -> None:
    assert send(receiver, menu(f"note:{ALERT}:1")).status == 200
    with receiver.store.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE alerts RENAME TO gone")
    assert send(receiver, menu(f"note:{ALERT}:1")).status == 200
    assert [[block["type"] for block in asked["view"]["blocks"]] for _, asked in slack.calls] == [
        ["input"]
    ] * 2


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, {"ok": False, "error": "expired_trigger_id"}),
        (200, {"ok": False, "error": "trigger_exchanged"}),
        (429, {"ok": False, "error": "ratelimited"}),
        (500, {}),
    ],
)
def test_a_note_that_slack_does_not_open_is_stored_as_a_click(
    receiver: Receiver, slack: Workspace, status: int, answer: dict[str, Any]
) -> None:
    """Ingest then says so to whoever clicked."""
    slack.status, slack.answer = status, answer
    body = menu(f"note:{ALERT}:1")
    assert send(receiver, body).status == 200
    assert [("slack", "people", source.event_id(body), body)] == receiver.stored()


def test_a_note_without_slack_in_time_is_stored_as_a_click(receiver: Receiver, slack: Workspace) -> None:
    slack.open.clear()
    began = time.monotonic()
    assert send(receiver, menu(f"note:{ALERT}:1")).status == 200
    assert 1.5 < time.monotonic() - began < 3
    assert (len(slack.calls), receiver.rows()) == (1, 1)


def test_a_note_is_stored_as_a_click_where_slack_is_not_there(start: Start, slack: Workspace) -> None:
    receiver = start(slack=with_views(slack, port=1))
    assert (send(receiver, menu(f"note:{ALERT}:1")).status, receiver.rows()) == (200, 1)


@pytest.mark.parametrize("trigger_id", [None, "", 5])
def test_a_note_without_a_trigger_is_stored_as_a_click(
    receiver: Receiver, slack: Workspace, trigger_id: Any
) -> None:
    """Slack is not even asked."""
    assert send(receiver, menu(f"note:{ALERT}:1", trigger_id=trigger_id)).status == 200
    assert (receiver.rows(), slack.calls) == (1, [])


def test_a_note_that_is_written_is_stored_as_it_came(receiver: Receiver, slack: Workspace) -> None:
    body = note("looking at the load balancer")
    reply = send(receiver, body)
    assert (reply.status, reply.body) == (200, b"")
    assert [("slack", "people", source.event_id(body), body)] == receiver.stored()
    assert slack.calls == []


def test_a_note_that_is_not_stored_is_said_in_the_modal(receiver: Receiver) -> None:
    before = counted("unavailable")
    with no_inbox(receiver.store):
        reply = send(receiver, note("looking"))
    errors = {"note": "Not recorded: please try again."}
    assert (200, {"response_action": "errors", "errors": errors}) == (reply.status, reply.json)
    assert counted("unavailable") - before == 1.0


@pytest.mark.parametrize("blank", ["", "  \n\t ", None, 5])
def test_a_blank_note_is_said_in_the_modal(receiver: Receiver, blank: Any) -> None:
    reply = send(receiver, note(blank))
    errors = {"note": "Write something first."}
    assert (200, {"response_action": "errors", "errors": errors}) == (reply.status, reply.json)
    assert receiver.rows() == 0
