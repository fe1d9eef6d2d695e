"""An alert as an Events API v2 event. Pure, and never refused: whatever comes in, what goes out is within limits.

Limits: PagerDuty, "Send an alert event" (summary 1024 characters, dedup_key 255, the whole body 512 KB).
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from core.domain.alert import Alert, Content
from core.domain.severity import Severity, classify
from core.targets.pagerduty_details import fit, tame
from core.targets.target import Glance

MOST_SUMMARY = 1024
MOST_FIELD = 255
MOST_URL = 2048
# Room in the body for what is added on the way out: the routing key.
_RESERVED = 1_000
MOST_BODY = 512_000

# Where to look, best first; the labels that Prometheus' own exporters and usual relabelling set.
_SOURCE = ("host", "hostname", "node", "server", "service", "job", "cluster", "namespace")
_COMPONENT = ("component", "service", "app", "job", "deployment", "container")
_GROUP = ("group", "cluster", "namespace", "environment", "env")
_LINKS = (("Runbook", ("runbook_url", "runbook")), ("Dashboard", ("dashboard_url", "dashboard")))

# Line breaks and controls would break the one line that a telephone shows, bidi marks turn it around, and characters
# that nobody sees hide words from a search.
_UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]+"
)
_PORT = re.compile(r"(?P<host>[^:/\[\]]+|\[[^\]]*\]):\d+")
_KEY = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}):(\d{1,9})")
_ORIGIN = re.compile(r"(?:alert-bridge-|/api/v1/alerts/)([0-9a-f-]{36})(?:-|#occurrence-)(\d{1,9})\Z")


def trigger(
    alert: Alert,
    *,
    dedup_key: str,
    default_severity: Severity,
    public_url: str | None = None,
    others: Sequence[Glance] = (),
) -> dict[str, Any]:
    """The whole event but for its routing key."""
    content, severity = alert.content, classify(alert.content.severity, default_severity)
    event: dict[str, Any] = {
        "event_action": "trigger",
        "dedup_key": dedup_key,
        "client": "Alert Bridge",
        "client_url": client_url(alert, public_url),
        "payload": {
            "summary": _summary(content, severity),
            "source": _source(content),
            "severity": severity.value,
            "timestamp": _started(alert).isoformat(),
            **_classing(content),
        },
    }
    if links := _links(content, others):
        event["links"] = links
    room = MOST_BODY - _RESERVED - len(json.dumps(event))
    event["payload"]["custom_details"] = fit(_details(alert), room)
    return event


def acknowledge(dedup_key: str) -> dict[str, Any]:
    return {"event_action": "acknowledge", "dedup_key": dedup_key}


def resolve(dedup_key: str) -> dict[str, Any]:
    return {"event_action": "resolve", "dedup_key": dedup_key}


def client_url(alert: Alert, public_url: str | None) -> str:
    """Where "View in Alert Bridge" leads. It comes back in `incident.triggered`, and `origin` reads it there."""
    facts = alert.facts
    if public_url:
        return f"{public_url.rstrip('/')}/api/v1/alerts/{facts.id}#occurrence-{facts.occurrence}"
    # RFC 2606 keeps .invalid for addresses that lead nowhere on purpose.
    base = http_url(alert.content.generator_url) or "https://alert-bridge.invalid/"
    joint = "&" if "#" in base else "#"
    return f"{base}{joint}alert-bridge-{facts.id}-{facts.occurrence}"


def dedup_key(alert: Alert) -> str:
    """The present occurrence's own: PagerDuty never opens a resolved incident again for the same key."""
    return f"{alert.id}:{alert.facts.occurrence}"


def occurrence_of(key: str) -> tuple[str, int] | None:
    """The alert id and occurrence that a dedup key of ours names."""
    found = _KEY.fullmatch(key)
    return (found[1], int(found[2])) if found else None


def origin(url: str) -> tuple[str, int] | None:
    """The alert id and occurrence that a client_url of ours names."""
    found = _ORIGIN.search(url)
    return (found[1], int(found[2])) if found else None


def http_url(text: str) -> str | None:
    """`text` where it is an address that a browser may be sent to."""
    text = text.strip()
    if len(text) > MOST_URL or not text.isprintable() or " " in text:
        return None
    try:
        parts = urlsplit(text)
        named = bool(parts.hostname)
    except ValueError:
        return None
    return text if named and parts.scheme in ("http", "https") else None


def one_line(text: str, limit: int) -> str:
    """Shown as one line of at most `limit` characters."""
    # Cut first: whoever sends a megabyte shall not have all of it looked at.
    words = _UNSEEN.sub(" ", tame(text[: 4 * limit])).split()
    line = " ".join(words)
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _summary(content: Content, severity: Severity) -> str:
    """`[CRITICAL] HighCPU on web-1: above 90% for 5 min`."""
    title = f"[{severity.upper()}] {one_line(content.name, MOST_FIELD) or 'unnamed alert'}"
    if instance := one_line(_without_port(content.instance), MOST_FIELD):
        title = f"{title} on {instance}"
    first_line = next(iter(content.description.strip().splitlines()), "")
    what = one_line(content.summary, MOST_SUMMARY) or one_line(first_line, MOST_SUMMARY)
    return one_line(f"{title}: {what}" if what else title, MOST_SUMMARY)


def _source(content: Content) -> str:
    """Never empty: PagerDuty refuses an event without it."""
    return _first(content.labels, ("instance", *_SOURCE, "alertname")) or "alertmanager"


def _classing(content: Content) -> dict[str, str]:
    found = {
        "component": _first(content.labels, _COMPONENT),
        "group": _first(content.labels, _GROUP),
        "class": _first(content.labels, ("class", "alertname")),
    }
    return {name: value for name, value in found.items() if value}


def _links(content: Content, others: Sequence[Glance]) -> list[dict[str, str]]:
    found = [("Graph", content.generator_url)]
    for text, names in _LINKS:
        found += [(text, content.annotations[name]) for name in names if name in content.annotations][:1]
    found += [("Slack message", other.link) for other in others if other.target.startswith("slack:")]
    return [{"href": href, "text": text} for text, link in found if (href := http_url(link))]


def _details(alert: Alert) -> dict[str, Any]:
    facts, content = alert.facts, alert.content
    return {
        "firing since": _started(alert).isoformat(timespec="seconds"),
        "occurrence": facts.occurrence,
        "source": one_line(facts.source, MOST_FIELD),
        "labels": content.labels,
        "annotations": content.annotations,
    }


def _started(alert: Alert) -> datetime:
    """A clock that was never set must not make PagerDuty refuse the page."""
    facts = alert.facts
    return facts.starts_at if facts.starts_at.year >= 2000 else facts.fired_at


def _first(labels: Mapping[str, str], names: Sequence[str]) -> str:
    return next((line for name in names if (line := one_line(labels.get(name, ""), MOST_FIELD))), "")


def _without_port(instance: str) -> str:
    """`web-1` of `web-1:9100`; addresses of other forms stay whole."""
    found = _PORT.fullmatch(instance.strip())
    return found["host"] if found else instance
