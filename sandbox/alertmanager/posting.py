"""One webhook to the bridge, over real HTTP and straight there, with a line in the log."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any, NamedTuple

import orjson

from sandbox import alerts
from sandbox.traffic import Traffic

WEBHOOK = "/alertmanager/webhook"
TIMEOUT = 10.0


class Answer(NamedTuple):
    """What the bridge said; `failure` is one sentence where it did not take it."""

    failure: str | None
    status: int | None


class Post:
    """Posts payloads, and writes each into the log."""

    def __init__(self, traffic: Traffic, clock: Callable[[], float]) -> None:
        self._traffic = traffic
        self._clock = clock
        # No proxy: the bridge is on this machine, whatever the environment says about the world outside.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def send(self, bridge: str | None, token: str | None, version: str, payload: alerts.Payload) -> Answer:
        if not bridge:
            return Answer("No bridge to tell: start the sandbox with a bridge's address.", None)
        headers = {"Content-Type": "application/json", "User-Agent": f"Alertmanager/{version}"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        url = bridge.rstrip("/") + WEBHOOK
        request = urllib.request.Request(url, orjson.dumps(payload), headers, method="POST")  # noqa: S310 ours
        began = time.monotonic()
        answer = self._exchange(request, bridge)
        self._record(payload, answer.status, began, "bearer" if token else "no token")
        return answer

    def _exchange(self, request: urllib.request.Request, bridge: str) -> Answer:
        try:
            with self._opener.open(request, timeout=TIMEOUT) as answer:
                return Answer(None, answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            return Answer(f"The bridge at {bridge} answered {error.code} {error.reason}.", error.code)
        except OSError as error:
            reason = getattr(error, "reason", error)
            words = getattr(reason, "strerror", None) or reason
            return Answer(f"The bridge at {bridge} does not answer: {words}.", None)

    def _record(self, payload: alerts.Payload, status: int | None, began: float, check: str) -> None:
        names: dict[str, Any] = payload["groupLabels"]
        self._traffic.record(
            at=self._clock(),
            direction="out",
            service="alertmanager",
            method="POST",
            path=WEBHOOK,
            operation=payload["status"],
            status=status,
            outcome="ok" if status and status < 300 else "refused" if status else "failed",
            milliseconds=round((time.monotonic() - began) * 1000, 1),
            check=check,
            fault=None,
            summary=f"{payload['status']} {', '.join(names.values())} ({len(payload['alerts'])})"[:160],
        )
