"""Durations are read as Go writes them, and written so that they are read back."""

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import durations


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("5m", 300),
        ("30s", 30),
        ("24h", 86400),
        ("1h30m", 5400),
        ("250ms", 0.25),
        ("1.5h", 5400),
        (".5s", 0.5),
        ("10us", 0.00001),
        ("10µs", 0.00001),
        (" 5m ", 300),
        ("0s", 0),
    ],
)
def test_go_durations_are_read(text: str, seconds: float) -> None:
    assert timedelta(seconds=seconds) == durations.read(text)


@pytest.mark.parametrize(
    "text", ["", "5 m", "5d", "m", "five", "5m!", "1h-5m", "-5m", "\u0665m", "9" * 60 + "h", "5M"]
)
def test_all_else_is_refused(text: str) -> None:
    with pytest.raises(durations.NotADuration):
        durations.read(text)


@pytest.mark.parametrize("text", ["5", "30", "1.5", "00"])
def test_a_bare_number_has_no_unit(text: str) -> None:
    with pytest.raises(durations.NoUnit):
        durations.read(text)


@given(st.timedeltas(min_value=timedelta(), max_value=timedelta(days=36_000)))
def test_what_is_written_is_read_back(duration: timedelta) -> None:
    assert duration == durations.read(durations.write(duration))


@given(st.text())
def test_no_text_makes_it_fail_otherwise(text: str) -> None:
    """A text is a duration or refused; nothing else is raised."""
    with suppress(durations.NotADuration):
        assert durations.read(text) >= timedelta()


@pytest.mark.parametrize(
    ("text", "shortest"), [("90s", "1m30s"), ("60m", "1h"), ("0", "0"), ("1500ms", "1s500ms")]
)
def test_the_shortest_words_are_written(text: str, shortest: str) -> None:
    assert shortest == durations.write(durations.read(text))
