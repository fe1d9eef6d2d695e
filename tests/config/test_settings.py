"""What good input becomes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from config import Secret, Settings, parse
from config.settings import BasicAuth, LongestSilence, MysqlTls, NamedToken, Retention, StorageType

Build = Callable[..., Settings]


def test_all_but_the_enabled_provider_has_defaults(settings: Build) -> None:
    found = settings()
    assert (found.server.host, found.server.port, found.server.max_body_bytes) == (
        "0.0.0.0",
        8080,
        16 * 1024 * 1024,
    )
    assert (found.storage.type, found.storage.mysql) == (StorageType.SQLITE, None)
    assert found.storage.sqlite.path == Path("data/alert-bridge.db")
    assert found.slack is not None
    assert (found.slack.api_url, found.slack.posts_per_second) == ("https://slack.com/api/", 1.0)
    assert (found.slack.updates_per_minute, found.pagerduty) == (50, None)
    assert (found.alertmanager.clusters, found.alertmanager.authenticated) == ((), False)
    assert (found.alertmanager.api_bearer_token, found.alertmanager.api_basic_auth) == (None, None)
    assert found.alertmanager.poll_interval == timedelta(seconds=15)
    assert found.alertmanager.reconcile_interval == timedelta(minutes=1)
    assert found.alertmanager.restart_grace == timedelta(minutes=5)
    quarter = timedelta(days=90)
    day, week = timedelta(days=1), timedelta(days=7)
    assert found.retention == Retention(30 * day, quarter, week, day, week)
    assert found.alerting.longest_silence == LongestSilence(quarter, quarter, quarter, quarter)
    assert (found.alerting.protected_labels, found.alerting.ack_silences) == ((), False)
    assert (found.broker.url, found.broker.secrets()) == (None, ())
    assert (found.worker.concurrency, found.worker.metrics_port) == (8, None)
    assert (found.api.tokens, found.api.public_url) == ((), None)
    assert (found.logging.level, found.logging.format) == ("info", "json")


def test_pagerduty_alone_is_enough() -> None:
    block = "{enabled: true, routing_key: 0123456789abcdef0123456789abcdef, webhook_secret: made-up}"
    found = parse(f"pagerduty: {block}", {}).pagerduty
    assert found is not None
    assert (found.default_severity, found.severities, found.events_per_minute) == ("warning", (), 120)
    assert (found.api_url, found.events_api_url) == (
        "https://api.pagerduty.com",
        "https://events.pagerduty.com",
    )
    assert (found.api_token, found.service_id, found.on_silence) == (None, None, "acknowledge")


@pytest.mark.parametrize(
    "given", ["http://127.0.0.1:9/api", "http://127.0.0.1:9/api/", "http://127.0.0.1:9/api///"]
)
def test_slacks_address_ends_in_one_slash(given: str) -> None:
    text = f"slack: {{enabled: true, bot_token: xoxb-1, signing_secret: a, channel_id: C012, api_url: '{given}'}}"
    slack = parse(text, {}).slack
    assert slack is not None
    assert slack.api_url == "http://127.0.0.1:9/api/"


@pytest.mark.parametrize(
    ("url", "clusters"),
    [
        ("http://am:9093/", [("default", ["http://am:9093"])]),
        ("[http://a:1, https://b/prefix/]", [("default", ["http://a:1", "https://b/prefix"])]),
        (
            "{eu: [http://a, http://b], us: http://c/}",
            [("eu", ["http://a", "http://b"]), ("us", ["http://c"])],
        ),
        ("{default: http://a}", [("default", ["http://a"])]),
        ("[]", []),
        ("{}", []),
        ("{eu: [], us: http://a, asia: '${UNSET}'}", [("us", ["http://a"])]),
    ],
)
def test_urls_of_one_name_are_one_cluster_and_end_in_no_slash(
    settings: Build, url: str, clusters: list[tuple[str, list[str]]]
) -> None:
    """A name without any is no cluster."""
    found = settings(f"alertmanager: {{url: {url}}}\n").alertmanager.clusters
    assert clusters == [(cluster.source, list(cluster.urls)) for cluster in found]


def test_the_bridge_calls_alertmanager_with_a_token_or_a_password(settings: Build) -> None:
    """Neither lets anybody in here."""
    token = settings("alertmanager: {api_bearer_token: made-up}\n").alertmanager
    assert (token.api_bearer_token, token.api_basic_auth) == (Secret("made-up"), None)
    basic = settings("alertmanager: {api_basic_auth: {username: am, password: ' p '}}\n").alertmanager
    assert (basic.api_bearer_token, basic.api_basic_auth) == (None, BasicAuth("am", Secret(" p ")))
    assert (token.authenticated, basic.authenticated) == (False, False)


def test_the_longest_silence_is_set_for_each_severity_alone(settings: Build) -> None:
    found = settings("alerting: {longest_silence: {critical: 4h, info: 8760h}}\n").alerting.longest_silence
    assert (found.critical, found.error) == (timedelta(hours=4), timedelta(days=90))
    assert (found.warning, found.info) == (timedelta(days=90), timedelta(days=365))


@pytest.mark.parametrize(
    ("labels", "protected"),
    [
        ("{alertname: Watchdog}", (("alertname", ("Watchdog",)),)),
        ("{b: [two, one], a: ' x '}", (("b", ("two", "one")), ("a", (" x ",)))),
        (
            "{größe.in cm: 'true', team_file: /etc/a}",
            (("größe.in cm", ("true",)), ("team_file", ("/etc/a",))),
        ),
        (f"{{? {'n' * 255} : {'v' * 1000}}}", (("n" * 255, ("v" * 1000,)),)),
        ("{}", ()),
    ],
)
def test_protected_labels_are_kept_as_they_stand(
    settings: Build, labels: str, protected: tuple[tuple[str, tuple[str, ...]], ...]
) -> None:
    """Whatever an alert may carry: blanks, letters of any script, words that look like other values."""
    found = settings(f"alerting: {{protected_labels: {labels}}}\n").alerting
    assert protected == found.protected_labels


def test_an_acknowledgement_may_silence_where_there_is_an_alertmanager(settings: Build) -> None:
    found = settings("alertmanager: {url: {eu: 'http://a'}}\nalerting: {ack_silences: yes}\n")
    assert found.alerting.ack_silences


def test_an_incident_whose_alert_is_silenced_may_only_get_a_note() -> None:
    block = (
        "{enabled: true, routing_key: 0123456789abcdef0123456789abcdef, webhook_secret: a, on_silence: Note}"
    )
    found = parse(f"pagerduty: {block}", {}).pagerduty
    assert found is not None
    assert found.on_silence == "note"


@pytest.mark.parametrize(
    ("text", "plain", "named"),
    [
        ("one", ["one"], []),
        ("[new, old]", ["new", "old"], []),
        ("{prod: one, dev: [two, three]}", [], [("prod", "one"), ("dev", "two"), ("dev", "three")]),
    ],
)
def test_a_bearer_token_is_one_a_list_or_named_after_its_source(
    settings: Build, text: str, plain: list[str], named: list[tuple[str, str]]
) -> None:
    found = settings(f"alertmanager: {{bearer_token: {text}}}\n").alertmanager
    assert plain == [token.reveal() for token in found.bearer_token]
    assert named == [(token.name, token.token.reveal()) for token in found.source_tokens]
    assert found.authenticated


def test_tokens_of_the_api_have_names(settings: Build) -> None:
    (token,) = settings("api: {tokens: {Ana Lind: made-up}}\n").api.tokens
    assert isinstance(token, NamedToken)
    assert (token.name, token.token.reveal()) == ("Ana Lind", "made-up")


def test_sqlite_in_memory_means_memory(settings: Build) -> None:
    assert settings("storage: {sqlite: {path: ':memory:'}}\n").storage.type is StorageType.MEMORY


@pytest.mark.parametrize(
    ("written", "meant"),
    [("warn", "warning"), ("WARNING", "warning"), ("error", "error"), ("debug", "debug")],
)
def test_levels_have_one_name(settings: Build, written: str, meant: str) -> None:
    assert meant == settings(f"logging: {{level: {written}, format: text}}\n").logging.level


def test_text_is_what_console_was_called(settings: Build) -> None:
    assert settings("logging: {format: text}\n").logging.format == "console"


@pytest.mark.parametrize(
    ("url", "secrets"),
    [
        ("redis://cache:6379/0", ()),
        ("rediss://:p%40ss@cache/1", ("rediss://:p%40ss@cache/1", "p%40ss", "p@ss")),
        ("amqp://bridge:pw@queue//", ("amqp://bridge:pw@queue//", "pw", "pw")),
    ],
)
def test_a_broker_gives_up_its_password_for_the_log_redactor(
    settings: Build, url: str, secrets: tuple[str, ...]
) -> None:
    found = settings(f"broker: {{url: '{url}'}}\n").broker
    assert found.url is not None
    assert (url, secrets) == (found.url.reveal(), found.secrets())


@pytest.mark.parametrize("path", ["/alertmanager/webhook", "/webhook/alertmanager"])
def test_both_webhook_paths_are_accepted(settings: Build, path: str) -> None:
    assert settings(f"alertmanager: {{webhook_path: {path}}}\n")


@pytest.mark.parametrize("block", ["{}", "{host: '${HOST}'}", "{enabled: false, host: a}"])
def test_a_replica_that_says_nothing_or_no_is_not_used(settings: Build, block: str) -> None:
    primary = "{host: db, database: b, username: u, password: ' p '}"
    mysql = settings(
        f"storage: {{type: mysql, mysql: {{primary: {primary}, replica: {block}}}}}\n"
    ).storage.mysql
    assert mysql is not None
    assert mysql.replica is None
    assert mysql.primary.password.reveal() == " p "


@pytest.mark.parametrize("block", ["{}", "{ca: '${CA}'}", "{ca: '${CA}', verify: '${VERIFY}'}"])
def test_tls_is_insisted_on_as_soon_as_it_is_named(settings: Build, block: str) -> None:
    """A variable that nobody has set must not take the protection away."""
    primary = "{host: db, database: b, username: u, password: p}"
    mysql = settings(f"storage: {{type: mysql, mysql: {{primary: {primary}, tls: {block}}}}}\n").storage.mysql
    assert mysql is not None
    assert mysql.tls == MysqlTls(ca=None, cert=None, key=None, verify="identity")


def test_zero_turns_reminders_off(settings: Build) -> None:
    assert settings("alerting: {resend_interval: 0}\n").alerting.resend_interval == timedelta()


def test_zero_keeps_what_is_old(settings: Build) -> None:
    assert settings("retention: {resolved_alerts: 0}").retention.resolved_alerts == timedelta()


def test_port_zero_is_any_free_port(settings: Build) -> None:
    found = settings("server: {port: 0}\nworker: {metrics_port: 0}\n")
    assert (found.server.port, found.worker.metrics_port) == (0, 0)
