"""PagerDuty's webhooks v3, one event each: bytes to what happened to an incident (facts §3.3).

Which alerts an incident holds is not said there: `incident_key` is null (facts §4.1), so the incident's id is all
that is taken. A merge comes as a resolve and is none.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.domain.errors import Malformed
from core.domain.event import IncidentEvent, Verb
from core.domain.person import Actor, Provider
from core.domain.words import shorten
from core.sources.pagerduty_story import STORIES
from core.sources.tamed import document, matching, part, rfc_3339, text

# What the record calls each type from which something follows, and what somebody did with it.
_FOLLOWED: Mapping[str, tuple[str, Verb | None]] = {
    "incident.triggered": ("triggered", None),
    "incident.acknowledged": ("acknowledged", Verb.ACKNOWLEDGE),
    "incident.unacknowledged": ("unacknowledged", Verb.UNACKNOWLEDGE),
    "incident.resolved": ("resolved", Verb.RESOLVE),
    "incident.reopened": ("reopened", Verb.REOPEN),
    "incident.annotated": ("noted", Verb.NOTE),
    "incident.reassigned": ("reassigned", Verb.TELL),
    "incident.escalated": ("escalated", Verb.TELL),
    "incident.delegated": ("delegated", Verb.TELL),
    "incident.priority_updated": ("priority_changed", Verb.TELL),
    "incident.responder.added": ("responder_added", Verb.TELL),
    "incident.responder.replied": ("responder_replied", Verb.TELL),
}
FOLLOWED = frozenset(_FOLLOWED)

_OTHERS = """
    incident.service_updated incident.status_update_published incident.conference_bridge.updated
    incident.custom_field_values.updated incident.incident_type.changed incident.role.assigned incident.task.created
    incident.task.updated incident.task.completed incident.action_invocation.created
    incident.action_invocation.updated incident.action_invocation.terminated incident.workflow.started
    incident.workflow.completed service.created service.updated service.deleted service.custom_field_values.updated
    pagey.ping
"""
TYPES = FOLLOWED | frozenset(_OTHERS.split())
"""All that PagerDuty is known to send."""

_EVENT_ID = re.compile(r"[A-Za-z0-9._:-]{1,80}")
_ID = re.compile(r"[A-Za-z0-9_-]{1,60}")
_ADDRESS = re.compile(r"https?://[!-~]{1,3000}")
_MERGED = "merge_resolve_reason"
_PAGERDUTY = "PagerDuty"
_LONGEST_NAME = 200
_LONGEST_NOTE = 3000
_MOST_NUMBER = 2**63


@dataclass(frozen=True, slots=True)
class Head:
    """What the receiver has to know. `event_id` is the same however often PagerDuty sends the event."""

    event_id: str
    type: str


def look(body: bytes) -> Head:
    """Raises Malformed."""
    return _head(_event(body), body)


def read(body: bytes, received_at: datetime) -> IncidentEvent | None:
    """None for a type from which nothing follows. Raises Malformed."""
    event = _event(body)
    head = _head(event, body)
    if head.type not in _FOLLOWED:
        return None
    what, verb = _FOLLOWED[head.type]
    data = part(event, "data")
    incident = _incident(data)
    actor, by_integration = _agent(event.get("agent"))
    said = _said(verb, head.type, data)
    moved, merged_into = _merge(data) if verb is Verb.RESOLVE else (False, None)
    return IncidentEvent(
        event_id=head.event_id,
        what="merged" if moved else what,
        incident_id=matching(_ID, incident.get("id")),
        occurred_at=_time(event.get("occurred_at")) or received_at,
        actor=actor,
        verb=None if moved or (verb is Verb.NOTE and not said) else verb,
        text=said,
        number=_number(incident.get("number")),
        url=matching(_ADDRESS, incident.get("html_url")),
        service_id=matching(_ID, part(incident, "service").get("id")),
        client_url=matching(_ADDRESS, part(event, "client").get("url")) if what == "triggered" else "",
        merged_into=merged_into,
        by_integration=by_integration,
    )


def _event(body: bytes) -> dict[str, Any]:
    return part(document(body), "event")


def _head(event: Mapping[str, Any], body: bytes) -> Head:
    type_ = event.get("event_type")
    if not isinstance(type_, str) or not type_:
        raise Malformed("The body has no `event.event_type`.")
    # Only what is signed may tell events apart, so a replay under another X-Webhook-Id is still the same one.
    name = matching(_EVENT_ID, event.get("id")) or hashlib.sha256(body).hexdigest()
    return Head(f"pagerduty:{name}", type_)


def _incident(data: Mapping[str, Any]) -> dict[str, Any]:
    """The incident itself, or the reference to it of what belongs to it: a note, a responder."""
    incident = dict(data) if data.get("type") == "incident" else part(data, "incident")
    if not matching(_ID, incident.get("id")):
        raise Malformed("The event does not name an incident.")
    return incident


def _agent(agent: Any) -> tuple[Actor, bool]:
    """Who acted, and whether that was an integration, such as our own. Automation is PagerDuty itself."""
    if not isinstance(agent, dict):
        return Actor(Provider.PAGERDUTY, "", _PAGERDUTY), False
    name = text(agent.get("summary"), _LONGEST_NAME)
    type_ = text(agent.get("type"), _LONGEST_NAME)
    if type_ != "user_reference":
        # An integration is where our own events come back from; a service that resolves by itself is none.
        return Actor(Provider.PAGERDUTY, "", name or _PAGERDUTY), "integration" in type_
    id_ = matching(_ID, agent.get("id"))
    return Actor(Provider.PAGERDUTY, id_, name if id_ else name or _PAGERDUTY), False


def _said(verb: Verb | None, type_: str, data: Mapping[str, Any]) -> str:
    if verb is Verb.TELL:
        story: Callable[[Mapping[str, Any]], str] = STORIES[type_]
        return story(data)
    if verb is not Verb.NOTE:
        return ""
    content = data.get("content")
    note = content.strip() if isinstance(content, str) else ""
    # PagerDuty says when it has cut the note; the reader should know as well.
    cut = note and data.get("trimmed") is True
    return shorten(f"{note} …" if cut else note, _LONGEST_NOTE)


def _merge(data: Mapping[str, Any]) -> tuple[bool, str | None]:
    """Whether the incident only moved into another one, and into which."""
    reason = part(data, "resolve_reason")
    if reason.get("type") != _MERGED:
        return False, None
    return True, matching(_ID, part(reason, "incident").get("id")) or None


def _time(value: Any) -> datetime | None:
    try:
        return rfc_3339(value)
    except ValueError:
        return None


def _number(value: Any) -> int | None:
    return value if type(value) is int and 0 < value < _MOST_NUMBER else None
