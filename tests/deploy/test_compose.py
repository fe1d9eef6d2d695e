"""docker-compose.yml as docker-compose reads it, held to the code and to its page."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from cli.main import main
from tests.deploy.composed import (
    BRIDGES,
    EXAMPLE,
    OURS,
    ask,
    check,
    composed,
    environment,
    services,
    words,
)
from tests.deploy.dockerfile import bridge, stages
from tests.repo.tree import ROOT, text

COMPOSE = Path("docker-compose.yml")
ALL = {*BRIDGES, "mysql", "redis", "flower", "prometheus", "alertmanager", "sandbox"}
EVERY = pytest.mark.parametrize("name", sorted({*ALL, "sqlite"}))
OF_OURS = pytest.mark.parametrize("name", [*BRIDGES, "sqlite"])
DEFAULT_SECRETS = ("only-for-trying-out", "only-from-the-sandbox")


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
