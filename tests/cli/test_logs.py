"""What is written down, and what never is."""

import json
import signal
import subprocess
import sys
from typing import Any

import pytest

from sandbox import Sandbox, credentials
from tests.cli.command import ROOT, Home, alert, entries
from tests.servers import redis_server

SECRETS = {
    "Slack's bot token": credentials.SLACK_BOT_TOKEN,
    "Slack's signing secret": credentials.SLACK_SIGNING_SECRET,
    "the routing key": credentials.PAGERDUTY_ROUTING_KEY,
    "PagerDuty's API token": credentials.PAGERDUTY_API_TOKEN,
    "PagerDuty's webhook secret": credentials.PAGERDUTY_WEBHOOK_SECRET,
    "a sender's token": "bearer-0f-eu-1-abcdef0123",
    "another sender's token": "bearer-0f-us-2-abcdef0123",
    "Alertmanager's webhook secret": "webhook-s3cret-0f-the-tests",
    "the password of a sender": "bas1c-password-0f-the-tests",
    "the broker's password": "pass-0f-the-br0ker",
    "a token of the API": "api-t0ken-of-alice-0123",
    "what a stranger sent": "stranger-t0ken-0123456789",
}


def test_no_secret_is_written_while_everything_fails(home: Home, sandbox: Sandbox) -> None:
    """Tokens revoked, PagerDuty down, strangers at the door, the broker killed: debug level, all of it."""
    sandbox.slack.token_revoked = True
    sandbox.faults.take_down("pagerduty")
    with redis_server(password=SECRETS["the broker's password"]) as redis:
        home.configure(
            sandbox,
            broker={"url": redis.url},
            alertmanager={
                "bearer_token": {
                    "eu-1": SECRETS["a sender's token"],
                    "us-2": SECRETS["another sender's token"],
                },
                "webhook_secret": SECRETS["Alertmanager's webhook secret"],
                "basic_auth": {"username": "prometheus", "password": SECRETS["the password of a sender"]},
            },
            api={"tokens": {"alice": SECRETS["a token of the API"]}},
            logging={"level": "debug"},
        )
        with home.command("run") as run:
            home.wait_ready(run)
            answers = [home.ask("/alertmanager/webhook", alert("A"), SECRETS["what a stranger sent"])]
            answers += [home.ask("/alertmanager/webhook", alert("B"), SECRETS["a sender's token"])]
            assert [one.status for one in answers] == [401, 202]
            run.wait_until(lambda: events(run.output(200_000), "not delivered") >= 2, 20, "failed")
            redis.kill9()
            home.ask("/alertmanager/webhook", alert("C"), SECRETS["another sender's token"])
            run.wait_until(lambda: "hint not published" in run.output(200_000), 20, "without a broker")
            run.wait_until(lambda: "Cannot connect" in run.output(200_000), 20, "complaining")
            answers += [home.ask("/ready"), home.ask("/metrics")]
            run.signal(signal.SIGTERM)
            run.wait(12)
            said = run.output(1_000_000) + "".join(one.text for one in answers)
    assert [name for name, secret in SECRETS.items() if secret in said] == []
    assert "Traceback" not in said


def events(said: str, event: str) -> int:
    return sum(one["event"] == event for one in entries(said))


def written(form: str, program: str) -> str:
    """What a program says that has set up its log with one secret and then does as told."""
    begin = f"from core import log; log.configure('info', {form!r}, ['s3cret\\'\"word'])\n"
    done = subprocess.run(
        [sys.executable, "-c", begin + program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout == ""
    assert "s3cret" not in done.stderr
    return done.stderr


FAILURES = {
    "an error that nobody caught": """raise OSError('no s3cret\\'"word')""",
    "one in a thread": """
import threading
def work(): raise OSError({'token': 's3cret\\'"word'})
thread = threading.Thread(target=work); thread.start(); thread.join()""",
    "one that a library logs": """
import logging
try: raise OSError('no s3cret\\'"word')
except OSError: logging.getLogger('library').exception('failed with %s', 's3cret\\'"word')""",
    "a warning": """import warnings; warnings.warn('s3cret\\'"word is deprecated')""",
    "things that are not text": """
import structlog
class Thing:
    def __repr__(self): return 'Thing(s3cret\\'"word)'
structlog.get_logger().warning('OSError', thing=Thing(), list=[Thing()], error=OSError('s3cret\\'"word'))""",
}


@pytest.mark.parametrize("form", ["json", "console"])
@pytest.mark.parametrize("failure", FAILURES)
def test_whatever_fails_is_one_entry_without_secrets(form: str, failure: str) -> None:
    """Also what no code of ours writes."""
    said = written(form, FAILURES[failure])
    assert "***" in said
    if form == "json":
        (entry,) = map(json.loads, said.splitlines())
        assert {"event", "level", "timestamp"} <= entry.keys()
        assert failure in ("a warning", "things that are not text") or "OSError" in entry["exception"]


def test_numbers_stay_numbers() -> None:
    """Who reads the log by program compares them."""
    values: dict[str, Any] = {"count": 3, "share": 0.5, "good": True, "none": None}
    program = f"import structlog; structlog.get_logger().info('counted', **{values!r})"
    (entry,) = map(json.loads, written("json", program).splitlines())
    assert values.items() <= entry.items()
