"""Bodies as Alertmanager sends them."""

from typing import Any

import orjson


def alert(number: int = 0, **changed: Any) -> dict[str, Any]:
    return {
        "status": "firing",
        "labels": {"alertname": "HighLatency", "instance": f"host-{number}:9100"},
        "annotations": {"summary": "slow"},
        "startsAt": "2026-11-23T10:00:00.123456789Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus/graph",
        "fingerprint": f"{number:016x}",
        **changed,
    }


def body(count: int = 1, **changed: Any) -> bytes:
    alerts = [alert(number) for number in range(count)]
    return orjson.dumps(
        {"version": "4", "groupKey": "{}:{}", "status": "firing", "alerts": alerts, **changed}
    )
