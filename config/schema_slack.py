"""The keys of Slack. Remedies use the words of Slack's own pages, so that people find the place."""

from __future__ import annotations

from typing import Unpack

from config.addresses import BotToken, SecretText, Url
from config.entry import Common, Wrong, wrong
from config.settings import Slack
from config.shapes import Block, OneOrMany, Section, switched
from config.values import Boolean, Duration, Rate, Text, Whole, boolean

CHANNEL_REMEDY = (
    "open the channel in Slack, click its name, and copy the channel ID (C…) at the foot of the About tab"
)
API_URL = "https://slack.com/api/"


class ChannelId(Text):
    def __init__(self, text: str, **common: Unpack[Common]) -> None:
        otherwise = Wrong("is not a channel ID", CHANNEL_REMEDY)
        super().__init__(text, pattern=r"[CGD][A-Z0-9]{2,}", otherwise=otherwise, **common)

    def read(self, text: str) -> str:
        if text.startswith("#"):
            raise wrong("is the name of a channel, not its ID; names change", CHANNEL_REMEDY)
        return super().read(text)


class NoSocketMode(Boolean):
    def read(self, text: str) -> bool:
        if boolean(text):
            raise wrong(
                "asks for Socket Mode, but the bridge is called over HTTP",
                "turn Socket Mode off in the Slack app, write false here, and set the app's request URLs to the "
                "bridge: /slack/interaction (Interactivity), /slack/events (Event Subscriptions), "
                "/slack/commands (Slash Commands)",
            )
        return False


class SocketModeSection(Section):
    enabled = NoSocketMode("Must stay `false`: the bridge is called over HTTP.", default="false")
    app_token = SecretText("Accepted, without effect: only Socket Mode needs it.")
    debug = Boolean("Accepted, without effect: only Socket Mode has it.")
    ping_interval = Duration(
        "Accepted, without effect: only Socket Mode has it.", at_most="24h", because="a day is long"
    )


class SlackSection(Section):
    builds = Slack

    enabled = Boolean("Whether alerts are shown in Slack.", default="false", kept=False)
    bot_token = BotToken(
        "Bot User OAuth Token (`xoxb-…`) of the Slack app.",
        header=True,
        required=True,
        remedy="copy the Bot User OAuth Token from OAuth & Permissions in the Slack app's settings",
    )
    signing_secret = OneOrMany(
        SecretText("Signing Secret of the Slack app; two while it is being changed."),
        required=True,
        remedy="copy the Signing Secret from Basic Information in the Slack app's settings; without it "
        "anybody could press the buttons",
    )
    channel_id = ChannelId(
        "ID of the channel that alerts are shown in (`C…`), not its name.",
        required=True,
        remedy=CHANNEL_REMEDY,
    )
    app_id = Text(
        "ID of the Slack app (`A…`).",
        pattern=r"A[A-Z0-9]{2,}",
        otherwise=Wrong("is not an app ID", "copy the App ID (A…) from Basic Information, or leave it out"),
    )
    api_url = Url("Where Slack's API is; another address is for tests.", default=API_URL, slash=True)
    posts_per_second = Rate(
        "New messages per second and channel; Slack allows about one.",
        default="1.0",
        at_least=0.01,
        at_most=10000,
    )
    updates_per_minute = Whole(
        "Edits of messages per minute and workspace; Slack allows about 50.",
        default="50",
        at_least=1,
        at_most=1000000,
        because="edits beyond Slack's own limit come back with 429",
    )
    socket_mode = Block(SocketModeSection, on=switched(default=False), optional=True, kept=False)
