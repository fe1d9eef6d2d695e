"""What helm makes of the chart with some values: the resources that Kubernetes would be given."""

import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from config import load
from config.settings import Settings
from tests.deploy.values import CREATED
from tests.repo.tree import ROOT

CHART = ROOT / "helm"
RELEASE, NAMESPACE = "bridge", "alerting"
KUBERNETES = "1.34.0"
# A pod is found in these at `spec.template`.
WORKLOADS = ("Deployment", "StatefulSet", "Job")

Resource = dict[str, Any]
Values = Mapping[str, Any]


class Refused(Exception):
    """What helm said instead."""


@cache
def helm() -> str:
    """Where it is. Without one the tests of the chart are skipped, and nothing else is."""
    found = subprocess.run(
        [ROOT / "scripts/helm-tool", "--no-build"], capture_output=True, text=True, check=False
    )
    if found.returncode:
        pytest.skip(f"{found.stderr.splitlines()[0]} scripts/helm-tool builds one, or says what it lacks.")
    return found.stdout.strip()


def call(*words: str | Path, values: Values) -> str:
    """What helm says on these values. Raises Refused."""
    argv = [helm(), *words, "--kube-version", KUBERNETES, "--values", "-"]
    done = subprocess.run(
        argv, input=yaml.safe_dump(dict(values)), capture_output=True, text=True, timeout=60, check=False
    )
    if done.returncode:
        raise Refused(done.stdout + done.stderr)
    return done.stdout


def render(values: Values, chart: Path = CHART) -> list[Resource]:
    """Everything, hooks included. Raises Refused."""
    read = yaml.load_all(rendered(values, chart), Loader=yaml.CSafeLoader)
    return [resource for resource in read if resource]


def rendered(values: Values, chart: Path = CHART) -> str:
    """The same as text."""
    return call("template", RELEASE, chart, "--namespace", NAMESPACE, values=values)


def only(resources: list[Resource], kind: str, name: str | None = None) -> Resource:
    (found,) = of_kind(resources, kind, name)
    return found


def of_kind(resources: list[Resource], kind: str, name: str | None = None) -> list[Resource]:
    return [one for one in resources if one["kind"] == kind and name in (None, one["metadata"]["name"])]


def pods(resources: list[Resource]) -> dict[str, Resource]:
    """The template of each pod, by the name of what makes it."""
    return {one["metadata"]["name"]: one["spec"]["template"] for one in resources if one["kind"] in WORKLOADS}


def container(pod: Resource) -> Resource:
    (found,) = pod["spec"]["containers"]
    return dict(found)


def containers(resources: list[Resource]) -> dict[str, Resource]:
    return {name: container(pod) for name, pod in pods(resources).items()}


def matches(selector: Resource, labels: Mapping[str, str]) -> bool:
    """As Kubernetes reads a selector, of what the chart uses of it."""
    wanted: Mapping[str, str] = selector.get("matchLabels", {})
    for rule in selector.get("matchExpressions", []):
        assert rule["operator"] == "NotIn"
        if labels.get(rule["key"]) in rule["values"]:
            return False
    return all(labels.get(name) == value for name, value in wanted.items())


def selected(selector: Resource, resources: list[Resource]) -> set[str]:
    """Names of what makes the pods that it finds."""
    return {name for name, pod in pods(resources).items() if matches(selector, pod["metadata"]["labels"])}


def leaves(tree: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value that is no map with something in it, with the keys that lead to it."""
    if isinstance(tree, dict) and tree:
        for name, below in tree.items():
            yield from leaves(below, (*path, name))
    else:
        yield path, tree


def nested(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    for name in reversed(path):
        value = {name: value}
    return dict(value)


def laid_over(below: Values, above: Values) -> dict[str, Any]:
    """Maps are joined, anything else is replaced: as helm does."""
    joined = dict(below)
    for name, value in above.items():
        under = joined.get(name)
        both = isinstance(under, dict) and isinstance(value, dict)
        joined[name] = laid_over(under, value) if both else value
    return joined


def environment(resources: list[Resource], pod: Resource) -> dict[str, str]:
    """The variables of its container. Of a Secret that is not the chart's each key has a made-up value."""
    its, found = container(pod), dict(CREATED)
    for source in its.get("envFrom", []):
        for secret in of_kind(resources, "Secret", source["secretRef"]["name"]):
            found |= secret["stringData"]
    for variable in its["env"]:
        found[variable["name"]] = variable.get("value", "from-a-secret-key")
    others = ("PAGERDUTY_API_TOKEN", "TOKEN_OF_EU", "TOKEN_OF_US", "NEXT_OF_US", "RELEASE_BOT_TOKEN")
    return {**{name: f"made-up-{name.lower()}" for name in others}, **found}


def loaded(resources: list[Resource], name: str, folder: Path) -> Settings:
    """The configuration as this pod's program reads it."""
    pod = pods(resources)[name]
    volumes = {one["name"]: one for one in pod["spec"]["volumes"]}
    data = only(resources, "ConfigMap", volumes["config"]["configMap"]["name"])["data"]
    mounts = {one["name"]: one["mountPath"] for one in container(pod)["volumeMounts"]}
    environ = environment(resources, pod)
    inside = Path(environ["CONFIG_PATH"])
    assert mounts["config"] == str(inside.parent)
    path = folder / inside.name
    path.write_text(data[inside.name], encoding="utf-8")
    return load(path, environ)


def mounts(pod: Resource) -> dict[str, str]:
    return {one["name"]: one["mountPath"] for one in container(pod)["volumeMounts"]}
