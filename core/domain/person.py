"""People: who acted, as the place where it happened names them, and the one human behind several such names."""

from dataclasses import dataclass
from enum import StrEnum


class Provider(StrEnum):
    """Where people act."""

    SLACK = "slack"
    PAGERDUTY = "pagerduty"
    API = "api"
    ALERTMANAGER = "alertmanager"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acted. `id` is the provider's own and the only thing to rely on; `name` may be empty or only a handle.

    An `id` of "" is the provider itself: a time-out, an automation, an integration.
    """

    provider: Provider
    id: str
    name: str = ""

    @property
    def key(self) -> str:
        """`slack:U0ADA`, `pagerduty:PUADA01`, `api:oncall-bot`, `alertmanager:ada`: stored beside what was done."""
        return f"{self.provider}:{self.id}"

    @property
    def is_person(self) -> bool:
        return bool(self.id) and self.provider in (Provider.SLACK, Provider.PAGERDUTY)


@dataclass(frozen=True, slots=True)
class Person:
    """One human across Slack and PagerDuty, joined by e-mail. `key` is that of the actor; None is not known."""

    key: str
    name: str
    email: str | None = None
    slack_id: str | None = None
    pagerduty_id: str | None = None

    @property
    def provider(self) -> Provider:
        return Provider(self.key.partition(":")[0])
