"""What happened, as a source told it, with everything provider-specific already taken off."""

from dataclasses import dataclass
from datetime import datetime

from core.domain.alert import Content


@dataclass(frozen=True, slots=True)
class Report:
    """Alertmanager's word about one alert: it fires, or it has resolved.

    `seq` is the inbox id it came in with and the only order we trust; `received_at` is our own clock.
    `starts_at` and `ends_at` are Alertmanager's, shown to people and used to recognise a stale resolve, never as
    a clock. `ends_at` is None where Alertmanager sent its year 1.
    """

    source: str
    fingerprint: str
    firing: bool
    content: Content
    starts_at: datetime
    ends_at: datetime | None
    seq: int
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Tick:
    """The alert's timer has gone off."""

    at: datetime


Event = Report | Tick
