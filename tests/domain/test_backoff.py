"""When to try again: bounded, spread, and never before the target said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.backoff import CEILING, delay

jitters = st.floats(0, 1, exclude_max=True)


@given(st.integers(), jitters)
def test_a_delay_is_between_half_a_second_and_a_minute(attempts: int, jitter: float) -> None:
    assert 0.5 <= delay(attempts, None, jitter) <= CEILING


@pytest.mark.parametrize(
    ("attempts", "longest"), [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 32), (7, 60), (1000, 60)]
)
def test_delays_double_up_to_a_minute_and_are_spread_over_the_upper_half(
    attempts: int, longest: float
) -> None:
    assert delay(attempts, None, 0.0) == longest / 2
    assert delay(attempts, None, 0.999) == pytest.approx(longest, rel=0.01)


@given(st.integers(), st.floats(0, 86_400), jitters)
def test_what_the_target_asked_for_is_honoured_with_at_most_a_second_more(
    attempts: int, retry_after: float, jitter: float
) -> None:
    assert retry_after <= delay(attempts, retry_after, jitter) <= retry_after + 1


def test_those_who_were_told_the_same_come_back_apart() -> None:
    assert len({delay(1, 30.0, jitter / 10) for jitter in range(10)}) == 10


def test_a_retry_after_in_the_past_is_now() -> None:
    assert 0 <= delay(1, -5.0, 0.5) <= 1
