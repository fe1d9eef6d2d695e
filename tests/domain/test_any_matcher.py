"""What holds for every label matcher, whatever is in it."""

import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import Malformed
from core.domain.matcher import Matcher, all_match, exactly, from_json, parse, parse_all, to_json

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
NAMES = TEXTS.filter(bool)
PATTERNS = st.one_of(
    TEXTS.map(re.escape), st.sampled_from(["a|b", ".*", "(?i)x", "[^a]+", "", r"\d{2}", "^a$"])
)
MATCHERS = st.one_of(
    st.builds(Matcher, NAMES, TEXTS, st.booleans(), st.just(False)),
    st.builds(Matcher, NAMES, PATTERNS, st.booleans(), st.just(True)),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters()),
    lambda each: (
        st.lists(each) | st.dictionaries(st.sampled_from(["name", "value", "isRegex", "isEqual"]), each)
    ),
)


@given(MATCHERS)
def test_what_is_written_is_read_again(matcher: Matcher) -> None:
    assert matcher == parse(str(matcher))
    assert matcher == from_json(to_json(matcher))


@given(st.lists(MATCHERS, max_size=4))
def test_a_list_is_read_again_however_it_is_joined(matchers: list[Matcher]) -> None:
    written = [str(each) for each in matchers]
    for text in (" ".join(written), ", ".join(written), "{" + ",".join(written) + "}"):
        assert tuple(matchers) == parse_all(text)


@given(st.text(st.characters(), max_size=60) | st.text("ab=~!\"'\\{}, \n", max_size=30))
def test_whatever_is_written_is_read_or_refused(text: str) -> None:
    for read in (parse, parse_all):
        try:
            read(text)
        except Malformed:
            continue
        assert "=" in text or "~" in text or read is parse_all


@given(JSON)
def test_whatever_json_comes_is_read_or_refused(value: Any) -> None:
    try:
        matcher = from_json(value)
    except Malformed:
        return
    assert {**to_json(matcher), **value} == to_json(matcher)


@given(MATCHERS)
def test_an_absent_label_and_an_empty_one_are_the_same(matcher: Matcher) -> None:
    assert matcher.matches({}) is matcher.matches({matcher.label: ""}) is matcher.matches_nothing_said


@given(MATCHERS, TEXTS)
def test_a_negation_holds_where_the_other_does_not(matcher: Matcher, value: str) -> None:
    opposite = Matcher(matcher.label, matcher.value, not matcher.equal, matcher.regex)
    assert matcher.matches({matcher.label: value}) is not opposite.matches({matcher.label: value})


@given(NAMES, TEXTS, TEXTS, TEXTS)
def test_a_pattern_without_any_signs_is_an_equality(label: str, value: str, before: str, behind: str) -> None:
    """It is held at both ends: nothing may stand before it or behind."""
    pattern = Matcher(label, re.escape(value), regex=True)
    for found in (value, before + value, value + behind):
        assert (found == value) is pattern.matches({label: found})


@given(st.dictionaries(NAMES, TEXTS, min_size=1, max_size=4), TEXTS)
def test_all_labels_exactly_hold_for_no_other_value(labels: dict[str, str], other: str) -> None:
    matchers = exactly(labels)
    assert sorted(labels) == [each.label for each in matchers]
    assert all_match(matchers, labels)
    for label, value in labels.items():
        assert (other == value) is all_match(matchers, {**labels, label: other})
