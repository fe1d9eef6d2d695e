"""Durations as people type them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain import span
from core.domain.errors import Malformed


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("15m", 15),
        ("2h", 120),
        ("1h30m", 90),
        ("2d", 2880),
        ("1w", 10_080),
        ("90s", 1.5),
        (" 2 hours ", 120),
        ("1 Day 12 HOURS", 2160),
        ("15 min", 15),
        ("3650d", 5_256_000),
    ],
)
def test_a_duration_is_read(text: str, minutes: float) -> None:
    assert timedelta(minutes=minutes) == span.read(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "2",
        "h",
        "m5",
        "2hx",
        "-1h",
        "1.5h",
        "1 month",
        "1h and 5m",
        "٢h",
        "0h",
        "3651d",
        "9" * 80 + "h",
    ],
)
def test_what_is_none_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        span.read(text)


@given(st.text(st.sampled_from("0123456789 wdhmsinutehoray.-"), max_size=80) | st.text(max_size=80))
def test_any_text_is_a_good_duration_or_malformed(text: str) -> None:
    try:
        read = span.read(text)
    except Malformed:
        return
    assert timedelta() < read <= span.LONGEST
