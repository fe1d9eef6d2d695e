"""The values of the chart: each has its place in the schema and does something, and a wrong one is refused by name."""

import json
import re
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.reference import entries
from config.schema import File
from tests.deploy.chart import CHART, Refused, Resource, laid_over, leaves, nested, only, render, rendered
from tests.deploy.promql import RULES, promtool, rules
from tests.deploy.test_dashboard import FILE as DASHBOARD
from tests.deploy.values import CREATED, EVERYTHING, EXISTING, SCENARIOS
from tests.repo.tree import ROOT

Path_ = tuple[str, ...]

VALUES: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
SCHEMA: dict[str, Any] = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
LEAVES = dict(leaves(VALUES))
# Where any other text would not do, or the text decides what the rest means.
OTHERWISE: dict[Path_, Any] = {
    ("mode",): "run",
    ("image", "digest"): f"sha256:{'0' * 64}",
    ("image", "pullPolicy"): "Never",
    ("image", "pullSecrets"): ["pull"],
    ("config", "server", "shutdown_timeout"): "2m",
    ("secrets", "existing"): ["another"],
    ("secrets", "from"): {"MORE": {"name": "more", "key": "of-it"}},
    ("workers", "people", "lanes"): "people,ingest",
    ("workers", "people", "targets"): "slack:C0123,pagerduty",
    ("persistence", "accessMode"): "ReadWriteOncePod",
    ("persistence", "size"): "9Gi",
    ("service", "type"): "NodePort",
    ("monitoring", "monitors", "interval"): "9s",
    ("tolerations",): [{"operator": "Exists"}],
    ("volumes",): [{"name": "more", "emptyDir": {}}],
    ("volumeMounts",): [{"name": "more", "mountPath": "/more"}],
    ("user",): 65534,
}
PAGE = (ROOT / "docs/kubernetes.md").read_text(encoding="utf-8")
PEERS = [{"podSelector": {"matchLabels": {"app": "other"}}}]


def another(path: Path_, value: Any) -> Any:
    """A value that is allowed there, and is not this one."""
    if path in OTHERWISE:
        return OTHERWISE[path]
    if path[0] == "networkPolicy" and isinstance(value, list):
        return PEERS
    if isinstance(value, str):
        # A secret in clear would be refused.
        return {"cpu": "77m", "memory": "77Mi"}.get(path[-1], "${OTHER}" if "$" in value else "other")
    if isinstance(value, dict):
        return {"more": "of-it"}
    return not value if isinstance(value, bool) else value + 1


@cache
def shown(scenario: str) -> tuple[dict[str, Any], str]:
    """All of its values, and what they make."""
    values = laid_over(VALUES, SCENARIOS[scenario])
    return values, rendered(values)


def scenario_of(path: Path_) -> str:
    """In which what stands at this path is to be seen."""
    if path[0] == "persistence":
        return "sqlite"
    hidden = {"workerResources", "serviceAccount", "image"}
    if path[0] in hidden or path[-1] in {"replicas", "bearer_token"}:
        return "existing-secrets"
    return "everything"


@pytest.mark.parametrize("path", LEAVES, ids=".".join)
def test_every_value_does_something(path: Path_) -> None:
    """Changed, it changes what is rendered: no key is there for show."""
    values, before = shown(scenario_of(path))
    value = values
    for name in path:
        value = value[name]
    changed = another(path, value)
    assert changed != value
    assert before != rendered(laid_over(values, nested(path, changed)))


def schema_at(path: Path_) -> Any:
    at: Any = SCHEMA
    for name in path:
        if "$ref" in at:
            at = SCHEMA["$defs"][at["$ref"].rpartition("/")[2]]
        inside = at.get("properties", {})
        (open_,) = at.get("patternProperties", {"": at.get("additionalProperties")}).values()
        at = inside.get(name, open_)
    return at


@pytest.mark.parametrize("path", [path for path in LEAVES if path[0] != "config"], ids=".".join)
def test_every_value_is_in_the_schema(path: Path_) -> None:
    """The bridge's own configuration is the bridge's to check."""
    assert schema_at(path)


