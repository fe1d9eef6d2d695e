"""What the receiver is made of, put together by whoever starts it: the application itself reads no settings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from api.authentication import Authentication
from api.brake import Brake
from api.intake import Intake
from api.patience import Patience
from api.signatures import PagerDutySignatures, SlackSignatures
from core.domain.silence_rules import Rules
from core.store.clock import Clock
from core.store.engine import Store
from core.targets.slack_buttons import DURATIONS

Json = dict[str, Any]

Commands = Callable[[str, str, str, datetime], Json]
"""Answers a slash command: its name, its text, who typed it, and now."""


@dataclass(frozen=True, slots=True)
class SlackParts:
    """`open_view` takes a trigger id and a modal, and raises `core.targets.slack_errors.Failure`.

    `silence_durations` are the lengths that are offered. `zone` names the time zone of somebody by their id, "" where
    Slack does not say, and raises the same.
    """

    signatures: SlackSignatures
    open_view: Callable[[str, Json], object]
    commands: Commands
    patience: Patience = field(default_factory=Patience)
    silence_durations: Sequence[timedelta] = DURATIONS
    zone: Callable[[str], str] = lambda _: ""


@dataclass(frozen=True, slots=True)
class Parts:
    """`migrated` says whether the database has the tables that this program expects, `fit` whether it and its user's
    rights there would do. `api` is who may use the API, `rules` what may be silenced from here.

    Without `slack` or `pagerduty` nothing is taken from there. `reconciled` are the sources whose alerts
    are compared with Alertmanager's list, which a worker does. `hinted` says whether the broker took the last hint,
    None: nobody knows.
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
    rules: Rules = field(default_factory=Rules)
    reconciled: tuple[str, ...] = ()
    hinted: Callable[[], bool | None] = lambda: None
    fit: Callable[[], bool] = lambda: True
    brake: Brake = field(default_factory=Brake)
