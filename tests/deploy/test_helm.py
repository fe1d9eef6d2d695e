"""The chart renders what Kubernetes takes, and what it renders fits together and to the program."""

import re
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from api import alertmanager, pagerduty, slack
from config.reference import keys
from tests.deploy.chart import (
    CHART,
    WORKLOADS,
    Refused,
    Resource,
    call,
    container,
    containers,
    loaded,
    mounts,
    of_kind,
    only,
    pods,
    render,
    selected,
)
from tests.deploy.values import CREATED, EVERYTHING, EXISTING, MARKED, RUN, SQLITE
from tests.repo.tree import pyproject

# What the Prometheus operator brings; Kubernetes itself has no schema of them.
OF_THE_OPERATOR = {"ServiceMonitor", "PodMonitor", "PrometheusRule"}
OLDEST = "1.30.0"


@pytest.fixture(scope="module")
def everything() -> list[Resource]:
    return render(EVERYTHING)


def test_helm_finds_nothing_to_object_to(values: dict[str, Any]) -> None:
    call("lint", "--strict", CHART, values=values)


@pytest.mark.parametrize("version", [OLDEST, kubernetes_validate.latest_version()])
def test_kubernetes_knows_every_field(resources: list[Resource], version: str) -> None:
    """Strictly: it would drop an unknown one without a word."""
    own = [one for one in resources if one["kind"] not in OF_THE_OPERATOR]
    assert own
    for resource in own:
        kubernetes_validate.validate(resource, version, strict=True)


def test_everything_has_its_own_name_and_says_whose_it_is(resources: list[Resource]) -> None:
    names = [(one["kind"], one["metadata"]["name"]) for one in resources]
    assert sorted(set(names)) == sorted(names)
    owners = {one["metadata"]["labels"]["app.kubernetes.io/instance"] for one in resources}
    assert owners == {"bridge"}


def test_the_chart_is_of_this_version() -> None:
    """So that its image is the one that was built from here."""
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    assert pyproject()["project"]["version"] == chart["appVersion"]
    images = {one["image"] for one in containers(render(EXISTING)).values()}
    assert {f"alert-bridge:{chart['appVersion']}"} == images


def test_a_digest_takes_the_place_of_the_tag() -> None:
    digest = f"sha256:{'0' * 64}"
    rendered = render({**EXISTING, "image": {"digest": digest, "tag": "1.2.3"}})
    assert {f"alert-bridge@{digest}"} == {one["image"] for one in containers(rendered).values()}


# Secrets.


def test_no_secret_stands_anywhere_but_in_a_secret() -> None:
    """Neither in the configuration, nor in an environment, nor on a command line."""
    rendered = render({"secrets": {"create": CREATED}})
    secrets = of_kind(rendered, "Secret")
    assert [one["stringData"] for one in secrets] == [CREATED, CREATED]
    others = yaml.safe_dump([one for one in rendered if one not in secrets])
    assert [value for value in CREATED.values() if value in others] == []


def test_every_variable_of_the_configuration_comes_from_a_secret() -> None:
    for one in containers(render(EVERYTHING)).values():
        plain = {variable["name"] for variable in one["env"] if "value" in variable}
        assert plain == {"CONFIG_PATH", "HTTPS_PROXY"}
        (key,) = [variable for variable in one["env"] if variable["name"] == "MYSQL_PASSWORD"]
        assert key["valueFrom"]["secretKeyRef"] == {"name": "mysql", "key": "password"}


def test_every_secret_of_the_configuration_is_known_to_the_chart() -> None:
    """Those that it would refuse in clear; a URL is refused by the password in it."""
    helpers = (CHART / "templates/_faults.tpl").read_text(encoding="utf-8")
    listed = helpers.partition('secret-keys" -}}')[2].partition("toJson")[0]
    told = set(re.findall(r'"([a-z_.]+)"', listed))
    assert {key.path for key in keys() if key.secret} - {"broker.url"} == told


# How it fits together.


def test_a_selector_finds_its_own_pods_and_no_others(resources: list[Resource]) -> None:
    for one in resources:
        if one["kind"] in {"Deployment", "StatefulSet"}:
            assert selected(one["spec"]["selector"], resources) == {one["metadata"]["name"]}


def test_the_service_leads_to_those_that_listen(resources: list[Resource]) -> None:
    service = only(resources, "Service")["spec"]
    listening = {name for name, one in containers(resources).items() if one["args"][0] in {"api", "run"}}
    assert selected({"matchLabels": service["selector"]}, resources) == listening
    (port,) = service["ports"]
    for name in listening:
        assert port["targetPort"] in {one["name"] for one in containers(resources)[name]["ports"]}


