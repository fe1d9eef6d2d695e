"""What the pages tell a reader to type does what they say, from the first alert on: in a real shell, word for word."""

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator

import pytest

from sandbox import Sandbox
from tests.cli.command import ROOT, TOKEN, Home
from tests.repo.blocks import blocks
from tests.servers import Alertmanager, alertmanager, wait_until
from tests.servers.alertmanager import bearer

OPERATOR = "a-made-up-token-of-the-operator"
# By a word of the block: why it is typed by nobody here.
NOT_HERE = {
    "docker ": "no Docker engine; tests/deploy holds its words to the code",
    "sudo ": "it changes the machine",
    "mkdir -m 755 secrets": "beside docker-compose.yml, which needs an engine",
    "mysqldump": "another program's",
    "celery flower": "tests/cli/test_flower.py starts it so",
    "api.pagerduty.com": "the real PagerDuty",
    "copy-data": "it needs a MySQL: tests/cli/test_copy_data.py",
    "alert-bridge worker": "it goes on until it is stopped: tests/cli/test_duties.py",
    "sqlite3 ": "another program's",
}
# By page and a word of the block: those that are typed below.
TYPED = {
    ("installation.md", "/ready"),
    ("installation.md", "/alertmanager/webhook"),
    ("installation.md", "amtool"),
    ("installation.md", "--probe"),
    ("operation.md", "alert-bridge ack"),
    ("api.md", "state=firing"),
    ("api.md", "dry_run"),
    ("sqlite.md", "backup /"),
    ("slack.md", "slack-manifest"),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """The whole bridge, with an operator's token."""
    home = Home(tmp_path_factory.mktemp("documented"))
    with Sandbox(rate_limits=False) as sandbox:
        home.configure(sandbox, api={"tokens": {"operator": OPERATOR}})
        with home.command("run") as run:
            run.wait_until(home.is_ready, 100)
            yield home


@pytest.fixture(scope="module")
def prometheus_side(home: Home) -> Iterator[Alertmanager]:
    url = f"http://127.0.0.1:{home.port}/alertmanager/webhook"
    with alertmanager(url, http_config=bearer(TOKEN)) as server:
        yield server


def typed(home: Home, text: str, **variables: str) -> str:
    """What a shell says, in which `alert-bridge` is the command as it is installed."""
    ours = f'alert-bridge() {{ {shlex.join([sys.executable, "-P", "-m", "cli"])} "$@"; }}\n'
    env = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(home.folder),
        "PYTHONPATH": str(ROOT),
        "CONFIG_PATH": str(home.config),
        "ALERTMANAGER_BEARER_TOKEN": TOKEN,
        "RELEASE_BOT_TOKEN": OPERATOR,
        **variables,
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", ours + text.replace("127.0.0.1:8080", f"127.0.0.1:{home.port}")],
        cwd=home.folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def told(page: str, word: str) -> str:
    """The block of this page that holds this word."""
    assert (page, word) in TYPED
    (found,) = [block.text for block in blocks("sh") if block.page.name == page and word in block.text]
    return found


def open_alerts(home: Home, name: str) -> list[str]:
    """Their ids, by the API as docs/api.md asks it."""
    found = json.loads(typed(home, told("api.md", "state=firing").replace("curl ", "curl -s ")))
    return [alert["id"] for alert in found["alerts"] if alert["name"] == name]


def test_the_first_alert_arrives_by_curl_and_by_amtool(home: Home, prometheus_side: Alertmanager) -> None:
    """As docs/installation.md says; the same labels by both ways are one alert."""
    assert json.loads(typed(home, told("installation.md", "/ready")))["status"] == "ready"
    typed(home, told("installation.md", "/alertmanager/webhook"))
    (first,) = wait_until(lambda: open_alerts(home, "FirstAlert"), 60, "the first alert")
    by_amtool = told("installation.md", "amtool").replace(
        "127.0.0.1:9093", f"127.0.0.1:{prometheus_side.port}"
    )
    typed(home, by_amtool.replace("FirstAlert", "SecondAlert"))
    wait_until(lambda: open_alerts(home, "SecondAlert"), 60, "the alert by amtool")
    typed(home, by_amtool)
    assert [first] == open_alerts(home, "FirstAlert")


def test_the_configuration_that_is_installed_is_probed(home: Home) -> None:
    said = typed(home, told("installation.md", "--probe"))
    assert "no faults" in said


def test_what_is_typed_of_alerts_and_silences_is_done(home: Home) -> None:
    """As docs/operation.md and docs/api.md show it; the silence is confirmed, which a terminal would ask."""
    typed(home, told("installation.md", "/alertmanager/webhook").replace("FirstAlert", "HighCPU"))
    (alert,) = wait_until(lambda: open_alerts(home, "HighCPU"), 60, "the alert")
    text = told("operation.md", "alert-bridge ack").replace("019aafc0", alert)
    typed(home, text.replace("--reason deploy", "--reason deploy --yes"))
    assert "acknowledged" in typed(home, f"alert-bridge alert {alert}")
    assert "looking at the load balancer" in typed(home, f"alert-bridge alert {alert}")
    preview = json.loads(typed(home, told("api.md", "dry_run").replace("curl ", "curl -s ")))["preview"]
    assert (preview["hides"], preview["already"]) == (1, 1)


def test_a_backup_is_made_while_the_bridge_runs(home: Home) -> None:
    typed(home, told("sqlite.md", "backup /").replace("/var/backups", str(home.folder)))
    assert (home.folder / "alert-bridge.db").stat().st_size > 0


def test_the_manifest_is_printed_with_the_address(home: Home) -> None:
    assert "https://alerts.example.com/slack/interaction" in typed(home, told("slack.md", "slack-manifest"))


def test_every_block_is_typed_or_has_its_reason() -> None:
    """A new one fails here until somebody types it above, or says why it can't be."""
    shown = blocks("sh")
    of = {
        (page, word): [it for it in shown if it.page.name == page and word in it.text] for page, word in TYPED
    }
    reasons = {word: [it for it in shown if word in it.text] for word in NOT_HERE}
    assert [key for key, found in (of | reasons).items() if not found] == []
    settled = {it for found in (of | reasons).values() for it in found}
    assert [str(it) for it in shown if it not in settled] == []
