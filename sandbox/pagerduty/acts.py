"""What a person can do to an incident on the page, by name: the table behind the page's buttons.

Bad wishes raise Unclear; what PagerDuty itself refuses raises RestError. Both change nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.credentials import Person
from sandbox.pagerduty.model import Incident
from sandbox.pagerduty.world import PagerDutyWorld

Wish = Mapping[str, Any]
HOUR = 3600


class Unclear(Exception):
    """A wish that makes no sense, in one sentence."""


ACTS: Mapping[str, Callable[[PagerDutyWorld, Incident, Person, Wish], object]] = {
    "acknowledge": lambda world, incident, person, _: world.acknowledge(incident, person),
    "resolve": lambda world, incident, person, wish: world.resolve(incident, person, _text(wish, "note")),
    "reopen": lambda world, incident, person, _: world.reopen(incident, person),
    "unacknowledge": lambda world, incident, person, _: world.trigger_again(incident, person),
    "note": lambda world, incident, person, wish: world.annotate(incident, person, wish.get("content")),
    "time_out": lambda world, incident, _, __: world.time_out(incident),
    "snooze": lambda world, incident, person, wish: world.snooze(incident, person, _seconds(wish)),
    "end_snooze": lambda world, incident, _, __: world.end_snooze(incident),
    "reassign": lambda world, incident, person, wish: world.reassign(
        incident, person, find_person(world, wish.get("to"))
    ),
    "escalate": lambda world, incident, person, _: world.escalate(incident, person),
    "delegate": lambda world, incident, person, _: world.delegate(incident, person),
    "set_priority": lambda world, incident, person, wish: world.set_priority(
        incident, person, _text(wish, "priority")
    ),
    "add_responder": lambda world, incident, person, wish: world.add_responder(
        incident, person, find_person(world, wish.get("to"))
    ),
    "responder_replied": lambda world, incident, person, wish: world.responder_replied(
        incident, person, accepted=bool(wish.get("accepted", True))
    ),
    "merge": lambda world, incident, person, wish: world.merge(
        find_incident(world, wish.get("into")), [incident], person
    ),
}


def act(world: PagerDutyWorld, wish: Wish) -> None:
    """`{"incident", "action", "person", …}`: ids of both; what else an action needs is in the table."""
    done = ACTS.get(str(wish.get("action")))
    if done is None:
        raise Unclear(f"action must be one of {', '.join(ACTS)}")
    incident, person = find_incident(world, wish.get("incident")), find_person(world, wish.get("person"))
    with world.lock:
        done(world, incident, person, wish)


def find_incident(world: PagerDutyWorld, key: Any) -> Incident:
    found = world.find(str(key))
    if found is None:
        raise Unclear("There is no such incident")
    return found


def find_person(world: PagerDutyWorld, key: Any) -> Person:
    """By PagerDuty id or by e-mail."""
    found = world.people.get(str(key)) or world.person_by_email(str(key))
    if found is None:
        raise Unclear("There is no such person in PagerDuty")
    return found


def _text(wish: Wish, name: str) -> str | None:
    value = wish.get(name)
    if value is not None and not isinstance(value, str):
        raise Unclear(f"{name} must be a text")
    return value or None


def _seconds(wish: Wish) -> int:
    seconds = wish.get("seconds", HOUR)
    if type(seconds) is not int:
        raise Unclear("seconds must be a whole number")
    return seconds
