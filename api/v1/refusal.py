"""Why an act would change nothing, in a sentence for who asked for it: `reduce` itself is asked, beforehand."""

from datetime import timedelta

from core.domain.alert import Facts
from core.domain.answers import unchanged
from core.domain.change import Kind, Policy
from core.domain.event import Deed
from core.domain.reduce_deed import reduce_deed

# Windows and intervals say when something happens next, never whether it happens.
_ANY = Policy(timedelta(), timedelta())


def refusal(facts: Facts, deed: Deed) -> str | None:
    """None where something would change, or go on record."""
    change = reduce_deed(facts, deed, _ANY)
    if change.why is None or change.kind not in (Kind.NOTHING, Kind.SEEN, Kind.LATE):
        return None
    return unchanged(change.why, facts, deed)
