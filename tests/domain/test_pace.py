"""Rate budgets: never more than the rate over any window, never before a hold ends, always room for people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.pace import Pace, Rate

NOW = 1_795_435_200.0
# A double of this size tells microseconds apart, not more.
EXACT = 1e-5

rates = st.builds(
    lambda per_second, burst, reserve: Rate(per_second, burst, min(reserve, burst)),
    st.floats(0.1, 50),
    st.integers(1, 20),
    st.integers(0, 20),
)
# What a pump meets: time goes by, a call is wanted, now and then the provider says to wait.
steps = st.lists(
    st.tuples(st.floats(0, 5), st.booleans(), st.one_of(st.none(), st.none(), st.floats(0, 10))), max_size=60
)


def one(rate: Rate) -> Pace:
    return Pace({"post": rate, "edit": rate})


@given(rates, steps)
def test_no_window_holds_more_calls_than_its_length_and_the_burst_allow(
    rate: Rate, course: list[tuple[float, bool, float | None]]
) -> None:
    pace, now, calls = one(rate), NOW, []
    for pause, urgent, held in course:
        now += pause
        now += pace.wait("post", now, urgent=urgent)
        pace.take("post", now)
        calls.append(now)
        if held is not None:
            pace.hold("post", now, held)
    for first in range(len(calls)):
        for last in range(first, len(calls)):
            window = calls[last] - calls[first]
            assert last - first + 1 <= rate.burst + (window + EXACT * (last + 1)) * rate.per_second + EXACT


@given(rates, st.integers(0, 30), st.floats(0.1, 600), st.booleans())
def test_nobody_calls_before_a_hold_ends(rate: Rate, taken: int, held: float, urgent: bool) -> None:
    pace = one(rate)
    for _ in range(taken):
        pace.take("post", NOW)
    pace.hold("post", NOW, held)
    assert pace.wait("post", NOW, urgent=urgent) >= held - EXACT


@given(rates, st.floats(0, 600))
def test_when_a_hold_ends_urgent_calls_begin(rate: Rate, held: float) -> None:
    pace = one(rate)
    pace.hold("post", NOW, held)
    assert pace.wait("post", NOW + held, urgent=True) == pytest.approx(0, abs=EXACT)


def test_a_hold_never_shortens_another() -> None:
    pace = one(Rate(1.0))
    pace.hold("post", NOW, 30)
    pace.hold("post", NOW, 5)
    assert pace.wait("post", NOW) == 30


def test_a_hold_of_one_budget_leaves_the_others() -> None:
    pace = one(Rate(1.0))
    pace.hold("post", NOW, 30)
    assert pace.wait("edit", NOW) == 0


@given(st.floats(0.1, 50), st.integers(2, 20), st.data())
def test_the_reserve_is_left_for_urgent_calls(per_second: float, burst: int, data: st.DataObject) -> None:
    reserve = data.draw(st.integers(1, burst - 1))
    pace = one(Rate(per_second, burst, reserve))
    plain = 0
    while pace.wait("post", NOW) <= EXACT:
        pace.take("post", NOW)
        plain += 1
    assert plain == burst - reserve
    for _ in range(reserve):
        assert pace.wait("post", NOW, urgent=True) == pytest.approx(0, abs=EXACT)
        pace.take("post", NOW)
    assert pace.wait("post", NOW, urgent=True) > 0


def test_a_burst_of_one_with_a_reserve_still_serves_everybody() -> None:
    pace = one(Rate(1.0, burst=1, reserve=1))
    assert pace.wait("post", NOW) == 0
    pace.take("post", NOW)
    assert pace.wait("post", NOW) == 1


def test_an_idle_budget_saves_up_its_burst_and_no_more() -> None:
    pace = one(Rate(1.0, burst=3))
    pace.take("post", NOW - 3600)
    for _ in range(3):
        assert pace.wait("post", NOW) == 0
        pace.take("post", NOW)
    assert pace.wait("post", NOW) == 1


@given(rates, st.integers(0, 40), st.booleans())
def test_what_is_waited_for_is_there(rate: Rate, taken: int, urgent: bool) -> None:
    pace = one(rate)
    for _ in range(taken):
        pace.take("post", NOW)
    later = NOW + pace.wait("post", NOW, urgent=urgent)
    assert pace.wait("post", later, urgent=urgent) <= EXACT


def test_a_budget_passes_from_one_pump_to_the_next() -> None:
    first = one(Rate(1.0))
    first.take("post", NOW)
    second = Pace(first.rates, dict(first.arrival))
    assert second.wait("post", NOW) == 1
