"""What the rest of the program sees: parsed once at start, frozen, in the shape of the file.

A block that is not used is None. Times are timedelta, secrets are Secret; there is nothing left to check.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from config.addresses import passwords
from config.faults import Remark
from config.secret import Secret


class StorageType(StrEnum):
    MEMORY = "memory"
    SQLITE = "sqlite"
    MYSQL = "mysql"


@dataclass(frozen=True, slots=True)
class Server:
    host: str
    port: int
    shutdown_timeout: timedelta
    max_body_bytes: int


@dataclass(frozen=True, slots=True)
class Sqlite:
    path: Path


@dataclass(frozen=True, slots=True)
class MysqlServer:
    host: str
    port: int
    database: str
    username: str
    password: Secret


@dataclass(frozen=True, slots=True)
class MysqlPool:
    max_open_conns: int
    max_idle_conns: int
    conn_max_lifetime: timedelta
    conn_max_idle_time: timedelta


@dataclass(frozen=True, slots=True)
class MysqlTls:
    """`verify` is identity, ca or none. Without `ca` the system's are believed."""

    ca: Path | None
    cert: Path | None
    key: Path | None
    verify: str


@dataclass(frozen=True, slots=True)
class Mysql:
    """Without `tls` connections are encrypted where the server offers it, to whoever answers."""

    primary: MysqlServer
    replica: MysqlServer | None
    tls: MysqlTls | None
    pool: MysqlPool
    timeout: timedelta
    charset: str


@dataclass(frozen=True, slots=True)
class Storage:
    """`mysql` is there exactly when `type` is mysql."""

    type: StorageType
    sqlite: Sqlite
    mysql: Mysql | None


@dataclass(frozen=True, slots=True)
class Slack:
    bot_token: Secret
    signing_secret: tuple[Secret, ...]
    channel_id: str
    app_id: str | None
    api_url: str
    posts_per_second: float
    updates_per_minute: int


@dataclass(frozen=True, slots=True)
class PagerDuty:
    """`severities` that page; empty means all of them. `on_silence` is acknowledge or note."""

    routing_key: Secret
    api_token: Secret | None
    service_id: str | None
    from_email: str | None
    webhook_secret: tuple[Secret, ...]
    default_severity: str
    severities: tuple[str, ...]
    on_silence: str
    api_url: str
    events_api_url: str
    events_per_minute: int


@dataclass(frozen=True, slots=True)
class NamedToken:
    name: str
    token: Secret


@dataclass(frozen=True, slots=True)
class BasicAuth:
    username: str
    password: Secret


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where the API of one source is: `urls` are members that share their alerts and silences."""

    source: str
    urls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Alertmanager:
    """`source_tokens` are bearer tokens that name the source; `bearer_token` are those that do not.

    Of `api_bearer_token` and `api_basic_auth` at most one is there.
    """

    clusters: tuple[Cluster, ...]
    api_bearer_token: Secret | None
    api_basic_auth: BasicAuth | None
    webhook_secret: tuple[Secret, ...]
    bearer_token: tuple[Secret, ...]
    source_tokens: tuple[NamedToken, ...]
    basic_auth: BasicAuth | None
    poll_interval: timedelta
    reconcile_interval: timedelta
    restart_grace: timedelta

    @property
    def authenticated(self) -> bool:
        return bool(self.webhook_secret or self.bearer_token or self.source_tokens or self.basic_auth)


@dataclass(frozen=True, slots=True)
class LongestSilence:
    critical: timedelta
    error: timedelta
    warning: timedelta
    info: timedelta


@dataclass(frozen=True, slots=True)
class Alerting:
    """A `resend_interval` of zero means no reminders. `protected_labels` are labels, each with its values."""

    deduplication_window: timedelta
    resend_interval: timedelta
    silence_durations: tuple[timedelta, ...]
    longest_silence: LongestSilence
    protected_labels: tuple[tuple[str, tuple[str, ...]], ...]
    ack_silences: bool


@dataclass(frozen=True, slots=True)
class Retention:
    """How long what is over is kept; zero: for ever."""

    resolved_alerts: timedelta
    expired_silences: timedelta
    events: timedelta
    event_bodies: timedelta
    attempts: timedelta


@dataclass(frozen=True, slots=True)
class Broker:
    """No `url` means the embedded broker. It may hold a password, so it is a secret."""

    url: Secret | None

    def secrets(self) -> tuple[str, ...]:
        return passwords(self.url.reveal()) if self.url else ()


@dataclass(frozen=True, slots=True)
class Worker:
    concurrency: int
    metrics_port: int | None


@dataclass(frozen=True, slots=True)
class Api:
    """The name of a token is the actor on record."""

    tokens: tuple[NamedToken, ...]
    public_url: str | None


@dataclass(frozen=True, slots=True)
class Logging:
    """`level` is debug, info, warning or error; `format` is json or console."""

    level: str
    format: str


@dataclass(frozen=True, slots=True)
class Settings:
    server: Server
    storage: Storage
    retention: Retention
    slack: Slack | None
    pagerduty: PagerDuty | None
    alertmanager: Alertmanager
    alerting: Alerting
    broker: Broker
    worker: Worker
    api: Api
    logging: Logging
    remarks: tuple[Remark, ...] = ()

    @property
    def far_sides(self) -> list[str]:
        """Everybody who is told something, by the name of its target."""
        told = [f"slack:{self.slack.channel_id}"] if self.slack else []
        told += ["pagerduty:default"] if self.pagerduty else []
        return [*told, *(f"alertmanager:{cluster.source}" for cluster in self.alertmanager.clusters)]

    def secrets(self) -> Iterator[str]:
        """Every secret text once, for what keeps them out of the log."""
        yield from dict.fromkeys(_revealed(self))


def _revealed(value: object) -> Iterator[str]:
    if isinstance(value, Secret):
        yield value.reveal()
    elif isinstance(value, Broker):
        yield from value.secrets()
    elif isinstance(value, tuple):
        for item in value:
            yield from _revealed(item)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _revealed(getattr(value, field.name))
