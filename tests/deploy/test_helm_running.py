"""The pods of the chart, started without Kubernetes: they answer their probes, and end in order when told to."""

import http.client
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.chart import container, environment, laid_over, of_kind, pods, render
from tests.deploy.values import CREATED, EXISTING, SQLITE
from tests.repo.tree import ROOT
from tests.servers import Process, Redis, free_port, redis_server

KINDS = {
    "bridge-alert-bridge-api": EXISTING,
    "bridge-alert-bridge-worker-people": EXISTING,
    "bridge-alert-bridge-worker-general": EXISTING,
    "bridge-alert-bridge-run": SQLITE,
}
PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
NOBODY = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def broker() -> Iterator[Redis]:
    with redis_server() as server:
        yield server


def here(values: dict[str, Any]) -> dict[str, Any]:
    """The same values, with ports that are free on this machine, and a Slack and a PagerDuty that nobody is."""
    config = {
        "server": {"host": "127.0.0.1", "port": free_port(), "shutdown_timeout": "10s"},
        "worker": {"metrics_port": free_port()},
        "slack": {"api_url": f"{NOBODY}/api/"},
        "pagerduty": {"api_url": NOBODY, "events_api_url": NOBODY},
    }
    return laid_over(values, {"config": config})


def started(name: str, values: dict[str, Any], broker: Redis, folder: Path) -> tuple[Process, dict[str, Any]]:
    """The program of this pod with its words, its variables and its configuration; the database is a file."""
    resources = render(here(values))
    pod = pods(resources)[name]
    config = yaml.safe_load(of_kind(resources, "ConfigMap")[0]["data"]["config.yaml"])
    config["storage"] = {"type": "sqlite", "sqlite": {"path": str(folder / "bridge.db")}}
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    env = {**CREATED, **environment(resources, pod), "CONFIG_PATH": str(path), "BROKER_URL": broker.url}
    return Process([sys.executable, "-m", "cli", *container(pod)["args"]], cwd=ROOT, env=env), pod


def answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    finally:
        connection.close()


@pytest.mark.parametrize("name", KINDS)
def test_a_pod_answers_its_probes_and_ends_in_order(name: str, broker: Redis, tmp_path: Path) -> None:
    """By the ports that stand beside the probes; with status 0 after SIGTERM, within its grace period."""
    program, pod = started(name, KINDS[name], broker, tmp_path)
    ports = {port["name"]: port["containerPort"] for port in container(pod)["ports"]}
    with program as process:
        for probe in PROBES:
            if asked := container(pod).get(probe, {}).get("httpGet"):
                process.wait_until(lambda door=asked: answers(ports[door["port"]], door["path"]), 60, probe)
        assert process.stop(pod["spec"]["terminationGracePeriodSeconds"]) == 0
