"""What one can do about an alert, under the thumb: the buttons of its message.

Each carries the alert and the occurrence that its presser saw, or the silence; `core.sources.slack` and
`core.sources.slack_silence` read them again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from core.domain.alert import Alert, State
from core.domain.silence import Silence
from core.domain.words import duration
from core.targets.mrkdwn import web_address
from core.targets.slack_parts import provider_of
from core.targets.target import Glance

ACKNOWLEDGE, UNACKNOWLEDGE, MORE = "acknowledge", "unacknowledge", "more"
NOTE, RESOLVE, OPEN = "note", "resolve", "open"
SILENCE, EXTEND, END, LET_GO = "silence", "extend_silence", "end_silence", "let_go"
# Of the menus of durations: what is chosen there opens the modal.
OTHERWISE = "more"

DURATIONS = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4), timedelta(hours=24))
"""What is offered where nothing else is configured."""
# Of the 100 options that a select may have one is "Silence more…".
MOST_DURATIONS = 99


def actions(
    alert: Alert, others: Sequence[Glance], durations: Sequence[timedelta] = DURATIONS
) -> dict[str, Any]:
    about = f"{alert.id}:{alert.facts.occurrence}"
    silencing = _lasting(alert.silence, durations) if alert.silence else [_silence(about, durations)]
    elements = [_first(alert, about), *silencing, _more(about, others)]
    return {"type": "actions", "block_id": _block_id(alert), "elements": elements}


def asking(silence_id: str, end_at: datetime, durations: Sequence[timedelta] = DURATIONS) -> dict[str, Any]:
    """What its author may answer who is asked, before it ends, whether it should go on."""
    about = f"{silence_id}:{int(end_at.timestamp())}"
    elements = [_extend(silence_id, durations), _button(LET_GO, "Let it end", about)]
    return {"type": "actions", "block_id": f"ask:{about}", "elements": elements}


def lengths(durations: Sequence[timedelta], about: str) -> list[dict[str, Any]]:
    """Options for a select; each carries `about`, where that is something, and its seconds."""
    before = f"{about}:" if about else ""
    return [
        {"text": _plain(duration(each)), "value": f"{before}{round(each.total_seconds())}"}
        for each in durations[:MOST_DURATIONS]
    ]


def _block_id(alert: Alert) -> str:
    """Another one with each change: Slack goes on showing what somebody chose in a block that stays the same."""
    silence = f":{alert.silence.id}:{alert.silence.version}" if alert.silence else ""
    return f"deeds:{alert.facts.version}{silence}"


def _first(alert: Alert, about: str) -> dict[str, Any]:
    if alert.state is State.ACKNOWLEDGED:
        return _button(UNACKNOWLEDGE, "Un-acknowledge", about)
    return {**_button(ACKNOWLEDGE, "Acknowledge", about), "style": "primary"}


def _silence(about: str, durations: Sequence[timedelta]) -> dict[str, Any]:
    further = {"text": _plain("Silence more…"), "value": f"{about}:{OTHERWISE}"}
    return _select(SILENCE, "Silence", [*lengths(durations, about), further])


def _lasting(silence: Silence, durations: Sequence[timedelta]) -> list[dict[str, Any]]:
    return [_extend(silence.id, durations), _button(END, "End silence", silence.id)]


def _extend(silence_id: str, durations: Sequence[timedelta]) -> dict[str, Any]:
    return _select(EXTEND, "Extend", lengths(durations, silence_id))


def _select(action: str, text: str, options: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "static_select", "action_id": action, "placeholder": _plain(text), "options": options}


def _button(action: str, text: str, value: str) -> dict[str, Any]:
    return {"type": "button", "action_id": action, "text": _plain(text), "value": value}


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
