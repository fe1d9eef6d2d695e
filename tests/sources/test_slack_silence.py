"""What people do to silences in Slack, read from the bytes: that nothing is misread, and only Malformed is raised."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import Malformed
from core.domain.event import Apology, Deed
from core.domain.matcher import Matcher
from core.domain.person import Actor, Provider
from core.domain.silence import silence_id
from core.domain.silence_deed import SilenceDeed, SilenceVerb
from core.sources.slack import event_id, look, read
from core.sources.slack_silence import Filled, More
from tests.api.signed import ADA, ALERT, CHANNEL, click, interaction

RECEIVED = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ID = silence_id("event", RECEIVED)
WHO = Actor(Provider.SLACK, "U0ADA", "ada.example")


def chosen(action: str, value: Any) -> bytes:
    return click({"action_id": action, "type": "static_select", "selected_option": {"value": value}})


def pressed(action: str, value: Any) -> bytes:
    return click({"action_id": action, "type": "button", "value": value})


def submitted(callback_id: str, about: Any, values: Any = None) -> bytes:
    view = {
        "type": "modal",
        "callback_id": callback_id,
        "private_metadata": about if isinstance(about, str) else orjson.dumps(about).decode(),
        "state": {"values": values or {}},
    }
    return interaction({"type": "view_submission", "user": ADA, "view": view})


def confirmed(**changed: Any) -> bytes:
    about = {"alert_id": ALERT, "occurrence": 2, "channel": CHANNEL, "end_at": 1795440600, "reason": "deploy"}
    return submitted("silence_confirm", about | changed)


def filled(**values: Any) -> bytes:
    about = {"alert_id": ALERT, "occurrence": 2, "channel": CHANNEL}
    given = {"for": {"selected_option": {"value": "900"}}} | values
    return submitted("silence", about, {block: {"given": it} for block, it in given.items()})


def test_a_length_of_the_menu_makes_a_silence_from_its_receipt_on() -> None:
    body = chosen("silence", f"{ALERT}:2:3600")
    expected = SilenceDeed(
        verb=SilenceVerb.MAKE,
        actor=WHO,
        silence_id=silence_id(event_id(body), RECEIVED),
        at=RECEIVED,
        event_id=event_id(body),
        end_at=RECEIVED + HOUR,
        alert_id=ALERT,
        occurrence=2,
        place=CHANNEL,
    )
    assert expected == read(body, RECEIVED)


@pytest.mark.parametrize(
    ("body", "verb", "longer_by"),
    [
        (chosen("extend_silence", f"{ID}:900"), SilenceVerb.CHANGE, timedelta(minutes=15)),
        (pressed("extend_silence", f"{ID}:900"), SilenceVerb.CHANGE, timedelta(minutes=15)),
        (pressed("extend_silence", ID), SilenceVerb.CHANGE, HOUR),
        (pressed("end_silence", ID), SilenceVerb.END, None),
    ],
)
def test_a_silence_is_extended_or_ended_by_its_id(
    body: bytes, verb: SilenceVerb, longer_by: timedelta | None
) -> None:
    expected = SilenceDeed(verb, WHO, ID, RECEIVED, event_id(body), longer_by=longer_by, place=CHANNEL)
    assert expected == read(body, RECEIVED)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (f"{ID}:1795530600", "It ends at 14:30 UTC, unless somebody extends it."),
        (ID, "Then it ends when it was to end."),
    ],
)
def test_to_let_it_go_is_answered_and_changes_nothing(value: str, text: str) -> None:
    body = pressed("let_go", value)
    assert read(body, RECEIVED) == Apology(WHO, "", event_id(body), text, CHANNEL)


def test_more_is_looked_at_and_where_it_was_stored_an_apology() -> None:
    body = chosen("silence", f"{ALERT}:2:more")
    assert look(body) == More(WHO, ALERT, 2, CHANNEL, "12345.98765.abcd")
    sentence = "The silence could not be opened; please try again."
    assert read(body, RECEIVED) == Apology(WHO, ALERT, event_id(body), sentence, CHANNEL)


def test_the_modal_is_read_as_it_was_filled_in() -> None:
    body = filled(
        labels_0={"selected_options": [{"value": "0"}, {"value": "9"}]},
        labels_1={"selected_options": [{"value": "12"}]},
        matchers={"value": " team=db \n"},
        **{"for": {"selected_option": {"value": "until"}}},
        until={"selected_date_time": 1795440600},
        reason={"value": " deploy " + "x" * 600},
    )
    asked = look(body)
    assert isinstance(asked, Filled)
    assert (asked.ticked, asked.offered, asked.matchers) == ((0, 9, 12), True, "team=db")
    assert (asked.length, asked.until) == (None, datetime(2026, 11, 23, 13, 30, tzinfo=UTC))
    assert (asked.alert_id, asked.occurrence, asked.place) == (ALERT, 2, CHANNEL)
    assert (len(asked.reason), asked.reason[:8]) == (500, "deploy x")


def test_a_modal_is_never_done_before_its_preview() -> None:
    with pytest.raises(Malformed):
        read(filled(), RECEIVED)


def test_what_is_confirmed_is_what_the_view_carries() -> None:
    body = confirmed(matchers=[["team", "!=", "db"], ["instance", "=~", 'web-"\\d+']])
    expected = SilenceDeed(
        verb=SilenceVerb.MAKE,
        actor=WHO,
        silence_id=silence_id(event_id(body), RECEIVED),
        at=RECEIVED,
        event_id=event_id(body),
        matchers=(
            Matcher("team", "db", equal=False),
            Matcher("instance", 'web-"\\d+', regex=True),
        ),
        end_at=datetime(2026, 11, 23, 13, 30, tzinfo=UTC),
        reason="deploy",
        alert_id=ALERT,
        occurrence=2,
        place=CHANNEL,
    )
    assert expected == read(body, RECEIVED)


def test_what_was_begun_by_a_command_names_no_alert() -> None:
    made = read(confirmed(alert_id=None, occurrence=None, matchers=[["team", "=", "db"]]), RECEIVED)
    assert isinstance(made, SilenceDeed)
    assert (made.alert_id, made.occurrence, made.matchers) == (None, 0, (Matcher("team", "db"),))


@pytest.mark.parametrize(
    "body",
    [
        chosen("silence", f"{ALERT}:2"),
        chosen("silence", f"{ALERT}:2:0"),
        chosen("silence", f"{ALERT}:2:-5"),
        chosen("silence", f"{ALERT}:2:{'9' * 30}"),
        chosen("silence", f"{ALERT}:0:900"),
        chosen("silence", "everything:1:900"),
        chosen("silence", None),
        chosen("extend_silence", f"{ID}:soon"),
        chosen("extend_silence", "019a:900"),
        pressed("end_silence", ID.upper()),
        pressed("end_silence", None),
        pressed("let_go", ""),
        confirmed(alert_id=None),
        confirmed(alert_id="' OR 1=1"),
        confirmed(occurrence=None),
        confirmed(matchers=[["team", "~", "db"]]),
        confirmed(matchers=[["team", "="]]),
        confirmed(matchers=[["team", "=", 5]]),
        confirmed(matchers=["team=db"]),
        confirmed(matchers=[["team", "=~", "("]]),
        confirmed(like=["team", None]),
        submitted("silence_confirm", "{"),
        submitted("silence", "[]"),
        filled(**{"for": {"selected_option": None}}),
    ],
)
def test_what_cannot_be_read_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        look(body)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.sampled_from(["silence", "extend_silence", "end_silence", "let_go"]),
    _JSON | st.text(alphabet=f"{ALERT}:0123more", max_size=160),
    st.booleans(),
)
def test_whatever_stands_on_a_button_is_read_or_malformed(action: str, value: Any, choice: bool) -> None:
    try:
        found = read((chosen if choice else pressed)(action, value), RECEIVED)
    except Malformed:
        return
    assert isinstance(found, SilenceDeed | Apology)


@given(
    st.sampled_from(["silence", "silence_confirm"]),
    st.dictionaries(
        st.sampled_from(["alert_id", "occurrence", "channel", "end_at", "like", "matchers", "reason"]), _JSON
    ),
    st.dictionaries(st.sampled_from(["labels_0", "matchers", "for", "until", "reason"]), _JSON),
)
def test_whatever_a_modal_holds_is_read_or_malformed(name: str, about: Any, values: Any) -> None:
    for alert_id in (about.get("alert_id"), ALERT):
        try:
            found = read(submitted(name, about | {"alert_id": alert_id}, values), RECEIVED)
        except Malformed:
            continue
        assert isinstance(found, SilenceDeed)


def test_other_clicks_are_still_what_they_were() -> None:
    assert isinstance(read(click(), RECEIVED), Deed)
    assert look(submitted("of another app", {})) is None
