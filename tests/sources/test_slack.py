"""Slack's interactions, read: what somebody did, and that nothing but Malformed is ever raised."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import Malformed
from core.domain.event import Apology, Deed, Verb
from core.domain.person import Actor, Provider
from core.sources.slack import event_id, form, look, read
from tests.api.signed import ALERT, CHANNEL, click, interaction, menu, note

RECEIVED = datetime(2026, 11, 23, 12, tzinfo=UTC)
ADA = Actor(Provider.SLACK, "U0ADA", "ada.example")


def deed(body: bytes) -> Deed:
    found = read(body, RECEIVED)
    assert isinstance(found, Deed)
    return found


def test_a_click_is_what_somebody_did_to_one_occurrence() -> None:
    body = click()
    expected = Deed(
        verb=Verb.ACKNOWLEDGE,
        actor=ADA,
        alert_id=ALERT,
        occurrence=1,
        at=RECEIVED,
        event_id=f"slack:{hashlib.sha256(body).hexdigest()}",
        what="acknowledged",
        occurred_at=datetime(2023, 11, 14, 22, 13, 25, 123456, tzinfo=UTC),
        text="",
        place=CHANNEL,
    )
    assert expected == read(body, RECEIVED)


@pytest.mark.parametrize(
    ("body", "verb", "what", "occurrence"),
    [
        (
            click({"action_id": "unacknowledge", "value": f"{ALERT}:2"}),
            Verb.UNACKNOWLEDGE,
            "unacknowledged",
            2,
        ),
        (menu(f"resolve:{ALERT}:12"), Verb.RESOLVE, "resolved", 12),
        (note("looking"), Verb.NOTE, "noted", 2),
    ],
)
def test_each_element_is_a_verb(body: bytes, verb: Verb, what: str, occurrence: int) -> None:
    found = deed(body)
    assert (verb, what, occurrence, ALERT, ADA) == (
        found.verb,
        found.what,
        found.occurrence,
        found.alert_id,
        found.actor,
    )


def test_a_note_is_what_was_written_and_has_no_time_of_slacks() -> None:
    found = deed(note("  looking at\nthe ✓ load balancer\n"))
    assert found.text == "looking at\nthe ✓ load balancer"
    assert (found.occurred_at, found.place, found.at) == (None, CHANNEL, RECEIVED)


def test_a_long_note_is_cut() -> None:
    text = deed(note("word " * 5000)).text
    assert (len(text) <= 3000, text[-1]) == (True, "…")


def test_a_note_that_could_not_be_opened_is_an_apology() -> None:
    body = menu(f"note:{ALERT}:1")
    expected = Apology(ADA, ALERT, event_id(body), "The note could not be opened; please try again.", CHANNEL)
    assert expected == read(body, RECEIVED)


@pytest.mark.parametrize(
    ("user", "name"),
    [
        ({"id": "U0ADA", "name": "", "username": "ada"}, "ada"),
        ({"id": "U0ADA", "name": None, "username": "ada"}, "ada"),
        ({"id": "U0ADA"}, ""),
        ({"id": "U0ADA", "name": 5, "username": []}, ""),
        ({"id": "U0ADA", "name": "x" * 1000}, "x" * 200),
    ],
)
def test_a_name_may_be_missing_but_an_id_may_not(user: dict[str, Any], name: str) -> None:
    assert deed(click(user=user)).actor == Actor(Provider.SLACK, "U0ADA", name)
    with pytest.raises(Malformed, match="who acted"):
        read(click(user=user | {"id": None}), RECEIVED)


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"container": {"channel_id": "C1"}}, "C1"),
        ({"container": None}, CHANNEL),
        ({"container": {}, "channel": None}, ""),
        ({"container": {"channel_id": "<!channel>"}}, ""),
    ],
)
def test_the_place_is_the_channel_of_the_click(changed: dict[str, Any], place: str) -> None:
    assert deed(click(**changed)).place == place


@pytest.mark.parametrize(
    "ts", [None, "", "now", 1700000005.1, "1e9", "9" * 11, "9" * 400, "1700000000.1234567"]
)
def test_an_odd_time_of_slacks_is_no_time(ts: Any) -> None:
    pressed = {"action_id": "acknowledge", "value": f"{ALERT}:1", "action_ts": ts}
    assert deed(click(pressed)).occurred_at is None


@pytest.mark.parametrize(
    ("ts", "microsecond"),
    [("1700000005", 0), ("1700000005.5", 500_000), ("1700000005.000001", 1), ("1700000005.123456", 123_456)],
)
def test_a_time_of_slacks_keeps_its_digits(ts: str, microsecond: int) -> None:
    pressed = {"action_id": "acknowledge", "value": f"{ALERT}:1", "action_ts": ts}
    expected = datetime(2023, 11, 14, 22, 13, 25, microsecond, tzinfo=UTC)
    assert expected == deed(click(pressed)).occurred_at


def test_the_first_action_of_ours_counts() -> None:
    actions = [{"action_id": "open"}, {"action_id": "acknowledge", "value": f"{ALERT}:7"}]
    assert deed(click(actions=actions)).occurrence == 7


@pytest.mark.parametrize(
    "value", [f"{ALERT.upper()}:1", f"{ALERT}:1:1", f"{ALERT}:-1", f"{ALERT}:\u0661", f" {ALERT} :1"]
)
def test_an_alert_is_named_exactly_or_not_at_all(value: str) -> None:
    with pytest.raises(Malformed, match="does not name an"):
        look(click({"action_id": "acknowledge", "value": value}))


def test_what_is_stored_and_asks_nothing_is_malformed() -> None:
    for body in (interaction({"type": "shortcut"}), note(" ")):
        with pytest.raises(Malformed):
            read(body, RECEIVED)


def test_a_form_is_read_whatever_its_bytes() -> None:
    assert form("text=Überlast ✓&text=2&empty=".encode()) == {"text": "Überlast ✓", "empty": ""}
    assert form(b"text=%C3%9Cber+%FF&\xff=1") == {"text": "Über \ufffd", "\ufffd": "1"}


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers(-(2**63), 2**63 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(["user", "container", "channel", "actions", "trigger_id", "type"]), JSON)
def test_nothing_but_malformed_is_raised_by_a_field(field: str, value: Any) -> None:
    for body in (click(**{field: value}), interaction({"type": "view_submission", "view": value})):
        try_to_read(body)


@given(st.sampled_from(["action_id", "value", "action_ts", "selected_option"]), JSON)
def test_nothing_but_malformed_is_raised_by_an_action(field: str, value: Any) -> None:
    try_to_read(click({"action_id": "acknowledge", "value": f"{ALERT}:1", field: value}))
    try_to_read(click({"action_id": "more", field: value}))


@given(st.sampled_from(["private_metadata", "state", "callback_id"]), JSON)
def test_nothing_but_malformed_is_raised_by_a_view(field: str, value: Any) -> None:
    try_to_read(note("looking", **{field: value}))
    try_to_read(note(value, private_metadata=orjson.dumps({"alert_id": value, "occurrence": value}).decode()))


@given(st.binary())
def test_nothing_but_malformed_is_raised_by_bytes(body: bytes) -> None:
    try_to_read(body)
    try_to_read(b"payload=" + body)


def try_to_read(body: bytes) -> None:
    try:
        found = read(body, RECEIVED)
    except Malformed:
        return
    assert isinstance(found, Deed | Apology)
