"""What people do: bound to the occurrence they saw, ordered by nobody's clock but their own provider's."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.alert import Facts, State
from core.domain.answers import unchanged
from core.domain.change import Kind, Why
from core.domain.event import Deed, Tick, Verb
from core.domain.person import Actor, Provider
from core.domain.reduce import reduce
from tests.domain.test_reduce import (
    ACKNOWLEDGED,
    ADA,
    CLOSED,
    FIRING,
    POLICY,
    RESOLVED,
    SILENT,
    WINDOW,
    after,
    apply,
    does,
    fires,
    resolves,
)

BRUNO = Actor(Provider.PAGERDUTY, "PUBRUNO", "Bruno")


def in_pagerduty(verb: Verb, occurred: float) -> Deed:
    return replace(does(verb, 90, actor=BRUNO), occurred_at=after(occurred))


def test_an_acknowledgement_names_its_giver_and_ends_the_reminders() -> None:
    after_it = reduce(FIRING, does(Verb.ACKNOWLEDGE), POLICY).facts
    assert after_it is not None
    assert (after_it.state, after_it.acknowledged_by_name, after_it.acknowledged_by, after_it.wake_at) == (
        State.ACKNOWLEDGED,
        "Ada",
        "slack:U0ADA",
        None,
    )


def test_taking_it_back_leaves_no_trace_of_it_and_reminds_again() -> None:
    acknowledged = reduce(FIRING, does(Verb.ACKNOWLEDGE), POLICY).facts
    fires_again = reduce(acknowledged, does(Verb.UNACKNOWLEDGE, 120), POLICY).facts
    assert fires_again == replace(
        FIRING,
        wake_at=after(120) + POLICY.resend_interval,
        acted_by="slack:U0ADA",
        acted_by_name="Ada",
        version=FIRING.version + 2,
    )


def test_without_reminders_taking_it_back_sets_no_timer() -> None:
    fires_again = reduce(ACKNOWLEDGED, does(Verb.UNACKNOWLEDGE), SILENT).facts
    assert fires_again is not None
    assert fires_again.wake_at is None


def test_what_was_closed_by_hand_stays_closed_until_the_window_ends() -> None:
    assert CLOSED.wake_at is not None
    still = apply(CLOSED, [fires(20, 200), Tick(CLOSED.wake_at - timedelta(seconds=1)), fires(21, 300)])
    assert still is not None
    assert (still.state, still.firing, still.occurrence) == (State.RESOLVED, True, 1)


def test_what_still_fires_when_the_window_ends_opens_again_as_another_occurrence() -> None:
    at = after(60) + WINDOW
    again = reduce(CLOSED, Tick(at), POLICY)
    assert again.kind is Kind.REOPENED
    assert again.facts is not None
    assert (again.facts.state, again.facts.occurrence, again.facts.closed_at, again.facts.fired_at) == (
        State.FIRING,
        2,
        None,
        at,
    )


def test_what_alertmanager_resolves_after_the_hand_stays_closed_for_good() -> None:
    ended = apply(CLOSED, [resolves(20, 120), Tick(after(3600))])
    assert ended is not None
    assert (ended.state, ended.firing, ended.closed_by_name, ended.open_key) == (
        State.RESOLVED,
        False,
        "Ada",
        None,
    )


def test_what_is_closed_by_hand_and_fires_holds_the_only_open_key() -> None:
    assert CLOSED.open_key == FIRING.open_key


def test_reopening_by_hand_is_the_same_occurrence() -> None:
    restored = reduce(CLOSED, does(Verb.REOPEN), POLICY).facts
    assert restored is not None
    assert (restored.state, restored.occurrence, restored.resolved_at) == (State.FIRING, 1, None)


def test_no_deed_touches_the_order_of_reports() -> None:
    for verb in Verb:
        facts = reduce(FIRING, does(verb), POLICY).facts
        assert facts is not None
        assert facts.seq == FIRING.seq


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_webhooks_of_one_provider_in_any_order_end_as_the_newest_says(order: tuple[int, ...]) -> None:
    told = [
        in_pagerduty(Verb.ACKNOWLEDGE, 10),
        in_pagerduty(Verb.UNACKNOWLEDGE, 20),
        in_pagerduty(Verb.ACKNOWLEDGE, 30),
    ]
    facts = apply(FIRING, [told[number] for number in order])
    assert facts is not None
    assert facts.state is State.ACKNOWLEDGED


def test_another_providers_clock_says_nothing() -> None:
    acknowledged = apply(FIRING, [in_pagerduty(Verb.ACKNOWLEDGE, 1000)])
    slack = replace(does(Verb.UNACKNOWLEDGE), occurred_at=after(1))
    assert reduce(acknowledged, slack, POLICY).kind is Kind.UNACKNOWLEDGED


deeds = st.builds(
    lambda verb, provider, occurred, occurrence: replace(
        does(verb, 90, occurrence, Actor(provider, "X", "X")),
        occurred_at=None if occurred is None else after(occurred),
    ),
    st.sampled_from(Verb),
    st.sampled_from(Provider),
    st.none() | st.integers(0, 100),
    st.integers(0, 3),
)
states = st.sampled_from([FIRING, ACKNOWLEDGED, RESOLVED, CLOSED])


@given(states, st.lists(deeds, max_size=12))
def test_the_same_deed_twice_is_the_deed_once(facts: Facts, course: list[Deed]) -> None:
    """Whatever a deed did, doing it again at once changes no state."""
    for deed in course:
        facts = reduce(facts, deed, POLICY).facts or facts
        again = reduce(facts, deed, POLICY)
        assert not again.kind.is_change
        assert again.facts is not None
        assert again.facts.state is facts.state


@given(states, st.lists(deeds, max_size=12))
def test_the_version_rises_exactly_with_what_is_a_change(facts: Facts, course: list[Deed]) -> None:
    for deed in course:
        change = reduce(facts, deed, POLICY)
        assert change.facts is not None
        assert change.facts.version == facts.version + change.kind.is_change
        assert (change.facts.closed_at is None) == (change.facts.closed_by is None)
        assert (change.facts.acknowledged_at is None) == (change.facts.acknowledged_by is None) or (
            facts is ACKNOWLEDGED or change.facts.acknowledged_by is None
        )
        facts = change.facts


@given(states, deeds)
def test_a_deed_that_changes_nothing_says_why(facts: Facts, deed: Deed) -> None:
    change = reduce(facts, deed, POLICY)
    if change.kind in (Kind.NOTHING, Kind.SEEN, Kind.LATE):
        assert change.why is not None
        assert unchanged(change.why, facts, deed).endswith(".")


@pytest.mark.parametrize(
    ("facts", "deed", "said"),
    [
        (
            apply(FIRING, [does(Verb.ACKNOWLEDGE, 60, actor=BRUNO)]),
            does(Verb.ACKNOWLEDGE, 200),
            "Bruno acknowledged it first, 2 min ago.",
        ),
        (
            apply(FIRING, [does(Verb.ACKNOWLEDGE, 60)]),
            does(Verb.ACKNOWLEDGE, 61),
            "You have acknowledged it already, less than a minute ago.",
        ),
        (CLOSED, does(Verb.ACKNOWLEDGE, 200), "It is already resolved by Ada, 2 min ago."),
        (RESOLVED, does(Verb.RESOLVE, 200), "It is already resolved, 2 min ago."),
        (FIRING, does(Verb.UNACKNOWLEDGE), "Nobody has acknowledged it, so there is nothing to take back."),
        (None, does(Verb.ACKNOWLEDGE), "This alert is no longer kept here."),
    ],
)
def test_who_changed_nothing_is_told_why(facts: Facts | None, deed: Deed, said: str) -> None:
    why = reduce(facts, deed, POLICY).why
    assert why is not None
    assert said == unchanged(why, facts, deed)


def test_what_comes_for_an_earlier_firing_goes_on_record_only() -> None:
    second = apply(FIRING, [resolves(11, 60), fires(12, 90)])
    assert second is not None
    change = reduce(second, does(Verb.ACKNOWLEDGE, 100), POLICY)
    assert (change.kind, change.why, change.facts) == (Kind.LATE, Why.EARLIER_OCCURRENCE, second)
    assert (
        unchanged(Why.EARLIER_OCCURRENCE, second, does(Verb.ACKNOWLEDGE))
        == "That was an earlier firing; it has fired again since (2nd time)."
    )


def test_actor_of_the_tests_is_a_person() -> None:
    assert [ADA.is_person, BRUNO.is_person, Actor(Provider.PAGERDUTY, "").is_person] == [True, True, False]
