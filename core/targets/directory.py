"""Who people are, as a provider tells: asked seldom, and never so that anybody waits for long."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Entry:
    """One account. `email` is None where the provider does not show it."""

    id: str
    name: str
    email: str | None


class Directory(Protocol):
    """The accounts of one provider. Implementations are safe to use from several threads."""

    def by_id(self, id_: str) -> Entry | None:
        """None where there is no such account. Raises Transient, Permanent or Blocked."""

    def by_email(self, email: str) -> Entry | None:
        """None where nobody has this address. Raises likewise."""


class Incidents(Protocol):
    """What PagerDuty's incidents hold."""

    def may_hold_ours(self, service_id: str) -> bool:
        """Whether an incident of this service can be ours at all; "" is a service that was not named."""

    def keys(self, incident_id: str) -> list[str]:
        """The dedup keys of the alerts in it; none where it is gone. Raises Transient, Permanent or Blocked."""
