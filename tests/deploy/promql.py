"""What rules and dashboards ask Prometheus for, held to what the bridge tells."""

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.repo.test_docs_and_code import told_metrics
from tests.repo.tree import ROOT

RULES = ROOT / "deploy/prometheus/alert-bridge.rules.yml"
_METRIC = re.compile(r"\b(alert_bridge_[a-z_]+)(?:\{([^}]*)\})?")
_OF_HISTOGRAMS = re.compile(r"_(?:bucket|sum|count)$")
# What Prometheus puts there by itself.
_EVERYWHERE = {"job", "instance", "namespace"}


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return list(group["rules"])


@cache
def told() -> dict[str, tuple[str, ...]]:
    """Metrics with their labels, from the tables that other tests hold to the code."""
    return {
        name: labels
        for kind in ("Gauge", "Counter", "Histogram")
        for name, labels in told_metrics(kind).items()
    }


def unknown(expression: str) -> Iterator[str]:
    """Metrics and labels in it that there are not: one that names nothing never fires, and draws nothing."""
    for name, selectors in _METRIC.findall(expression):
        family = name if name in told() else _OF_HISTOGRAMS.sub("", name)
        if family not in told():
            yield name
            continue
        labels = {part.strip() for part in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selectors)}
        yield from (f"{name}{{{label}}}" for label in labels - {*told()[family], *_EVERYWHERE})
    families = [_OF_HISTOGRAMS.sub("", name) for name, _ in _METRIC.findall(expression)]
    within = {label for family in families for label in told().get(family, ())}
    for group in re.findall(r"\bby \(([^)]*)\)", expression):
        named = {label.strip() for label in group.split(",")}
        yield from (f"by ({label})" for label in named - within - _EVERYWHERE - {"le"})


def promtool(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["promtool", *words], capture_output=True, text=True, timeout=60, check=False)
