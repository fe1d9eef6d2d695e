"""The keys about the processes themselves: server, worker, broker, api, logging; the alerting rules, and tidying up."""

from __future__ import annotations

from typing import Any

from config.addresses import BrokerUrl, SecretText, Url
from config.named import Labels, Tokens
from config.settings import (
    Alerting,
    Api,
    Broker,
    Logging,
    LongestSilence,
    NamedToken,
    Retention,
    Server,
    Worker,
)
from config.shapes import Block, OneOrMany, Section
from config.values import Boolean, Choice, Duration, Port, Text, Whole, same

_SILENCE = "a silence outlives neither a minute's notice nor a year"
_TIMEOUT = "a proxy in front is the place for such a limit"


def _without_effect(text: str, why: str) -> Duration:
    return Duration(text, at_most="24h", because=_TIMEOUT, ignored=f"has no effect here: {why}")


class ServerSection(Section):
    builds = Server

    host = Text("Address to listen on; `127.0.0.1` keeps it to this machine.", default="0.0.0.0")
    port = Port("Port to listen on; `0` takes any free one.", default="8080")
    shutdown_timeout = Duration(
        "How long work in hand may take to finish when the bridge is stopped; what is left stays due.",
        default="30s",
        at_least="1s",
        at_most="10m",
        because="what does not finish stays due and is taken up at the next start",
    )
    max_body_bytes = Whole(
        "Largest body accepted, in bytes; the default, 16 MiB, has room for 10,000 alerts in one group.",
        default="16777216",
        at_least=65536,
        at_most=268435456,
        because="a body is held in memory and stored as one row",
    )
    read_timeout = _without_effect(
        "Accepted, without effect: granian bounds the time of a request's headers and of nothing else.",
        "granian bounds the time of a request's headers and of nothing else; put such a limit into the proxy",
    )
    write_timeout = _without_effect(
        "Accepted, without effect: answers are one line long.",
        "answers are one line long and granian has no such limit; put it into the proxy",
    )
    request_timeout = _without_effect(
        "Accepted, without effect: a request bounds by itself what it waits for.",
        "a request bounds by itself what it waits for",
    )


class WorkerSection(Section):
    builds = Worker

    concurrency = Whole(
        "How many lanes and targets one worker process serves at a time.",
        default="8",
        at_least=2,
        at_most=256,
        because="one is reserved for what people do, and each holds a database connection",
    )
    metrics_port = Port("Port on which each worker serves its own `/metrics` and `/health`; off when absent.")


class BrokerSection(Section):
    builds = Broker

    url = BrokerUrl(
        "Broker for Celery: `redis://`, `rediss://` or `amqp://`. When absent the bridge brings its own."
    )


class ApiSection(Section):
    @staticmethod
    def builds(tokens: tuple[tuple[str, Any], ...], public_url: str | None) -> Api:
        return Api(tuple(NamedToken(name, token) for name, token in tokens), public_url)

    tokens = Tokens(
        SecretText("Who may use `/api/v1`: `name: token`; the name is the actor on record.", header=True)
    )
    public_url = Url("Address at which people and PagerDuty reach the bridge, for links back to it.")


class LoggingSection(Section):
    builds = Logging

    level = Choice(
        "Least important level that is logged: `debug`, `info`, `warning` (or `warn`), `error`.",
        default="info",
        words={**same("debug", "info", "warning", "error"), "warn": "warning"},
    )
    format = Choice(
        "`json` for machines, `console` (or `text`) for people.",
        default="json",
        words={**same("json", "console"), "text": "console"},
    )


class Longest(Duration):
    def __init__(self, severity: str) -> None:
        super().__init__(
            f"Longest silence of an alert of severity `{severity}`.",
            default="2160h",
            at_least="1m",
            at_most="8760h",
            because=_SILENCE,
        )


class LongestSilenceSection(Section):
    builds = LongestSilence

    critical = Longest("critical")
    error = Longest("error")
    warning = Longest("warning")
    info = Longest("info")


class AlertingSection(Section):
    builds = Alerting

    deduplication_window = Duration(
        "An alert that fires again within this time of its resolve continues the same Slack message.",
        default="5m",
        at_most="168h",
        because="longer than a week would join what has nothing to do with each other",
    )
    resend_interval = Duration(
        "How often people are reminded of what fires and nobody has acknowledged; `0` turns reminders off.",
        default="30m",
        at_least="1s",
        at_most="168h",
        zero=True,
        because="0 turns reminders off",
    )
    silence_durations = OneOrMany(
        Duration(
            "The lengths offered when somebody silences an alert.",
            at_least="1m",
            at_most="8760h",
            because=_SILENCE,
        ),
        default="[15m, 1h, 4h, 24h]",
        needed=True,
    )
    longest_silence = Block(LongestSilenceSection)
    protected_labels = Labels(
        "Labels, `name: value` or `name: [values]`, whose alerts cannot be silenced from here: "
        "a dead man's switch, say.",
    )
    ack_silences = Boolean(
        "Whether an acknowledgement also silences exactly that alert in Alertmanager, for a short while that is "
        "extended as long as it fires; needs `alertmanager.url`.",
        default="false",
    )


class Kept(Duration):
    def __init__(self, text: str, *, default: str, at_least: str, because: str) -> None:
        super().__init__(
            f"{text}; `0` keeps them for ever.",
            default=default,
            at_least=at_least,
            at_most="87600h",
            zero=True,
            because=because,
        )


class RetentionSection(Section):
    builds = Retention

    resolved_alerts = Kept(
        "How long an alert stays after it was resolved, with its record and all that was said about it",
        default="720h",
        at_least="1h",
        because="people look at what has just been resolved",
    )
    expired_silences = Kept(
        "How long silences stay after their end",
        default="2160h",
        at_least="1h",
        because="people look at what has just ended",
    )
    events = Kept(
        "How long what came in, webhooks and clicks, is known after it was done",
        default="168h",
        at_least="48h",
        because="PagerDuty sends a webhook again for two days, and then it has to be known",
    )
    event_bodies = Kept(
        "How long their content is kept",
        default="24h",
        at_least="1h",
        because="it is all there is to look at when something was not understood",
    )
    attempts = Kept(
        "How long failed attempts to tell a target are kept",
        default="168h",
        at_least="1h",
        because="they are what the alert's story has to say about a target that was down",
    )


class MetricsSection(Section):
    enabled = Boolean(
        "Accepted, without effect: `/metrics` is always served.",
        ignored="has no effect here: /metrics is always served",
    )


class ObservabilitySection(Section):
    metrics = Block(MetricsSection, kept=False)
