"""Ours, theirs and what both agreed on: whatever the two sides do, both come to the same."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.targets.alertmanager_decide import HORIZON, Base, Decision, Side, View, decide

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
AGREED = View(NOON + HOUR, "swap")
BASE = Base(AGREED, AGREED, NOON)
STILL = Side(AGREED, over=False, changed_at=NOON)
LONGER = Side(View(NOON + 2 * HOUR, "swap"), over=False, changed_at=NOON + SECOND)
REWORDED = Side(View(NOON + HOUR, "disk"), over=False, changed_at=NOON + 2 * SECOND)
ENDED = Side(View(NOON + 3 * SECOND, "swap"), over=True, changed_at=NOON + 3 * SECOND)
RUN_OUT = Side(AGREED, over=True, changed_at=NOON)


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (STILL, None, Decision.MAKE),
        (ENDED, None, Decision.AGREED),
        (STILL, STILL, Decision.AGREED),
        (RUN_OUT, STILL, Decision.AGREED),  # its clock is behind ours
        (STILL, RUN_OUT, Decision.AGREED),
        (ENDED, RUN_OUT, Decision.AGREED),
        (LONGER, STILL, Decision.CHANGE),
        (REWORDED, STILL, Decision.CHANGE),
        (ENDED, STILL, Decision.END),
        (LONGER, RUN_OUT, Decision.MAKE),
        (STILL, LONGER, Decision.FOUND_CHANGE),
        (STILL, REWORDED, Decision.FOUND_CHANGE),
        (STILL, ENDED, Decision.FOUND_END),
        (RUN_OUT, LONGER, Decision.LET_GO),
        (LONGER, REWORDED, Decision.FOUND_CHANGE),
        (REWORDED, LONGER, Decision.CHANGE),
        (LONGER, ENDED, Decision.FOUND_END),
        (ENDED, LONGER, Decision.END),
        (replace(ENDED, changed_at=NOON), LONGER, Decision.LET_GO),
        (LONGER, replace(ENDED, changed_at=NOON + SECOND / 2), Decision.MAKE),
    ],
)
def test_who_moved_alone_is_followed_and_of_two_the_later(
    ours: Side, theirs: Side | None, expected: Decision
) -> None:
    assert expected is decide(BASE, ours, theirs)


def test_what_was_read_before_it_was_agreed_on_has_been_forgotten_there() -> None:
    former = Side(View(NOON + HOUR / 2, "swap"), over=False, changed_at=NOON)
    assert Decision.CHANGE is decide(BASE, STILL, former)
    assert Decision.FOUND_CHANGE is decide(BASE, STILL, replace(former, changed_at=NOON + SECOND))


def test_what_was_told_and_is_not_done_here_yet_is_waited_for() -> None:
    assert Decision.UNMOVED is decide(Base(AGREED, LONGER.view, LONGER.changed_at), STILL, LONGER)


def test_ends_beyond_what_we_can_keep_are_all_one() -> None:
    here = Side(View(HORIZON, "swap"), over=False, changed_at=NOON)
    there = Side(View(HORIZON + timedelta(days=400_000), "swap"), over=False, changed_at=NOON)
    assert Decision.AGREED is decide(None, here, there)
    assert Decision.FOUND_CHANGE is decide(BASE, STILL, replace(there, changed_at=NOON + SECOND))


@dataclass
class World:
    """A silence on both sides, in whole minutes. What is found is done here at the next `hear`, as ingest would."""

    now: datetime = NOON
    ours: View = AGREED
    ours_at: datetime = NOON
    theirs: View | None = AGREED
    theirs_at: datetime = NOON
    base: Base = BASE
    found: View | None = None
    let_go: bool = False

    def sides(self) -> tuple[Side, Side | None]:
        ours = Side(self.ours, self.ours.end <= self.now, self.ours_at)
        if self.theirs is None:
            return ours, None
        return ours, Side(self.theirs, self.theirs.end <= self.now, self.theirs_at)

    def here(self, view: View) -> None:
        if self.ours.end > self.now:
            self.ours, self.ours_at = view, self.now

    def there(self, view: View | None) -> None:
        if self.theirs is not None and self.theirs.end > self.now:
            self.theirs, self.theirs_at = view, self.now

    def hear(self) -> None:
        """Ingest: a change that comes too late is refused."""
        if self.found is not None and (self.found.end > self.now or self.found.end < self.ours.end):
            end = max(self.found.end, self.now)
            self.here(replace(self.found, end=end))
        self.found = None

    def look(self) -> None:
        if self.let_go:
            return
        ours, theirs = self.sides()
        match decide(self.base, ours, theirs):
            case Decision.MAKE | Decision.CHANGE:
                self.base = Base(self.ours, self.ours, theirs.changed_at if theirs else None)
                self.theirs, self.theirs_at = self.ours, self.now
            case Decision.END:
                self.there(replace(self.theirs or AGREED, end=self.now))
                self.base = Base(self.ours, self.theirs or AGREED, self.now)
            case Decision.FOUND_CHANGE | Decision.FOUND_END:
                assert self.theirs is not None
                self.base = Base(self.base.ours, self.theirs, self.theirs_at)
                self.found = self.theirs
            case Decision.LET_GO:
                self.let_go = True
            case Decision.AGREED if self.theirs is not None:
                self.base = Base(self.ours, self.theirs, self.theirs_at)


MOVES = st.lists(
    st.tuples(
        st.sampled_from(["here", "there", "lost", "look", "hear"]),
        st.integers(-30, 90),
        st.sampled_from(["swap", "disk"]),
        st.integers(0, 45),
    ),
    max_size=12,
)


@given(MOVES)
def test_whatever_both_sides_did_after_two_rounds_they_agree(moves: list[tuple[str, int, str, int]]) -> None:
    world = World()
    for what, minutes, text, after in moves:
        world.now += timedelta(minutes=after, seconds=1)
        end = max(world.now, world.now + timedelta(minutes=minutes))
        if what == "here":
            world.here(View(end, text))
        elif what == "there":
            world.there(View(end, text))
        elif what == "lost":
            world.there(None)
        else:
            getattr(world, what)()
    world.hear()
    for _ in range(2):
        world.now += SECOND
        world.look()
        world.hear()
    ours, theirs = world.sides()
    over_there = theirs is None or theirs.over
    assert world.let_go or (
        (ours.over and over_there) or (theirs is not None and ours.view.agrees(theirs.view))
    ), world
