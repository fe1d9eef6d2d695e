"""What is counted, in one place, so that the documentation can be held to it.

Labels come from closed lists or from the configuration, never from alerts. What can be read from the database is
not counted here but asked for (`core.store.gauges`).
"""

from collections.abc import Callable, Iterator

from prometheus_client import Counter, Histogram, disable_created_metrics
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from core.domain.errors import ConflictKind

# When a counter began is said by its process having started; as gauges of their own they only double the list.
disable_created_metrics()  # type: ignore[no-untyped-call]

RECEIVED = Counter(
    "alert_bridge_received_total", "Webhook requests by source kind and outcome.", ["sender", "outcome"]
)
SLACK_RETRIES = Counter(
    "alert_bridge_slack_retries_total", "Slack events that Slack had sent before, by its reason.", ["reason"]
)
PAGERDUTY_EVENTS = Counter(
    "alert_bridge_pagerduty_events_total", "PagerDuty's signed webhooks by event type.", ["type"]
)
INGESTED = Counter("alert_bridge_ingested_total", "Reports about alerts by what they did.", ["outcome"])
DELIVERED = Counter(
    "alert_bridge_delivered_total", "Attempts to tell a target by outcome.", ["target", "outcome"]
)
NOTICES = Counter(
    "alert_bridge_notices_total", "Attempts to say a one-shot word by outcome.", ["target", "outcome"]
)
FAILURES = Counter("alert_bridge_failures_total", "Verdicts of targets by reason.", ["target", "reason"])
CONFLICTS = Counter(
    "alert_bridge_conflicts_total", "Steps that came to nothing because somebody else was faster.", ["kind"]
)
for _kind in ConflictKind:
    CONFLICTS.labels(_kind)
CLAIMS_LOST = Counter(
    "alert_bridge_claims_lost_total", "Work finished after its claim had passed to somebody else."
)
UNVERIFIED_REPOSTS = Counter(
    "alert_bridge_unverified_reposts_total",
    "Messages posted again after a lost answer where the channel's history could not be read.",
    ["target"],
)
HINTS = Counter("alert_bridge_hints_total", "Hints to workers by outcome.", ["outcome"])
SWEPT = Counter("alert_bridge_swept_total", "What the sweep found due and hinted or did itself.", ["how"])
RECONCILED = Counter(
    "alert_bridge_reconciled_total",
    "Alerts that Alertmanager's list showed to be other than known here, by what followed.",
    ["source", "outcome"],
)
RECONCILE_FAILURES = Counter(
    "alert_bridge_reconcile_failures_total",
    "Comparisons with Alertmanager's list that could not be made in full.",
    ["source"],
)
PRUNED = Counter("alert_bridge_pruned_total", "What was old enough to go, by what it was.", ["what"])
DELIVERY_SECONDS = Histogram(
    "alert_bridge_delivery_seconds",
    "From the change of an alert to its target having been told.",
    ["target"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600),
)
INGEST_SECONDS = Histogram(
    "alert_bridge_ingest_seconds",
    "From the receipt of a webhook to its alerts being stored.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)


class BrokerUp(Collector):
    """Absent while `taken` says None: nothing was published yet, or the broker is our own."""

    def __init__(self, taken: Callable[[], bool | None]) -> None:
        self._taken = taken

    def collect(self) -> Iterator[GaugeMetricFamily]:
        taken = self._taken()
        if taken is not None:
            yield GaugeMetricFamily(
                "alert_bridge_broker_up", "Whether the broker took the last hint.", value=float(taken)
            )
