"""What the receiver is made of, put together by whoever starts it: the application itself reads no settings."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from api.authentication import Authentication
from api.intake import Intake
from api.patience import Patience
from api.signatures import PagerDutySignatures, SlackSignatures
from core.store.clock import Clock
from core.store.engine import Store

Json = dict[str, Any]

Commands = Callable[[str, str, str, datetime], Json]
"""Answers a slash command: its name, its text, who typed it, and now."""


@dataclass(frozen=True, slots=True)
class SlackParts:
    """`open_view` takes a trigger id and a modal, and raises `core.targets.slack_errors.Failure`."""

    signatures: SlackSignatures
    open_view: Callable[[str, Json], object]
    commands: Commands
    patience: Patience = field(default_factory=Patience)


@dataclass(frozen=True, slots=True)
class Parts:
    """`migrated` says whether the database has the tables that this program expects. `api` is who may use the API.

    Without `slack` or `pagerduty` nothing is taken from there. `reconciled` are the sources whose alerts
    are compared with Alertmanager's list, which a worker does.
    """

    intake: Intake
    store: Store
    clock: Clock
    authentication: Authentication
    max_body_bytes: int
    migrated: Callable[[], bool]
    slack: SlackParts | None = None
    pagerduty: PagerDutySignatures | None = None
    api: Authentication = field(default_factory=Authentication)
    reconciled: tuple[str, ...] = ()
