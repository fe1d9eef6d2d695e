"""From settings to parts: the one place where the configuration meets the bridge."""

import base64
import os
import secrets
import socket
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from sqlalchemy import Connection
from sqlalchemy.engine import URL

from cli.places import INSTANCE, database_path, keep_private
from config.settings import Alertmanager, Settings
from core import metrics
from core.bridge import Bridge
from core.domain import compare
from core.domain.change import Policy
from core.domain.person import Provider
from core.domain.severity import Severity
from core.domain.silence_rules import Rules
from core.poll_silences import poll
from core.reconcile import Outcome, reconcile
from core.silence_steps import introduce_all
from core.store import leases
from core.store.clock import clock_of
from core.store.engine import Store, open_mysql, open_sqlite
from core.targets.alertmanager import AlertmanagerTarget
from core.targets.alertmanager_client import Members
from core.targets.directory import Directory, Incidents
from core.targets.pagerduty import PagerDutyTarget
from core.targets.pagerduty_client import Rest
from core.targets.pagerduty_people import PagerDutyDirectory, PagerDutyIncidents
from core.targets.slack import SlackTarget
from core.targets.slack_directory import SlackDirectory
from core.targets.target import Target
from workers.watcher import Job

# A click waits for its name no longer than this.
_PATIENCE = (2.0, 2.0)


def open_store(settings: Settings) -> Store:
    storage = settings.storage
    if storage.mysql is not None:
        primary = storage.mysql.primary
        url = URL.create(
            "mysql+pymysql",
            username=primary.username,
            password=primary.password.reveal(),
            host=primary.host,
            port=primary.port,
            database=primary.database,
            query={"charset": storage.mysql.charset},
        )
        pool = storage.mysql.pool
        seconds = max(1, int(storage.mysql.timeout.total_seconds()))
        return open_mysql(
            url,
            connect_args={"connect_timeout": seconds, "read_timeout": seconds, "write_timeout": seconds},
            pool_size=pool.max_idle_conns,
            max_overflow=max(0, pool.max_open_conns - pool.max_idle_conns),
            pool_recycle=int(pool.conn_max_lifetime.total_seconds()),
        )
    path = database_path(settings)
    keep_private(path)
    return open_sqlite(str(path))


def make_targets(settings: Settings) -> dict[str, Target]:
    targets: list[Target] = []
    if settings.slack is not None:
        slack = settings.slack
        name = f"slack:{slack.channel_id}"
        targets.append(
            SlackTarget(
                slack.channel_id,
                slack.bot_token.reveal(),
                slack.api_url,
                posts_per_second=slack.posts_per_second,
                updates_per_minute=slack.updates_per_minute,
                on_unverified_repost=lambda: metrics.UNVERIFIED_REPOSTS.labels(name).inc(),
                silence_durations=settings.alerting.silence_durations,
            )
        )
    if settings.pagerduty is not None:
        pagerduty = settings.pagerduty
        targets.append(
            PagerDutyTarget(
                pagerduty.routing_key.reveal(),
                api_token=pagerduty.api_token.reveal() if pagerduty.api_token else None,
                service_id=pagerduty.service_id,
                api_url=pagerduty.api_url,
                events_api_url=pagerduty.events_api_url,
                default_severity=Severity(pagerduty.default_severity),
                severities=frozenset(pagerduty.severities),
                events_per_minute=pagerduty.events_per_minute,
                public_url=settings.api.public_url,
                from_email=pagerduty.from_email,
                acknowledge_silenced=pagerduty.on_silence == "acknowledge",
            )
        )
    return {target.name: target for target in targets}


def make_alertmanagers(settings: Settings) -> dict[str, AlertmanagerTarget]:
    """Where silences are held, by the target's name: one for each cluster."""
    given = settings.alertmanager
    targets = [
        AlertmanagerTarget(cluster.source, Members(cluster.urls, _credentials(given)))
        for cluster in given.clusters
    ]
    return {target.name: target for target in targets}


