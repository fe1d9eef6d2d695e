"""What to do about a silence that stands here and in Alertmanager: ours, theirs and what both last agreed on. Pure.

Where only one side has moved, the other follows; where both have, the later. A side that has merely reached its end
has not moved.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

HORIZON = datetime(2038, 1, 19, 3, 14, 7, tzinfo=UTC)
"""Later ends are all one to us: a MySQL TIMESTAMP ends here, and Alertmanager's silences may last for centuries."""


@dataclass(frozen=True, slots=True)
class View:
    """What of a silence can change: when it ends, and its words."""

    end: datetime
    text: str

    def ends_with(self, other: "View") -> bool:
        """Whether both have the same end, as far as both sides can say it."""
        if min(self.end, other.end) >= HORIZON:
            return True
        return _to_millisecond(self.end) == _to_millisecond(other.end)

    def agrees(self, other: "View") -> bool:
        return self.text == other.text and self.ends_with(other)


@dataclass(frozen=True, slots=True)
class Side:
    """One side as it is now, and when it was last changed."""

    view: View
    over: bool
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Base:
    """How each side stood when both last agreed, and how far their record had been read then (None: not at all)."""

    ours: View
    theirs: View
    read_to: datetime | None = None


class Decision(StrEnum):
    """MAKE, CHANGE and END are done there. FOUND_CHANGE and FOUND_END have been done there and are to be done here.

    LET_GO: it lasts there beyond its end here, so that it is no longer this silence.
    """

    AGREED = "agreed"
    UNMOVED = "unmoved"
    MAKE = "make"
    CHANGE = "change"
    END = "end"
    FOUND_CHANGE = "found_change"
    FOUND_END = "found_end"
    LET_GO = "let_go"


def decide(base: Base | None, ours: Side, theirs: Side | None) -> Decision:
    """`theirs` None: there is no such silence there."""
    if theirs is None:
        return Decision.AGREED if ours.over else Decision.MAKE
    if (ours.over and theirs.over) or ours.view.agrees(theirs.view):
        return Decision.AGREED
    we, they = _moved(base, ours, theirs)
    if we and they:
        we = ours.changed_at > theirs.changed_at
    if we:
        return _to_do(ours, theirs)
    if they or (ours.over != theirs.over and not ours.view.ends_with(theirs.view)):
        return _to_tell(ours, theirs)
    return Decision.UNMOVED


def _moved(base: Base | None, ours: Side, theirs: Side) -> tuple[bool, bool]:
    if base is None:
        return True, True
    we = not ours.view.agrees(base.ours)
    they = not theirs.view.agrees(base.theirs)
    if they and base.read_to is not None and theirs.changed_at <= base.read_to:
        # What was known before it was agreed on is no news: it has been forgotten there, or not yet heard.
        return True, False
    return we, they


def _to_do(ours: Side, theirs: Side) -> Decision:
    if ours.over:
        return Decision.END
    return Decision.MAKE if theirs.over else Decision.CHANGE


def _to_tell(ours: Side, theirs: Side) -> Decision:
    if ours.over:
        return Decision.LET_GO
    return Decision.FOUND_END if theirs.over else Decision.FOUND_CHANGE


def _to_millisecond(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
