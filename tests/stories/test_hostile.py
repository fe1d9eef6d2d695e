"""What is sent to do harm: refused or put aside with its reason, within bounds; those who mean well notice nothing."""

import gzip
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import orjson
import pytest

from sandbox import Sandbox, alerts, credentials
from sandbox.slack.controls import controls
from tests.api.payload import alert, body
from tests.api.signed import click, form, interaction, note, pagerduty_headers, slack_headers, webhook
from tests.servers import wait_until
from tests.stories.running import API_TOKEN, TOKEN, Running, descendants

WEBHOOK = "/alertmanager/webhook"
JSON = {"Content-Type": "application/json"}
BEARER = {**JSON, "Authorization": f"Bearer {TOKEN}"}
API = {**JSON, "Authorization": f"Bearer {API_TOKEN}"}
SLOW = 200


@pytest.fixture(scope="module")
def workspace() -> Iterator[Sandbox]:
    with Sandbox(rate_limits=False) as started:
        yield started


@pytest.fixture(scope="module")
def bridge(workspace: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(tmp_path_factory.mktemp("bridge"), workspace) as running:
        workspace.bridge_url = running.url
        yield running


def works(bridge: Running, workspace: Sandbox, name: str) -> None:
    """An alert called so comes through to both ends."""
    payload = alerts.fire("critical")
    payload["alerts"][0]["labels"]["alertname"] = name
    payload["alerts"][0]["fingerprint"] = ""
    assert bridge.post(payload) == 202
    wait_until(lambda: any(name in str(it.text) for it in workspace.slack.messages), 60, "in Slack")
    wait_until(lambda: any(name in it.title for it in workspace.pagerduty.incidents), 60, "in PagerDuty")


def half_of_a_body(path: str, *headers: str) -> bytes:
    told = "".join(f"{each}\r\n" for each in (f"POST {path} HTTP/1.1", "Host: bridge", *headers))
    return f"{told}Content-Length: 1000\r\n\r\n{{".encode()


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"POST /alertmanager/webhook HTTP/1.1\r\nHost: bri",
        half_of_a_body(WEBHOOK, "Content-Type: application/json"),
        half_of_a_body("/slack/commands"),
        half_of_a_body("/pagerduty/webhook", "X-PagerDuty-Signature: v1=00"),
        half_of_a_body("/api/v1/silences", "Authorization: Bearer wrong"),
    ],
    ids=["nothing", "half a header", "alertmanager", "slack", "pagerduty", "api"],
)
def test_strangers_who_send_slowly_hold_up_nobody_else(bridge: Running, begun: bytes) -> None:
    with ExitStack() as connections:
        for _ in range(SLOW):
            one = connections.enter_context(socket.create_connection(("127.0.0.1", bridge.port), timeout=20))
            one.sendall(begun)
        assert bridge.post(alerts.fire("info")) == 202
        assert bridge.ask("GET", "/health")[0] == 200
        assert bridge.ask("GET", "/api/v1/alerts", None, API)[0] == 200


def test_who_sends_slowly_holds_one_door_and_the_next_comes_in_when_they_are_gone(bridge: Running) -> None:
    sent = click()
    signed = slack_headers(sent, credentials.SLACK_SIGNING_SECRET)
    with ExitStack() as connections:
        for _ in range(SLOW):
            one = connections.enter_context(socket.create_connection(("127.0.0.1", bridge.port), timeout=20))
            one.sendall(half_of_a_body("/slack/commands"))
        wait_until(lambda: bridge.ask("POST", "/slack/interaction", sent, signed)[0] == 503, 20, "full")
        told = webhook()
        known = pagerduty_headers(told, credentials.PAGERDUTY_WEBHOOK_SECRET)
        assert bridge.ask("POST", "/pagerduty/webhook", told, known)[0] == 202
    wait_until(lambda: bridge.ask("POST", "/slack/interaction", sent, signed)[0] == 200, 20, "free again")


def with_item(before: bytes, number: int = 1) -> bytes:
    return b'{"version":"4",' + before + b'"alerts":[' + orjson.dumps(alert(number)) + b"]}"


def labelled(**labels: str) -> bytes:
    return body(alerts=[alert(2, labels={"alertname": "Bomb", **labels}, fingerprint="")])