def _credentials(given: Alertmanager) -> dict[str, str]:
    if given.api_bearer_token is not None:
        return {"Authorization": f"Bearer {given.api_bearer_token.reveal()}"}
    if given.api_basic_auth is not None:
        pair = f"{given.api_basic_auth.username}:{given.api_basic_auth.password.reveal()}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    return {}


def policy(settings: Settings) -> Policy:
    alerting = settings.alerting
    return Policy(alerting.deduplication_window, alerting.resend_interval or timedelta())


def silence_rules(settings: Settings) -> Rules:
    alerting = settings.alerting
    longest = {severity: getattr(alerting.longest_silence, severity.value) for severity in Severity}
    return Rules(longest, dict(alerting.protected_labels))


def forget_the_dead(store: Store) -> None:
    """Return what the worker before this one still held, where `run` has said that there is only ever one."""
    only = os.environ.get(INSTANCE)
    if only:
        clock = clock_of(store)
        store.transact(lambda c: leases.forget(c, f"{only}:", clock()))


def holder() -> str:
    """A name for this process in leases and claims, shared with no other, ending in a colon."""
    instance = os.environ.get(INSTANCE) or f"{socket.gethostname()[:20]}-{secrets.token_hex(3)}"
    return f"{instance}:{os.getpid()}:"


def make_directories(settings: Settings) -> tuple[dict[Provider, Directory], Incidents | None]:
    """Who can be asked about people, and about what incidents hold."""
    directories: dict[Provider, Directory] = {}
    incidents: Incidents | None = None
    if settings.slack is not None:
        token, url = settings.slack.bot_token.reveal(), settings.slack.api_url
        directories[Provider.SLACK] = SlackDirectory(token, url)
    if settings.pagerduty is not None and settings.pagerduty.api_token is not None:
        rest = Rest(settings.pagerduty.api_token.reveal(), settings.pagerduty.api_url, _PATIENCE)
        directories[Provider.PAGERDUTY] = PagerDutyDirectory(rest)
        incidents = PagerDutyIncidents(rest, settings.pagerduty.service_id)
    return directories, incidents


def make_jobs(settings: Settings, bridge: Bridge) -> list[Job]:
    """What is read back from Alertmanager every so often."""
    ours = settings.alertmanager
    found = []
    for target in bridge.alertmanagers.values():
        compared = partial(reconcile, bridge, target.source, target.members, _compared(ours))
        read = partial(poll, bridge, target.name)
        found += [
            Job(f"reconcile:{target.source}", ours.reconcile_interval, partial(_goes_well, compared)),
            Job(f"poll:{target.source}", ours.poll_interval, read),
        ]
    return found


def _goes_well(compared: Callable[[], Outcome]) -> bool:
    return not compared().trouble


def _compared(ours: Alertmanager) -> compare.Rules:
    return compare.Rules(restart_grace=ours.restart_grace)


def reconciled_sources(settings: Settings) -> tuple[str, ...]:
    """Whose alerts are compared with Alertmanager's list."""
    return tuple(cluster.source for cluster in settings.alertmanager.clusters)


def make_bridge(
    settings: Settings, store: Store, on_due: Callable[[str], None], on_lane: Callable[[str], None]
) -> Bridge:
    directories, incidents = make_directories(settings)
    bridge = Bridge(
        store,
        clock_of(store),
        policy(settings),
        make_targets(settings),
        holder(),
        on_due,
        on_lane=on_lane,
        directories=directories,
        incidents=incidents,
        alertmanagers=make_alertmanagers(settings),
        rules=silence_rules(settings),
        ack_silences=settings.alerting.ack_silences,
    )

    def enter(connection: Connection) -> None:
        for name in bridge.far_sides:
            leases.ensure_target(connection, name)
        introduce_all(connection, bridge, bridge.clock())

    store.transact(enter)
    return bridge
