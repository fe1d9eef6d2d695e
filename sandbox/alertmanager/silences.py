"""Silences and the rules for changing them: in place, or the old one expired and a new one with a new id.

The clock is an argument. The same wish twice makes two silences, as there.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sandbox.alertmanager.matching import Matcher, check, select

RETENTION = timedelta(hours=120)  # --data.retention: how long an expired one stays listed


class Unwanted(Exception):
    """Refused, in Alertmanager's words."""


@dataclass(frozen=True)
class Silence:
    """As wanted (`id` empty for a new one) and as kept."""

    matchers: tuple[Matcher, ...]
    starts_at: datetime
    ends_at: datetime
    created_by: str
    comment: str
    id: str = ""
    updated_at: datetime | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)

    def state(self, now: datetime) -> str:
        if now < self.starts_at:
            return "pending"
        return "active" if now < self.ends_at else "expired"


class Silences:
    """All there are, expired ones too."""

    def __init__(self) -> None:
        self._kept: dict[str, Silence] = {}
        self._lock = threading.RLock()

    def listing(self, now: datetime) -> list[Silence]:
        """Active ones first by their end, then pending ones by their start, then the newest of the expired."""
        with self._lock:
            self._kept = {one.id: one for one in self._kept.values() if now - RETENTION < one.ends_at}
            kept = list(self._kept.values())
        active, pending, expired = (
            [one for one in kept if one.state(now) == state] for state in ("active", "pending", "expired")
        )
        return [
            *sorted(active, key=lambda one: one.ends_at),
            *sorted(pending, key=lambda one: one.starts_at),
            *sorted(expired, key=lambda one: one.ends_at, reverse=True),
        ]

    def find(self, name: str) -> Silence:
        """LookupError when there is none."""
        with self._lock:
            if name not in self._kept:
                raise LookupError("silence not found")
            return self._kept[name]

    def muting(self, labels: Mapping[str, str], now: datetime) -> list[str]:
        """The ids of what mutes an alert with these labels now."""
        with self._lock:
            active = [one for one in self._kept.values() if one.state(now) == "active"]
        return sorted(one.id for one in active if select(one.matchers, labels))

    def put(self, wanted: Silence, now: datetime, *, is_modern: bool = True) -> str:
        """Its id from now on, which is a new one unless it could be changed in place.

        Until 0.27 the old one was expired even where the new one was then refused.
        """
        with self._lock:
            before = self.find(wanted.id) if wanted.id else None
            if before is not None and _is_change(before, wanted, now):
                return self._keep(replace(wanted, updated_at=now))
            if before is not None and not is_modern:
                self.expire(before.id, now)
            validate(wanted.matchers, is_modern=is_modern)
            if before is not None:
                self.expire(before.id, now)
            starts_at = max(wanted.starts_at, now)
            return self._keep(replace(wanted, id=str(uuid.uuid4()), starts_at=starts_at, updated_at=now))

    def expire(self, name: str, now: datetime) -> None:
        """An expired one stays as it is."""
        with self._lock:
            one = self.find(name)
            if one.state(now) != "expired":
                self._keep(replace(one, starts_at=min(one.starts_at, now), ends_at=now, updated_at=now))

    def forget(self) -> None:
        with self._lock:
            self._kept.clear()

    def _keep(self, one: Silence) -> str:
        self._kept[one.id] = one
        return one.id


def _is_change(before: Silence, wanted: Silence, now: datetime) -> bool:
    """Whether Alertmanager changes `before` in place (silence/silence.go, canUpdate)."""
    if before.matchers != wanted.matchers:
        return False
    match before.state(now):
        case "active":
            return int(before.starts_at.timestamp()) == int(wanted.starts_at.timestamp())
        case "pending":
            return wanted.starts_at >= now
    return False


def validate(matchers: Sequence[Matcher], *, is_modern: bool) -> None:
    said = "invalid silence" if is_modern else "silence invalid"
    for number, matcher in enumerate(matchers):
        try:
            check(matcher, any_name=is_modern)
        except ValueError as error:
            raise Unwanted(f"{said}: invalid label matcher {number}: {error}") from None
    # One that says what a label is not counts as narrow enough, whatever else it lets through.
    if all(one.is_equal and one.matches({}) for one in matchers):
        raise Unwanted(f"{said}: at least one matcher must not match the empty string")
