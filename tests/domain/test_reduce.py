"""The life of an alert: every state meets every event, and the same events end the same."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.alert import Content, Facts, State
from core.domain.change import Change, Kind, Policy
from core.domain.event import Deed, Event, Report, Tick, Verb
from core.domain.person import Actor, Provider
from core.domain.reduce import reduce

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
START = NOW - timedelta(minutes=1)
WINDOW = timedelta(minutes=5)
RESEND = timedelta(hours=1)
POLICY = Policy(WINDOW, RESEND)
SILENT = Policy(WINDOW, timedelta())
SLOW = Content({"alertname": "HighLatency"}, {"summary": "slow"})
ADA = Actor(Provider.SLACK, "U0ADA", "Ada")
SLOWER = Content({"alertname": "HighLatency"}, {"summary": "slower"})


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def fires(seq: int, seconds: float = 0, content: Content = SLOW, starts_at: datetime = START) -> Report:
    return Report("default", "f1", True, content, starts_at, None, seq, after(seconds))


def resolves(
    seq: int, seconds: float = 0, ends_at: datetime | None = None, content: Content = SLOW
) -> Report:
    return Report("default", "f1", False, content, START, ends_at or after(seconds), seq, after(seconds))


def does(verb: Verb, seconds: float = 90, occurrence: int = 1, actor: Actor | None = None) -> Deed:
    return Deed(verb, actor or ADA, "an alert", occurrence, after(seconds), f"{verb}:{seconds}", str(verb))


def apply(facts: Facts | None, events: Sequence[Event], policy: Policy = POLICY) -> Facts | None:
    for event in events:
        change = reduce(facts, event, policy)
        facts = change.facts or facts
    return facts


def known(*events: Event) -> Facts:
    facts = apply(None, events)
    assert facts is not None
    return facts


FIRING = known(fires(10))
ACKNOWLEDGED = replace(FIRING, acknowledged_at=after(1), acknowledged_by_name="Ada", version=2)
RESOLVED = known(fires(10), resolves(11, 60))
CLOSED = known(fires(10), does(Verb.RESOLVE, 60))
STATES = {
    "none": None,
    "firing": FIRING,
    "acknowledged": ACKNOWLEDGED,
    "resolved": RESOLVED,
    "closed": CLOSED,
}
EVENTS: dict[str, Event] = {
    "fires": fires(20, 90),
    "fires changed": fires(20, 90, SLOWER),
    "fires earlier": fires(20, 90, starts_at=START - WINDOW),
    "fires later": fires(20, 90, starts_at=after(80)),
    "fires too late": fires(20, 361),
    "fires out of order": fires(9, 90, SLOWER),
    "resolves": resolves(20, 90),
    "resolves without an end": Report("default", "f1", False, SLOW, START, None, 20, after(90)),
    "resolves an earlier firing": resolves(20, 90, ends_at=START),
    "resolves out of order": resolves(9, 90),
    "tick": Tick(after(3600)),
    "early tick": Tick(after(61)),
    **{str(verb): does(verb) for verb in Verb},
    "acknowledge an earlier one": does(Verb.ACKNOWLEDGE, occurrence=0),
    "acknowledge what is not there": does(Verb.ACKNOWLEDGE, occurrence=2),
}
ACK, UNACK, CLOSE, RESTORE, NOTE, TELL, LATE = (
    Kind.ACKNOWLEDGED,
    Kind.UNACKNOWLEDGED,
    Kind.CLOSED,
    Kind.RESTORED,
    Kind.NOTED,
    Kind.TOLD,
    Kind.LATE,
)
NEW, AGAIN, EDIT, END, SEEN, REMIND, UNWIND, SAME = (
    Kind.OPENED,
    Kind.REOPENED,
    Kind.UPDATED,
    Kind.RESOLVED,
    Kind.SEEN,
    Kind.REMINDED,
    Kind.UNWOUND,
    Kind.NOTHING,
)
TABLE = {
    # event                       none firing acknowledged resolved closed
    "fires": (NEW, SEEN, SEEN, AGAIN, SEEN),
    "fires changed": (NEW, EDIT, EDIT, AGAIN, EDIT),
    "fires earlier": (NEW, EDIT, EDIT, AGAIN, EDIT),
    "fires later": (NEW, SEEN, SEEN, AGAIN, SEEN),
    "fires too late": (NEW, SEEN, SEEN, NEW, SEEN),
    "fires out of order": (NEW, SAME, SAME, SAME, SAME),
    "resolves": (SAME, END, END, SEEN, EDIT),
    "resolves without an end": (SAME, END, END, SEEN, EDIT),
    "resolves an earlier firing": (SAME, SEEN, SEEN, SEEN, SEEN),
    "resolves out of order": (SAME, SAME, SAME, SAME, SAME),
    "tick": (SAME, REMIND, UNWIND, SAME, AGAIN),
    "early tick": (SAME, REMIND, UNWIND, SAME, SAME),
    "acknowledge": (SAME, ACK, SAME, SAME, SAME),
    "unacknowledge": (SAME, SAME, UNACK, SAME, SAME),
    "resolve": (SAME, CLOSE, CLOSE, SAME, SAME),
    "reopen": (SAME, SAME, SAME, SAME, RESTORE),
    "note": (SAME, NOTE, NOTE, NOTE, NOTE),
    "tell": (SAME, TELL, TELL, TELL, TELL),
    "acknowledge an earlier one": (SAME, LATE, LATE, LATE, LATE),
    "acknowledge what is not there": (SAME, SAME, SAME, SAME, SAME),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("event", EVENTS)
def test_every_state_meets_every_event(state: str, event: str) -> None:
    before = STATES[state]
    change = reduce(before, EVENTS[event], POLICY)
    assert change.kind is TABLE[event][list(STATES).index(state)]
    _stores_what_it_says(before, EVENTS[event], change)


def _stores_what_it_says(before: Facts | None, event: Event, change: Change) -> None:
    """NOTHING leaves all, SEEN writes `seq` alone, an opening begins at version 1, all else is the next version."""
    if not change.kind.is_change and change.kind is not Kind.SEEN:
        assert change.facts is before
        return
    assert change.facts is not None
    if isinstance(event, Report):
        assert change.facts.seq == event.seq
    if change.kind is Kind.OPENED:
        assert (change.facts.version, change.facts.occurrence) == (1, 1)
        return
    assert before is not None
    assert change.facts.id == before.id
    if change.kind is Kind.SEEN:
        assert change.facts == replace(before, seq=change.facts.seq)
        return
    assert change.facts.version == before.version + 1
    assert change.facts.occurrence == before.occurrence + (change.kind is Kind.REOPENED)


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_of_change_happens(kind: Kind) -> None:
    assert any(kind in row for row in TABLE.values())


def test_content_comes_with_what_people_read_and_with_nothing_else() -> None:
    for state, before in STATES.items():
        for name, event in EVENTS.items():
            change = reduce(before, event, POLICY)
            told = change.kind in (NEW, AGAIN, EDIT, END) and isinstance(event, Report)
            assert (change.content is not None) == told, (state, name)
            if told:
                assert isinstance(event, Report)
                assert change.content == event.content
                assert change.facts is not None
                assert change.facts.content_hash == event.content.digest()


def test_a_new_episode_is_known_by_its_first_report() -> None:
    facts = known(fires(10))
    assert (facts.state, facts.open_key, facts.occurrence) == (State.FIRING, "default:f1", 1)
    assert (facts.starts_at, facts.fired_at, facts.wake_at) == (START, NOW, NOW + RESEND)


def test_a_resolved_episode_has_no_open_key_and_no_timer() -> None:
    assert (RESOLVED.state, RESOLVED.open_key, RESOLVED.wake_at) == (State.RESOLVED, None, None)
    assert (RESOLVED.ends_at, RESOLVED.resolved_at) == (after(60), after(60))


@pytest.mark.parametrize(
    ("gap", "kind"), [(0, AGAIN), (299.999999, AGAIN), (300, AGAIN), (300.000001, NEW), (86_400, NEW)]
)
def test_the_window_runs_from_the_resolve_and_its_end_belongs_to_it(gap: float, kind: Kind) -> None:
    change = reduce(RESOLVED, fires(20, 60 + gap), POLICY)
    assert change.kind is kind
    assert change.facts is not None
    assert (change.facts.id == RESOLVED.id) == (kind is AGAIN)


def test_the_same_old_start_fires_again_and_counts() -> None:
    """As after a lost connection: startsAt is no clock."""
    facts = known(fires(1), resolves(2, 10), fires(3, 20), resolves(4, 30), fires(5, 40))
    assert (facts.occurrence, facts.state) == (3, State.FIRING)
    assert facts.starts_at == START


def test_an_acknowledgement_holds_for_its_own_occurrence_only() -> None:
    resolved = apply(ACKNOWLEDGED, [resolves(20, 60)])
    assert resolved is not None
    assert resolved.acknowledged_by_name == "Ada"
    again = apply(resolved, [fires(21, 70)])
    assert again is not None
    assert (again.state, again.acknowledged_by_name, again.acknowledged_at) == (State.FIRING, None, None)


def test_an_acknowledgement_outlives_a_change_of_the_text() -> None:
    facts = apply(ACKNOWLEDGED, [fires(20, 60, SLOWER)])
    assert facts is not None
    assert (facts.state, facts.acknowledged_by_name) == (State.ACKNOWLEDGED, "Ada")


def test_an_acknowledgement_never_blocks_a_resolve() -> None:
    assert reduce(ACKNOWLEDGED, resolves(20, 60), POLICY).kind is Kind.RESOLVED


def test_the_stale_resolve_of_a_lagging_peer_changes_nothing() -> None:
    """A fired at 0, ended at 60, fired anew at 70; then its peer still tells of the end at 60."""
    facts = known(fires(1), resolves(2, 60), fires(3, 75, starts_at=after(70)))
    change = reduce(facts, resolves(4, 80, ends_at=after(60)), POLICY)
    assert change.kind is Kind.SEEN
    assert reduce(facts, resolves(4, 80, ends_at=after(70)), POLICY).kind is Kind.SEEN
    assert reduce(facts, resolves(4, 80, ends_at=after(71)), POLICY).kind is Kind.RESOLVED


def test_peers_that_differ_in_the_start_agree_on_the_earlier_one() -> None:
    facts = known(fires(1), fires(2, 1, starts_at=START - WINDOW), fires(3, 2))
    assert (facts.starts_at, facts.version) == (START - WINDOW, 2)


def test_a_tick_reminds_only_while_firing_and_unacknowledged() -> None:
    tick = Tick(after(3600))
    change = reduce(FIRING, tick, POLICY)
    assert change.kind is Kind.REMINDED
    assert change.facts is not None
    assert change.facts.wake_at == after(3600) + RESEND
    assert reduce(ACKNOWLEDGED, tick, POLICY).kind is Kind.UNWOUND
    assert reduce(replace(RESOLVED, wake_at=NOW), tick, POLICY).kind is Kind.UNWOUND


def test_a_timer_that_has_no_more_use_goes_off_once() -> None:
    unwound = reduce(ACKNOWLEDGED, Tick(after(3600)), POLICY).facts
    assert unwound is not None
    assert unwound.wake_at is None
    assert reduce(unwound, Tick(after(3601)), POLICY) == Change(Kind.NOTHING, unwound)


def test_without_an_interval_nobody_is_reminded() -> None:
    opened = reduce(None, fires(1), SILENT).facts
    assert opened is not None
    assert opened.wake_at is None
    assert reduce(FIRING, Tick(after(3600)), SILENT).kind is Kind.UNWOUND


# What one source can say about one alert: at any time, in any order of Alertmanager's own times.
_moments = st.integers(-1000, 1000).map(after)
_contents = st.sampled_from([SLOW, SLOWER])


@st.composite
def courses(draw: st.DrawFn) -> list[Event]:
    """Reports in the order received, ticks among them."""
    events: list[Event] = []
    now = NOW
    for seq in range(1, draw(st.integers(1, 15)) + 1):
        now += timedelta(seconds=draw(st.integers(0, 400)))
        if draw(st.integers(0, 4)) == 0:
            events.append(Tick(now))
            continue
        firing = draw(st.booleans())
        ends_at = None if firing else draw(st.none() | _moments)
        events.append(Report("default", "f1", firing, draw(_contents), draw(_moments), ends_at, seq, now))
    return events


@given(courses(), st.data())
def test_events_that_come_several_times_end_the_same(course: list[Event], data: st.DataObject) -> None:
    """Redelivered at once or later, with the inbox id they had."""
    once = apply(None, course)
    facts = None
    for done, event in enumerate(course, start=1):
        facts = apply(facts, [event])
        reports = [
            again for again in course[:done] if isinstance(again, Report) and facts and again.seq <= facts.seq
        ]
        if reports and facts is not None:
            facts = apply(facts, data.draw(st.lists(st.sampled_from(reports), max_size=4)))
    assert facts == once


@given(courses())
def test_a_report_repeated_under_a_new_inbox_id_is_only_seen(course: list[Event]) -> None:
    """Alertmanager's own repeats: each is a new row of the inbox and says nothing new."""
    facts, seq = None, 0
    for event in course:
        if isinstance(event, Tick):
            facts = apply(facts, [event])
            continue
        seq += 2
        facts = apply(facts, [replace(event, seq=seq)])
        again = reduce(facts, replace(event, seq=seq + 1), POLICY)
        assert again.kind in (Kind.SEEN, Kind.NOTHING)
        if again.facts is not None and facts is not None:
            assert again.facts == replace(facts, seq=again.facts.seq)


