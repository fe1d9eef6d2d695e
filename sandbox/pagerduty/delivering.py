"""Every event of the account becomes one signed POST to the bridge: at least once, in order per incident.

The rules of PagerDuty, "Webhooks: Behavior": 5 s for an answer; what is tried again, what is dropped, and what then.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence

from sandbox.pagerduty import envelope
from sandbox.pagerduty.courier import Courier
from sandbox.pagerduty.envelope import Request
from sandbox.pagerduty.lanes import Delivery
from sandbox.pagerduty.model import AccountEvent
from sandbox.pagerduty.posting import Post
from sandbox.pagerduty.subscription import Subscription, Verdict, verdict
from sandbox.pagerduty.webhook_log import Sent, WebhookLog
from sandbox.pagerduty.world import PagerDutyWorld
from sandbox.traffic import Traffic

TIMEOUT = 5.0
MOST_BODY = 256 * 1024  # above it PagerDuty drops a webhook without trying
PATIENCE = 48 * 3600.0
SCHEDULE = (1.0, 2.0, 5.0, 10.0, 30.0)  # the real spacing is not published; the last one repeats


class Delivering:
    """`bridge_url` says where to; while it says None, nobody has subscribed."""

    def __init__(
        self,
        world: PagerDutyWorld,
        traffic: Traffic,
        bridge_url: Callable[[], str | None],
        changed: Callable[[], None] = lambda: None,
        *,
        delay: float = 0.05,
        schedule: Sequence[float] = SCHEDULE,
    ) -> None:
        self._world, self._bridge_url, self._changed = world, bridge_url, changed
        self._defaults = delay, tuple(schedule)
        self._log = WebhookLog(world, traffic, world.clock)
        self._post = Post(TIMEOUT)
        self._courier = Courier(self._deliver)
        self._numbers = itertools.count(1)
        self.subscription = Subscription(world.clock, changed)
        self.reset()

    def reset(self) -> None:
        """As new; what is under way is broken off and leaves no trace."""
        self._courier.forget()
        self._courier.resume()
        self._post.break_off()
        self._courier.settle(TIMEOUT)
        self.delay, self.schedule = self._defaults
        self.duplicate, self.patience, self.timeout = 1, PATIENCE, TIMEOUT
        self._log.forget()
        self.subscription.reset()

    # What may be set

    @property
    def enabled(self) -> bool:
        return self.subscription.enabled

    @enabled.setter
    def enabled(self, value: bool) -> None:
        if value:
            self.subscription.enable()
        else:
            self.subscription.disable()
            self._courier.forget()

    @property
    def secrets(self) -> list[str]:
        """Each of them signs; two while one replaces the other."""
        return self.subscription.secrets

    @secrets.setter
    def secrets(self, value: list[str]) -> None:
        self.subscription.secrets = list(value)

    @property
    def log(self) -> list[Sent]:
        """Every attempt, oldest first."""
        return self._log.sent

    @property
    def timeout(self) -> float:
        return self._post.timeout

    @timeout.setter
    def timeout(self, value: float) -> None:
        self._post.timeout = value

    # Sending

    def put(self, event: AccountEvent) -> None:
        """An event of the account; nobody hears of it while the subscription is off."""
        if self.enabled and (self._bridge_url() or self._courier.paused):
            self._courier.put(self._delivery(event, lane=event.incident or event.id), self.delay)
            if self._courier.paused:
                self._changed()

    def request(self, event: AccountEvent) -> Request:
        """(path, headers, body), signed with the secrets of this moment and not sent."""
        return envelope.build(self._world.url, event, self.secrets)

    def _delivery(self, event: AccountEvent, lane: str, times: int = 1) -> Delivery:
        return Delivery(event, lane, next(self._numbers), left=times * self.duplicate)

    def _deliver(self, delivery: Delivery) -> float | None:
        request, url = self.request(delivery.event), self._bridge_url()
        if not self.enabled or not url or len(request.body) > MOST_BODY:
            return None
        delivery.attempts += 1
        match verdict(self._attempt(url, request)):
            case Verdict.DELIVERED:
                self.subscription.delivered()
                delivery.left -= 1
                return 0.0 if delivery.left > 0 else None
            case Verdict.RETRY if time.monotonic() - delivery.since < self.patience:
                return self.schedule[min(delivery.attempts, len(self.schedule)) - 1]
        if self.subscription.dropped():
            self._courier.forget()
        return None

    def _attempt(self, url: str, request: Request) -> int | None:
        began = time.monotonic()
        status = self._post.send(url, request)
        self._log.record(request, status, time.monotonic() - began)
        return status

    # Running

    def start(self) -> None:
        self._courier.start()

    def stop(self) -> None:
        """What is not delivered yet waits for the next start."""
        self._courier.stop(self._post.break_off)

    def settle(self, timeout: float = 10.0) -> None:
        """Until nothing waits or is under way; while holding, only the latter."""
        if not self._courier.settle(timeout):
            raise TimeoutError(f"webhooks are still to be sent after {timeout:g} s")