def test_each_budget_is_of_one_deployment_and_each_has_one(resources: list[Resource]) -> None:
    budgets = of_kind(resources, "PodDisruptionBudget")
    covered = [selected(one["spec"]["selector"], resources) for one in budgets]
    deployments = [{one["metadata"]["name"]} for one in of_kind(resources, "Deployment")]
    assert sorted(map(sorted, covered)) == sorted(map(sorted, deployments))


def test_what_is_scaled_exists_and_has_no_number_of_its_own(everything: list[Resource]) -> None:
    """Helm would set it back at each upgrade."""
    target = only(everything, "HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]
    scaled = only(everything, target["kind"], target["name"])
    assert target["apiVersion"] == scaled["apiVersion"]
    assert "replicas" not in scaled["spec"]
    assert "cpu" in container(scaled["spec"]["template"])["resources"]["requests"]


def test_instances_are_spread(resources: list[Resource]) -> None:
    """Each over hosts and zones, counted by its own pods."""
    for one in of_kind(resources, "Deployment"):
        spec = one["spec"]["template"]["spec"]
        keys_ = {rule["topologyKey"] for rule in spec["topologySpreadConstraints"]}
        assert keys_ == {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}
        for rule in spec["topologySpreadConstraints"]:
            assert selected(rule["labelSelector"], resources) == {one["metadata"]["name"]}


def test_the_workers_share_the_work() -> None:
    """One is kept for people, and some worker does the rest."""
    rendered = containers(render(EXISTING))
    kept = ["worker", "--lanes=people", "--targets=none", "--concurrency=2"]
    assert rendered["bridge-alert-bridge-worker-people"]["args"] == kept
    assert rendered["bridge-alert-bridge-worker-general"]["args"] == ["worker"]
    without = render({**EXISTING, "workers": {"people": None}})
    assert {"bridge-alert-bridge-worker-general"} == {name for name in pods(without) if "worker" in name}


def test_sqlite_is_one_pod_with_a_volume_and_never_two() -> None:
    rendered = render(SQLITE)
    (bridge,) = [one for one in rendered if one["kind"] in WORKLOADS]
    assert (bridge["kind"], bridge["spec"]["replicas"]) == ("StatefulSet", 1)
    (claim,) = bridge["spec"]["volumeClaimTemplates"]
    assert mounts(bridge["spec"]["template"])[claim["metadata"]["name"]] == "/data"
    assert of_kind(rendered, "HorizontalPodAutoscaler") == []


def test_run_has_neither_workers_nor_a_broker(tmp_path: Path) -> None:
    """As many as are wanted, on one MySQL."""
    rendered = render(RUN)
    assert {"bridge-alert-bridge-run", "bridge-alert-bridge-migrate"} == set(pods(rendered))
    assert only(rendered, "Deployment")["spec"]["replicas"] == 3
    assert loaded(rendered, "bridge-alert-bridge-run", tmp_path).broker.url is None


def test_the_migration_needs_nothing_that_comes_after_it(resources: list[Resource]) -> None:
    """Before the first installation only what is made for it is there, and what was there before."""
    early = [one for one in resources if "helm.sh/hook" in one["metadata"].get("annotations", {})]
    jobs = of_kind(early, "Job")
    for job in jobs:
        weights = {one["kind"]: int(one["metadata"]["annotations"]["helm.sh/hook-weight"]) for one in early}
        assert {kind for kind in weights if weights[kind] >= weights["Job"]} == {"Job"}
        pod = job["spec"]["template"]
        own = {one["metadata"]["name"] for one in of_kind(resources, "Secret")}
        asked = {source["secretRef"]["name"] for source in container(pod).get("envFrom", [])}
        assert asked & own <= {one["metadata"]["name"] for one in of_kind(early, "Secret")}
        (config,) = [one["configMap"]["name"] for one in pod["spec"]["volumes"] if one["name"] == "config"]
        assert of_kind(early, "ConfigMap", config)
        accounts = {one["metadata"]["name"] for one in of_kind(resources, "ServiceAccount")}
        assert pod["spec"]["serviceAccountName"] not in accounts
    assert len(jobs) == (0 if of_kind(resources, "StatefulSet") else 1)
    assert len(early) - len(jobs) in ({0} if not jobs else {1, 2})


# What else is in reach.


@pytest.mark.parametrize("scenario", [EVERYTHING, RUN], ids=["all-paths", "default-paths"])
def test_the_ingress_leads_to_what_may_be_called_from_outside(scenario: dict[str, Any]) -> None:
    """And to nothing else; the API as a whole."""
    rendered = render(scenario)
    service = only(rendered, "Service")
    leading = {"name": service["metadata"]["name"], "port": {"name": service["spec"]["ports"][0]["name"]}}
    rules = only(rendered, "Ingress")["spec"]["rules"][0]["http"]["paths"]
    assert [one for one in rules if one["backend"] != {"service": leading}] == []
    outside = {*slack.INTERACTION_PATHS, *slack.EVENT_PATHS, *slack.COMMAND_PATHS, *pagerduty.PATHS}
    inside = set(alertmanager.PATHS) if scenario is EVERYTHING else set()
    assert {one["path"] for one in rules if one["pathType"] == "Exact"} == outside | inside
    whole = {one["path"] for one in rules if one["pathType"] == "Prefix"}
    assert whole == ({"/api/v1"} if scenario is EVERYTHING else set())


def test_the_network_is_closed_but_for_what_is_needed(everything: list[Resource]) -> None:
    policies = {one["metadata"]["name"]: one["spec"] for one in of_kind(everything, "NetworkPolicy")}
    into, metrics, out = (policies[f"bridge-alert-bridge-{name}"] for name in ("in", "metrics", "out"))
    every = set(pods(everything))
    assert selected(into["podSelector"], everything) == {"bridge-alert-bridge-api"}
    assert selected(metrics["podSelector"], everything) == every - {"bridge-alert-bridge-api"}
    assert selected(out["podSelector"], everything) == every
    assert [rule["ports"] for rule in metrics["ingress"]] == [[{"port": "metrics", "protocol": "TCP"}]]
    assert [len(rule["from"]) for rule in into["ingress"]] == [4]
    ports = {port["port"] for rule in out["egress"] for port in rule["ports"]}
    assert ports == {53, 443, 3306, 3307, 6379, 9093}
    narrowed = {rule["ports"][0]["port"]: rule["to"] for rule in out["egress"] if "to" in rule}
    assert narrowed.keys() == {3306, 6379, 9093}


def test_without_anybody_allowed_nobody_gets_in() -> None:
    """An empty list would mean everybody to Kubernetes."""
    lists: dict[str, list[Resource]] = {"ingressController": [], "alertmanager": [], "prometheus": []}
    rendered = render({**EXISTING, "networkPolicy": {"enabled": True, **lists}})
    into = [one for one in of_kind(rendered, "NetworkPolicy") if one["spec"]["policyTypes"] == ["Ingress"]]
    assert [one["spec"]["ingress"] for one in into] == [None, None]


def test_prometheus_finds_every_pod_that_counts(resources: list[Resource]) -> None:
    """The receivers behind their Service, the workers by themselves; all of them as one job."""
    found: set[str] = set()
    for one in of_kind(resources, "ServiceMonitor"):
        service = only(resources, "Service")
        assert one["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
        assert [at["port"] for at in one["spec"]["endpoints"]] == [service["spec"]["ports"][0]["name"]]
        found |= selected({"matchLabels": service["spec"]["selector"]}, resources)
    for one in of_kind(resources, "PodMonitor"):
        names = selected(one["spec"]["selector"], resources)
        for name in names:
            (at,) = one["spec"]["podMetricsEndpoints"]
            assert at["port"] in {port["name"] for port in containers(resources)[name]["ports"]}
        found |= names
    counting = {name for name in pods(resources) if not name.endswith("-migrate")}
    assert found in (counting, set())


def test_what_is_refused_says_why_and_all_of_it_at_once() -> None:
    """The plain installation first: it cannot know any secret."""
    with pytest.raises(Refused) as refused:
        render({})
    assert [name for name in CREATED if name not in str(refused.value)] == []
    assert "secrets.existing" in str(refused.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"config": {"broker": None}}, "config.broker.url is missing"),
        ({"config": {"worker": None}}, "config.worker.metrics_port is missing"),
        ({"config": {"storage": {"type": "sqlite"}}}, "config.storage.type is sqlite, but mode separate"),
        ({"workers": {"people": None, "general": None}}, "workers is empty"),
        ({"mode": "sqlite", "api": {"autoscaling": {"enabled": True}}}, "in mode sqlite there is one bridge"),
        ({"config": {"slack": {"bot_token": "xoxb-1"}}}, "config.slack.bot_token: a secret in clear"),
        (
            {"config": {"slack": {"signing_secret": ["${A}", "b"]}}},
            "config.slack.signing_secret: a secret in",
        ),
        ({"config": {"api": {"tokens": {"bot": "abc"}}}}, "config.api.tokens: a secret in clear"),
        ({"config": {"broker": {"url": "redis://:abc@redis"}}}, "config.broker.url: a secret in clear"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_what_cannot_work_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(Refused, match=words):
        render({**EXISTING, **change})


def test_a_dollar_and_a_file_are_no_faults() -> None:
    """`$$` is one dollar; a secret that is mounted as a file is named by its path."""
    config = {
        "api": {"tokens": {"bot_file": "/run/secrets/bot"}},
        "slack": {"bot_token": None, "bot_token_file": "/run/secrets/bot"},
        "storage": {"mysql": {"primary": {"database": "a$${b"}}},
        "broker": {"url": "redis://redis:6379/0"},
    }
    render({"config": config, "secrets": {"create": CREATED}})
    assert MARKED
