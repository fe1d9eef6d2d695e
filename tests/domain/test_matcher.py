"""Label matchers, read and written as Alertmanager does, and what they hold for."""

from collections.abc import Sequence
from typing import Any

import pytest

from core.domain.errors import Malformed
from core.domain.matcher import MOST, Matcher, from_json, parse, parse_all
from core.domain.matcher_words import LONGEST

LABELS = {"severity": "critical", "path": 'C:\\"x"\n', "instance": "db-10"}


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
        (r"a=C:\temp and so on", Matcher("a", r"C:\temp and so on")),
        ("a==b", Matcher("a", "=b")),
        ('inst=~"db-.+"', Matcher("inst", "db-.+", regex=True)),
        (r'inst !~ "a\.b"', Matcher("inst", r"a\.b", equal=False, regex=True)),
        ('"foo.bar"="x"', Matcher("foo.bar", "x")),
        ("größe=x", Matcher("größe", "x")),
        (r'"\u00fc \xf0\x9f\x99\x82\041"="\t",', Matcher("ü 🙂!", "\t")),
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
        ('severity=~"crit"', False),
        ('severity=~"crit.*"', True),
        ('severity=~"(?i)CRITICAL|x"', True),
        ('severity!~"warning|info"', True),
        ('path=~".*"', False),
        ('path=~"(?s).*"', True),
        ('team=~"|db"', True),
        ('team!~".+"', True),
    ],
)
def test_an_absent_label_counts_as_empty_and_a_pattern_means_all_of_a_value(
    matcher: str, expected: bool
) -> None:
    assert expected is parse(matcher).matches(LABELS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "severity",
        '="x"',
        '""="x"',
        '1a b="x"',
        'a b="x"',
        'a="x',
        'a=x"',
        'a=b c="d"',
        'a="b" c="d"',
        '{a="b"}',
        '"a.b"="\\x"',
        '"a.b"="\\ud800"',
        '"a.b"="\\xf0"',
        '"a.b"="\\777"',
        '"a.b"="\\x00"',
        "a=~b{2}",
        "a=\0",
        "a=\ud800",
    ],
)
def test_what_is_no_matcher_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        parse(text)


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(", r"missing \)"),
        ("a**", "bad repetition operator"),
        (r"\C", "invalid escape sequence"),
        (r"\\\C", "invalid escape sequence"),
        ("(?=x)", "invalid perl operator"),
        (r"(a)\1", "invalid escape sequence"),
        ("a)|(b", r"unexpected \)"),
        (r"\Qa", r"missing \)"),
        (r"(\pL{100}){10}", "too large"),
        ("a" * 1001, "at most 1000 characters"),
        ("\ud800", "invalid UTF-8"),
    ],
)
def test_a_pattern_that_alertmanager_would_not_take_is_refused_with_the_reason(
    pattern: str, why: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """And RE2 does not tell standard error of it."""
    with pytest.raises(Malformed, match=why):
        Matcher("a", pattern, regex=True)
    assert capfd.readouterr() == ("", "")


def test_two_letters_between_q_and_e_are_not_a_byte() -> None:
    assert Matcher("a", r"\Q\C\E", regex=True).matches({"a": r"\C"})


def test_a_pattern_made_to_take_for_ever_does_not() -> None:
    """Python's own would be busy until the sun goes out."""
    assert not Matcher("a", "(x+x+)+y", regex=True).matches({"a": "x" * 10_000})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{a="b", c=~"d"}', ['a="b"', 'c=~"d"']),
        ('a="b",c=~"d"', ['a="b"', 'c=~"d"']),
        ('{"foo.bar"="x", c=d, }', ['foo.bar="x"', 'c="d"']),
        (' {a="b"} ', ['a="b"']),
        ("{a=b c=d}", ['a="b c=d"']),
        ('{a="b"', ['a="b"']),
        ("{}", []),
        (" ", []),
        ('alertname=X inst=~".+0"', ['alertname="X"', 'inst=~".+0"']),
        ('a = "b" c = "d e", f=g,', ['a="b"', 'c="d e"', 'f="g"']),
        ("alertname='High CPU' 'x!=y z'", ['alertname="High CPU"', 'x!="y z"']),
        ('"alertname=High CPU" "foo.bar"=x', ['alertname="High CPU"', 'foo.bar="x"']),
        ('a="x y=z" b=~"a{1,3}"', ['a="x y=z"', 'b=~"a{1,3}"']),
        ("summary=don't team=", ['summary="don\'t"', 'team=""']),
    ],
)
def test_several_are_listed_in_braces_or_typed_as_for_a_shell(text: str, expected: Sequence[str]) -> None:
    assert expected == [str(each) for each in parse_all(text)]


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "a=b nonsense",
        "a=b,,c=d",
        ",",
        '{a="b"} c="d"',
        r'{a="x\,",b="c"}',
        'a="b" "c',
        "a=~x{2} b=c",
        "{a=b c=(,d}",
        '{a="b" c="d"}',
        '{a=~"("}',
        " a=b" * (MOST + 1),
        "{" + "a=b," * (MOST + 1) + "}",
    ],
)
def test_a_list_with_one_that_is_no_matcher_is_refused(text: str) -> None:
    """A value with a blank in it would be half a value to a shell, so it needs its quotes."""
    with pytest.raises(Malformed):
        parse_all(text)


@pytest.mark.parametrize("read", [parse, parse_all])
def test_a_matcher_without_end_is_not_read(read: Any) -> None:
    assert read("a=" + "x" * (LONGEST - 2))
    for text in ("a=" + "x" * (LONGEST - 1), " " * (MOST * LONGEST + 1)):
        with pytest.raises(Malformed):
            read(text)


@pytest.mark.parametrize(
    ("matcher", "expected"),
    [
        (Matcher("a", 'x"\\\n\t'), 'a="x\\"\\\\\\n\t"'),
        (Matcher("größe", "x", equal=False), 'größe!="x"'),
        (Matcher("foo bar", "ü\t\x7f\xad\U000e0001", regex=True), r'"foo bar"=~"ü\t\x7f\u00ad\U000e0001"'),
    ],
)
def test_a_name_that_needs_quotes_has_them_and_the_escapes_of_go(matcher: Matcher, expected: str) -> None:
    assert expected == str(matcher)


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"name": "a", "value": "b"},
        {"name": "", "value": "b", "isRegex": False},
        *({"name": "a", "value": each, "isRegex": False} for each in (None, 1, "\0", "\ud800")),
        *({"name": "a", "value": "b", "isRegex": each} for each in (None, 0, "false")),
        {"name": "a", "value": "(", "isRegex": True},
        {"name": "a", "value": "b", "isRegex": False, "isEqual": None},
    ],
)
def test_json_of_another_shape_is_refused(value: Any) -> None:
    with pytest.raises(Malformed):
        from_json(value)


def test_without_is_equal_a_matcher_is_one_that_wants_it_so() -> None:
    assert Matcher("a", "b", regex=True) == from_json({"name": "a", "value": "b", "isRegex": True})
