"""The words of an alert that the message, the notices and the notification line share.

Everything returned is mrkdwn, escaped and within the limit named beside it.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from core.domain import lasting, words
from core.domain.alert import Alert, State
from core.domain.person import Person, Provider
from core.domain.severity import Severity, classify
from core.targets import mrkdwn
from core.targets.target import Glance

Block = dict[str, Any]

# Facts §5.2: a section's text may have 3000 characters, nobody publishes what a context's text may have; 2000 is what
# the next smaller text of Block Kit has. Half of a limit leaves room for a count in UTF-16 or bytes.
LINE_LIMIT = 1900
SEPARATOR = " · "

SEVERITY_EMOJI = {
    Severity.CRITICAL: "🔴",
    Severity.ERROR: "🟠",
    Severity.WARNING: "🟡",
    Severity.INFO: "🔵",
}
_SEVERITY_COLOUR = {
    Severity.CRITICAL: "#d92d20",
    Severity.ERROR: "#e8590c",
    Severity.WARNING: "#f5a300",
    Severity.INFO: "#2f80ed",
}
_STATE_COLOUR = {State.ACKNOWLEDGED: "#7c4dcc", State.RESOLVED: "#2da160"}
_SILENCED_COLOUR = "#8a8f98"

# What tells one alert from the next comes first; the rest follows by name.
_FIRST_LABELS = (
    "instance",
    "job",
    "cluster",
    "namespace",
    "service",
    "pod",
    "container",
    "node",
    "env",
    "environment",
    "region",
    "team",
)
_SAID_ELSEWHERE = frozenset({"alertname", "severity"})
# Which of several identical Prometheus servers reported it: of no use to the reader.
_NOISE = frozenset({"prometheus", "prometheus_replica", "replica", "monitor", "endpoint", "uid"})
_MOST_LABELS = 8

_RUNBOOKS = ("runbook_url", "runbook")
_DASHBOARDS = (
    "dashboard_url",
    "dashboard",
    "dashboardURL",
    "grafana_url",
    "grafana",
    "grafana_dashboard",
    "panel_url",
    "panelURL",
)
_WHERE = {
    Provider.PAGERDUTY: "in PagerDuty",
    Provider.API: "through the API",
    Provider.ALERTMANAGER: "in Alertmanager",
}
_SLACK_ID = re.compile(r"[UW][A-Z0-9]{2,20}\Z")
_PROVIDERS = {"pagerduty": "PagerDuty", "slack": "Slack", "alertmanager": "Alertmanager"}


def severity_of(alert: Alert) -> Severity:
    return classify(alert.content.severity, Severity.WARNING)


def severity_word(alert: Alert) -> str:
    """The label's own word, in capitals; ALERT where there is none."""
    return mrkdwn.inline(alert.content.severity.upper()[:40], 20) or "ALERT"


def colour(alert: Alert) -> str:
    if alert.is_silenced:
        return _SILENCED_COLOUR
    return _STATE_COLOUR.get(alert.state) or _SEVERITY_COLOUR[severity_of(alert)]


def name(alert: Alert, limit: int = 120) -> str:
    return mrkdwn.inline(alert.content.name, limit) or "unnamed alert"


def on_instance(alert: Alert, limit: int = 80) -> str:
    """` on web-1`; nothing where the alert has no instance."""
    return on_host(alert.content.instance, limit)


def on_host(instance: str, limit: int = 80) -> str:
    """` on web-1`, without the port that scrapes it."""
    instance = instance.strip()[:500]
    host, colon, port = instance.rpartition(":")
    if colon and port.isdigit() and host and (":" not in host or host.endswith("]")):
        instance = host
    shown = mrkdwn.inline(instance, limit)
    return f" on {shown}" if shown else ""


def summary(alert: Alert, limit: int) -> str:
    """The one line that says what is wrong."""
    return mrkdwn.inline(alert.content.summary or alert.content.description, limit)


def began(alert: Alert) -> datetime:
    return lasting.began(alert.facts)


def lasted(alert: Alert) -> timedelta:
    return lasting.lasted(alert.facts)


def acknowledged(alert: Alert) -> str:
    """`acknowledged by Alice`; nothing where nobody did."""
    person = alert.acknowledger
    if alert.facts.acknowledged_at is None:
        return ""
    who = someone(person) if person else mrkdwn.inline(alert.facts.acknowledged_by_name or "", 80)
    return f"acknowledged by {who}" if who else "acknowledged"


def acknowledged_after(alert: Alert) -> str:
    at = alert.facts.acknowledged_at or alert.facts.fired_at
    return words.duration(at - alert.facts.fired_at)


def closed(alert: Alert) -> str:
    """` by Alice`; nothing where Alertmanager has resolved it."""
    person = alert.closer
    who = someone(person) if person else ""
    return f" by {who}" if who else ""


