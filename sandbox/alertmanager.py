"""The pretend Alertmanager behind the page's buttons: keeps what it fired, so that it can resolve it later.

It posts to the bridge over real HTTP and says plainly when nobody is there.
"""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from sandbox import alerts
from sandbox.traffic import Traffic

WEBHOOK = "/alertmanager/webhook"
TIMEOUT = 10.0


@dataclass(frozen=True)
class Outcome:
    """What became of a button: `message` is one sentence for the person who pressed it."""

    ok: bool
    message: str
    alerts: int = 0
    status: int | None = None


class Alertmanager:
    """Fires and resolves. `bridge_url` and `bridge_token` may be set at any time."""

    def __init__(
        self,
        traffic: Traffic,
        clock: Callable[[], float],
        bridge_url: str | None = None,
        bridge_token: str | None = None,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._traffic = traffic
        self._clock = clock
        self._changed = changed
        self.bridge_url = bridge_url
        self.bridge_token = bridge_token
        self._firing: dict[str, alerts.Item] = {}
        self._storms = 0
        self._lock = threading.Lock()
        # No proxy: the bridge is on this machine, whatever the environment says about the world outside.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    @property
    def firing(self) -> list[alerts.Item]:
        with self._lock:
            return list(self._firing.values())

    def fire(self, kind: str) -> Outcome:
        """A new alert of this kind, on the first instance that is not firing yet."""
        if kind not in alerts.KINDS:
            return Outcome(False, f"There is no kind {kind!r}; one of {', '.join(alerts.KINDS)}.")
        rule = alerts.KINDS[kind]
        busy = {
            one["labels"]["instance"]
            for one in self.firing
            if one["labels"]["alertname"] == rule.labels["alertname"]
        }
        instance = next((name for name in rule.instances if name not in busy), rule.instances[0])
        return self._send([alerts.fire(kind, instance=instance, now=self._now())])

    def storm(self, count: int = 30) -> Outcome:
        if not 1 <= count <= 10_000:
            return Outcome(False, "A storm has between 1 and 10000 alerts.")
        with self._lock:
            first, self._storms = self._storms, self._storms + count
        return self._send(alerts.storm(count, now=self._now(), first=first))

    def resolve(self, fingerprint: str | None = None) -> Outcome:
        """One alert, or all that fire."""
        chosen = [one for one in self.firing if fingerprint in (None, one["fingerprint"])]
        if not chosen:
            return Outcome(False, "Nothing that was fired from here is still firing.")
        now = self._now()
        return self._send(
            [
                alerts.webhook([alerts.resolved(one, now) for one in group], "all alerts resolved")
                for group in alerts.grouped(chosen)
            ]
        )

    def forget(self) -> None:
        with self._lock:
            self._firing.clear()
        self._changed()

    def _send(self, payloads: list[alerts.Payload]) -> Outcome:
        """What the bridge did not take is not remembered, as if it had never happened."""
        done = 0
        for payload in payloads:
            failure, status = self._post(payload)
            if failure is not None:
                return Outcome(False, failure, done, status)
            self._remember(payload["alerts"])
            done += len(payload["alerts"])
        verb = "fired" if payloads[0]["status"] == "firing" else "resolved"
        return Outcome(True, f"{done} {'alert' if done == 1 else 'alerts'} {verb}.", done, 202)

    def _remember(self, items: list[alerts.Item]) -> None:
        with self._lock:
            for one in items:
                if one["status"] == "firing":
                    self._firing[one["fingerprint"]] = one
                else:
                    self._firing.pop(one["fingerprint"], None)
        self._changed()

    def _post(self, payload: alerts.Payload) -> tuple[str | None, int | None]:
        if not self.bridge_url:
            return "No bridge to tell: start the sandbox with a bridge's address.", None
        url = self.bridge_url.rstrip("/") + WEBHOOK
        headers = {"Content-Type": "application/json", "User-Agent": "Alertmanager/0.34.0"}
        if self.bridge_token:
            headers["Authorization"] = f"Bearer {self.bridge_token}"
        request = urllib.request.Request(url, orjson.dumps(payload), headers, method="POST")  # noqa: S310 ours
        began, status, failure = time.monotonic(), None, None
        try:
            with self._opener.open(request, timeout=TIMEOUT) as answer:
                status = answer.status
        except urllib.error.HTTPError as error:
            status = error.code
            failure = f"The bridge at {self.bridge_url} answered {error.code} {error.reason}."
            error.close()
        except OSError as error:
            reason = getattr(error, "reason", error)
            failure = f"The bridge at {self.bridge_url} does not answer: {getattr(reason, 'strerror', None) or reason}."
        self._record(payload, status, began)
        return failure, status

    def _record(self, payload: alerts.Payload, status: int | None, began: float) -> None:
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
            check="bearer" if self.bridge_token else "no token",
            fault=None,
            summary=f"{payload['status']} {', '.join(names.values())} ({len(payload['alerts'])})"[:160],
        )

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)
