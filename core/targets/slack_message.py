"""What one alert looks like in Slack, from its state and nothing else.

The headline is a block of the message itself and the rest hangs under a colour bar in one attachment: with blocks of
its own a message shows them instead of `text`, which is then what the locked screen and the search show, and never
stands above the bar a second time. Attachments are folded by Slack's clients beyond about five blocks, so there are
never more.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from core.domain import words
from core.domain.alert import Alert, State
from core.targets import mrkdwn
from core.targets.slack_buttons import DURATIONS, actions
from core.targets.slack_parts import (
    SEVERITY_EMOJI,
    Block,
    acknowledged,
    acknowledged_after,
    again,
    began,
    closed,
    colour,
    context,
    elsewhere,
    labels,
    lapsed,
    lasted,
    line,
    name,
    on_instance,
    others_say,
    section,
    sentence,
    severity_of,
    severity_word,
    silenced,
    source_links,
    summary,
    suppressed,
)
from core.targets.target import Glance

ALERT_EVENT = "alert_bridge_alert"
_NOTIFICATION = 149
_GRAPH_URL = 1500


@dataclass(frozen=True, slots=True)
class Message:
    """The arguments of chat.postMessage and chat.update that carry content."""

    text: str
    blocks: list[Block] = field(default_factory=list)
    attachments: list[dict[str, Any]] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)

    def arguments(self) -> dict[str, Any]:
        """All of them, always: an update keeps the attachments and metadata that it does not mention."""
        return {
            "text": self.text,
            "blocks": self.blocks,
            "attachments": self.attachments,
            "metadata": self.metadata,
        }


def render(alert: Alert, others: Sequence[Glance], durations: Sequence[timedelta] = DURATIONS) -> Message:
    """The message as it should be now. `durations` are the lengths of silences that it offers."""
    if alert.state is State.RESOLVED:
        headline, lines = _resolved_headline(alert), [_resolved_line(alert, others)]
    else:
        headline, lines = _headline(alert), _details(alert, others, durations)
    attachment = {"color": colour(alert), "blocks": lines}
    return Message(notification(alert), [section(headline)], [attachment], _metadata(alert))


def render_plain(alert: Alert, *, metadata: bool) -> Message:
    """The least that still tells: for when Slack refuses the message above, whatever its reason."""
    return Message(notification(alert), metadata=_metadata(alert) if metadata else {})


def notification(alert: Alert) -> str:
    """One line for a locked screen, under 150 characters, most telling first."""
    said = {State.ACKNOWLEDGED: "ACKNOWLEDGED", State.RESOLVED: "RESOLVED"}.get(alert.state)
    said = "SILENCED" if alert.is_silenced else said
    who = f"{said or severity_word(alert)} {name(alert, 60)}{on_instance(alert, 40)}"
    if alert.state is State.RESOLVED:
        return f"{who} after {words.duration(lasted(alert))}"
    what = summary(alert, _NOTIFICATION - len(who) - len(": "))
    return f"{who}: {what}" if what else who


def _headline(alert: Alert) -> str:
    """Never the colour alone: the word is there too."""
    who = f"{_linked_name(alert)}{on_instance(alert)}"
    if alert.is_silenced:
        return f"🔕 *{severity_word(alert)} · silenced*  {who}"
    if alert.state is State.ACKNOWLEDGED:
        return f"🟣 *{severity_word(alert)} · acknowledged*  {who}"
    return f"{SEVERITY_EMOJI[severity_of(alert)]} *{severity_word(alert)}*  {who}"


def _details(alert: Alert, others: Sequence[Glance], durations: Sequence[timedelta]) -> list[Block]:
    """The lines under the bar: what, where, who, since when. What one can do about it belongs last, under the thumb."""
    return [
        *_what(alert),
        *_context(labels(alert)),
        *_context(_who(alert)),
        *_context(line([_since(alert), suppressed(alert), *source_links(alert), *others_say(others)])),
        actions(alert, others, durations),
    ]


def _what(alert: Alert) -> list[Block]:
    said = [mrkdwn.prose(alert.content.summary, 300, lines=3), mrkdwn.prose(alert.content.description, 500)]
    text = "\n".join(dict.fromkeys(part for part in said if part))
    return [section(text)] if text else []


def _who(alert: Alert) -> str:
    """Whose hands it is in, and who wants it quiet."""
    return line([sentence(part) for part in (silenced(alert), _acknowledged(alert), lapsed(alert)) if part])


def _acknowledged(alert: Alert) -> str:
    if not (by := acknowledged(alert)):
        return ""
    person = alert.acknowledger
    where = elsewhere(person.provider) if person else ""
    return f"{by}{where} {acknowledged_after(alert)} after it fired"


def _since(alert: Alert) -> str:
    since = mrkdwn.date(began(alert))
    return sentence(f"{again(alert)}, firing since {since}" if again(alert) else f"firing since {since}")


def _resolved_headline(alert: Alert) -> str:
    who = f"{_linked_name(alert)}{on_instance(alert)}"
    return f"✅ {who} resolved{closed(alert)} after {words.duration(lasted(alert))}"


def _resolved_line(alert: Alert, others: Sequence[Glance]) -> Block:
    by = acknowledged(alert)
    ended = alert.facts.closed_at or alert.facts.resolved_at
    closer = alert.closer
    by_hand = f" by hand{elsewhere(closer.provider)}" if closer else ""
    return context(
        line(
            [
                f"Resolved{by_hand} {mrkdwn.date(ended)}" if ended else "Resolved",
                _opens_again(alert),
                f"{by} after {acknowledged_after(alert)}" if by else "",
                again(alert),
                *others_say(others),
            ]
        )
    )


def _opens_again(alert: Alert) -> str:
    """Closed by hand, and Alertmanager says that it fires."""
    if not alert.facts.firing or alert.facts.wake_at is None:
        return ""
    return f"opens again {mrkdwn.date(alert.facts.wake_at)} if it is still firing then"


def _linked_name(alert: Alert) -> str:
    return mrkdwn.link(alert.content.generator_url, name(alert), _GRAPH_URL)


def _context(text: str) -> list[Block]:
    return [context(text)] if text else []


def _metadata(alert: Alert) -> dict[str, Any]:
    """How the message is found again. Everybody in the workspace can read it: ids only."""
    payload = {"alert_id": alert.id, "occurrence": alert.facts.occurrence, "state": str(alert.state)}
    return {"event_type": ALERT_EVENT, "event_payload": payload}
