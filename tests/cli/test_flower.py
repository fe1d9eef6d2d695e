"""Flower, as docs/scaling.md starts it, shows who works and what was hinted."""

import base64
import http.client
import json
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox
from tests.cli.command import PAGERDUTY, ROOT, SLACK, Home, alert, shows
from tests.servers import Process, Redis, free_port, redis_server, wait_until

PAGE = ROOT / "docs" / "scaling.md"
PORT = free_port()
LOGIN = "watcher:a-password-of-the-tests"


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    with redis_server() as started:
        yield started


@pytest.fixture
def flower(tmp_path: Path, redis: Redis) -> Iterator[Process]:
    argv = [sys.executable, "-m", "celery", "flower", "--address=127.0.0.1", f"--port={PORT}"]
    told = dict(re.findall(r"^export (\w+)=(.+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    env = {**told, "CELERY_BROKER_URL": redis.url, "FLOWER_BASIC_AUTH": LOGIN}
    assert env.keys() == told.keys()
    with Process(argv, cwd=tmp_path, env=env) as flower:
        flower.wait_until(lambda: ask("/healthcheck")[0] == 200, 30)
        yield flower


def ask(path: str, login: str | None = LOGIN) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=15)
    headers = {"Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"} if login else {}
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def answer(path: str) -> Any:
    status, body = ask(path)
    assert status == 200, body
    return json.loads(body)


def told_of(home: Home, name: str) -> bool:
    """Flower asks for events every five seconds: an alert again and again, until it hears of one."""
    home.post(alert(name))
    time.sleep(0.5)
    return bool(ran())


def ran() -> set[tuple[str, str]]:
    """The tasks that have ended, each with what it was about."""
    tasks = answer("/api/tasks").values()
    return {(task["name"], task["args"]) for task in tasks if task["state"] == "SUCCESS"}


@pytest.mark.usefixtures("flower")
def test_it_shows_the_worker_and_its_tasks_by_lane_and_target(
    tmp_path: Path, sandbox: Sandbox, redis: Redis
) -> None:
    """The worker says nothing of its tasks until somebody watches; then each is there with what it was about."""
    home = Home(tmp_path)
    home.configure(sandbox, broker={"url": redis.url})
    with home.command("api") as api, home.command("worker") as worker:
        home.wait_ready(api)
        worker.wait_until(lambda: "worker started" in worker.output(), 30)
        wait_until(lambda: list(answer("/api/workers?status=true").values()) == [True], 30, "online")
        (name,) = answer("/api/workers?status=true")
        assert name.startswith("alert-bridge@")
        wait_until(lambda: told_of(home, "Before"), 30, "watching")
        home.post(alert("Watched"))
        wait_until(lambda: shows(sandbox, "Watched"), 20, "shown")
        tasks = {
            ("alert_bridge.ingest", "['alertmanager:default']"),
            ("alert_bridge.deliver", f"['{SLACK}']"),
            ("alert_bridge.deliver", f"['{PAGERDUTY}']"),
        }
        wait_until(lambda: tasks <= ran(), 20, "seen")


@pytest.mark.usefixtures("flower")
def test_a_stranger_sees_nothing() -> None:
    assert [ask(path, None)[0] for path in ("/", "/api/workers", "/api/tasks")] == [401, 401, 401]
