"""The dashboard for Grafana draws what there is, and fits on the page."""

import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from core.domain.change import Kind
from tests.deploy.promql import promtool, unknown
from tests.repo.tree import ROOT

FILE = ROOT / "helm/files/alert-bridge.dashboard.json"
DASHBOARD: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
DRAWN = [panel for panel in PANELS if panel["type"] != "row"]
EXPRESSIONS = [target["expr"] for panel in DRAWN for target in panel["targets"]]
# Grafana's own, and a time in their place.
INTERVALS = re.compile(r"\$__(?:rate_)?interval")


def test_prometheus_can_read_every_expression(tmp_path: Path) -> None:
    """As rules, with Grafana's variables replaced."""
    plain = [INTERVALS.sub("5m", one).replace("$instance", ".*") for one in EXPRESSIONS]
    assert [one for one in plain if "$" in one] == []
    rules = [{"record": f"one:{number}", "expr": one} for number, one in enumerate(plain)]
    path = tmp_path / "rules.yml"
    path.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}), encoding="utf-8")
    done = promtool("check", "rules", path)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_expression_asks_for_what_there_is(expression: str) -> None:
    assert list(unknown(expression)) == []


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_expression_follows_the_choice_of_instances(expression: str) -> None:
    """Each metric in it, or one part of a graph would be of others."""
    metrics = re.findall(r"alert_bridge_\w+", expression)
    assert metrics
    assert len(metrics) == expression.count('instance=~"$instance"}')


def test_what_people_do_is_called_as_the_bridge_counts_it() -> None:
    (words,) = {
        found for one in EXPRESSIONS for found in re.findall(r'ingested_total{outcome=~"([^"]+)"', one)
    }
    assert set(words.split("|")) <= set(Kind)


def test_every_legend_names_a_label_that_is_kept() -> None:
    for panel in DRAWN:
        for target in panel["targets"]:
            named = set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
            kept = set(re.findall(r"\w+", " ".join(re.findall(r"\bby \(([^)]*)\)", target["expr"]))))
            assert named <= kept | ({"instance"} if not kept else set())


def test_every_panel_has_its_own_number_and_says_what_it_shows() -> None:
    numbers = [panel["id"] for panel in PANELS]
    assert sorted(set(numbers)) == sorted(numbers)
    for panel in DRAWN:
        assert panel["title"]
        assert panel["description"].endswith(".")
        assert panel["fieldConfig"]["defaults"]["unit"]


def test_no_two_panels_lie_on_each_other_and_none_sticks_out() -> None:
    """Grafana's page is 24 wide."""

    def cells(panel: dict[str, Any]) -> set[tuple[int, int]]:
        at = panel["gridPos"]
        return {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}

    assert [(one["id"], two["id"]) for one, two in combinations(PANELS, 2) if cells(one) & cells(two)] == []
    assert {x for panel in PANELS for x, _ in cells(panel)} == set(range(24))


def test_it_is_bound_to_no_grafana() -> None:
    """Where Prometheus is called otherwise, or the name is taken."""
    sources = {json.dumps(one["datasource"]) for panel in DRAWN for one in (panel, *panel["targets"])}
    assert sources == {'{"type": "prometheus", "uid": "${datasource}"}'}
    assert DASHBOARD["id"] is None
    assert "uid" not in DASHBOARD
    assert [one["name"] for one in DASHBOARD["templating"]["list"]] == ["datasource", "instance"]
