"""Lines of the thread: who did what, in the past tense, whatever names and notes hold, and nobody is rung by them."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.alert import Alert
from core.targets.slack_notices import deed, fired_again, over
from core.targets.target import Notice, Word
from tests.targets.slack.test_slack_message import ALERTS, assert_slack_takes

TEXT = st.text(max_size=60) | st.sampled_from(
    ["<!channel>", "<@U0ADA>", "*bold*`", "é🐢" * 2000, "a\n\n\nb" * 99]
)


def done(what: str, name: str = "Ada", provider: str = "slack", **more: Any) -> Notice:
    params = {"what": what, "name": name, "provider": provider, "by_person": True, "text": "", "after": 750.0}
    return Notice("k", Word.DEED, {**params, **more}, {})


@pytest.mark.parametrize(
    ("notice", "line"),
    [
        (done("acknowledged"), "Ada acknowledged this after 12 min"),
        (done("acknowledged", provider="pagerduty"), "Ada acknowledged this in PagerDuty after 12 min"),
        (done("acknowledged", provider="api"), "Ada acknowledged this through the API after 12 min"),
        (done("acknowledged", text="on it"), "Ada acknowledged this after 12 min: on it"),
        (done("unacknowledged"), "Ada took the acknowledgement back"),
        (done("resolved"), "Ada resolved this by hand after 12 min"),
        (done("reopened", provider="pagerduty"), "Ada opened this again in PagerDuty"),
        (done("noted", text="two\nlines & <b>"), "Ada noted: two\nlines &amp; &lt;b&gt;"),
        (
            done("reassigned", provider="pagerduty", text="reassigned it to Bob"),
            "Ada reassigned it to Bob in PagerDuty",
        ),
        (
            done("escalated", "", "pagerduty", text="escalated it to Bob", by_person=False),
            "PagerDuty escalated it to Bob",
        ),
    ],
)
def test_each_deed_is_one_line(firing: Alert, notice: Notice, line: str) -> None:
    assert deed(notice, firing).text == line


def test_a_long_note_is_whole_in_its_block_and_short_on_the_screen(firing: Alert) -> None:
    for text in ("letters " * 240, "&" * 2000, "é🐢" * 1000, "line\n" * 400):
        said = deed(done("noted", text=text), firing)
        whole = "".join(block["text"]["text"] for block in said.blocks).replace("&amp;", "&")
        assert len(said.text) < 330 + 5 * 300
        assert "".join(whole.split()) == "".join(f"Ada noted: {text}".split())
        assert all(len(block["text"]["text"]) < 3000 for block in said.blocks)


def test_an_acknowledgement_that_has_run_out_says_what_burns_again(firing: Alert) -> None:
    notice = done("unacknowledged", "PagerDuty", "pagerduty", by_person=False, rings=True)
    assert deed(notice, firing).text == (
        "🔴 The acknowledgement has run out in PagerDuty, so it is nobody's again: CRITICAL HighCPU on web-1"
    )


def test_what_a_hand_closed_and_burns_on_says_whose_hand(firing: Alert) -> None:
    notice = Notice(
        "k", Word.FIRED_AGAIN, {"occurrence": 2, "closed_by": "Ada <@U1>", "closed_for": 300.0}, {}
    )
    assert fired_again(notice, firing).text.startswith(
        "🔴 Still firing 5 min after Ada &lt;@U1&gt; resolved it by hand, so it is open again (2nd time): CRITICAL"
    )


def test_the_end_says_how_long_it_took(firing: Alert) -> None:
    notice = Notice("k", Word.OVER, {"occurrence": 1, "seconds": 725.0}, {})
    assert over(notice, firing).text == "✅ Resolved after 12 min: HighCPU on web-1"


DEEDS = st.builds(
    done,
    st.sampled_from(["acknowledged", "unacknowledged", "resolved", "reopened", "noted", "reassigned"]),
    TEXT,
    st.sampled_from(["slack", "pagerduty", "api"]),
    text=TEXT,
    rings=st.booleans(),
)


@settings(max_examples=150, deadline=None)
@given(ALERTS, DEEDS)
def test_slack_takes_every_line_and_rings_nobody(alert: Alert, notice: Notice) -> None:
    assert_slack_takes(deed(notice, alert))


def test_a_name_with_marks_in_it_formats_nothing(firing: Alert) -> None:
    said = deed(done("acknowledged", "Ada *bold* _x_ `y`"), firing).text
    assert [mark for mark in "*_`" if mark in said] == []
