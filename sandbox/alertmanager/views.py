"""What the API v2 says of silences, alerts and itself. Times are told to the millisecond."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox import alerts
from sandbox.alertmanager.matching import Matcher, select
from sandbox.alertmanager.silences import Silence

# Prometheus repeats what fires each minute, and says how long that word is good for.
PACE = timedelta(minutes=1)
GOOD_FOR = timedelta(minutes=4)
CONFIGURATION = f"""\
global:
  resolve_timeout: 5m
route:
  receiver: {alerts.RECEIVER}
  group_by:
  - alertname
  continue: false
  group_wait: 1s
  group_interval: 5s
  repeat_interval: 4h
receivers:
- name: {alerts.RECEIVER}
  webhook_configs:
  - send_resolved: true
    url: <secret>
    max_alerts: 0
templates: []
"""


def time_text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def matcher_answer(one: Matcher) -> dict[str, Any]:
    return {"isEqual": one.is_equal, "isRegex": one.is_regex, "name": one.name, "value": one.value}


def silence_answer(one: Silence, now: datetime, *, annotated: bool) -> dict[str, Any]:
    """`annotated` says whether this Alertmanager knows annotations of silences, as it does since 0.32."""
    return {
        "id": one.id,
        "status": {"state": one.state(now)},
        "updatedAt": time_text(one.updated_at or now),
        "comment": one.comment,
        "createdBy": one.created_by,
        "endsAt": time_text(one.ends_at),
        "matchers": [matcher_answer(matcher) for matcher in one.matchers],
        "startsAt": time_text(one.starts_at),
        **({"annotations": dict(one.annotations)} if annotated and one.annotations else {}),
    }


def alert_answer(item: alerts.Item, muting: Sequence[str], now: datetime, *, told: bool) -> dict[str, Any]:
    """One that fires. `told` says whether this Alertmanager tells `mutedBy`, as it does since 0.28."""
    starts_at = datetime.fromisoformat(item["startsAt"])
    heard = now - (now - starts_at) % PACE
    return {
        "annotations": item["annotations"],
        "endsAt": time_text(heard + GOOD_FOR),
        "fingerprint": item["fingerprint"],
        "receivers": [{"name": alerts.RECEIVER}],
        "startsAt": time_text(starts_at),
        "status": {
            "inhibitedBy": [],
            **({"mutedBy": []} if told else {}),
            "silencedBy": list(muting),
            "state": "suppressed" if muting else "active",
        },
        "updatedAt": time_text(heard),
        **({"generatorURL": item["generatorURL"]} if item.get("generatorURL") else {}),
        "labels": item["labels"],
    }


def status_answer(version: str, started_at: datetime, configuration: str) -> dict[str, Any]:
    return {
        "cluster": {"peers": [], "status": "disabled"},
        "config": {"original": configuration},
        "uptime": time_text(started_at),
        "versionInfo": {
            "branch": "HEAD",
            "buildDate": "20260816-09:00:00",
            "buildUser": "root@sandbox.example",
            "goVersion": "go1.26.1",
            "revision": "0000000000000000000000000000000000000000",
            "version": version,
        },
    }


def for_page(one: Silence, firing: Sequence[alerts.Item]) -> dict[str, Any]:
    return {
        "id": one.id,
        "matchers": ", ".join(map(str, one.matchers)),
        "starts_at": one.starts_at.timestamp(),
        "ends_at": one.ends_at.timestamp(),
        "by": one.created_by,
        "covers": sum(select(one.matchers, item["labels"]) for item in firing),
        "comment": one.comment,
    }
