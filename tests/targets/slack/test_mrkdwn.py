"""Nothing that comes from a label or an annotation pings, links or formats beyond itself."""

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.targets import mrkdwn

ANYTHING = st.text(alphabet=st.characters(exclude_categories=[]))
HOSTILE = "<!channel> <@U0ADA> & *b* `c` ~d~ _e_ snake_case"


@given(ANYTHING)
@example(HOSTILE)
@example("\u202eevil\u2066 \x00 \ud800 \u200b")
def test_inline_text_holds_no_markup_and_no_line(text: str) -> None:
    shown = mrkdwn.inline(text, 100)
    assert not re.search(r"[<>*~`\n]|&(?!amp;|lt;|gt;)", shown)
    assert not re.search("[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069\u200b\ud800-\udfff]", shown)
    assert len(shown) <= 100


@given(ANYTHING | st.text(alphabet='a="~*{}. `<&_', max_size=400))
@example(HOSTILE)
def test_a_sentence_holds_no_markup_but_code(text: str) -> None:
    shown = mrkdwn.sentence(text, 100)
    assert not re.search(r"[<>*~\n]|&(?!amp;|lt;|gt;)", re.sub("`[^`]*`", "", shown).replace("`", "*"))
    assert not re.search(r"[<>\n]|&(?!amp;|lt;|gt;)", shown)
    assert len(shown) <= 100


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            'Written like severity="critical" or team!~"db|web".',
            'Written like `severity="critical"` or `team!~"db|web"`.',
        ),
        ('Quote it: alertname="High CPU".', 'Quote it: `alertname="High CPU"`.'),
        ('First a=b c=~"d.*" 2h.', 'First `a=b c=~"d.*"` 2h.'),
        ('Like {a="b", c!~"d|e"}.', 'Like `{a="b", c!~"d|e"}`.'),
        ("“a_b` & <c>” is nothing.", "“a_bˋ &amp; &lt;c&gt;” is nothing."),  # noqa: RUF001
    ],
)
def test_what_may_be_typed_stands_in_a_sentence_to_the_letter(text: str, shown: str) -> None:
    assert shown == mrkdwn.sentence(text, 100)


def test_inline_text_stays_readable() -> None:
    assert mrkdwn.inline("a  b\n\tc", 50) == "a b c"
    assert mrkdwn.inline("snake_case", 50) == "snake_case"
    assert mrkdwn.inline("R&D <ops>", 50) == "R&amp;D &lt;ops&gt;"


@given(ANYTHING)
@example(HOSTILE)
def test_prose_can_not_ping_or_link(text: str) -> None:
    shown = mrkdwn.prose(text, 300)
    assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", shown)
    assert len(shown) <= 300


def test_prose_keeps_its_lines_but_not_all_of_them() -> None:
    assert mrkdwn.prose("one\r\ntwo\n\n\n\nthree", 100) == "one\ntwo\n\nthree"
    assert mrkdwn.prose("\n".join("abcdefgh"), 100, lines=3) == "a\nb\nc\n…"


def test_an_entity_is_never_cut() -> None:
    assert mrkdwn.inline("&&&&", 16) == "&amp;&amp;&amp;…"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "ftp://files.example/x",
        "http://",
        "//no-scheme.example",
        "http://[broken",
        "https://a.example/\u202e",
        "https://a.example/" + "x" * 2000,
        "see the wiki",
    ],
)
def test_what_is_no_web_address_is_no_link(url: str) -> None:
    assert mrkdwn.link(url, "Runbook") == "Runbook"


def test_an_address_can_not_leave_its_link() -> None:
    link = mrkdwn.link('https://a.example/x|y>z<w`q"r s?a=1&b=2', "Graph")
    assert link == "<https://a.example/x%7Cy%3Ez%3Cw%60q%22r%20s?a=1&amp;b=2|Graph>"


@given(st.text())
def test_a_link_has_one_beginning_one_bar_and_one_end(path: str) -> None:
    link = mrkdwn.link(f"https://a.example/{path}", "Graph")
    assert link == "Graph" or [link.count(mark) for mark in "<|>"] == [1, 1, 1]


def test_a_date_has_a_fallback_in_utc() -> None:
    at = datetime(2026, 11, 23, 10, 0, tzinfo=timezone(timedelta(hours=1)))
    expected = "<!date^1795424400^{date_short_pretty} at {time}|2026-11-23 09:00 UTC>"
    assert mrkdwn.date(at) == expected
    assert mrkdwn.date(datetime(2026, 11, 23, 9, tzinfo=UTC)) == expected


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('instance=~"web-.*_~"', '`instance=~"web-.*_~"`'),
        ("a`b\n<!here> & c", "`aˋb &lt;!here&gt; &amp; c`"),  # noqa: RUF001 (the look-alike is the point)
        ("", ""),
    ],
)
def test_code_is_shown_to_the_letter_and_stays_code(text: str, shown: str) -> None:
    assert mrkdwn.code(text, 100) == shown


@given(st.text(), st.integers(3, 60))
def test_code_ends_where_it_is_cut(text: str, limit: int) -> None:
    shown = mrkdwn.code(text, limit)
    assert len(shown) <= limit
    assert shown == "" or (shown[0] + shown[-1] == "``" and "`" not in shown[1:-1])
