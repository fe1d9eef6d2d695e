"""The hand that presses: people in the workspace click, choose, type commands and fill in modals.

Each act exists twice: sent at once, or as `build_…` that only answers the signed bytes, to keep, corrupt or send later.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sandbox import credentials
from sandbox.credentials import ADA, Person
from sandbox.slack import answers, controls, outgoing, payloads, views
from sandbox.slack.controls import Control, Json
from sandbox.slack.modals import Modal
from sandbox.slack.outgoing import Reply, Request, Wire
from sandbox.slack.world import Message, SlackWorld
from sandbox.traffic import Traffic

EVENT_WAITS = (0.0, 60.0, 300.0)  # before each of the three retries


class SlackHand:
    """`event_pace` scales the waits between retries of an event: 1.0 is Slack's own minutes."""

    def __init__(
        self,
        world: SlackWorld,
        traffic: Traffic,
        clock: Callable[[], float],
        base: Callable[[], str | None],
    ) -> None:
        self._world = world
        self._clock = clock
        self.wire = Wire(traffic, clock, base)
        self.event_pace = 0.001

    def repeat(self, request: Request) -> Reply:
        """Send these bytes, for the first time or again; the answer has its effect each time."""
        return answers.settle(self._world, request, self.wire.send(request))

    def sign(
        self, path: str, body: bytes, *, at: float | None = None, content_type: str = outgoing.FORM
    ) -> Request:
        """Any bytes under a good signature, of now or of another time: for what no Slack would send."""
        return outgoing.signed(path, body, self._clock() if at is None else at, content_type)

    # In a message or in a modal

    def look(self, where: Message | Modal) -> Json:
        """What is shown there now: keep it to press, later, what was shown then."""
        if isinstance(where, Modal):
            if where not in self.views:
                raise LookupError("this modal is not open any more")
            return views.modal_answer(where)
        if where.deleted:
            raise LookupError("this message has been deleted")
        return payloads.message_as_seen(self._world, where)

    def click(
        self,
        where: Message | Modal,
        action_id: str,
        person: Person = ADA,
        *,
        value: str | None = None,
        block_id: str | None = None,
        seen: Json | None = None,
    ) -> Reply:
        """Press a button that is there now, or that was there in what `look` answered earlier."""
        return self.repeat(
            self.build_click(where, action_id, person, value=value, block_id=block_id, seen=seen)
        )

    def build_click(
        self,
        where: Message | Modal,
        action_id: str,
        person: Person = ADA,
        *,
        value: str | None = None,
        block_id: str | None = None,
        seen: Json | None = None,
    ) -> Request:
        pressed = controls.find(seen or self.look(where), action_id, value=value, block_id=block_id)
        if pressed.kind != "button":
            raise LookupError(f"{action_id!r} is a {pressed.kind}: something has to be chosen in it")
        return self._build(where, pressed, person, None)

    def choose(
        self,
        where: Message | Modal,
        action_id: str,
        choice: Any,
        person: Person = ADA,
        *,
        block_id: str | None = None,
        seen: Json | None = None,
    ) -> Reply:
        """Choose in a select, an overflow menu, check boxes (a list) or a date or time picker."""
        return self.repeat(self.build_choice(where, action_id, choice, person, block_id=block_id, seen=seen))

    def build_choice(
        self,
        where: Message | Modal,
        action_id: str,
        choice: Any,
        person: Person = ADA,
        *,
        block_id: str | None = None,
        seen: Json | None = None,
    ) -> Request:
        pressed = controls.find(seen or self.look(where), action_id, block_id=block_id)
        if pressed.block["type"] == "input" and not pressed.block.get("dispatch_action"):
            raise LookupError(
                f"{action_id!r} stands in an input: the app hears of it when the view is submitted"
            )
        made = controls.given(pressed.element, choice)
        if pressed.kind != "overflow":
            self._keep(where, pressed, person, made)
        return self._build(where, pressed, person, made)

    def _keep(self, where: Message | Modal, pressed: Control, person: Person, made: Json) -> None:
        if isinstance(where, Modal):
            where.given[pressed.place] = made
        else:
            self._world.choose(where, payloads.slack_id(person), pressed.place, made)

    def _build(self, where: Message | Modal, pressed: Control, person: Person, made: Json | None) -> Request:
        if isinstance(where, Modal):
            payload = payloads.click_in_modal(self._world, where, pressed, person, made)
        else:
            payload = payloads.click_in_message(self._world, where, pressed, person, made)
        return outgoing.interaction(payload, self._clock())

    # Commands

    def command(
        self, name: str, text: str = "", person: Person = ADA, channel: str = credentials.SLACK_CHANNEL
    ) -> Reply:
        return self.repeat(self.build_command(name, text, person, channel))

    def build_command(
        self, name: str, text: str = "", person: Person = ADA, channel: str = credentials.SLACK_CHANNEL
    ) -> Request:
        if not name.startswith("/") or channel not in self._world.channels:
            raise LookupError(f"{name} in {channel}: a command begins with / and is typed in a channel")
        return outgoing.command(payloads.command(self._world, name, text, person, channel), self._clock())

    def ssl_check(self) -> Reply:
        return self.repeat(self.build_ssl_check())

    def build_ssl_check(self) -> Request:
        return outgoing.command(payloads.ssl_check(), self._clock())

    # Modals

    @property
    def views(self) -> list[Modal]:
        """Open modals, newest last."""
        return self._world.modals.open

    def submit(
        self, modal: Modal, values: Mapping[str, Any] | None = None, person: Person | None = None
    ) -> Reply:
        """Fill in by block_id (a text, an option's value, a list of them, a date) and press Submit.

        What Slack's own client objects to is shown in the modal and not sent: the reply has no status then.
        """
        request = self.build_submit(modal, values, person)
        objections = controls.objections(self.look(modal), modal.given)
        self._world.modals.complain(modal, objections)
        if objections:
            return Reply(None, "", 0.0, "not sent: " + " ".join(objections.values()))
        return self.repeat(request)

    def build_submit(
        self, modal: Modal, values: Mapping[str, Any] | None = None, person: Person | None = None
    ) -> Request:
        inputs = {one.block["block_id"]: one for one in controls.controls(self.look(modal))}
        for block_id, value in (values or {}).items():
            if block_id not in inputs:
                raise LookupError(f"no input has the block_id {block_id!r}; there are: {', '.join(inputs)}")
            modal.given[inputs[block_id].place] = controls.given(inputs[block_id].element, value)
        payload = payloads.submission(self._world, modal, person or self._owner(modal), modal.given)
        return outgoing.interaction(payload, self._clock())

    def close(self, modal: Modal, *, everything: bool = False) -> Reply | None:
        """Cancel this view, or with the cross the whole stack; told to the app only where it wants to know."""
        request = self.build_close(modal, everything=everything)
        if everything:
            self._world.modals.clear(modal.person)
        else:
            self._world.modals.close(modal)
        return self.repeat(request) if modal.view.get("notify_on_close") else None

    def build_close(self, modal: Modal, *, everything: bool = False) -> Request:
        payload = payloads.closed(modal, self._owner(modal), is_cleared=everything)
        return outgoing.interaction(payload, self._clock())

    def _owner(self, modal: Modal) -> Person:
        return self._world.people[modal.person]

    # Events

    def event(self, inner: Mapping[str, Any], event_id: str | None = None) -> Reply:
        """An event_callback; three more tries, unless the app answers 2xx or asks for none. The last reply."""
        request = self.build_event(inner, event_id)
        reply = self.repeat(request)
        for number, wait in enumerate(EVENT_WAITS, start=1):
            if reply.problem is None or reply.headers.get("x-slack-no-retry") == "1":
                break
            time.sleep(wait * self.event_pace)
            again = self.sign(request.path, request.body, content_type="application/json")
            marks = {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": _reason(reply)}
            reply = self.repeat(again._replace(headers=again.headers | marks))
        return reply

    def build_event(self, inner: Mapping[str, Any], event_id: str | None = None) -> Request:
        return outgoing.event(payloads.event(inner, event_id, self._clock()), self._clock())

    def url_verification(self, challenge: str = "sandbox-challenge") -> Reply:
        """As when the address is entered in the app's settings: the challenge must come back."""
        reply = self.repeat(self.build_url_verification(challenge))
        kind = reply.headers.get("content-type", "").partition(";")[0]
        echoes = {
            "text/plain": challenge,
            outgoing.FORM: f"challenge={challenge}",
            "application/json": None,
        }
        told = outgoing.read(Request(outgoing.EVENTS, {}, reply.body.encode()))
        echoed = kind in echoes and (reply.body == echoes[kind] or told.get("challenge") == challenge)
        return reply if reply.problem or echoed else replace(reply, problem="the challenge did not come back")

    def build_url_verification(self, challenge: str = "sandbox-challenge") -> Request:
        return outgoing.event(payloads.url_verification(challenge), self._clock())


def _reason(reply: Reply) -> str:
    if reply.problem == "timeout":
        return "http_timeout"
    return "connection_failed" if reply.status is None else "http_error"
