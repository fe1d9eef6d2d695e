"""Notes as they stand in PagerDuty: in whoever's name they are posted, they say who wrote them and where."""

from core.domain.person import Provider

MOST = 24_000
"""Characters; PagerDuty publishes no limit of a note's length, and webhooks are promised up to 55 KB only."""
_PLACES = {
    Provider.SLACK: "Slack",
    Provider.PAGERDUTY: "PagerDuty",
    Provider.API: "API",
    Provider.ALERTMANAGER: "Alertmanager",
}


def place(provider: Provider) -> str:
    """How people call it."""
    return _PLACES[provider]


def attributed(name: str, provider: Provider, text: str) -> str:
    """`Alice (Slack): looking at the load balancer`."""
    return f"{name or 'Somebody'} ({place(provider)}): {text}"[:MOST]
