"""Words that people read."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain import words


@pytest.mark.parametrize(
    ("said", "span"),
    [
        ("less than a minute", timedelta(seconds=-5)),
        ("less than a minute", timedelta(seconds=59)),
        ("1 min", timedelta(minutes=1)),
        ("12 min", timedelta(minutes=12, seconds=59)),
        ("1 h", timedelta(hours=1)),
        ("3 h 20 min", timedelta(hours=3, minutes=20)),
        ("1 day", timedelta(days=1, minutes=30)),
        ("1 day 4 h", timedelta(hours=28)),
        ("2 days", timedelta(days=2, hours=23)),
        ("400 days", timedelta(days=400)),
    ],
)
def test_durations_are_said_in_words(said: str, span: timedelta) -> None:
    assert words.duration(span) == said


def test_ordinals_know_the_teens() -> None:
    said = [words.ordinal(number) for number in (1, 2, 3, 4, 11, 12, 13, 21, 102, 111)]
    assert said == ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "111th"]


def test_one_is_singular() -> None:
    assert [words.count(number, "alert") for number in (0, 1, 2)] == ["0 alerts", "1 alert", "2 alerts"]


def test_shortening_cuts_between_words() -> None:
    assert words.shorten("the disk of the database is full", 20) == "the disk of the…"
    assert words.shorten("short", 20) == "short"
    assert words.shorten("x" * 30, 10) == "x" * 9 + "…"
    assert words.shorten("anything", 0) == ""


def test_shortening_never_cuts_a_joined_emoji_or_an_accent() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    assert words.shorten(f"ab{family}{family}", 6) == "ab…"
    assert words.shorten("ae\u0301ae\u0301ae\u0301", 5) == "ae\u0301a…"


@given(st.text(), st.integers(0, 50))
def test_shortened_text_is_within_its_characters(text: str, limit: int) -> None:
    assert len(words.shorten(text, limit)) <= limit


@given(st.text(alphabet=st.characters(exclude_categories=[])), st.integers(0, 50))
def test_shortened_text_is_within_its_bytes(text: str, limit: int) -> None:
    shortened = words.shorten(text, limit, words.octets)
    assert len(shortened.encode("utf-8", "surrogatepass")) <= limit
