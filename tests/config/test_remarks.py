"""What is accepted but deserves a word is said, and only that."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from config import Settings, parse

Build = Callable[..., Settings]
QUIET = "alertmanager: {bearer_token: a-made-up-bearer-token, url: 'http://am'}\n"


@pytest.mark.parametrize(
    ("added", "path", "words"),
    [
        ("", "alertmanager", "no authentication"),
        ("server: {write_timeout: 5s}", "server.write_timeout", "no effect"),
        ("observability: {metrics: {enabled: true}}", "observability.metrics.enabled", "always served"),
        ("resilience: {retries: {max: 3}}", "resilience", "no effect"),
        ("storage: {type: memory}", "storage.type", "gone"),
        ("storage: {mysql: {primary: {host: db}}}", "storage.mysql", "is not used"),
        ("pagerduty: {routing_key: x}", "pagerduty.enabled", "enabled: true"),
        ("pagerduty: {enabled: '${PD}', routing_key: x}", "pagerduty.enabled", "PD is not set"),
        ("", "alertmanager.url", "hold here only"),
        ("alertmanager: {url: []}", "alertmanager.url", "hold here only"),
        ("alertmanager: {url: {eu: '${EU}'}}", "alertmanager.url", "hold here only"),
        ("alertmanager: {url: {eu: '${EU}'}}", "alertmanager.url.eu", "EU is not set"),
        ("alertmanager: {url: 'http://a', bearer_token: {eu: t}}", "alertmanager.url", "source default"),
        ("alertmanager: {url: {default: 'http://a'}, bearer_token: {eu: t}}", "alertmanager.url", "?source="),
        ("alertmanager: {bearer_token: short}", "alertmanager.bearer_token", "openssl"),
        ("alertmanager: {bearer_token: {prod: short}}", "alertmanager.bearer_token", "openssl"),
        ("api: {tokens: {bot: short}}", "api.tokens", "openssl"),
        ("worker: {metrics_port: 8080}", "worker.metrics_port", "server.port"),
    ],
)
def test_it_is_said(settings: Build, added: str, path: str, words: str) -> None:
    said = {remark.path: remark.text for remark in settings(added + "\n").remarks}
    assert words in said[path]


MYSQL = "storage: {type: mysql, mysql: {parse_time: true, primary: {host: h, database: d, username: u, password: p}}}\n"


@pytest.mark.parametrize(("most", "threads", "said"), [(11, 8, True), (12, 8, False), (25, 40, True)])
def test_a_pool_that_is_too_small_for_the_threads_is_remarked(
    settings: Build, most: int, threads: int, said: bool
) -> None:
    pool = f"pool: {{max_open_conns: {most}}}, parse_time: true"
    told = settings(MYSQL.replace("parse_time: true", pool) + f"worker: {{concurrency: {threads}}}\n").remarks
    found = [remark.text for remark in told if remark.path == "storage.mysql.pool.max_open_conns"]
    assert bool(found) == said
    assert all(f"allow {threads + 4}" in text for text in found)


def test_parse_time_is_remarked_where_mysql_is_used(settings: Build) -> None:
    assert "storage.mysql.parse_time" in {remark.path for remark in settings(MYSQL).remarks}
    sqlite = MYSQL.replace("type: mysql", "type: sqlite")
    assert "storage.mysql.parse_time" not in {remark.path for remark in settings(sqlite).remarks}


@pytest.mark.parametrize(("api_url", "said"), [("https://slack.com/api", 2), ("http://127.0.0.1:1/api", 0)])
def test_rates_above_slacks_own_are_remarked_where_it_is_slack(api_url: str, said: int) -> None:
    text = (
        "slack: {enabled: true, bot_token: xoxb-1, signing_secret: a, channel_id: C012, posts_per_second: 5, "
        f"updates_per_minute: 500, api_url: '{api_url}'}}\nalertmanager: {{webhook_secret: a, url: 'http://am'}}"
    )
    assert said == len(parse(text, {}).remarks)


def test_pagerduty_without_its_api_or_above_its_rate_is_remarked() -> None:
    block = "{enabled: true, routing_key: 0123456789abcdef0123456789abcdef, webhook_secret: a, events_per_minute: 200}"
    said = {remark.path for remark in parse(f"pagerduty: {block}\n{QUIET}", {}).remarks}
    assert said == {"pagerduty.api_token", "pagerduty.events_per_minute"}


def test_a_file_with_nothing_odd_has_no_remarks(settings: Build) -> None:
    assert settings(QUIET).remarks == ()


@pytest.mark.parametrize(
    "keys",
    [
        "url: 'http://a', bearer_token: a-made-up-bearer-token",
        "url: 'http://a', bearer_token: {default: a-made-up-bearer-token, eu: of-eu-a-made-up-token}",
        "url: 'http://a', bearer_token: {eu: a-made-up-bearer-token}, webhook_secret: a",
        "url: 'http://a', bearer_token: {eu: a-made-up-bearer-token}, basic_auth: {username: a, password: b}",
        "url: {eu: 'http://a'}, bearer_token: {eu: a-made-up-bearer-token}",
    ],
)
def test_a_url_whose_source_can_be_met_is_not_remarked(settings: Build, keys: str) -> None:
    """By a token without a name, a token of that name, or a way in that names nobody."""
    assert settings(f"alertmanager: {{{keys}}}\n").remarks == ()
