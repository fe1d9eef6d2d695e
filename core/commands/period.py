"""The times that a summary can be about, as people type them."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo

from core.commands.wrong import Wrong
from core.domain import words
from core.store.summary import Period

DEFAULT = "24h"
EXAMPLES = ("1h", DEFAULT, "7d", "today", "week", "all")
_SPAN = re.compile(r"([1-9][0-9]{0,3})([hd])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Named:
    """A period and how it is called: `the last 24 h`, `today`, `this week`, `all time`."""

    name: str
    period: Period


def read(word: str, now: datetime, zone: tzinfo) -> Named:
    """Weeks begin on Monday. Raises Wrong."""
    word = word or DEFAULT
    midnight = datetime.combine(now.astimezone(zone).date(), time(), zone)
    if word == "all":
        return Named("all time", Period())
    if word == "today":
        return Named("today", Period(midnight, now))
    if word == "week":
        # By the calendar, not by 24 hours: a clock may have been put forward since Monday.
        return Named("this week", Period(midnight - timedelta(days=midnight.weekday()), now))
    if span := _SPAN.fullmatch(word):
        hours = int(span[1]) * (24 if span[2] == "d" else 1)
        unit = f"{hours} h" if span[2] == "h" else words.count(int(span[1]), "day")
        return Named(f"the last {unit}", Period(now - timedelta(hours=hours), now))
    raise Wrong(f"“{word[:40]}” is not a period.")
