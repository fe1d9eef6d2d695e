"""What people do, drawn by lot."""

import random
from collections.abc import Callable
from typing import Any

from sandbox import Sandbox
from sandbox.credentials import ADA, BRUNO, CHIDI, DORA, EMIL
from sandbox.pagerduty.errors import RestError
from sandbox.pagerduty.model import Incident
from sandbox.slack.outgoing import Request
from sandbox.slack.world import Message


def some_click(
    sandbox: Sandbox, chance: random.Random, message: Message, seen: dict[str, Any]
) -> Request | None:
    """Somebody presses something of a message as it was `seen`, perhaps long ago; None where nothing can be pressed."""
    hand, person = sandbox.slack_hand, chance.choice((ADA, BRUNO, DORA, EMIL))
    for action in chance.sample(("acknowledge", "unacknowledge", "more"), 3):
        try:
            if action == "more":
                return hand.build_choice(message, "more", _second_choice(seen), person, seen=seen)
            return hand.build_click(message, action, person, seen=seen)
        except LookupError:
            continue
    return None


def _second_choice(seen: dict[str, Any]) -> str:
    for one in seen.get("attachments", ()):
        for block in one["blocks"]:
            for element in block.get("elements", ()):
                if element.get("action_id") == "more":
                    return str(element["options"][1]["value"])
    raise LookupError


def act_in_pagerduty(sandbox: Sandbox, chance: random.Random, incident: Incident) -> bool:
    """Somebody does something to it; False where PagerDuty refuses, and nothing happens."""
    pagerduty, person = sandbox.pagerduty, chance.choice((ADA, BRUNO, CHIDI))
    acts: list[Callable[[], object]] = [
        lambda: pagerduty.acknowledge(incident, person),
        lambda: pagerduty.acknowledge(incident, person),
        lambda: pagerduty.time_out(incident),
        lambda: pagerduty.resolve(incident, person),
        lambda: pagerduty.annotate(incident, person, f"note {chance.random()}"),
        lambda: pagerduty.set_priority(incident, person, "P2"),
    ]
    try:
        chance.choice(acts)()
    except RestError:
        return False
    return True
