"""docker-compose.yml and what stands beside it: read by the programs that will read it, and held to the code."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.main import main
from config import ConfigurationError
from config.durations import read
from config.loading import parse
from config.settings import Settings, StorageType
from sandbox import credentials
from tests.deploy.composed import (
    CONFIGS,
    OURS,
    TOKEN_FILE,
    ask,
    check,
    composed,
    deployed,
    environment,
    services,
    words,
)
from tests.deploy.dockerfile import bridge, stages
from tests.repo.tree import ROOT, text

COMPOSE, EXAMPLE = Path("docker-compose.yml"), Path(".env.example")
BRIDGES = ["migrate", "api", "worker", "worker-people"]
ALL = {*BRIDGES, "mysql", "redis", "flower", "prometheus", "alertmanager", "sandbox"}
EVERY = pytest.mark.parametrize("name", sorted({*ALL, "sqlite"}))
OF_OURS = pytest.mark.parametrize("name", [*BRIDGES, "sqlite"])
DEFAULT_SECRETS = ("only-for-trying-out", "only-from-the-sandbox")


def filled() -> dict[str, str]:
    """.env.example with every line wanted."""
    lines = re.findall(r"^#([A-Z_]+)=(.*)$", text(EXAMPLE), re.MULTILINE)
    made = {
        "SLACK_BOT_TOKEN": "xoxb-made-up-bot-token",
        "SLACK_CHANNEL_ID": "C0EXAMPLE1",
        "PAGERDUTY_ROUTING_KEY": "R0MADE0UP0ROUTING0KEY00000000001",
        "PAGERDUTY_SERVICE_ID": "PEXMPL1",
        "PAGERDUTY_FROM_EMAIL": "ada@example.com",
        "ALERTMANAGER_URL": "http://alertmanager.example:9093",
    }
    return {name: value or made.get(name, f"made-up-{name.lower()}") for name, value in lines}


def settings(config: str, service: str, env: dict[str, str] | None = None) -> Settings:
    """What the bridge in this container makes of this configuration."""
    token = ROOT / "deploy" / "compose" / "alertmanager.token"
    return parse(deployed(config).replace(TOKEN_FILE, str(token)), environment(service, env), config)


def test_one_command_starts_all_but_the_one_that_does_all() -> None:
    """`docker compose up`; the other has a profile, and is named."""
    assert {name for name, one in services().items() if "profiles" not in one} == ALL
    assert {name: one["profiles"] for name, one in services().items() if "profiles" in one} == {
        "sqlite": ["sqlite"]
    }
    assert [ask("config", "--quiet"), ask("--profile", "sqlite", "config", "--quiet")] == ["", ""]


@EVERY
def test_an_image_is_one_version_and_says_no_place(name: str) -> None:
    """Ours are built here."""
    image, build = services()[name]["image"], services()[name].get("build")
    if build:
        assert image in (OURS, "alert-bridge-flower:local")
        assert build.get("target", "") in {stage.name for stage in stages()}
    else:
        assert re.fullmatch(r"(?:[a-z]+/)?[a-z]+:v?\d+\.\d+\.\d+(?:-alpine)?", image)


@EVERY
def test_a_container_may_do_no_more_than_it_must(name: str) -> None:
    """And can fill neither the memory nor the disk."""
    one = services()[name]
    assert (one["read_only"], one["cap_drop"]) == (True, ["ALL"])
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert {"max-size", "max-file"} <= set(one["logging"]["options"])
    assert one["mem_limit"]
    assert [port for port in one.get("ports", []) if not port.startswith("127.0.0.1:")] == []


@EVERY
def test_a_container_says_how_it_is(name: str) -> None:
    """By a check of its own, or by that of its image; what ends at once need not."""
    if name == "migrate":
        assert services()[name]["healthcheck"] == {"test": ["NONE"]}
    elif name in ("flower", "sqlite"):
        assert all(stage.health for stage in stages() if stage.all("CMD"))
    else:
        assert check(name)[0] in ("CMD", "CMD-SHELL")


@OF_OURS
def test_what_is_typed_in_our_containers_exists(name: str) -> None:
    """Commands with their options, also those of the health checks."""
    typed = [words(name)]
    if name in BRIDGES[1:]:
        assert check(name)[:2] == ["CMD", bridge().command[0]]
        typed.append(check(name)[2:])
    for command, *options in typed:
        known = {option for parameter in main.commands[command].params for option in parameter.opts}
        assert [option for option in options if option.partition("=")[0] not in known] == []


@pytest.mark.parametrize(
    ("name", "program"),
    [("sandbox", ["-m", "sandbox"]), ("flower", ["-m", "celery", "flower"])],
)
def test_the_options_of_other_programs_of_ours_exist(name: str, program: list[str]) -> None:
    """As their own help lists them."""
    argv = [sys.executable, *program, "--help"]
    said = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60).stdout
    if name == "flower":  # its help names none: https://flower.readthedocs.io/en/latest/config.html
        from flower import options  # noqa: F401, PLC0415
        from tornado.options import options as known  # noqa: PLC0415

        said = " ".join(f"--{one}" for one in known)
    wanted = [word.partition("=")[0] for word in words(name) if word.startswith("--")]
    assert wanted
    assert [option for option in wanted if option not in said.split()] == []


def test_no_secret_stands_on_a_command_line() -> None:
    """Where every user of the machine could read it."""
    typed = [
        word
        for name in services()
        for word in [*words(name), *services()[name].get("healthcheck", {}).get("test", [])]
    ]
    assert [word for word in typed if any(secret in word for secret in DEFAULT_SECRETS)] == []
    given = {
        secret
        for name in services()
        for value in environment(name).values()
        for secret in DEFAULT_SECRETS
        if secret in value
    }
    assert given == set(DEFAULT_SECRETS)


def test_every_file_that_is_mounted_is_there() -> None:
    """Of one that is missing Docker makes an empty folder."""
    mounted = [volume.split(":")[0] for one in services().values() for volume in one.get("volumes", [])]
    paths = {Path(source) for source in mounted if source.startswith("/")}
    paths |= {Path(one["file"]) for one in composed()["secrets"].values()}
    assert len(paths) > 4
    assert [str(path) for path in paths if not path.exists()] == []


def test_the_example_of_env_has_every_variable_and_no_other() -> None:
    """Each stands there once, switched off."""
    used = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", text(COMPOSE)))
    assert sorted(used) == sorted(re.findall(r"^#([A-Z_]+)=", text(EXAMPLE), re.MULTILINE))


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


def test_the_page_names_services_variables_and_ports_that_exist() -> None:
    """docs/docker.md: what is typed there can be typed."""
    page = text(Path("docs/docker.md"))
    typed = re.findall(r"docker compose (?:exec(?: -T)?|stop|start|logs|run --rm) ([a-z-]+)", page)
    typed += re.findall(r"--scale ([a-z-]+)=|compose cp ([a-z-]+):|up -d ([a-z]+) ([a-z]+)", page)
    named = {name for one in typed for name in ([one] if isinstance(one, str) else one) if name}
    assert {"api", "worker", "sqlite", "sandbox", "migrate"} <= named <= set(services())
    told = set(re.findall(r"`([A-Z]+_[A-Z_]+)(?:=[^`]*)?`", page))
    beside = {name for stage in stages() for name in stage.environment} | set(environment("mysql"))
    assert told - beside <= set(re.findall(r"^#([A-Z_]+)=", text(EXAMPLE), re.MULTILINE))
    ports = [port.split(":")[1] for one in services().values() for port in one.get("ports", [])]
    assert set(re.findall(r"<http://127\.0\.0\.1:(\d+)", page)) == set(ports)
    name, _, password = environment("flower")["FLOWER_BASIC_AUTH"].partition(":")
    assert f"`{name}`, `{password}`" in page
