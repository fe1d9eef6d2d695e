"""Label matchers, read as Alertmanager writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import Malformed
from core.domain.matcher import LONGEST, Matcher, parse

LABELS = {"severity": "critical", "path": 'C:\\"x"\n'}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('severity="critical"', Matcher("severity", "critical")),
        ("severity=critical", Matcher("severity", "critical")),
        (' severity != "critical" ', Matcher("severity", "critical", equal=False)),
        ('severity=""', Matcher("severity", "")),
        ("severity=", Matcher("severity", "")),
        ('a:b_c="ü, {x} = y"', Matcher("a:b_c", "ü, {x} = y")),
        (r'path="C:\\\"x\"\n"', Matcher("path", 'C:\\"x"\n')),
        (r'a="\\n"', Matcher("a", r"\n")),
    ],
)
def test_a_matcher_is_a_label_an_operator_and_a_value(text: str, expected: Matcher) -> None:
    assert expected == parse(text)


@pytest.mark.parametrize(
    ("matcher", "expected"),
    [
        ('severity="critical"', True),
        ('severity="Critical"', False),
        ('severity!="critical"', False),
        ('severity!="warning"', True),
        ('team=""', True),
        ('team!=""', False),
        ('severity!=""', True),
        (r'path="C:\\\"x\"\n"', True),
    ],
)
def test_an_absent_label_counts_as_empty(matcher: str, expected: bool) -> None:
    assert expected is parse(matcher).matches(LABELS)


@pytest.mark.parametrize(
    "text",
    ["", "severity", '="x"', '1a="x"', 'a b="x"', 'a="x', 'a=x"', 'a="\\x"', "a=b c", 'a="b" c="d"', "a==b"],
)
def test_what_is_no_matcher_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        parse(text)


@pytest.mark.parametrize("text", ['a=~"b.*"', 'a!~"b"', 'a =~ "("'])
def test_regular_expressions_are_refused_by_name(text: str) -> None:
    """Taken for an equality they would find nothing, and nobody would know why."""
    with pytest.raises(Malformed, match="Regular expressions are not supported"):
        parse(text)


def test_a_matcher_without_end_is_not_read() -> None:
    with pytest.raises(Malformed):
        parse("a=" + "x" * LONGEST)


@given(st.text(max_size=60))
def test_whatever_is_written_is_read_or_refused(text: str) -> None:
    try:
        parse(text)
    except Malformed:
        return
    assert "=" in text
