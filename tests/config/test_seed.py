"""The configuration that earlier users have loads as it is, with and without its optional variables."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from config import Settings, load, parse
from config.settings import StorageType

SEED = Path(__file__).with_name("seed.yaml")
NEEDED = {
    "SLACK_BOT_TOKEN": "xoxb-made-up",
    "SLACK_SIGNING_SECRET": "made-up-signing",
    "SLACK_CHANNEL_ID": "C0123456",
    "PAGERDUTY_ROUTING_KEY": "0123456789abcdef0123456789abcdef",
    "PAGERDUTY_WEBHOOK_SECRET": "made-up-webhook",
}
OPTIONAL = {
    "SLACK_APP_ID": "A0123456",
    "SLACK_SOCKET_MODE_APP_TOKEN": "xapp-made-up",
    "PAGERDUTY_API_TOKEN": "made-up-api-token",
    "PAGERDUTY_SERVICE_ID": "PABC123",
    "PAGERDUTY_FROM_EMAIL": "oncall@example.org",
    "ALERTMANAGER_WEBHOOK_SECRET": "made-up-alertmanager",
    "MYSQL_HOST": "db.example.org",
    "MYSQL_DATABASE": "alerts",
    "MYSQL_USERNAME": "bridge",
    "MYSQL_PASSWORD": "made-up-password",
}


@pytest.fixture(params=[{}, OPTIONAL, dict.fromkeys(OPTIONAL, "")], ids=["unset", "set", "empty"])
def settings(request: pytest.FixtureRequest) -> Settings:
    return load(SEED, {**NEEDED, **request.param})


def test_it_loads_with_its_values(settings: Settings) -> None:
    assert settings.slack is not None
    assert settings.pagerduty is not None
    assert settings.slack.bot_token.reveal() == "xoxb-made-up"
    assert settings.pagerduty.routing_key.reveal() == NEEDED["PAGERDUTY_ROUTING_KEY"]
    assert settings.pagerduty.default_severity == "warning"
    assert (settings.server.port, settings.server.shutdown_timeout) == (8080, timedelta(seconds=30))
    assert (settings.storage.type, settings.storage.mysql) == (StorageType.MEMORY, None)
    assert settings.storage.sqlite.path == Path("data/alert-bridge.db")
    assert settings.alerting.deduplication_window == timedelta(minutes=5)
    assert settings.alerting.resend_interval == timedelta(minutes=30)
    assert settings.alerting.silence_durations == tuple(
        timedelta(minutes=minutes) for minutes in (15, 60, 240, 1440)
    )
    assert (settings.logging.level, settings.logging.format) == ("info", "json")


def test_what_has_no_effect_here_is_said(settings: Settings) -> None:
    said = {remark.path for remark in settings.remarks}
    assert {"server.read_timeout", "server.write_timeout", "server.request_timeout", "storage.type"} <= said
    assert "server.shutdown_timeout" not in said
    assert not [path for path in said if path.startswith(("storage.mysql", "slack.socket_mode"))]


def test_with_all_variables_the_rest_is_there() -> None:
    settings = load(SEED, {**NEEDED, **OPTIONAL})
    assert settings.slack is not None
    assert settings.pagerduty is not None
    assert settings.pagerduty.api_token is not None
    assert (settings.slack.app_id, settings.pagerduty.service_id) == ("A0123456", "PABC123")
    assert settings.alertmanager.authenticated
    assert "made-up-alertmanager" in set(settings.secrets())
    said = {remark.path for remark in settings.remarks}
    assert "alertmanager" not in said


def test_without_them_what_is_missing_is_said() -> None:
    settings = load(SEED, NEEDED)
    said = {remark.path: remark.text for remark in settings.remarks}
    assert "ALERTMANAGER_WEBHOOK_SECRET" in said["alertmanager.webhook_secret"]
    assert "no authentication" in said["alertmanager"]
    assert "SLACK_APP_ID" in said["slack.app_id"]
    assert not settings.alertmanager.authenticated


def test_on_mysql_its_own_block_is_used() -> None:
    text = SEED.read_text().replace("type: memory", "type: mysql")
    storage = parse(text, {**NEEDED, **OPTIONAL}).storage
    assert storage.mysql is not None
    assert (storage.mysql.primary.host, storage.mysql.primary.port) == ("db.example.org", 3306)
    assert storage.mysql.replica is None
    assert storage.mysql.pool.max_open_conns == 25
    assert storage.mysql.timeout == timedelta(seconds=5)


def test_a_replica_is_used_when_it_is_enabled() -> None:
    text = SEED.read_text().replace("type: memory", "type: mysql").replace("      enabled: false\n", "", 1)
    environ = {
        **NEEDED,
        **OPTIONAL,
        "MYSQL_REPLICA_HOST": "replica.example.org",
        "MYSQL_REPLICA_USERNAME": "reader",
    }
    storage = parse(text, environ).storage
    assert storage.mysql is not None
    assert storage.mysql.replica is not None
    replica, primary = storage.mysql.replica, storage.mysql.primary
    assert (replica.host, replica.username) == ("replica.example.org", "reader")
    assert (replica.database, replica.password) == (primary.database, primary.password)
