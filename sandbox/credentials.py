"""What the pretend workspace and account accept: fixed, so that a configuration can be written once.

None of it is secret and none of it works anywhere else; the people are made up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SLACK_BOT_TOKEN = "xoxb-sandbox-000000000000-bridge"
SLACK_SIGNING_SECRET = "sandbox0signing0secret0000000000"
SLACK_APP_ID = "A0SANDBOX"
SLACK_TEAM_ID = "T0SANDBOX"
SLACK_TEAM_NAME = "Sandbox workspace"
SLACK_TEAM_DOMAIN = "sandbox-workspace"
# The workspace's address is the sandbox's own (permalinks then open its page), so `auth.test` says it at run time; this
# is only what stands there before a server has been started.
SLACK_TEAM_URL = "http://127.0.0.1/"
SLACK_BOT_USER_ID = "U0BRIDGE"
SLACK_BOT_ID = "B0BRIDGE"
SLACK_BOT_NAME = "Alert Bridge"

SLACK_CHANNEL = "C0SANDBOX1"
SLACK_CHANNEL_NAME = "alerts"
SLACK_CHANNEL_SECOND = "C0SANDBOX2"  # the bot is a member here too
SLACK_CHANNEL_NOT_MEMBER = "C0SANDBOX3"  # public, the bot has not been invited
SLACK_CHANNEL_ARCHIVED = "C0SANDBOX4"

# The scopes of the app as installed (facts of Slack, section 8.1). `chat:write.public` is left out on purpose.
SLACK_SCOPES = frozenset(
    {
        "chat:write",
        "commands",
        "users:read",
        "users:read.email",
        "channels:history",
        "groups:history",
        "channels:read",
        "groups:read",
    }
)

PAGERDUTY_ROUTING_KEY = "R0SANDBOX0ROUTING0KEY00000000001"
PAGERDUTY_ROUTING_KEY_SECOND = "R0SANDBOX0ROUTING0KEY00000000002"  # another integration, for rotation
PAGERDUTY_API_TOKEN = "y-sandbox-rest-key-00"
PAGERDUTY_SERVICE_ID = "PSVC001"
PAGERDUTY_SERVICE_NAME = "Sandbox service"
PAGERDUTY_WEBHOOK_SECRET = "sandbox-pagerduty-webhook-secret"
PAGERDUTY_SUBSCRIPTION_ID = "PWHSUB1"

# Which integration a routing key belongs to; both feed the one service.
PAGERDUTY_INTEGRATIONS: Mapping[str, str] = {
    PAGERDUTY_ROUTING_KEY: "PINTEG1",
    PAGERDUTY_ROUTING_KEY_SECOND: "PINTEG2",
}


@dataclass(frozen=True)
class Person:
    """Someone made up; an id is None where that person does not exist."""

    name: str
    email: str | None
    slack_id: str | None
    pagerduty_id: str | None
    zone: str = "Europe/Berlin"


ADA = Person("Ada Example", "ada@sandbox.example", "U0ADA", "PUADA01")
BRUNO = Person("Bruno Sample", "bruno@sandbox.example", "U0BRUNO", "PUBRUNO", "America/New_York")
CHIDI = Person("Chidi Placeholder", "chidi@sandbox.example", "U0CHIDI", "PUCHIDI", "Asia/Kolkata")
DORA = Person("Dora Mailless", None, "U0DORA", None, "Pacific/Auckland")  # Slack shows no e-mail
EMIL = Person("Emil Slackonly", "emil@sandbox.example", "U0EMIL", None)  # not in PagerDuty
PEOPLE = (ADA, BRUNO, CHIDI, DORA, EMIL)
# The account's own user for programs: nobody's name stands there for somebody else's doing.
PAGERDUTY_BOT = Person("Alert Bridge", "alert-bridge@sandbox.example", None, "PUBRIDG")
