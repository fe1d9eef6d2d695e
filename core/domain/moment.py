"""Times as people type them: `14:30`, `tomorrow 9:00`, `2026-11-24 09:00`, each with or without a zone behind it.

Where clocks are changed a time may exist twice or not at all. Of two the first is meant; one that is skipped moves
forward by as much as the clock does.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from core.domain.errors import Malformed

_FORM = re.compile(
    r"(?:(?P<tomorrow>tomorrow)\s+|(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})(?:\s+|T))?"
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}))?"
    r"\s*(?P<zone>Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2}|[a-z]+(?:/[a-z0-9_+-]+){1,2})?,?",
    re.ASCII | re.IGNORECASE,
)
_LONGEST = 60
# What people call zones by, though several share such a name and an offset is right for half a year only.
_SHORT = re.compile(
    "(?:[CEW]ES?T|[CEMP][SD]T|[BIJKM]ST|A[CEW][SD]T|NZ[SD]T|SGT|HKT|(?:UTC|GMT)?[+-][0-9]{1,2}(?::?[0-9]{2})?)"
)
_AREA = re.compile(
    "(?:Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Etc|Europe|Indian|Pacific|US)/.*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Moment:
    """What was typed. Without a `day` it is the next time at which a clock shows that; `zone` may be left open."""

    clock: time
    day: date | None = None
    tomorrow: bool = False
    zone: tzinfo | None = None

    def at(self, now: datetime, zone: tzinfo) -> datetime:
        """In UTC; `zone` is theirs who typed it. Raises Malformed."""
        zone = self.zone or zone
        today = now.astimezone(zone).date()
        if self.day is not None:
            return self._on(self.day, zone)
        if self.tomorrow:
            return self._on(today + timedelta(days=1), zone)
        at = self._on(today, zone)
        return at if at > now else self._on(today + timedelta(days=1), zone)

    def _on(self, day: date, zone: tzinfo) -> datetime:
        # PEP 495: fold=0 is the first of two, and takes in a gap the offset before it, which leads behind it.
        try:
            return datetime.combine(day, self.clock, zone).replace(fold=0).astimezone(UTC)
        except OverflowError:
            raise Malformed("That is no time that exists.") from None


def read(text: str) -> Moment:
    """Raises Malformed."""
    form = _FORM.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    if form is None:
        raise Malformed("A time is written like 14:30, tomorrow 9:00 or 2026-11-24 09:00.")
    try:
        clock = time(int(form["hour"]), int(form["minute"]), int(form["second"] or 0))
        day = date.fromisoformat(form["day"]) if form["day"] else None
        return Moment(clock, day, form["tomorrow"] is not None, _zone(form["zone"]))
    except ValueError:
        raise Malformed("That is no time that exists.") from None


def looks_like_a_zone(word: str) -> bool:
    """Whether it was typed as the zone of the time before it, and is none that `read` understands."""
    return bool(_SHORT.fullmatch(word) or _AREA.fullmatch(word))


def _zone(text: str | None) -> tzinfo | None:
    if text is None:
        return None
    if text.upper() in ("Z", "UTC", "GMT"):
        return UTC
    if "/" in text:
        return _named(text)
    away = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return timezone(-away if text[0] == "-" else away)


def _named(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        # For a name that it does not know ZoneInfo has one of these three, each for another kind.
        raise Malformed(
            f"There is no time zone {name}; they are written like Europe/Berlin or +02:00."
        ) from None