BOMBS = {
    "nested": (with_item(b'"x":' + b"[" * 100_000 + b"]" * 100_000 + b","), 400, "depth"),
    "nested as far as it goes": (with_item(b'"x":' + b"[" * 1000 + b"]" * 1000 + b","), 202, ""),
    "labels in labels": (
        body(alerts=[alert(3, labels={"a": {"b": {}}})]),
        400,
        "alerts[0].labels has a value that is not a string",
    ),
    "beyond floats": (with_item(b'"x":1e999999,'), 400, "infinity"),
    "five thousand digits": (with_item(b'"x":' + b"9" * 5000 + b","), 400, "infinity"),
    "half a surrogate pair": (labelled().replace(b"Bomb", b"\\ud800"), 400, "not JSON"),
    "bytes that are no text": (labelled().replace(b"Bomb", b"\xff\xfe"), 400, "not JSON"),
    "said twice": (b'{"version":"3","alerts":[],' + with_item(b"")[1:], 202, ""),
    "unfit characters": (labelled(**{"x\0\u202e": "\0\u202e\x1b[2J\u2066\r\n"}), 202, ""),
    "ends of time": (
        body(
            alerts=[
                alert(4, startsAt="9999-12-31T23:59:59.999999999Z"),
                alert(5, startsAt="0001-01-01T00:00:01Z", endsAt="9999-12-31T23:59:59-14:00"),
                alert(6, startsAt="1969-12-31T23:59:59+14:00"),
            ]
        ),
        202,
        "",
    ),
    "a label of 10 MB": (labelled(x="x" * 10_000_000), 202, ""),
    "a million labels": (
        labelled(**{f"k{number}": "" for number in range(1_000_000)}),
        400,
        "alerts[0].labels has more than 1000 names",
    ),
    "a million items": (
        with_item(b"").replace(b"[", b"[" + b"1," * 1_000_000),
        400,
        "more than 100000 items",
    ),
    "a thousand spoiled": (with_item(b"").replace(b"[", b"[" + b"1," * 1000), 202, ""),
    "more than is allowed": (labelled(x="x" * (16 * 1024 * 1024)), 413, "larger than"),
    "packed": (gzip.compress(labelled(x="x" * 16_000_000)), 400, "not JSON"),
}


@pytest.mark.parametrize("what", BOMBS)
def test_a_bomb_is_refused_with_its_reason_or_taken_like_any_other(bridge: Running, what: str) -> None:
    sent, expected, why = BOMBS[what]
    status, answer = bridge.ask("POST", WEBHOOK, sent, BEARER)
    assert expected == status, answer
    assert why in orjson.loads(answer).get("message", "")
    bridge.settle()
    assert bridge.gauges().parked_deliveries == 0


def test_alerts_of_many_labels_each_come_through(bridge: Running, workspace: Sandbox) -> None:
    many = [
        alert(
            number,
            labels={"alertname": f"Wide{number}", **{f"label_{n}": "value" for n in range(900)}},
            fingerprint="",
        )
        for number in range(50)
    ]
    assert bridge.ask("POST", WEBHOOK, body(alerts=many), BEARER)[0] == 202
    bridge.settle()
    names = {it.title.split()[1].rstrip(":") for it in workspace.pagerduty.incidents if "Wide" in it.title}
    assert names == {f"Wide{number}" for number in range(50)}


FORMS: list[tuple[bytes, Any]] = [
    (b"&".join(b"a%d=1" % number for number in range(100_000)), 200),
    (b"payload=" + b"%5B" * 100_000, 200),
    (b"payload=" + b"[" * 1_000_000, 200),
    (form(payload="1e999999"), 200),
    (form(payload="[" * 100_000), 200),
    (b"payload=%ff%fe%00", 200),
    (b"--x\r\nContent-Disposition: form-data; name=payload\r\n\r\n{}\r\n--x--", 200),
    (interaction({"type": "block_actions", "actions": [{"action_id": "acknowledge"}] * 10_000}), 200),
    (note("x" * 300_000), 200),
    (b"x" * (1024 * 1024 + 1), 413),
]


@pytest.mark.parametrize("number", range(len(FORMS)))
@pytest.mark.parametrize("door", ["interaction", "events", "commands"])
def test_a_bomb_that_slack_signed_breaks_nothing(bridge: Running, door: str, number: int) -> None:
    sent, expected = FORMS[number]
    headers = slack_headers(sent, credentials.SLACK_SIGNING_SECRET)
    status, answer = bridge.ask("POST", f"/slack/{door}", sent, headers)
    assert expected == status, answer
    bridge.settle()


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b"[" * 500_000, 202),
        (b'{"event":' * 500, 202),
        (b"\xff", 202),
        (webhook(id="x" * 100_000), 202),
        (webhook(data={"id": {"a": []}, "html_url": "javascript:alert(1)", "status": 5}), 202),
        (webhook(occurred_at="99999-12-31T00:00:00Z"), 202),
        (b"x" * (1024 * 1024 + 1), 413),
    ],
    ids=["nested", "objects", "no text", "long id", "odd fields", "odd time", "too large"],
)
def test_a_bomb_that_pagerduty_signed_breaks_nothing(bridge: Running, sent: bytes, expected: int) -> None:
    headers = pagerduty_headers(sent, credentials.PAGERDUTY_WEBHOOK_SECRET)
    status, answer = bridge.ask("POST", "/pagerduty/webhook", sent, headers)
    assert expected == status, answer
    bridge.settle()


