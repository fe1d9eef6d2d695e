"""What was sent to the bridge and what came back: for tests as a list, for the page as lines of the traffic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import orjson

from sandbox.pagerduty.envelope import Request
from sandbox.pagerduty.subscription import Verdict, verdict
from sandbox.pagerduty.world import PagerDutyWorld
from sandbox.traffic import Traffic

SERVICE = "pagerduty_webhooks"
MOST_KEPT = 10_000


@dataclass(frozen=True)
class Sent:
    """One attempt; `status` None is no answer."""

    webhook_id: str
    event_type: str
    incident: str | None
    attempt: int
    status: int | None
    verdict: Verdict
    at: float


class WebhookLog:
    """The newest ones, oldest first. `clock` times the entries."""

    def __init__(self, world: PagerDutyWorld, traffic: Traffic, clock: Callable[[], float]) -> None:
        self._world, self._traffic, self._clock = world, traffic, clock
        self.forget()

    def forget(self) -> None:
        self.sent: list[Sent] = []
        self._attempts: Counter[str] = Counter()

    def record(self, request: Request, status: int | None, seconds: float) -> None:
        key = request.headers.get("X-Webhook-Id", "")
        self._attempts[key] += 1
        event_type, incident = _about(request.body)
        sent = Sent(key, event_type, incident, self._attempts[key], status, verdict(status), self._clock())
        self.sent.append(sent)
        del self.sent[:-MOST_KEPT]
        self._show(sent, request, seconds)

    def _show(self, sent: Sent, request: Request, seconds: float) -> None:
        signatures = request.headers.get("X-PagerDuty-Signature", "").count("v1=")
        refusal = "failed" if sent.status is None else "refused"
        self._traffic.record(
            at=sent.at,
            direction="out",
            service=SERVICE,
            method="POST",
            path=request.path,
            operation=sent.event_type,
            status=sent.status,
            outcome="ok" if sent.verdict is Verdict.DELIVERED else refusal,
            milliseconds=round(seconds * 1000, 1),
            check={0: "not signed", 1: "signed"}.get(signatures, f"signed {signatures}x"),
            fault=None,
            summary=self._summary(sent),
        )

    def _summary(self, sent: Sent) -> str:
        about = self._world.find(sent.incident) if sent.incident else None
        number = f" #{about.number}" if about else ""
        return f"{sent.event_type}{number}" + (f", attempt {sent.attempt}" if sent.attempt > 1 else "")


def _about(body: bytes) -> tuple[str, str | None]:
    """Type and incident, as far as they can be told: a test may send anything."""
    try:
        event = orjson.loads(body)["event"]
        data = event["data"]
        incident = data["incident"]["id"] if "incident" in data else data.get("id")
        return str(event["event_type"]), incident
    except (orjson.JSONDecodeError, LookupError, TypeError, AttributeError):
        return "?", None
