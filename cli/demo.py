"""`demo`: what a night looks like, in half a minute, through the real webhook."""

import json
import time
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from cli.terminal import out
from sandbox import alerts

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def play(bridge: str, sandbox: str | None, wait: Callable[[float], bool]) -> None:
    """Fire, change and resolve a few alerts. Ends early once `wait` says so."""
    control = f"{sandbox}/control"
    first = alerts.KINDS["critical"].instances[0]
    scenes: list[tuple[float, str, Callable[[], None]]] = [
        (2, "HighCPU fires on web-1, critical", lambda: _post(f"{control}/fire", {"kind": "critical"})),
        (3, "DiskWillFill fires on db-1, warning", lambda: _post(f"{control}/fire", {"kind": "warning"})),
        (6, "HighCPU gets worse: its description changes", lambda: _worse(bridge, first)),
        (4, "eight more alerts at once", lambda: _post(f"{control}/storm", {"count": 8})),
        (
            12,
            "HighCPU is over: message and incident follow",
            lambda: _post(f"{control}/resolve", {"fingerprint": _fingerprint("critical", first)}),
        ),
    ]
    for seconds, what, act in scenes:
        if not wait(seconds):
            return
        _say(what)
        try:
            act()
        except OSError as error:
            _say(f"  that did not work: {error}")
    _say(f"That is all. The rest is yours: the buttons on {sandbox}/ fire, resolve and break things.")


def _worse(bridge: str, instance: str) -> None:
    payload = alerts.fire("critical", instance=instance)
    payload["alerts"][0]["annotations"]["summary"] = (
        "CPU above 97% on web-1 for 10 minutes, requests are failing"
    )
    _post(f"{bridge}/alertmanager/webhook", payload)


def _fingerprint(kind: str, instance: str) -> str:
    return str(alerts.item(kind, instance, datetime.now(UTC))["fingerprint"])


def _post(url: str, body: dict[str, Any]) -> None:
    request = urllib.request.Request(  # noqa: S310 our own two servers
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with _OPENER.open(request, timeout=10):
        pass


def _say(text: str) -> None:
    out(f"{time.strftime('%H:%M:%S')}  {text}")
