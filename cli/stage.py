"""The sandbox as `demo` uses it: eyes on what Slack and PagerDuty show, and hands on its control doors.

A door does what a person does there; the bridge gets the signed request that Slack or PagerDuty would send.
"""

import json
import re
import time
import urllib.request
from collections.abc import Callable, Iterator
from http.client import HTTPException
from typing import IO, Any, TypeVar, cast
from urllib.error import HTTPError

from sandbox.credentials import Person

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_LOOK = 0.2
_PATIENCE = 15.0

Json = dict[str, Any]
T = TypeVar("T")


class Trouble(Exception):
    """A step that did not come off, and why."""


class Stopped(Exception):
    """Somebody asked for the end."""


class Stage:
    """`wait` says whether to go on."""

    def __init__(self, sandbox: str, wait: Callable[[float], bool]) -> None:
        self._control = f"{sandbox}/control"
        self._wait = wait

    def do(self, door: str, **wish: Any) -> None:
        told = self._ask(door, wish)
        if not told["ok"]:
            raise Trouble(told["message"])

    def see(self, what: str, look: Callable[[Json], T | None], patience: float = _PATIENCE) -> T:
        """What `look` finds in what the sandbox shows, once it finds something."""
        until = time.monotonic() + patience
        while True:
            if found := look(self._ask("state")):
                return found
            if time.monotonic() > until:
                raise Trouble(f"{what}: not seen within {patience:g} s")
            self.pause(_LOOK)

    def pause(self, seconds: float) -> None:
        if not self._wait(seconds):
            raise Stopped

    def press(self, alert: str, label: str, person: Person) -> None:
        """The button or menu item with these words on the alert's message, once it is there."""

        def look(state: Json) -> tuple[Json, str, Json] | None:
            message = message_of(state, alert)
            return next((c for c in _controls(message) if _words(c[2]) == label), None) if message else None

        place, kind, pressed = self.see(f"{label} on {alert}", look)
        if kind == "button":
            self.do("slack/click", **place, value=pressed["value"], person=person.slack_id)
        else:
            self.do("slack/choose", **place, choice=pressed["value"], person=person.slack_id)

    def write(self, text: str, person: Person) -> None:
        """Fill in the modal in front of this person, and submit it."""

        def look(state: Json) -> Json | None:
            return next((view for view in state["views"] if view["person"] == person.slack_id), None)

        modal = self.see(f"a modal in front of {person.name}", look)
        field = next(block["block_id"] for block in modal["view"]["blocks"] if block["type"] == "input")
        self.do("slack/submit", view=modal["id"], values={field: text}, person=person.slack_id)

    def act(self, alert: str, action: str, person: Person) -> None:
        """What this person does to the alert's incident, in PagerDuty."""
        incident = self.see(f"an incident of {alert}", lambda state: incident_of(state, alert))
        self.do("pagerduty/act", incident=incident["key"], action=action, person=person.pagerduty_id)

    def _ask(self, door: str, wish: Json | None = None) -> Json:
        body = None if wish is None else json.dumps(wish).encode()
        request = urllib.request.Request(  # noqa: S310 our own server
            f"{self._control}/{door}", body, {"Content-Type": "application/json"}
        )
        try:
            with _open(request) as answer:
                told: Json = json.load(answer)
        except (OSError, HTTPException, ValueError) as error:
            raise Trouble(f"the sandbox does not answer: {error}") from None
        return told


def _open(request: urllib.request.Request) -> IO[bytes]:
    """A refusal is an answer, too: it says why."""
    try:
        return cast(IO[bytes], _OPENER.open(request, timeout=10))
    except HTTPError as refusal:
        return cast(IO[bytes], refusal)


def message_of(state: Json, alert: str) -> Json:
    """The newest message about it in the channel; empty while there is none."""
    return _last(one for one in state["messages"] if not one["reply"] and _is_about(one["text"], alert))


def incident_of(state: Json, alert: str) -> Json:
    return _last(one for one in state["incidents"] if _is_about(one["title"], alert))


def thread_of(state: Json, alert: str) -> list[Json]:
    ts = message_of(state, alert).get("ts")
    return [one for one in state["messages"] if one["reply"] and one["thread_ts"] == ts]


def shows(message: Json, words: str) -> bool:
    return words in json.dumps(message, ensure_ascii=False)


def _is_about(text: str, alert: str) -> bool:
    """web-1 is not web-100."""
    return re.search(rf"{re.escape(alert)}\b", text) is not None


def _last(found: Iterator[Json]) -> Json:
    return next(reversed(list(found)), {})


def _controls(message: Json) -> Iterator[tuple[Json, str, Json]]:
    """Where each button and menu item of a message hangs, what it hangs in, and itself."""
    blocks = [
        *message["blocks"],
        *(block for part in message["attachments"] for block in part.get("blocks", [])),
    ]
    for block in blocks:
        for element in block["elements"] if block["type"] == "actions" else []:
            place = {name: message[name] for name in ("channel", "ts")}
            place |= {"block_id": block["block_id"], "action_id": element["action_id"]}
            for pressed in [element] if element["type"] == "button" else element["options"]:
                yield place, element["type"], pressed


def _words(pressed: Json) -> str:
    return str(pressed["text"]["text"])
