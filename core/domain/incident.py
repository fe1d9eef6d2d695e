"""A PagerDuty incident, as far as it concerns an alert of ours."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Held:
    """One occurrence of an alert in one incident. `number` and `url` are for people, and may be missing."""

    incident_id: str
    alert_id: str
    occurrence: int
    number: int | None = None
    url: str = ""
