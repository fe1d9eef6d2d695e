"""The keys of Alertmanager: how it proves who it is when it calls, and where it is for silences."""

from __future__ import annotations

from typing import Any, Unpack

from config.addresses import SecretText, Url
from config.entry import Common, Wrong
from config.named import Clusters, Tokens
from config.secret import Secret
from config.settings import Alertmanager, BasicAuth, Cluster, NamedToken
from config.shapes import Block, OneOrMany, Section
from config.values import Choice, Duration, Text, same

WEBHOOK_PATHS = ("/alertmanager/webhook", "/webhook/alertmanager")


class Interval(Duration):
    def __init__(self, text: str, **common: Unpack[Common]) -> None:
        because = "each turn asks every Alertmanager once"
        super().__init__(text, at_least="1s", at_most="1h", because=because, **common)


class Username(Text):
    def __init__(self, text: str, **common: Unpack[Common]) -> None:
        otherwise = Wrong("is blank or has a colon", "write a name without colons")
        super().__init__(text, pattern=r"[^:\s][^:]*", otherwise=otherwise, **common)


class BasicAuthSection(Section):
    builds = BasicAuth

    username = Username(
        "User name that Alertmanager sends.",
        required=True,
        remedy="write the user name, or remove the basic_auth block",
    )
    password = SecretText(
        "Password that Alertmanager sends.",
        password=True,
        required=True,
        remedy="write the password, or remove the basic_auth block",
    )


class ApiBasicAuthSection(Section):
    builds = BasicAuth

    username = Username(
        "User name with which the bridge calls Alertmanager's API.",
        required=True,
        remedy="write the user name, or remove the api_basic_auth block",
    )
    password = SecretText(
        "Password of that user.",
        password=True,
        required=True,
        remedy="write the password, or remove the api_basic_auth block",
    )


class AlertmanagerSection(Section):
    @staticmethod
    def builds(
        url: tuple[Cluster, ...], bearer_token: tuple[tuple[str, Secret], ...], **rest: Any
    ) -> Alertmanager:
        return Alertmanager(
            clusters=url,
            bearer_token=tuple(token for name, token in bearer_token if not name),
            source_tokens=tuple(NamedToken(name, token) for name, token in bearer_token if name),
            **rest,
        )

    url = Clusters(
        Url(
            "Where Alertmanager's API is, needed for silences to hold on both sides: a URL, or those of the members "
            "of one cluster; of `name: URL` the name is the source."
        )
    )
    api_bearer_token = SecretText("Bearer token with which the bridge calls Alertmanager's API.", header=True)
    api_basic_auth = Block(ApiBasicAuthSection, optional=True)
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
    restart_grace = Duration(
        "How long after Alertmanager's own start nothing is resolved for being absent from its list.",
        default="5m",
        at_most="1h",
        because="its alerts live in its memory only, and Prometheus sends them again within minutes",
    )
