"""Each rule of the bridge goes off when it should, keeps quiet when it should, and says what to do."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from api import alertmanager, pagerduty, slack
from tests.deploy.promql import RULES, promtool, rules, unknown
from tests.repo.test_docs import anchors

Series = dict[str, str]

_UP = 'up{job="alert-bridge",instance="one"}'
_TIME = "60m"


@dataclass(frozen=True)
class Case:
    """Series with which `alerts` fire after an hour, and others with which none does; a value each minute, as promtool
    writes them.
    """

    fires: Series
    quiet: Series
    alerts: int = 1


def received(sender: str, outcome: str, instance: str = "one") -> str:
    return f'alert_bridge_received_total{{sender="{sender}",outcome="{outcome}",instance="{instance}"}}'


def reconciled(source: str) -> str:
    return f'alert_bridge_reconciled_age_seconds{{source="{source}"}}'


def conflicts(kind: str, instance: str) -> str:
    return f'alert_bridge_conflicts_total{{kind="{kind}",instance="{instance}"}}'


def hints(outcome: str) -> str:
    return f'alert_bridge_hints_total{{outcome="{outcome}"}}'


CASES = {
    "AlertBridgeDeadMansSwitch": Case({_UP: "0x60"}, {}),
    "AlertBridgeAbsent": Case({_UP: "1x60"}, {"alert_bridge_database_up": "1x50 _x2 1x8"}),
    "AlertBridgeInstanceDown": Case(
        {_UP: "0x60", 'up{job="bridge/alert-bridge-workers"}': "0x60"},
        {_UP: "1x55 0x3 1x2", 'up{job="node"}': "0x60"},
        2,
    ),
    "AlertBridgeDatabaseDown": Case(
        {f'alert_bridge_database_up{{instance="{one}"}}': "1x50 0x10" for one in ("one", "two")},
        {"alert_bridge_database_up": "1x60"},
    ),
    "AlertBridgeReplicaDown": Case(
        {"alert_bridge_replica_up": "0x60"}, {"alert_bridge_replica_up": "1x55 0x5"}
    ),
    "AlertBridgeBehind": Case(
        {f'alert_bridge_oldest_undelivered_seconds{{instance="{one}"}}': "0x57 130 190 250" for one in "ab"},
        {"alert_bridge_oldest_undelivered_seconds": "0x59 130"},
    ),
    "AlertBridgeTargetBlocked": Case(
        {f'alert_bridge_blocked{{target="{one}"}}': "0x50 1x10" for one in ("slack:C1", "pagerduty:default")},
        {'alert_bridge_blocked{target="slack:C1"}': "1x50 0x8 1x2"},
        2,
    ),
    "AlertBridgeTargetDegraded": Case(
        {'alert_bridge_degraded{target="slack:C1"}': "1x60"},
        {'alert_bridge_degraded{target="slack:C1"}': "0x50 1x10"},
    ),
    "AlertBridgeParked": Case(
        {'alert_bridge_parked{what="inbox"}': "2x60", 'alert_bridge_parked{what="notices"}': "0x60"},
        {'alert_bridge_parked{what="inbox"}': "0x60"},
    ),
    "AlertBridgeRefuses": Case(
        {received("alertmanager", "unauthenticated"): "0x55 1x5", received("slack", "malformed"): "0x55 7x5"},
        {
            received("alertmanager", "accepted"): "0+9x60",
            received("slack", "ignored"): "0+1x60",
            received("pagerduty", "too_large"): "0x20 4x40",
        },
        2,
    ),
    "AlertBridgeCannotStore": Case(
        {received("alertmanager", "unavailable", one): "0x50 1+1x10" for one in ("one", "two")},
        {
            received("alertmanager", "unavailable"): "0x20 5x40",
            received("alertmanager", "malformed"): "0+1x60",
        },
    ),
    "AlertBridgeUnauthenticatedSources": Case(
        {"alert_bridge_unauthenticated_sources": "1x60"}, {"alert_bridge_unauthenticated_sources": "0x60"}
    ),
    "AlertBridgeDoesNotReconcile": Case(
        {reconciled("eu"): "660x60", reconciled("us"): " ".join(["+Inf"] * 61)},
        {reconciled("eu"): "59x60", reconciled("us"): "+Inf +Inf +Inf 30x57"},
        2,
    ),
    "AlertBridgeBrokerDown": Case(
        {'alert_bridge_broker_up{instance="one"}': "0x60", 'alert_bridge_broker_up{instance="two"}': "1x60"},
        {"alert_bridge_broker_up": "1x56 0x3 1"},
    ),
    "AlertBridgeHintsFail": Case(
        {hints("failed"): "0+2x60", hints("published"): "0+10x60"},
        {hints("failed"): "0+1x60", hints("published"): "0+60x60"},
    ),
    "AlertBridgeConflicts": Case(
        {conflicts("deadlock", "one"): "0+40x60", conflicts("version", "two"): "0+40x60"},
        {conflicts("version", "one"): "0+20x60", conflicts("deadlock", "two"): "0x50 0+600x3 1800x7"},
    ),
    "AlertBridgeClaimsLost": Case(
        {"alert_bridge_claims_lost_total": "0x40 0+1x20"}, {"alert_bridge_claims_lost_total": "0x10 9x50"}
    ),
}
NAMES = [rule["alert"] for rule in rules()]


def tried(folder: Path, cases: list[dict[str, object]]) -> str:
    """What promtool objects to."""
    path = folder / "rules.test.yml"
    written = {"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": cases}
    path.write_text(json.dumps(written), encoding="utf-8")  # JSON is YAML
    done = promtool("test", "rules", path)
    return done.stdout + done.stderr if done.returncode else ""


def case(series: Series, **asked: object) -> dict[str, object]:
    given = [{"series": name, "values": values} for name, values in series.items()]
    return {"interval": "1m", "input_series": given, **asked}


def fires(name: str, series: Series, alerts: int) -> dict[str, object]:
    counted = f'count(ALERTS{{alertname="{name}",alertstate="firing"}}) or vector(0)'
    sample = {"labels": "{}", "value": alerts}
    return case(series, promql_expr_test=[{"expr": counted, "eval_time": _TIME, "exp_samples": [sample]}])


def test_prometheus_can_read_them() -> None:
    done = promtool("check", "rules", "--lint=all", "--lint-fatal", RULES)
    assert (done.returncode, done.stderr) == (0, "")


def test_each_rule_has_its_case() -> None:
    assert sorted(NAMES) == sorted(CASES)


def test_each_rule_fires_when_it_should(tmp_path: Path) -> None:
    """Once for what several instances say alike."""
    assert tried(tmp_path, [fires(name, CASES[name].fires, CASES[name].alerts) for name in NAMES]) == ""


def test_each_rule_keeps_quiet_when_it_should(tmp_path: Path) -> None:
    """Near its limit, or for a moment only."""
    can_be_quiet = [name for name in NAMES if name != "AlertBridgeDeadMansSwitch"]
    assert tried(tmp_path, [fires(name, CASES[name].quiet, 0) for name in can_be_quiet]) == ""


def test_the_dead_mans_switch_never_keeps_quiet(tmp_path: Path) -> None:
    """Whatever else there is to see."""
    assert tried(tmp_path, [fires("AlertBridgeDeadMansSwitch", {}, 1)]) == ""


def test_what_is_read_at_night_is_a_sentence(tmp_path: Path) -> None:
    """With its numbers and names in it: promtool shows what it got where nothing was expected."""
    asked = {name: [{"eval_time": _TIME, "alertname": name, "exp_alerts": []}] for name in NAMES}
    shown = tried(tmp_path, [case(CASES[name].fires, alert_rule_test=asked[name]) for name in NAMES])
    summaries = re.findall(r'summary="((?:[^"\\]|\\.)*)"', shown)
    assert sum(one.alerts for one in CASES.values()) == len(summaries)
    assert [
        one for one in summaries if not 20 < len(one) < 120 or re.search(r"<|error|%!|\.\d{3}", one)
    ] == []
    assert "error expanding" not in shown


@pytest.mark.parametrize("rule", rules(), ids=NAMES)
def test_a_rule_says_how_bad_it_is_and_what_to_do(rule: dict[str, dict[str, str]]) -> None:
    assert rule["labels"]["severity"] in {"critical", "warning", "info", "none"}
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
    page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
    assert anchor in anchors(Path(page))


@pytest.mark.parametrize("rule", rules(), ids=NAMES)
def test_a_rule_asks_for_what_there_is(rule: dict[str, str]) -> None:
    assert list(unknown(rule["expr"])) == []


def test_every_refusal_of_a_request_is_told_by_some_rule() -> None:
    """All outcomes that are not good, and no other."""
    good = {"accepted", "answered", "ignored"}
    outcomes = {*alertmanager.OUTCOMES, *slack.OUTCOMES, *pagerduty.OUTCOMES} - good
    asked = [words for rule in rules() for words in re.findall(r'outcome=~?"([^"]+)"', rule["expr"])]
    assert outcomes == set("|".join(asked).split("|")) - {"failed"}