@given(courses(), st.integers(1, 20))
def test_what_is_older_than_what_was_applied_is_ignored(course: list[Event], back: int) -> None:
    facts = apply(None, course)
    if facts is None:
        return
    for report in (fires(facts.seq - back, 9999, SLOWER), resolves(facts.seq - back, 9999)):
        assert reduce(facts, report, POLICY) == Change(Kind.NOTHING, facts)


@given(
    courses(),
    st.sampled_from([POLICY, SILENT, Policy(timedelta(), RESEND), Policy(timedelta(), timedelta())]),
)
def test_any_course_of_events_keeps_the_facts_sound(course: list[Event], policy: Policy) -> None:
    """Nothing raises; occurrences count the firings; a timer runs only where it has a use."""
    facts: Facts | None = None
    firings = 0
    for event in course:
        before = facts
        change = reduce(before, event, policy)
        _stores_what_it_says(before, event, change)
        facts = change.facts or facts
        if change.kind is Kind.OPENED:
            firings = 1
        firings += change.kind is Kind.REOPENED
        if facts is None:
            continue
        assert facts.occurrence == firings
        assert (facts.resolved_at is None) == facts.firing
        assert facts.firing == (facts.open_key is not None)
        if not facts.firing or not policy.resend_interval:
            assert facts.wake_at is None


@pytest.mark.parametrize(("if_seq", "kind"), [(10, Kind.RESOLVED), (9, Kind.NOTHING), (0, Kind.NOTHING)])
def test_a_conclusion_holds_while_nothing_newer_was_heard(if_seq: int, kind: Kind) -> None:
    """Its end was concluded from Alertmanager's list; every word of Alertmanager's since then wins."""
    change = reduce(FIRING, replace(resolves(20, 90), if_seq=if_seq), POLICY)
    assert change.kind is kind


@pytest.mark.parametrize(
    ("facts", "if_seq", "kind"),
    [
        (None, 0, Kind.OPENED),
        (None, 7, Kind.OPENED),
        (RESOLVED, 11, Kind.REOPENED),
        (RESOLVED, 0, Kind.NOTHING),
        (FIRING, 0, Kind.NOTHING),
    ],
)
def test_what_was_missed_is_taken_in_once(facts: Facts | None, if_seq: int, kind: Kind) -> None:
    """Not where a webhook was faster, nor where it has ended again since."""
    assert reduce(facts, replace(fires(20, 90), if_seq=if_seq), POLICY).kind is kind
