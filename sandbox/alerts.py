"""Webhook payloads as Alertmanager sends them (version 4): for the page's buttons, the demo and the tests.

Pure builders: time and instance are arguments, nothing is sent from here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

Payload = dict[str, Any]
Item = dict[str, Any]

RECEIVER = "alert-bridge"
EXTERNAL_URL = "http://alertmanager.sandbox.example:9093"
PROMETHEUS_URL = "http://prometheus.sandbox.example:9090"
NOT_YET = "0001-01-01T00:00:00Z"  # endsAt of what still fires
GROUP_BY = ("alertname",)


@dataclass(frozen=True)
class Kind:
    """One alerting rule; `{instance}` in its texts is replaced."""

    title: str
    labels: Mapping[str, str]
    summary: str
    description: str
    expression: str
    instances: Sequence[str]


KINDS: Mapping[str, Kind] = {
    "critical": Kind(
        "HighCPU, critical",
        {
            "alertname": "HighCPU",
            "severity": "critical",
            "job": "node",
            "cluster": "eu-1",
            "team": "platform",
        },
        "CPU above 90% on {instance} for 5 minutes",
        "The load has been above 90% since the last deploy. Requests to the shop are slow; the autoscaler is at its "
        "maximum of 12 replicas.",
        'avg by (instance) (rate(node_cpu_seconds_total{mode!="idle"}[5m])) > 0.9',
        tuple(f"web-{number}:9100" for number in range(1, 41)),
    ),
    "warning": Kind(
        "DiskWillFill, warning",
        {
            "alertname": "DiskWillFill",
            "severity": "warning",
            "job": "node",
            "cluster": "eu-1",
            "mountpoint": "/var",
        },
        "Disk /var on {instance} will be full in about 3 hours",
        "93% used and growing by 2.1 GiB an hour. Old logs are the usual suspects.",
        'predict_linear(node_filesystem_avail_bytes{mountpoint="/var"}[1h], 3 * 3600) < 0',
        tuple(f"db-{number}:9100" for number in range(1, 41)),
    ),
    "info": Kind(
        "CertificateExpiresSoon, info",
        {"alertname": "CertificateExpiresSoon", "severity": "info", "job": "blackbox", "cluster": "eu-1"},
        "The certificate of {instance} expires in 20 days",
        "Renewal has been asked for; nothing to do unless this is still here in a week.",
        "probe_ssl_earliest_cert_expiry - time() < 20 * 86400",
        tuple(f"shop-{number}.sandbox.example" for number in range(1, 41)),
    ),
    "error": Kind(
        "PaymentErrors, error",
        {
            "alertname": "PaymentErrors",
            "severity": "error",
            "job": "payments",
            "cluster": "us-2",
            "team": "checkout",
        },
        "3.4% of payments fail on {instance}",
        "The provider answers 502 to a part of the calls since 4 minutes ago. 212 customers are affected so far.",
        'sum(rate(payments_total{result="error"}[5m])) / sum(rate(payments_total[5m])) > 0.02',
        tuple(f"payments-{number}:8080" for number in range(1, 41)),
    ),
    "plain": Kind(
        "Watchdog-like, without severity",
        {"alertname": "BackupMissing", "job": "backup"},
        "No backup of {instance} for 26 hours",
        "",
        "time() - backup_last_success_timestamp > 26 * 3600",
        tuple(f"vault-{number}" for number in range(1, 41)),
    ),
    "hostile": Kind(
        "Hostile labels",
        {
            "alertname": "Injected <!channel> & <b>bold</b>",
            "severity": "warning",
            "job": "`*_~job~_*`",
            "note": "<script>alert(1)</script> <https://example.com|click me> <@U0ADA>",
        },
        "<!everyone> {instance} says *hello* & <https://example.com|good bye>",
        "Labels and annotations are whatever somebody wrote. None of this may ring, run or lead anywhere.\n"
        * 12,
        'up{job="<!here>"} == 0',
        tuple(f"evil-{number}:1" for number in range(1, 41)),
    ),
}
STORM_KINDS = ("critical", "warning", "error", "info")


def fingerprint(labels: Mapping[str, str]) -> str:
    """FNV-1a, 64 bits, over name 0xFF value 0xFF in the order of names (prometheus/common, model/signature.go)."""
    value = 0xCBF29CE484222325
    for name in sorted(labels):
        for byte in name.encode() + b"\xff" + labels[name].encode() + b"\xff":
            value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def time_text(at: datetime) -> str:
    """As Go prints it, to the nanosecond: a receiver that takes microseconds only would fail on the real one."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "417Z"


