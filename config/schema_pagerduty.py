"""The keys of PagerDuty."""

from __future__ import annotations

from config.addresses import RoutingKey, SecretText, Url
from config.entry import Wrong
from config.settings import PagerDuty
from config.shapes import OneOrMany, Section
from config.values import Boolean, Choice, Text, Whole, same

EVENTS_API_URL = "https://events.pagerduty.com"


class PagerDutySection(Section):
    builds = PagerDuty

    enabled = Boolean("Whether alerts open PagerDuty incidents.", default="false", kept=False)
    routing_key = RoutingKey(
        "Integration Key (32 characters) of an Events API v2 integration.",
        header=True,
        required=True,
        remedy="copy the Integration Key of an Events API v2 integration from the PagerDuty service",
    )
    api_token = SecretText(
        "REST API key. With it the bridge acknowledges as the person who did, learns the incident's link and "
        "repairs what has come apart; without it only the Events API is used.",
        header=True,
    )
    service_id = Text(
        "ID of the PagerDuty service (`P…`), which narrows the search for an incident.",
        pattern=r"[A-Z0-9]{3,}",
        otherwise=Wrong(
            "is not a service ID", "copy it from the address of the service's page, or leave it out"
        ),
    )
    from_email = Text(
        "E-mail of a PagerDuty user under whose name notes are written, and acknowledgements taken back, for people "
        "who have no account there. "
        "Never acknowledges: PagerDuty would reassign the incident to that user.",
        pattern=r"[^@\s]+@[^@\s]+",
        otherwise=Wrong("is not an e-mail address", "write the address of a PagerDuty user, or leave it out"),
    )
    webhook_secret = OneOrMany(
        SecretText("Secret of the Webhooks v3 subscription; two while it is being changed."),
        required=True,
        remedy="copy the secret that PagerDuty shows when the webhook subscription is made; without it "
        "anybody could acknowledge and resolve",
    )
    default_severity = Choice(
        "Severity when an alert has none that PagerDuty knows: `critical`, `error`, `warning`, `info`.",
        default="warning",
        words=same("critical", "error", "warning", "info"),
    )
    severities = OneOrMany(
        Text("Which alert severities page, such as `[critical, error]`; empty means all."), default="[]"
    )
    on_silence = Choice(
        "What happens to an open incident when its alert is silenced: `acknowledge` it, or only write a `note`.",
        default="acknowledge",
        words=same("acknowledge", "note"),
    )
    api_url = Url(
        "Where the REST API is; `https://api.eu.pagerduty.com` in the EU.",
        default="https://api.pagerduty.com",
    )
    events_api_url = Url(
        "Where the Events API is; `https://events.eu.pagerduty.com` in the EU.", default=EVENTS_API_URL
    )
    events_per_minute = Whole(
        "Events sent per minute and routing key; PagerDuty allows about 120.",
        default="120",
        at_least=1,
        at_most=1000000,
        because="events beyond PagerDuty's own limit come back with 429",
    )
