"""Webhooks v3: every event of the account becomes one signed POST to the bridge, at least once, in order per incident.

Besides, the controls for tests: hold, release in another order, send twice, sign with other secrets.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from typing import Any, Literal

from sandbox.credentials import ADA, Person
from sandbox.pagerduty import envelope
from sandbox.pagerduty.courier import Courier
from sandbox.pagerduty.envelope import Request
from sandbox.pagerduty.lanes import Delivery
from sandbox.pagerduty.model import AccountEvent, Agent, Incident, person_agent
from sandbox.pagerduty.posting import Post
from sandbox.pagerduty.subscription import Subscription, Verdict, verdict
from sandbox.pagerduty.webhook_log import Sent, WebhookLog
from sandbox.pagerduty.world import PagerDutyWorld
from sandbox.traffic import Traffic

TIMEOUT = 5.0
MOST_BODY = 256 * 1024  # above it PagerDuty drops a webhook without trying
PATIENCE = 48 * 3600.0
SCHEDULE = (1.0, 2.0, 5.0, 10.0, 30.0)  # the real spacing is not published; the last one repeats
RELEASED = "released"  # one lane for all, so that they go out in the order asked for

Order = Literal["reversed"] | Callable[[list[AccountEvent]], Sequence[AccountEvent]] | None


class Webhooks:
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

    # Holding back

    def hold(self) -> None:
        """Collect from now on; what waits already is collected too."""
        self._courier.pause()
        self._changed()

    @property
    def holding(self) -> bool:
        return self._courier.paused

    @property
    def held(self) -> list[AccountEvent]:
        return [one.event for one in self._courier.waiting] if self.holding else []

    def release(self, order: Order = None, times: int = 1) -> None:
        """Send what was held one after the other, each so many times, whatever incident it is of."""
        events: Sequence[AccountEvent] = self.held
        if order == "reversed":
            events = events[::-1]
        elif order is not None:
            events = order(list(events))
        self._courier.forget()
        for event in events:
            self._courier.put(self._delivery(event, lane=RELEASED, times=times), 0.0)
        self._courier.resume()
        self._changed()

    # Sending

    def put(self, event: AccountEvent) -> None:
        """An event of the account; nobody hears of it while the subscription is off."""
        if self.enabled and (self._bridge_url() or self.holding):
            self._courier.put(self._delivery(event, lane=event.incident or event.id), self.delay)
            if self.holding:
                self._changed()

    def ping(self) -> AccountEvent:
        """As the web page's and the REST API's test does; the agent is told without a name."""
        agent = Agent(str(ADA.pagerduty_id), "user_reference", "")
        data = {"message": "Hello from your friend Pagey!", "type": "ping"}
        return self._world.happened("pagey.ping", None, agent, data=data)

    def send_event(
        self,
        event_type: str,
        incident: Incident | None = None,
        agent: Agent | Person | None = None,
        data: dict[str, Any] | None = None,
    ) -> AccountEvent:
        """Any event, also of a type that does not exist."""
        by = person_agent(agent) if isinstance(agent, Person) else agent
        return self._world.happened(event_type, incident, by, data=data)

    def request(self, event: AccountEvent) -> Request:
        """(path, headers, body), signed with the secrets of this moment and not sent."""
        return envelope.build(self._world.url, event, self.secrets)

    def send(self, request: tuple[str, dict[str, str], bytes]) -> int | None:
        """Once, at once, whatever the subscription's state; the status, None for no answer."""
        url = self._bridge_url()
        if not url:
            raise RuntimeError("there is no bridge to send to: set bridge_url")
        given = Request(*request)
        began = time.monotonic()
        status = self._post.send(url, given)
        self._log.record(given, status, time.monotonic() - began)
        return status

    def _delivery(self, event: AccountEvent, lane: str, times: int = 1) -> Delivery:
        return Delivery(event, lane, next(self._numbers), left=times * self.duplicate)

    def _deliver(self, delivery: Delivery) -> float | None:
        request = self.request(delivery.event)
        if not self.enabled or not self._bridge_url() or len(request.body) > MOST_BODY:
            return None
        delivery.attempts += 1
        match verdict(self.send(request)):
            case Verdict.DELIVERED:
                self.subscription.delivered()
                delivery.left -= 1
                return 0.0 if delivery.left > 0 else None
            case Verdict.RETRY if time.monotonic() - delivery.since < self.patience:
                return self.schedule[min(delivery.attempts, len(self.schedule)) - 1]
        if self.subscription.dropped():
            self._courier.forget()
        return None

    # Telling

    def answer(self) -> dict[str, Any]:
        """The subscription as the REST API tells it."""
        return self.subscription.answer(
            (self._bridge_url() or "http://nobody.sandbox.example") + envelope.PATH
        )

    def state(self) -> dict[str, Any]:
        """For the page."""
        return {
            "enabled": self.enabled,
            "temporarily_disabled": self.subscription.temporarily_disabled,
            "holding": self.holding,
            "held": len(self.held),
        }

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
