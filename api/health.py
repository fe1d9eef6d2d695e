"""How the bridge is: alive, ready, and in numbers. None of the three may hang with the database."""

import os
from collections.abc import Iterator
from typing import Any

import flask
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from api.errors import json_answer
from api.parts import Parts
from core.metrics import BrokerUp
from core.store.cached import Cached
from core.store.gauges import Gauges, Reconciled, cached
from core.store.replica import Replica

_NOT_RECONCILED = (
    "off: without alertmanager.url an alert that ends while it is silenced stays open here, and one that was missed "
    "stays unknown"
)
# Somebody has to change the server or a right there, and until then this costs the database some questions.
_FITNESS = 30.0
_BROKER_DOWN = "down: what it does not carry is found by the sweep, some seconds later"


def blueprint(parts: Parts) -> flask.Blueprint:
    routes = flask.Blueprint("health", __name__)
    gauges = cached(parts.store, parts.clock, parts.reconciled)
    migrated = Cached(parts.migrated)
    fit = Cached(parts.fit, fresh=_FITNESS)
    authenticated = parts.authentication.configured
    reconciles = bool(parts.reconciled)
    replica = parts.store.replica

    @routes.get("/health")
    def health() -> flask.Response:
        # Alive is all this says: to restart the receiver would not bring a database back.
        return json_answer(200, {"status": "ok"})

    @routes.get("/ready")
    def ready() -> flask.Response:
        broker = _BROKER_DOWN if parts.hinted() is False else "ok"
        database = _database(gauges.get(), fit.get())
        answer = _ready(
            gauges.get(),
            database=database,
            migrated=migrated.get(),
            authenticated=authenticated,
            reconciles=reconciles,
            broker=broker,
        )
        if replica is not None:
            trouble = replica.trouble
            answer["replica"] = f"not used: {trouble}" if trouble else "ok"
        return json_answer(200 if answer["status"] == "ready" else 503, answer)

    @routes.get("/metrics")
    def metrics() -> flask.Response:
        asked = _Asked(gauges.get(), authenticated, replica), BrokerUp(parts.hinted)
        return flask.Response(_exposition(*asked), content_type=CONTENT_TYPE_LATEST)

    return routes


def _ready(
    gauges: Gauges | None,
    *,
    database: str,
    migrated: bool | None,
    authenticated: bool,
    reconciles: bool,
    broker: str,
) -> dict[str, Any]:
    # A blocked target is shown and no more. Its rows wait in the database; an unready receiver would be taken out of
    # the load balancer, and then Alertmanager's next alert would have nowhere to go either.
    targets = gauges.targets if gauges else ()
    blocked = [{"target": one.name, "reason": one.blocked_reason} for one in targets if one.blocked_reason]
    degraded = [{"target": one.name, "reason": one.trouble} for one in targets if one.trouble]
    return {
        "status": "ready" if database == "ok" and migrated else "not ready",
        "database": database,
        "migrations": {True: "current", False: "not current", None: "unknown"}[migrated],
        "broker": broker,
        "blocked": blocked,
        "degraded": degraded,
        "alertmanager": "authenticated" if authenticated else "unauthenticated",
        "reconciler": _reconciler(gauges.sources if gauges else ()) if reconciles else _NOT_RECONCILED,
    }


def _database(gauges: Gauges | None, fit: bool | None) -> str:
    if gauges is None:
        return "unreachable"
    if fit is False:
        return "not fit: nothing can be stored, and the log says why"
    return "read-only: nothing can be stored" if gauges.read_only else "ok"


def _reconciler(sources: tuple[Reconciled, ...]) -> list[dict[str, str | None]]:
    return [
        {
            "source": one.source,
            "last_success": one.at.isoformat() if one.at else None,
            "trouble": one.trouble,
        }
        for one in sources
    ]


def _exposition(*asked_now: Collector) -> bytes:
    counted: CollectorRegistry = REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        counted = CollectorRegistry()
        MultiProcessCollector(counted)  # type: ignore[no-untyped-call]
    asked = CollectorRegistry()
    for each in asked_now:
        asked.register(each)
    return generate_latest(counted) + generate_latest(asked)


class _Asked(Collector):
    """What the database says. While it says nothing these numbers are left out: a zero would look like peace."""

    def __init__(self, gauges: Gauges | None, authenticated: bool, replica: Replica | None) -> None:
        self._gauges = gauges
        self._authenticated = authenticated
        self._replica = replica

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield _gauge("database_up", "Whether the database answers.", float(self._gauges is not None))
        yield _gauge(
            "unauthenticated_sources",
            "Kinds of senders from which anybody's requests are accepted.",
            float(not self._authenticated),
        )
        if self._replica is not None:
            yield _gauge(
                "replica_up", "Whether the replica answers those who look.", float(self._replica.serves())
            )
        if self._gauges is not None:
            yield from _of_database(self._gauges)


def _of_database(gauges: Gauges) -> Iterator[GaugeMetricFamily]:
    yield _gauge(
        "oldest_undelivered_seconds",
        "How long the oldest event that somebody has not been told of has waited.",
        gauges.oldest_undelivered_seconds,
    )
    yield _gauge("inbox_due", "Requests stored and not yet ingested.", float(gauges.inbox_due))
    parked = _gauge("parked", "Rows put aside because of their own content.", label="what")
    parked.add_metric(["inbox"], gauges.parked_inbox)
    parked.add_metric(["deliveries"], gauges.parked_deliveries)
    parked.add_metric(["notices"], gauges.parked_notices)
    yield parked
    due = _gauge("due", "Deliveries and notices that a target has not been told of.", label="target")
    blocked = _gauge("blocked", "Whether a target as a whole is at fault.", label="target")
    degraded = _gauge("degraded", "Whether a target works less well than configured.", label="target")
    for each in gauges.targets:
        due.add_metric([each.name], each.due)
        blocked.add_metric([each.name], float(each.blocked_reason is not None))
        degraded.add_metric([each.name], float(each.trouble is not None))
    yield due
    yield blocked
    yield degraded
    age = _gauge(
        "reconciled_age_seconds",
        "How long ago alerts were last compared with Alertmanager's list.",
        label="source",
    )
    for one in gauges.sources:
        age.add_metric([one.source], one.age_seconds)
    yield age


def _gauge(name: str, text: str, value: float | None = None, label: str | None = None) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"alert_bridge_{name}", text, value=value, labels=[label] if label else None)