def item(kind: str, instance: str, starts_at: datetime) -> Item:
    """One firing alert of this kind."""
    rule = KINDS[kind]
    labels = {**rule.labels, "instance": instance}
    name = quote(labels["alertname"], safe="")
    annotations = {
        "summary": rule.summary.replace("{instance}", instance.partition(":")[0]),
        "description": rule.description,
        "runbook_url": f"https://runbooks.sandbox.example/{name}",
        "dashboard_url": f"https://grafana.sandbox.example/d/{name}?var-instance={quote(instance, safe='')}",
    }
    return {
        "status": "firing",
        "labels": labels,
        "annotations": {k: v for k, v in annotations.items() if v},
        "startsAt": time_text(starts_at),
        "endsAt": NOT_YET,
        "generatorURL": f"{PROMETHEUS_URL}/graph?g0.expr={quote(rule.expression, safe='')}&g0.tab=1",
        "fingerprint": fingerprint(labels),
    }


def resolved(one: Item, ends_at: datetime) -> Item:
    return {**one, "status": "resolved", "endsAt": time_text(ends_at)}


def webhook(items: Sequence[Item], reason: str = "first notification") -> Payload:
    """One notification of one group; its status is `resolved` only when all in it are."""
    labels = [one["labels"] for one in items]
    group = {name: labels[0][name] for name in GROUP_BY if name in labels[0]}
    told = ", ".join(f'{name}="{value}"' for name, value in sorted(group.items()))
    return {
        "version": "4",
        "groupKey": f"{{}}:{{{told}}}",
        "truncatedAlerts": 0,
        "status": "firing" if any(one["status"] == "firing" for one in items) else "resolved",
        "receiver": RECEIVER,
        "groupLabels": group,
        "commonLabels": _common(labels),
        "commonAnnotations": _common([one["annotations"] for one in items]),
        "externalURL": EXTERNAL_URL,
        "notification_reason": reason,
        "alerts": list(items),
    }


def _common(maps: Sequence[Mapping[str, str]]) -> dict[str, str]:
    return {name: value for name, value in maps[0].items() if all(one.get(name) == value for one in maps)}


def fire(kind: str, *, instance: str | None = None, now: datetime | None = None) -> Payload:
    """One alert of this kind begins to fire."""
    return webhook([item(kind, instance or KINDS[kind].instances[0], now or datetime.now(UTC))])


def storm(count: int = 30, *, now: datetime | None = None, first: int = 0) -> list[Payload]:
    """`count` alerts of several kinds at once, grouped by name as Alertmanager would group them."""
    at = now or datetime.now(UTC)
    groups: dict[str, list[Item]] = {}
    for number in range(count):
        kind = STORM_KINDS[number % len(STORM_KINDS)]
        name, _, port = KINDS[kind].instances[0].partition(":")
        instance = f"{name.rpartition('-')[0]}-{first + number + 100}" + (f":{port}" if port else "")
        groups.setdefault(kind, []).append(item(kind, instance, at + timedelta(microseconds=number)))
    return [webhook(items) for items in groups.values()]


def resolve(payload: Payload, *, now: datetime | None = None) -> Payload:
    """The same group with everything in it resolved."""
    at = now or datetime.now(UTC)
    return webhook([resolved(one, at) for one in payload["alerts"]], "all alerts resolved")


def grouped(items: Iterable[Item]) -> list[list[Item]]:
    """Items by group, as Alertmanager would send them."""
    groups: dict[tuple[str | None, ...], list[Item]] = {}
    for one in items:
        groups.setdefault(tuple(one["labels"].get(name) for name in GROUP_BY), []).append(one)
    return list(groups.values())
