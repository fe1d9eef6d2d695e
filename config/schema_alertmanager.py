"""The keys of Alertmanager: how it proves who it is when it calls, and where it is for silences."""

from __future__ import annotations

from typing import Any, Unpack

from config.addresses import SecretText, Url
from config.entry import Common, Wrong
from config.secret import Secret
from config.settings import Alertmanager, BasicAuth, NamedToken
from config.shapes import Block, OneOrMany, Section, Tokens
from config.values import Choice, Duration, Text, same

WEBHOOK_PATHS = ("/alertmanager/webhook", "/webhook/alertmanager")


class Interval(Duration):
    def __init__(self, text: str, **common: Unpack[Common]) -> None:
        because = "each turn asks every Alertmanager once"
        super().__init__(text, at_least="1s", at_most="1h", because=because, **common)


class BasicAuthSection(Section):
    builds = BasicAuth

    username = Text(
        "User name that Alertmanager sends.",
        pattern=r"[^:\s][^:]*",
        otherwise=Wrong("is blank or has a colon", "write a name without colons"),
        required=True,
        remedy="write the user name, or remove the basic_auth block",
    )
    password = SecretText(
        "Password that Alertmanager sends.",
        password=True,
        required=True,
        remedy="write the password, or remove the basic_auth block",
    )


class AlertmanagerSection(Section):
    @staticmethod
    def builds(bearer_token: tuple[tuple[str, Secret], ...], **rest: Any) -> Alertmanager:
        return Alertmanager(
            bearer_token=tuple(token for name, token in bearer_token if not name),
            source_tokens=tuple(NamedToken(name, token) for name, token in bearer_token if name),
            **rest,
        )

    url = OneOrMany(
        Url("Where Alertmanager's API is; needed for silences to hold on both sides."), at_most=20
    )
    webhook_secret = OneOrMany(
        SecretText("Secret of the `X-Alertmanager-Signature` header; two while it is being changed.")
    )
    bearer_token = Tokens(
        SecretText(
            "Bearer token that Alertmanager sends; of `name: token` the name becomes the source.",
            header=True,
        ),
        unnamed=True,
    )
    basic_auth = Block(BasicAuthSection, optional=True)
    webhook_path = Choice(
        "Accepted when it is `/alertmanager/webhook` or `/webhook/alertmanager`: both are always served.",
        words=same(*WEBHOOK_PATHS),
        kept=False,
    )
    poll_interval = Interval("How often silences made in Alertmanager are looked for.", default="15s")
    reconcile_interval = Interval("How often alerts are compared with Alertmanager's list.", default="60s")