@pytest.mark.parametrize(
    "said",
    [
        b"POST /alertmanager/webhook HTTP/1.1\r\nHost: x\r\nContent-Length: -3\r\n\r\n",
        b"POST /alertmanager/webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nhello",
        b"POST /alertmanager/webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\nBig: " + b"a" * 2_000_000 + b"\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\n" + b"".join(b"H%d: 1\r\n" % n for n in range(200)) + b"\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\0" * 1000 + b"\r\n\r\n",
    ],
    ids=["negative", "two lengths", "length and chunks", "address", "header", "headers", "HTTP/2", "NUL"],
)
def test_a_request_that_lies_about_itself_is_ended(bridge: Running, said: bytes) -> None:
    """Never 2xx, and the connection with it is closed or answered 4xx."""
    with socket.create_connection(("127.0.0.1", bridge.port), timeout=20) as connection:
        try:
            connection.sendall(said)
            connection.shutdown(socket.SHUT_WR)
            first = connection.recv(100)
        except TimeoutError:
            raise
        except OSError:
            # Cut off in the middle of it, which is told in several ways.
            first = b""
    assert first[:10] in (b"", b"HTTP/1.1 4")
    assert bridge.ask("GET", "/health")[0] == 200


def test_after_all_of_it_the_bridge_works_and_has_kept_within_its_memory(
    bridge: Running, workspace: Sandbox
) -> None:
    works(bridge, workspace, "AfterTheBombs")
    whole = [bridge.process.pid, *descendants(bridge.process.pid)]
    assert sum(peak(pid) for pid in whole) < 1500
    assert "a request failed through a bug" not in bridge.process.output(1_000_000)


def peak(pid: int) -> int:
    """The most memory that it has had, in MiB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) // 1024


EVIL = "Evil <!channel> <@U0EVIL> <https://evil.example|click> &lt;!here&gt; *b* ` \u202egnp.exe\u2066\u200b\nnew line"
FORBIDDEN = ("<!channel", "<!here", "<@U0EVIL", "<https://evil", "<javascript:", "\u202e", "\u2066", "\u200b")


def test_words_from_outside_mean_nothing_wherever_slack_shows_them(
    bridge: Running, workspace: Sandbox
) -> None:
    """In messages, threads, answers to commands, refusals and modals."""
    labels = {"alertname": EVIL, "severity": "critical", "instance": EVIL, "team": EVIL, EVIL: EVIL}
    texts = {"summary": EVIL, "description": EVIL, "runbook_url": "javascript:alert(1)", "dashboard": EVIL}
    fired = alert(7, labels=labels, annotations=texts, generatorURL="javascript:alert(2)", fingerprint="")
    assert bridge.ask("POST", WEBHOOK, body(alerts=[fired]), BEARER)[0] == 202
    bridge.settle()
    shown = next(it for it in workspace.slack.messages if "Evil" in str(it.text))
    hand = workspace.slack_hand
    assert hand.click(shown, "acknowledge").problem is None
    for command in ("/alert-status", "/summary", "/silence"):
        for text in (
            "",
            "critical",
            EVIL,
            f'add alertname="{EVIL}" 1h {EVIL}',
            f"add {EVIL}",
            f"end {EVIL}",
            f"extend {EVIL}",
        ):
            assert hand.command(command, text).status == 200
    seen = hand.look(shown)
    for action in ("more", "silence"):
        for option in menu(seen, action):
            # As somebody presses whose Slack still shows what was there before.
            hand.choose(shown, action, option["value"], seen=seen)
    bridge.settle()
    told = [(it.text, it.blocks, it.attachments) for it in workspace.slack.messages]
    told += [(it.text, it.blocks, it.attachments) for it in workspace.slack.ephemerals]
    # What a view carries along unseen comes back to the letter.
    views = [{**one.view, "private_metadata": ""} for one in workspace.slack.modals.open]
    everything = [orjson.dumps(one).decode() for one in (*told, *views)]
    assert sum("Evil" in one for one in everything) > 5
    assert [word for word in FORBIDDEN for one in everything if word in one] == []
    titles = [it.title for it in workspace.pagerduty.incidents if "Evil" in it.title]
    assert titles != []
    assert [word for word in ("\u202e", "\u2066", "\u200b", "\n") for one in titles if word in one] == []


def menu(seen: Any, action_id: str) -> list[Any]:
    """What can be chosen there; nothing where it is not offered."""
    found = [one.element for one in controls(seen) if one.element["action_id"] == action_id]
    return [option for one in found for option in one.get("options", ())]
