"""What stands beside docker-compose.yml, read by the programs that will read it, and held to the code."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from config import ConfigurationError
from config.durations import read
from config.settings import StorageType
from sandbox import credentials
from tests.deploy.composed import (
    BRIDGES,
    CONFIGS,
    TOKEN_FILE,
    deployed,
    environment,
    filled,
    services,
    settings,
)
from tests.deploy.dockerfile import bridge, stages
from tests.repo.tree import ROOT

OF_OURS = pytest.mark.parametrize("name", [*BRIDGES, "sqlite"])


@pytest.mark.parametrize("config", CONFIGS)
def test_a_configuration_asks_for_nothing_that_its_container_is_not_given(config: str) -> None:
    """A variable that nobody sets would make its key absent, in silence."""
    wanted = set(re.findall(r"\$\{([A-Z_]+)\}", deployed(config)))
    assert wanted - set(environment("api")) == set()


@OF_OURS
@pytest.mark.parametrize("config", CONFIGS)
def test_the_configurations_are_good(config: str, name: str) -> None:
    """MySQL and Redis where there are several, SQLite in the volume and the embedded broker where there is one."""
    found = settings(config, name, filled() if config == "bridge.yaml" else None)
    alone = name == "sqlite"
    assert found.storage.type is (StorageType.SQLITE if alone else StorageType.MYSQL)
    assert (found.broker.url is None) is alone
    assert f"/{found.storage.sqlite.path}".startswith(bridge().words("VOLUME")[0])
    assert found.alertmanager.authenticated
    assert read("45s") > found.server.shutdown_timeout
    assert services()[name]["stop_grace_period"] == "45s"


def test_the_addresses_lead_to_the_containers() -> None:
    """By the names and ports that they have."""
    found = settings("sandbox.yaml", "api")
    assert found.storage.mysql is not None
    assert found.broker.url is not None
    assert (found.storage.mysql.primary.host, found.storage.mysql.primary.port) == ("mysql", 3306)
    assert found.broker.url.reveal().endswith("@redis:6379/0")
    assert {services()[name]["ports"][0] for name in ("api", "sqlite")} == {
        f"127.0.0.1:8080:{found.server.port}/tcp"
    }
    assert {port for stage in stages() for port in stage.all("EXPOSE")} == {"8080", "5555"}
    assert found.worker.metrics_port == 9101


def test_the_real_one_wants_credentials() -> None:
    """It says so; it never falls back to the sandbox."""
    with pytest.raises(ConfigurationError, match="neither Slack nor PagerDuty is enabled"):
        settings("bridge.yaml", "api")
    assert "sandbox" not in deployed("bridge.yaml")


def test_the_two_configurations_differ_in_whom_they_talk_to() -> None:
    """And in nothing else; the sandbox's is its own credentials."""
    pretend, real = (yaml.safe_load(deployed(config)) for config in CONFIGS)
    apart = {"slack", "pagerduty", "alertmanager"}
    assert {name: block for name, block in pretend.items() if name not in apart} == {
        name: block for name, block in real.items() if name not in apart
    }
    found = settings("sandbox.yaml", "api")
    assert found.slack is not None
    assert found.pagerduty is not None
    assert found.slack.bot_token.reveal() == credentials.SLACK_BOT_TOKEN
    assert found.slack.signing_secret[0].reveal() == credentials.SLACK_SIGNING_SECRET
    assert found.slack.channel_id == credentials.SLACK_CHANNEL
    assert found.pagerduty.routing_key.reveal() == credentials.PAGERDUTY_ROUTING_KEY
    assert found.pagerduty.webhook_secret[0].reveal() == credentials.PAGERDUTY_WEBHOOK_SECRET
    assert found.pagerduty.service_id == credentials.PAGERDUTY_SERVICE_ID


@pytest.mark.parametrize(
    ("name", "checker", "there"),
    [
        ("prometheus.yml", ["promtool", "check", "config"], "/etc/prometheus/rules"),
        ("alertmanager.yml", ["amtool", "check-config"], TOKEN_FILE),
    ],
)
def test_their_own_programs_take_the_configurations(
    tmp_path: Path, name: str, checker: list[str], there: str
) -> None:
    """With the rules, and with the file that holds the token."""
    here = {
        "/etc/prometheus/rules": ROOT / "deploy" / "prometheus",
        TOKEN_FILE: ROOT / "deploy" / "compose" / "alertmanager.token",
    }
    assert there in deployed(name)
    (tmp_path / name).write_text(deployed(name).replace(there, str(here[there])), encoding="utf-8")
    done = subprocess.run(
        [*checker, tmp_path / name], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_looks_at_all_that_has_numbers() -> None:
    """At the ports where they are served."""
    jobs: dict[str, Any] = {
        job["job_name"]: job for job in yaml.safe_load(deployed("prometheus.yml"))["scrape_configs"]
    }
    found = settings("sandbox.yaml", "worker")
    asked = {
        (name, one["port"])
        for job in jobs.values()
        for one in job.get("dns_sd_configs", [])
        for name in one["names"]
    }
    assert asked == {
        ("api", found.server.port),
        *((name, found.worker.metrics_port) for name in BRIDGES if "worker" in name),
    }
    assert jobs["flower"]["static_configs"] == [{"targets": ["flower:5555"]}]


def test_alertmanager_posts_to_where_the_bridge_listens() -> None:
    """With resolves, and with every alert of a group."""
    (webhook,) = yaml.safe_load(deployed("alertmanager.yml"))["receivers"][0]["webhook_configs"]
    assert webhook["url"] == "http://api:8080/alertmanager/webhook"
    assert (webhook["send_resolved"], webhook["max_alerts"]) == (True, 0)
    assert webhook["http_config"]["authorization"]["credentials_file"] == TOKEN_FILE
