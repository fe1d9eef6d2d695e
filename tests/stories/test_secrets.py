"""No secret is in anything that the program says, serves or shows to those who list processes, whatever goes wrong."""

import base64
import http.client
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import pytest

from sandbox import Sandbox, alerts, credentials
from tests.cli.command import Home
from tests.servers import MariaDB, Process, mariadb_server, redis_server
from tests.stories.running import descendants

# Each begins with a word that survives every way of writing it but base64, and goes on with what has to be escaped.
WORDS = {
    "database password": "Zq7Database",
    "replica password": "Zq7Replica",
    "broker password": "Zq7Broker",
    "bot token": "Zq7BotToken",
    "signing secret": "Zq7Signing",
    "routing key": "Zq7Routing",
    "REST key": "Zq7Rest",
    "webhook secret": "Zq7Webhook",
    "a sender's token": "Zq7Sender",
    "a sender's password": "Zq7Basic",
    "a sender's signature": "Zq7Signature",
    "the password for Alertmanager": "Zq7Outward",
    "the token of the API": "Zq7Api",
    "what a stranger tried": "Zq7Stranger",
}
HARD = "@:/%+'\"$$x"


def leaks(said: str) -> list[str]:
    """Which secrets are in there, as they are, escaped or in base64 with whatever stands before them."""
    found = []
    for name, word in WORDS.items():
        forms = [word, word.encode().hex()]
        for before in range(3):
            coded = base64.b64encode(b"x" * before + word.encode())
            # What shares its letters with the text before and behind is left out.
            forms.append(coded.decode()[4 if before else 0 : -4])
        found += [f"{name}: {form}" for form in forms if form in said]
    return found


def blocks(sandbox: Sandbox) -> dict[str, Mapping[str, object]]:
    """A configuration whose every credential is marked, and wrong."""
    return {
        "slack": {
            "bot_token": "xoxb-" + WORDS["bot token"],
            "signing_secret": WORDS["signing secret"] + HARD,
        },
        "pagerduty": {
            "routing_key": WORDS["routing key"].ljust(32, "0"),
            "api_token": WORDS["REST key"] + "+0123456789",
            "webhook_secret": WORDS["webhook secret"] + HARD,
        },
        "alertmanager": {
            "url": sandbox.url + "/nobody",
            "bearer_token": WORDS["a sender's token"],
            "basic_auth": {"username": "am", "password": WORDS["a sender's password"] + HARD},
            "webhook_secret": WORDS["a sender's signature"] + HARD,
            "api_basic_auth": {
                "username": "bridge",
                "password": WORDS["the password for Alertmanager"] + HARD,
            },
            "poll_interval": "1s",
        },
        "api": {"tokens": {"bot": WORDS["the token of the API"] + "-and-so-on-to-be-long"}},
        "logging": {"level": "debug"},
    }


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(rate_limits=False) as started:
        yield started


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture(scope="module")
def mariadb() -> Iterator[MariaDB]:
    with mariadb_server() as server:
        yield server


def shown(process: Process) -> str:
    """What anybody on the machine may read of its processes."""
    told = []
    for pid in (process.pid, *descendants(process.pid)):
        with suppress(OSError):
            told.append(Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8"))
    assert told
    return "\n".join(told)


def served(home: Home, *bodies: tuple[str, object]) -> str:
    told = []
    for path in ("/health", "/ready", "/metrics", "/api/v1/alerts", "/slack/interaction", "/nowhere"):
        for token in (WORDS["a sender's token"], WORDS["what a stranger tried"]):
            with suppress(OSError, http.client.HTTPException):
                told.append(home.ask(path, token=token).text)
    for path, body in bodies:
        for token in (WORDS["a sender's token"], WORDS["what a stranger tried"]):
            with suppress(OSError, http.client.HTTPException):
                told.append(home.ask(path, body, token=token).text)
    return "\n".join(told)


def test_targets_and_broker_that_refuse_every_credential_are_told_of_without_them(
    home: Home, sandbox: Sandbox
) -> None:
    sandbox.slack.token_revoked = True
    with redis_server(password="another one") as redis:
        password = quote(WORDS["broker password"] + HARD, safe="")
        url = f"redis://:{password}@127.0.0.1:{redis.port}/0"
        home.configure(sandbox, **blocks(sandbox), broker={"url": url.replace("$", "$$")})
        said = home.command("check-config", "--probe")
        with said:
            said.wait(60)
            told = said.output(1_000_000)
        with home.command("run") as run:
            home.wait_ready(run)
            told += served(home, ("/alertmanager/webhook", alerts.fire("critical")))
            run.wait_until(
                lambda: run.output(1_000_000).count("not delivered") >= 2, 30, "refused by both targets"
            )
            time.sleep(2)
            told += shown(run) + served(home)
            run.signal(signal.SIGTERM)
            run.wait(30)
            told += run.output(3_000_000)
    assert "invalid_auth" in told or "token_revoked" in told
    assert leaks(told) == []
    kept = b"".join(path.read_bytes() for path in home.folder.glob("data/bridge.db*") if path.is_file())
    text = kept.decode("latin-1")
    # The key that an incident was opened with is what it is resolved with: docs/security.md.
    assert [name for name in leaks(text) if "routing key" not in name] == []


@pytest.mark.parametrize("command", ["run", "api", "worker", "migrate", "check-config"])
def test_a_database_that_refuses_the_password_is_told_of_without_it(
    home: Home, sandbox: Sandbox, mariadb: MariaDB, command: str
) -> None:
    server = {
        "host": "127.0.0.1",
        "port": mariadb.port,
        "database": mariadb.new_database(),
        "username": mariadb.user,
    }
    storage = {
        "type": "mysql",
        "mysql": {
            "primary": {**server, "password": WORDS["database password"] + HARD},
            "replica": {**server, "password": WORDS["replica password"] + HARD},
        },
    }
    broker = {"url": "redis://:" + WORDS["broker password"] + "@127.0.0.1:1/0"}
    home.configure(sandbox, **blocks(sandbox), storage=storage, broker=broker)
    options = ["--probe"] if command == "check-config" else []
    with home.command(command, *options) as process:
        told = ""
        deadline = time.monotonic() + 60
        while process.running and "1045" not in process.output(1_000_000) and time.monotonic() < deadline:
            time.sleep(0.2)
        if process.running:
            told = shown(process) + served(home)
        process.signal(signal.SIGTERM)
        process.wait(40)
        told += process.output(3_000_000)
    # MariaDB's "access denied".
    assert "1045" in told
    assert leaks(told) == []


def test_the_check_finds_what_it_looks_for() -> None:
    for name, word in WORDS.items():
        for told in (word, f"mysql://a:{word}%40@h", f'["{word}"]', word.encode().hex()):
            assert any(one.startswith(name) for one in leaks(told))
        for user in ("am", "bridge", "x"):
            coded = base64.b64encode(f"{user}:{word}{HARD}".encode()).decode()
            assert any(one.startswith(name) for one in leaks(coded))
    assert leaks(credentials.SLACK_BOT_TOKEN) == []
