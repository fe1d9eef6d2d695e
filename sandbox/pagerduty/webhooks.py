"""Webhooks v3 as a test or the page steers them: hold, release in another order, ping, send what one made by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from sandbox.credentials import ADA, Person
from sandbox.pagerduty import envelope
from sandbox.pagerduty.delivering import Delivering
from sandbox.pagerduty.envelope import Request
from sandbox.pagerduty.model import AccountEvent, Agent, Incident, person_agent

RELEASED = "released"  # one lane for all, so that they go out in the order asked for

Order = Literal["reversed"] | Callable[[list[AccountEvent]], Sequence[AccountEvent]] | None


class Webhooks(Delivering):
    """The account's one subscription, and the ways to disturb it."""

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
        if not self.holding:
            return
        self._courier.settle(self.timeout)  # what is out may come back, to be held too
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

    def send(self, request: tuple[str, dict[str, str], bytes]) -> int | None:
        """Once, at once, whatever the subscription's state; the status, None for no answer."""
        url = self._bridge_url()
        if not url:
            raise RuntimeError("there is no bridge to send to: set bridge_url")
        return self._attempt(url, Request(*request))

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
