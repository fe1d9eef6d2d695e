"""What a person should hear about a configuration that is accepted: keys without effect, doors left open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from config import reference
from config.document import Tree, at
from config.faults import Remark, under
from config.named import UNNAMED_SOURCE
from config.schema_pagerduty import EVENTS_API_URL
from config.schema_slack import API_URL
from config.settings import (
    Alertmanager,
    Api,
    NamedToken,
    PagerDuty,
    Server,
    Slack,
    Storage,
    StorageType,
    Worker,
)

SHORTEST_TOKEN = 16
BESIDE_THE_THREADS = 4
"""Connections of a worker besides one a thread: the sweep, what is read back from Alertmanager, the clock."""


def remarks(
    expanded: Mapping[str, Tree],
    shaped: Mapping[str, Tree],
    data: Mapping[str, Any],
    unset: Mapping[str, tuple[str, ...]],
    off: set[str],
) -> Iterator[Remark]:
    yield from _ignored(shaped)
    yield from _unset(shaped, unset, off)
    yield from _never_switched(expanded, unset)
    yield from _storage(expanded, data["storage"])
    yield from _slack(data["slack"])
    yield from _pagerduty(data["pagerduty"])
    yield from _alertmanager(data["alertmanager"])
    yield from _clusters(data["alertmanager"])
    yield from _api(data["api"])
    yield from _ports(data["server"], data["worker"])
    yield from _pool(data["storage"], data["worker"])


def _ignored(shaped: Mapping[str, Tree]) -> Iterator[Remark]:
    for path, entry in reference.entries().items():
        if entry.ignored and at(shaped, path) is not None:
            yield Remark(path, entry.ignored)


def _unset(
    shaped: Mapping[str, Tree], unset: Mapping[str, tuple[str, ...]], off: set[str]
) -> Iterator[Remark]:
    for path, names in unset.items():
        plain = path.partition("[")[0]
        skipped = (
            any(under(path, block) for block in off) or at(shaped, plain.removesuffix("_file")) is not None
        )
        if not skipped and not path.endswith(".enabled"):
            yield Remark(path, f"counts as absent: {' and '.join(names)} is not set")


def _never_switched(expanded: Mapping[str, Tree], unset: Mapping[str, tuple[str, ...]]) -> Iterator[Remark]:
    for block in ("slack", "pagerduty"):
        path = f"{block}.enabled"
        if at(expanded, block) is not None and at(expanded, path) is None:
            names = unset.get(path)
            why = f"{' and '.join(names)} is not set" if names else "write enabled: true to turn it on"
            yield Remark(path, f"is absent, so this block is off: {why}")


def _storage(expanded: Mapping[str, Tree], storage: Storage) -> Iterator[Remark]:
    if storage.type is StorageType.MEMORY:
        yield Remark("storage.type", "keeps everything in a temporary folder, gone when the process ends")
    if at(expanded, "storage.mysql") is not None and at(expanded, "storage.type") is None:
        yield Remark("storage.mysql", "is not used: storage.type is absent, which means sqlite")


def _slack(slack: Slack | None) -> Iterator[Remark]:
    if slack is None or slack.api_url != API_URL:
        return
    if slack.posts_per_second > 1:
        yield Remark("slack.posts_per_second", "is above the one that Slack allows: expect 429 answers")
    if slack.updates_per_minute > 50:
        yield Remark("slack.updates_per_minute", "is above the 50 that Slack allows: expect 429 answers")


def _pagerduty(pagerduty: PagerDuty | None) -> Iterator[Remark]:
    if pagerduty is None:
        return
    if pagerduty.api_token is None:
        text = "is absent: nobody acknowledges there by name, no notes, and no repair of what has come apart"
        yield Remark("pagerduty.api_token", text)
    elif pagerduty.from_email is None:
        text = "is absent: what people without a PagerDuty account do stands there without their names"
        yield Remark("pagerduty.from_email", text)
    if pagerduty.events_api_url == EVENTS_API_URL and pagerduty.events_per_minute > 120:
        yield Remark("pagerduty.events_per_minute", "is above the 120 that PagerDuty allows: expect 429")


def _alertmanager(alertmanager: Alertmanager) -> Iterator[Remark]:
    if not alertmanager.authenticated:
        text = (
            "has no authentication: whoever reaches the webhook can raise and resolve alerts; "
            "set bearer_token, basic_auth or webhook_secret"
        )
        yield Remark("alertmanager", text)
    yield from _short(alertmanager.source_tokens, "alertmanager.bearer_token")
    if any(len(token.reveal()) < SHORTEST_TOKEN for token in alertmanager.bearer_token):
        yield _guessable("alertmanager.bearer_token")


def _clusters(alertmanager: Alertmanager) -> Iterator[Remark]:
    path = "alertmanager.url"
    if not alertmanager.clusters:
        text = (
            "is absent: silences made here hold here only, those made in Alertmanager are not seen, "
            "and what resolves while it is silenced is never heard of"
        )
        yield Remark(path, text)
    elif _unnamed_is_never_met(alertmanager):
        text = (
            f"is that of source {UNNAMED_SOURCE}, but every bearer token names another: "
            "unless the webhook's address says ?source=, no alert comes from there; write `name: URL`"
        )
        yield Remark(path, text)


def _unnamed_is_never_met(alertmanager: Alertmanager) -> bool:
    """Whether the source without a name has URLs, and every way in is a token with another name."""
    ways = alertmanager.bearer_token or alertmanager.basic_auth or alertmanager.webhook_secret
    named = {token.name for token in alertmanager.source_tokens}
    sources = {cluster.source for cluster in alertmanager.clusters}
    return bool(named) and not ways and UNNAMED_SOURCE in sources - named


def _api(api: Api) -> Iterator[Remark]:
    yield from _short(api.tokens, "api.tokens")


def _short(tokens: tuple[NamedToken, ...], path: str) -> Iterator[Remark]:
    if any(len(token.token.reveal()) < SHORTEST_TOKEN for token in tokens):
        yield _guessable(path)


def _guessable(path: str) -> Remark:
    return Remark(path, f"has a token of less than {SHORTEST_TOKEN} characters: take `openssl rand -hex 32`")


def _ports(server: Server, worker: Worker) -> Iterator[Remark]:
    if worker.metrics_port and worker.metrics_port == server.port:
        yield Remark("worker.metrics_port", "is server.port too, so the two cannot run on one machine")


def _pool(storage: Storage, worker: Worker) -> Iterator[Remark]:
    needed = worker.concurrency + BESIDE_THE_THREADS
    if storage.mysql is not None and storage.mysql.pool.max_open_conns < needed:
        text = (
            f"is too few for worker.concurrency {worker.concurrency}, whose threads will wait for each other: "
            f"allow {needed}, or fewer threads"
        )
        yield Remark("storage.mysql.pool.max_open_conns", text)
