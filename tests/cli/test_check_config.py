"""check-config, and what every command says about a configuration that is wrong."""

import re

import pytest

from sandbox import Sandbox
from sandbox.credentials import PAGERDUTY_API_TOKEN, SLACK_BOT_TOKEN
from tests.cli.command import PAGERDUTY, SLACK, TOKEN, Home

SECRETS = ("xoxp-a-user-token-0123456789", "k3y-of-pagerduty-0123", "s1gning-secret-0123456789")
WRONG = f"""
server: {{port: eighty}}
slack:
  enabled: true
  bot_token: {SECRETS[0]}
  signing_secrets: {SECRETS[2]}
  channel_id: C0123456
pagerduty: {{enabled: true, routing_key: {SECRETS[1]}, service_id: PABC123}}
alerting: {{deduplication_window: 5}}
"""
FAULTY = {
    "server.port",
    "slack.bot_token",
    "slack.signing_secret",
    "slack.signing_secrets",
    "pagerduty.routing_key",
    "pagerduty.webhook_secret",
    "alerting.deduplication_window",
}


def test_a_good_file_has_no_faults(home: Home, sandbox: Sandbox) -> None:
    """One line, and nothing to remark; nobody is asked."""
    home.configure(sandbox, alertmanager={"url": "http://127.0.0.1:9"})
    assert home.say("check-config") == "bridge.yaml: no faults\n"


def test_what_is_accepted_but_dangerous_is_remarked(home: Home, sandbox: Sandbox) -> None:
    """An open door is no fault."""
    home.configure(sandbox, alertmanager={"bearer_token": []})
    said = home.say("check-config")
    assert "alertmanager: has no authentication" in said
    assert "bridge.yaml: no faults" in said


@pytest.mark.parametrize("command", ["check-config", "run"])
def test_all_faults_are_told_at_once(home: Home, command: str) -> None:
    """Each with its place and what to do, none with what stands there."""
    home.write(WRONG)
    said = home.say(command, status=1)
    assert f"bridge.yaml: {len(FAULTY)} faults" in said
    assert set(re.findall(r"^  (\S+)", said, re.MULTILINE)) == FAULTY
    assert said.count("→") == len(FAULTY)
    assert not [secret for secret in SECRETS if secret in said]


@pytest.mark.parametrize("command", ["run", "worker"])
def test_a_file_that_is_not_there_is_named_with_the_remedy(home: Home, command: str) -> None:
    """Nothing is started in its place."""
    said = home.say(command, status=1, config="none.yaml")
    assert "none.yaml  cannot be read: No such file or directory" in said
    assert "copy config/config.example.yaml there" in said


def test_targets_that_take_calls_are_said_to(home: Home) -> None:
    """Each by its name, and without what it was asked with."""
    said = home.say("check-config", "--probe")
    assert f"{SLACK}: ok\n" in said
    assert f"{PAGERDUTY}: ok" in said
    assert not [secret for secret in (SLACK_BOT_TOKEN, PAGERDUTY_API_TOKEN, TOKEN) if secret in said]


def test_a_token_that_was_revoked_is_told_by_its_target(home: Home, sandbox: Sandbox) -> None:
    """One bad target is enough for status 1; the good one is still said to be good."""
    sandbox.slack.token_revoked = True
    said = home.say("check-config", "--probe", status=1)
    assert f"{SLACK}: configuration: token_revoked" in said
    assert f"{PAGERDUTY}: ok" in said
    sandbox.slack.token_revoked, sandbox.pagerduty.token_revoked = False, True
    said = home.say("check-config", "--probe", status=1)
    assert f"{SLACK}: ok" in said
    assert f"{PAGERDUTY}: unauthorized" in said


def test_a_scope_that_names_need_is_missed_before_anybody_clicks(home: Home, sandbox: Sandbox) -> None:
    """Alerts get through without it, so it is no fault."""
    sandbox.slack.scopes = sandbox.slack.scopes - {"users:read.email"}
    said = home.say("check-config", "--probe")
    assert f"{SLACK}: ok, but it cannot tell who people are: add users:read and users:read.email" in said


def test_targets_that_do_not_answer_are_told(home: Home, sandbox: Sandbox) -> None:
    """Both, without a traceback."""
    sandbox.stop()
    said = home.say("check-config", "--probe", status=1)
    assert f"{SLACK}: unreachable" in said
    assert f"{PAGERDUTY}: unreachable" in said


def test_a_probe_does_not_claim_what_it_cannot_know(home: Home, sandbox: Sandbox) -> None:
    """A routing key can only be tried by an event, and that would page somebody."""
    home.configure(sandbox, pagerduty={"api_token": None})
    assert f"{PAGERDUTY}: not asked" in home.say("check-config", "--probe")
    assert sandbox.pagerduty.incidents == []
