"""What a target is told next: the most urgent of what its budgets allow now. What people did may use what is kept
for them.
"""

from datetime import datetime

from sqlalchemy import Connection

from core.changes import URGENT
from core.domain.pace import Pace
from core.store import deliveries, notices
from core.store.deliveries import SILENCES
from core.targets.target import SilenceTarget, Target

_SOONEST = 0.01


def choose(
    connection: Connection, target: Target, pace: Pace, now: datetime
) -> deliveries.Due | notices.Best | float | None:
    """A row, a word, seconds until there is a token for one, or None: nothing is due."""
    row, word = _row(connection, target, pace, now), _word(connection, target, pace, now)
    if isinstance(word, notices.Best) and (
        not isinstance(row, deliveries.Due) or word.priority <= row.priority
    ):
        return word
    if isinstance(row, deliveries.Due):
        return row
    waits = [wait for wait in (row, word) if isinstance(wait, float)]
    return max(_SOONEST, min(waits)) if waits else None


def choose_silence(
    connection: Connection, target: SilenceTarget, pace: Pace, now: datetime
) -> deliveries.Due | float | None:
    """As choose, of silences. They are made and changed by people: nobody has to be kept from a reserve."""
    due = deliveries.best(connection, target.name, now, (), of=SILENCES)
    if due is None:
        return None
    wait = pace.wait(target.budget(due.remote_id), now.timestamp(), urgent=True)
    return max(_SOONEST, wait) if wait > 0 else due


def _row(connection: Connection, target: Target, pace: Pace, now: datetime) -> deliveries.Due | float | None:
    """The two kinds of rows, those to be shown first and those to be edited, have budgets of their own."""
    budgets = {False: target.budget(None), True: target.budget("shown")}
    waits = {shown: pace.wait(budget, now.timestamp()) for shown, budget in budgets.items()}
    free = [shown for shown, wait in waits.items() if wait <= 0]
    held = [shown for shown in waits if shown not in free]
    kept = [shown for shown in held if pace.wait(budgets[shown], now.timestamp(), urgent=True) <= 0]
    due = deliveries.best(connection, target.name, now, free) if free else None
    urgent = deliveries.best(connection, target.name, now, kept, at_most=URGENT) if kept else None
    if urgent is not None or due is not None:
        return min((row for row in (urgent, due) if row), key=lambda row: row.priority)
    if held and deliveries.best(connection, target.name, now, held):
        return min(waits[shown] for shown in held)
    return None


def _word(connection: Connection, target: Target, pace: Pace, now: datetime) -> notices.Best | float | None:
    by_budget: dict[str, list[str]] = {}
    for word in target.says:
        by_budget.setdefault(target.budget_to_say(word), []).append(word)
    ready, waits = [], []
    for budget, kinds in by_budget.items():
        best = notices.best(connection, target.name, now, kinds)
        if best is None:
            continue
        wait = pace.wait(budget, now.timestamp(), urgent=best.priority <= URGENT)
        if wait > 0:
            waits.append(wait)
        else:
            ready.append(best)
    return min(ready, key=lambda best: best.priority) if ready else min(waits, default=None)