def silenced(alert: Alert) -> str:
    """`silenced by Alice until 14:30: deploy`; nothing where no silence hides it."""
    why = mrkdwn.inline(alert.silence.reason, 200) if alert.silence else ""
    text = silenced_until(alert)
    return f"{text}: {why}" if why else text


def silenced_until(alert: Alert) -> str:
    """The same without the reason."""
    silence, person = alert.silence, alert.silencer
    if silence is None:
        return ""
    who = f" by {someone(person)}" if person and person.name else ""
    where = elsewhere(person.provider) if person else ""
    return f"silenced{who}{where} until {mrkdwn.date(silence.end_at)}"


def lapsed(alert: Alert) -> str:
    """Whose silence hid it until lately, and when that ended."""
    silence = alert.lapsed
    if silence is None:
        return ""
    who = mrkdwn.inline(silence.created_by_name, 80)
    whose = f"the silence of {who}" if who else "the silence"
    return f"{whose} ended {mrkdwn.date(silence.end_at)} and it is still firing"


_SUPPRESSED = {
    "inhibited": "Alertmanager holds it back: another alert inhibits it",
    "muted": "Alertmanager holds it back: muted at this time",
}


def suppressed(alert: Alert) -> str:
    return _SUPPRESSED.get(alert.suppressed or "", "")


def someone(person: Person) -> str:
    """A person in a line that is edited, never posted: there a mention shows who it is and rings nobody.

    Who acted in Slack is called by name all the same: they know where they were.
    """
    if person.provider is not Provider.SLACK and person.slack_id and _SLACK_ID.match(person.slack_id):
        return f"<@{person.slack_id}>"
    return mrkdwn.inline(person.name, 80)


def elsewhere(provider: Provider) -> str:
    """` in PagerDuty`; nothing where it was here."""
    return "" if provider is Provider.SLACK else f" {_WHERE[provider]}"


def again(alert: Alert) -> str:
    occurrence = alert.facts.occurrence
    return f"fired again ({words.ordinal(occurrence)} time)" if occurrence > 1 else ""


def labels(alert: Alert) -> str:
    """At most eight, the telling ones first: `instance web-1:9100 · job node`."""
    given = alert.content.labels
    hidden = _SAID_ELSEWHERE | _NOISE
    rest = sorted(given.keys() - hidden - set(_FIRST_LABELS))
    shown: list[str] = []
    for label in (*_FIRST_LABELS, *rest):
        key = mrkdwn.inline(label, 40)
        value = mrkdwn.inline(given.get(label, ""), 120)
        if key and value and not label.startswith("__"):
            shown.append(f"{key} {value}")
        if len(shown) == _MOST_LABELS:
            break
    return line(shown)


def source_links(alert: Alert) -> list[str]:
    """Runbook and dashboard, where the annotations hold addresses that Slack may be given."""
    annotations = alert.content.annotations
    return [
        f"<{url}|{label}>"
        for label, keys in (("Runbook", _RUNBOOKS), ("Dashboard", _DASHBOARDS))
        if (url := _first_address(annotations, keys))
    ]


def others_say(others: Iterable[Glance]) -> list[str]:
    """How the other places stand: their links, and what is under way or in trouble."""
    glances = list(others)
    links = [
        mrkdwn.link(glance.link, _far_name(glance), 400) for glance in glances if glance.label or glance.link
    ]
    return links + [text for text in map(_progress, glances) if text]


def line(parts: Iterable[str], limit: int = LINE_LIMIT) -> str:
    """The parts with dots between them, without those that would not fit."""
    text = ""
    for part in parts:
        longer = f"{text}{SEPARATOR}{part}" if text and part else text or part
        if len(longer) <= limit:
            text = longer
    return text


def sentence(text: str) -> str:
    """With a capital at its beginning."""
    return text[:1].upper() + text[1:]


def section(text: str) -> Block:
    return {"type": "section", "text": _mrkdwn(text)}


def context(text: str) -> Block:
    return {"type": "context", "elements": [_mrkdwn(text)]}


def _mrkdwn(text: str) -> Block:
    # verbatim: Slack then makes no links or mentions of its own out of bare addresses and names.
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _first_address(annotations: Mapping[str, str], keys: Iterable[str]) -> str:
    return next((url for key in keys if (url := mrkdwn.address(annotations.get(key, "")))), "")


def _progress(glance: Glance) -> str:
    if not glance.behind:
        return ""
    who = provider_of(glance)
    return f"{who} is not answering, trying again" if glance.failing else f"telling {who}…"


def _far_name(glance: Glance) -> str:
    return mrkdwn.inline(glance.label, 60) or provider_of(glance)


def provider_of(glance: Glance) -> str:
    kind = glance.target.partition(":")[0]
    return _PROVIDERS.get(kind) or mrkdwn.inline(kind, 40)
