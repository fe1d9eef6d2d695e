"""What one can do about an alert, under the thumb: the buttons of its message.

Each carries the alert and the occurrence that its presser saw; `core.sources.slack` reads them again.
"""

from collections.abc import Sequence
from typing import Any

from core.domain.alert import Alert, State
from core.targets.mrkdwn import web_address
from core.targets.slack_parts import provider_of
from core.targets.target import Glance

ACKNOWLEDGE, UNACKNOWLEDGE, MORE = "acknowledge", "unacknowledge", "more"
NOTE, RESOLVE, OPEN = "note", "resolve", "open"
_BLOCK = "deeds"


def actions(alert: Alert, others: Sequence[Glance]) -> dict[str, Any]:
    about = f"{alert.id}:{alert.facts.occurrence}"
    return {"type": "actions", "block_id": _BLOCK, "elements": [_first(alert, about), _more(about, others)]}


def _first(alert: Alert, about: str) -> dict[str, Any]:
    if alert.state is State.ACKNOWLEDGED:
        return _button(UNACKNOWLEDGE, "Un-acknowledge", about)
    return {**_button(ACKNOWLEDGE, "Acknowledge", about), "style": "primary"}


def _button(action: str, text: str, about: str) -> dict[str, Any]:
    return {"type": "button", "action_id": action, "text": _plain(text), "value": about}


def _more(about: str, others: Sequence[Glance]) -> dict[str, Any]:
    options = [
        {"text": _plain("Add note"), "value": f"{NOTE}:{about}"},
        {"text": _plain("Resolve by hand"), "value": f"{RESOLVE}:{about}"},
    ]
    for other in others:
        if url := web_address(other.link):
            text = _plain(f"Open in {provider_of(other)}")
            options.append({"text": text, "value": f"{OPEN}:{other.target}"[:150], "url": url})
    return {"type": "overflow", "action_id": MORE, "options": options[:5]}


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}
