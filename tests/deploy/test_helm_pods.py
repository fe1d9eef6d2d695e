"""What the chart gives its pods is what the program can work with, and no more than it needs."""

from pathlib import Path
from typing import Any

import click
import pytest

from cli.main import main
from config import durations
from tests.deploy.chart import (
    Resource,
    container,
    containers,
    laid_over,
    loaded,
    mounts,
    of_kind,
    pods,
    render,
)
from tests.deploy.values import CREATED, EVERYTHING, EXISTING, RUN
from tests.repo.test_docs_and_code import told_addresses


def test_every_pod_can_read_its_configuration(resources: list[Resource], tmp_path: Path) -> None:
    """By the loader itself, with the variables that the pod has; none of them is missing."""
    for name, pod in pods(resources).items():
        settings = loaded(resources, name, tmp_path)
        assert settings.storage.type == ("sqlite" if "data" in mounts(pod) else "mysql")
        assert [one.text for one in settings.remarks if "is not set" in one.text] == []
        ports = {one["name"]: one["containerPort"] for one in container(pod).get("ports", [])}
        assert ports.get("http", settings.server.port) == settings.server.port
        assert ports.get("metrics", settings.worker.metrics_port) == settings.worker.metrics_port


def test_numbers_and_lists_of_the_configuration_come_through(tmp_path: Path) -> None:
    """Helm makes a float of a large number, if it is let."""
    settings = loaded(render(EVERYTHING), "bridge-alert-bridge-api", tmp_path)
    assert settings.server.max_body_bytes == 16777216
    assert [cluster.source for cluster in settings.alertmanager.clusters] == ["eu", "us"]
    assert settings.slack is not None
    assert settings.slack.posts_per_second == 1.5


def test_what_is_off_needs_no_variables(tmp_path: Path) -> None:
    """The keys of its block are left out."""
    secrets = {name: value for name, value in CREATED.items() if "PAGERDUTY" not in name}
    rendered = render({**RUN, "secrets": {"create": secrets}})
    assert loaded(rendered, "bridge-alert-bridge-run", tmp_path).pagerduty is None


def test_every_command_can_be_typed_so(resources: list[Resource]) -> None:
    """By the command line itself; the program is the image's."""
    commands = set()
    for one in containers(resources).values():
        assert one["command"] == ["alert-bridge"]
        command, *options = one["args"]
        with main.commands[command].make_context(command, list(options)):
            commands.add(command)
    assert commands in ({"api", "worker", "migrate"}, {"run", "migrate"}, {"run"})


def test_an_unknown_option_would_be_noticed() -> None:
    """The test above would be worth nothing otherwise."""
    with pytest.raises(click.UsageError):
        main.commands["worker"].make_context("worker", ["--lane=people"])


def test_every_probe_asks_what_is_answered(resources: list[Resource]) -> None:
    """At a port that the container has."""
    asked = 0
    for one in containers(resources).values():
        ports = {port["name"] for port in one.get("ports", [])}
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            if probe in one:
                door = one[probe]["httpGet"]
                assert door["port"] in ports
                assert ("GET", door["path"]) in told_addresses(Path("docs/operation.md"))
                asked += 1
    assert asked


def test_a_restart_is_no_cure_for_a_database_that_is_away(resources: list[Resource]) -> None:
    """So liveness asks the process alone, and only readiness asks whether alerts can be stored."""
    for one in containers(resources).values():
        assert one.get("livenessProbe", {}).get("httpGet", {}).get("path") in (None, "/health")
        assert one.get("readinessProbe", {}).get("httpGet", {}).get("path") in (None, "/ready")


def test_every_pod_may_do_as_little_as_it_needs(resources: list[Resource]) -> None:
    """As the restricted Pod Security Standard has it, and a file system that cannot be written to."""
    for pod in pods(resources).values():
        spec, one = pod["spec"], container(pod)
        assert spec["automountServiceAccountToken"] is False
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert one["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {"requests", "limits"} <= set(one["resources"])
        volumes = {volume["name"] for volume in spec["volumes"]}
        assert set(mounts(pod)) - {"data"} <= volumes
        assert mounts(pod)["tmp"] == "/tmp"  # noqa: S108 (in the container)


def test_the_user_can_be_left_to_the_cluster() -> None:
    for pod in pods(render(RUN)).values():
        assert "runAsUser" not in pod["spec"]["securityContext"]
    for pod in pods(render(EXISTING)).values():
        assert pod["spec"]["securityContext"]["runAsUser"] > 0


@pytest.mark.parametrize("timeout", ["500ms", "30s", "1m30s", "2m"])
def test_nobody_is_killed_before_the_bridge_gives_up_by_itself(timeout: str) -> None:
    """Kubernetes counts the wait before SIGTERM, too."""
    rendered = render({**EXISTING, "config": {"server": {"shutdown_timeout": timeout}}})
    pods_with_end = [pod for pod in pods(rendered).values() if "lifecycle" in container(pod)]
    assert len(pods_with_end) == 1
    for pod in (pod for name, pod in pods(rendered).items() if not name.endswith("-migrate")):
        wait = container(pod).get("lifecycle", {"preStop": {"sleep": {"seconds": 0}}})["preStop"]["sleep"]
        patience = durations.read(timeout).total_seconds()
        assert patience + 5 < pod["spec"]["terminationGracePeriodSeconds"] - wait["seconds"]
        assert pod["spec"]["terminationGracePeriodSeconds"] < patience + wait["seconds"] + 30


def test_a_rollout_takes_nobody_away_before_another_is_there(resources: list[Resource]) -> None:
    for one in of_kind(resources, "Deployment"):
        assert one["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


@pytest.mark.parametrize(
    "change",
    [{"config": {"logging": {"level": "debug"}}}, {"secrets": {"create": {"MORE": "of it"}}}],
    ids=["config", "secret"],
)
def test_what_is_read_at_the_start_starts_the_pods_again(change: dict[str, Any]) -> None:
    def sums(values: dict[str, Any]) -> dict[str, Resource]:
        made = pods(render(values)).items()
        return {name: pod["metadata"]["annotations"] for name, pod in made if not name.endswith("-migrate")}

    before, after = sums(EXISTING), sums(laid_over(EXISTING, change))
    assert before.keys() == after.keys()
    assert [name for name in before if before[name] == after[name]] == []