def test_the_schema_knows_no_value_that_is_not_there() -> None:
    """But `global`, which helm itself may add."""
    assert set(SCHEMA["properties"]) == {*VALUES, "global"}


def test_the_schema_knows_the_blocks_of_the_configuration() -> None:
    """By their names: more is the loader's business."""
    assert set(SCHEMA["properties"]["config"]["properties"]) == set(File().fields)


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({"mod": "run"}, "mod"),
        ({"mode": "cluster"}, "mode"),
        ({"workers": {"slow": {"lanes": "foo"}}}, "workers.slow.lanes"),
        ({"workers": {"slow": {"targets": "slak"}}}, "workers.slow.targets"),
        ({"image": {"tag": "latest"}}, "image.tag"),
        ({"image": {"digest": "sha256:abc"}}, "image.digest"),
        ({"config": {"slak": {}}}, "slak"),
        ({"config": {"server": {"port": 0}}}, "config.server.port"),
        ({"config": {"server": {"port": "http"}}}, "config.server.port"),
        ({"config": {"server": {"shutdown_timeout": "30"}}}, "config.server.shutdown_timeout"),
        ({"config": {"slack": {"enabled": "yes"}}}, "config.slack.enabled"),
        ({"secrets": {"existing": "alert-bridge"}}, "secrets.existing"),
        ({"secrets": {"from": {"MYSQL_PASSWORD": "mysql"}}}, "secrets.from.MYSQL_PASSWORD"),
        ({"secrets": {"create": {"MYSQL-PASSWORD": "a"}}}, "secrets.create"),
        ({"secrets": {"create": {"MYSQL_PASSWORD": 1234}}}, "secrets.create.MYSQL_PASSWORD"),
        ({"env": {"LOG_LEVEL": {"valueFrom": {}}}}, "env.LOG_LEVEL"),
        ({"api": {"replicas": 0}}, "api.replicas"),
        ({"api": {"drainSeconds": -1}}, "api.drainSeconds"),
        ({"api": {"autoscaling": {"cpuPercent": 700}}}, "api.autoscaling.cpuPercent"),
        ({"api": {"resources": {"limits": {"memory": "512 MB"}}}}, "api.resources.limits.memory"),
        ({"workers": {"general": {"lane": "people"}}}, "workers.general"),
        ({"workers": {"general": {"replicas": "two"}}}, "workers.general.replicas"),
        ({"workers": {"People": {}}}, "workers"),
        ({"ingress": {"enabled": True}}, "ingress.host"),
        ({"ingress": {"paths": {"metrics": True}}}, "metrics"),
        ({"networkPolicy": {"mysql": ["192.0.2.1"]}}, "networkPolicy.mysql"),
        ({"networkPolicy": {"mysql": [{"cidr": "192.0.2.1/32"}]}}, "networkPolicy.mysql"),
        ({"monitoring": {"monitors": {"interval": "often"}}}, "monitoring.monitors.interval"),
        ({"podLabels": {"team": 7}}, "podLabels.team"),
        ({"user": 0}, "user"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_a_wrong_value_is_refused_by_its_name(values: dict[str, Any], where: str) -> None:
    with pytest.raises(Refused, match="values don't meet the specifications") as refused:
        render(laid_over(EXISTING, values))
    assert where.replace(".", "/") in str(refused.value) or where in str(refused.value)


# What the chart carries besides.


def test_the_rules_of_the_chart_are_those_of_the_file(tmp_path: Path) -> None:
    """With the links that somebody can click."""
    rule = only(render(EVERYTHING), "PrometheusRule")
    (group,) = rule["spec"]["groups"]
    links = [one["annotations"].pop("runbook_url") for one in group["rules"]]
    expected = rules()
    for one, link in zip(expected, links, strict=True):
        anchor = one["annotations"].pop("runbook_url").partition("#")[2]
        assert link == f"https://docs.example/bridge/operation.md#{anchor}"
    assert expected == group["rules"]
    written = tmp_path / "rules.yml"
    written.write_text(yaml.safe_dump(rule["spec"]), encoding="utf-8")
    assert promtool("check", "rules", written).returncode == 0
    # No link: a chart that is copied somewhere has to be whole, and helm speaks of each link that it follows.
    file = CHART / "files" / RULES.name
    assert not file.is_symlink()
    assert file.read_bytes() == RULES.read_bytes()


def test_the_dashboard_of_the_chart_is_that_of_the_file() -> None:
    """Where Grafana's sidecar looks for it."""
    carried = only(render(EVERYTHING), "ConfigMap", "bridge-alert-bridge-dashboard")
    assert carried["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert json.loads(DASHBOARD.read_text(encoding="utf-8")) == json.loads(
        carried["data"]["alert-bridge.json"]
    )


def notes(values: dict[str, Any], folder: Path) -> str:
    """What helm says after an installation, which it renders nowhere else: here as a resource of its own."""
    chart = shutil.copytree(CHART, folder / "chart")
    said = (chart / "templates/NOTES.txt").read_text(encoding="utf-8")
    told = '{{ define "notes" }}' + said + '{{ end }}kind: Notes\nsaid: {{ include "notes" . | toJson }}\n'
    (chart / "templates/notes.yaml").write_text(told, encoding="utf-8")
    return str(only([{"metadata": {"name": ""}, **one} for one in render(values, chart)], "Notes")["said"])


def test_the_notes_say_what_to_enter_where(tmp_path: Path) -> None:
    """The addresses for Alertmanager, Slack and PagerDuty, as this installation has them."""
    outside = {**EVERYTHING["ingress"], "paths": {"alertmanager": False}}
    said = notes({**EVERYTHING, "ingress": outside}, tmp_path)
    service: Resource = only(render(EVERYTHING), "Service")
    inside = f"http://{service['metadata']['name']}.alerting:{service['spec']['ports'][0]['port']}"
    assert f"{inside}/alertmanager/webhook" in said
    assert "https://bridge.example/slack/interaction" in said
    assert "https://bridge.example/pagerduty/webhook" in said
    assert "cannot reach it yet" not in said


def test_the_notes_say_what_is_missing(tmp_path: Path) -> None:
    """No way in from outside, no authentication, and nobody who is told of trouble."""
    config = {"alertmanager": {"bearer_token": None}, "pagerduty": {"enabled": False}}
    said = notes({"secrets": {"create": CREATED}, "config": config}, tmp_path)
    assert "Slack and PagerDuty cannot reach it yet" in said
    assert "Anybody who reaches it may post there" in said
    assert "Nobody is told when the bridge itself is in trouble" in said
    assert "/pagerduty/webhook" not in said


def test_the_installation_that_is_told_is_one() -> None:
    """The values and the Secret of docs/kubernetes.md together: every variable is there, and nothing is refused."""
    told = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
    (secret,) = [one for one in told if one.get("kind") == "Secret"]
    (values,) = [one for one in told if "kind" not in one]
    assert [secret["metadata"]["name"]] == values["secrets"]["existing"]
    rendered_of_it = render(laid_over(values, {"secrets": {"existing": [], "create": secret["stringData"]}}))
    assert {"Ingress", "PodMonitor", "PrometheusRule"} <= {one["kind"] for one in rendered_of_it}


def test_every_value_that_is_told_exists() -> None:
    """By its path, as prose names it."""
    roots = "|".join(VALUES)
    told = {
        span for span in re.findall(r"`([^`\n]+)`", PAGE) if re.fullmatch(rf"(?:{roots})(?:\.\w+)*", span)
    }
    assert {"networkPolicy.mysql", "workers"} <= told
    ours = {path[:end] for path in LEAVES for end in range(1, len(path) + 1)}
    of_the_bridge = {*entries(), *(path.rpartition(".")[0] for path in entries())}
    assert [one for one in told if tuple(one.split(".")) not in ours and one not in of_the_bridge] == []
