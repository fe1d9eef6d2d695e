"""What people do to alerts from a terminal, against a receiver of its own."""

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from sqlalchemy import update

from core.domain.alert import Alert, Content, Facts
from core.domain.ids import alert_id
from core.store import alerts, tables
from core.store.engine import Store, open_sqlite
from sandbox import Sandbox
from tests.api.v1.ingester import Ingester
from tests.cli.command import Home
from tests.servers import free_port
from tests.store.deeds import did, happened

TOKEN = "a-token-of-the-release-bot"
NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A receiver without a worker, whose API has a token."""
    home = Home(tmp_path_factory.mktemp("alerts"))
    with Sandbox(rate_limits=False) as sandbox:
        home.configure(sandbox, api={"tokens": {"release-bot": TOKEN}})
    home.say("migrate")
    with home.command("api") as api:
        home.wait_ready(api)
        yield home


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    """No alerts."""
    store = open_sqlite(str(home.database))
    with store.begin() as connection:
        connection.execute(tables.alerts.delete())
        connection.execute(tables.inbox.delete())
    yield store
    store.close()


@pytest.fixture
def ingester(store: Store) -> Iterator[Ingester]:
    ingester = Ingester(store)
    thread = threading.Thread(target=ingester.work)
    thread.start()
    yield ingester
    ingester.stop()
    thread.join()


def fired(number: int, minutes: int = 12, **labels: str) -> Alert:
    """So many minutes ago; each id differs from the next in its last letters only."""
    at = NOW - timedelta(minutes=minutes)
    content = Content(
        {"alertname": f"Alert{number}", "severity": "critical", "instance": "web-1"} | labels, {}
    )
    facts = Facts(
        id=alert_id("default", f"f{number}", number, at),
        source="default",
        fingerprint=f"f{number}",
        firing=True,
        starts_at=at,
        fired_at=at,
        occurrence=1,
        seq=number,
        content_hash=content.digest(),
        version=1,
    )
    return Alert(facts, content)


def keep(store: Store, *kept: Alert) -> None:
    with store.begin() as connection:
        alerts.add(connection, kept, NOW)


def words(said: str) -> list[list[str]]:
    """The cells of a table."""
    return [re.split(r" {2,}", line) for line in said.splitlines()]


def test_what_is_open_is_a_table_the_newest_first(home: Home, store: Store) -> None:
    over = fired(3)
    newest = fired(2, 3, severity="warning", instance="")
    keep(
        store,
        replace(
            fired(1, 200),
            facts=replace(fired(1, 200).facts, acknowledged_at=NOW, acknowledged_by_name="Ada Example"),
        ),
        newest,
        replace(over, facts=replace(over.facts, firing=False, resolved_at=NOW)),
    )
    head, first, second = words(home.say("alerts"))
    assert head == ["ID", "STATE", "SEVERITY", "NAME", "INSTANCE", "AGE", "ACKNOWLEDGED BY"]
    assert first[1:5] + first[6:] == ["firing", "warning", "Alert2", "-", "-"]
    assert re.fullmatch(r"[3-9] min", first[5])
    assert second[1:5] + second[6:] == ["acknowledged", "critical", "Alert1", "web-1", "Ada Example"]
    assert re.fullmatch(r"3 h 2\d min", second[5])
    assert newest.id.startswith(first[0])
    assert len(first[0]) < 20


def test_columns_align_whatever_the_width_of_the_letters(home: Home, store: Store) -> None:
    keep(store, fired(1, alertname="磁盘"), fired(2, alertname="Ünïcode", severity=""))
    lines = home.say("alerts").splitlines()
    assert len({cells(line).index("web-1") for line in lines[1:]}) == 1


def cells(line: str) -> str:
    """With a second column after each wide letter."""
    return "".join(char + ("_" if "\u4e00" <= char <= "\u9fff" else "") for char in line)


def test_nothing_that_an_alert_holds_reaches_the_terminal_as_a_command(home: Home, store: Store) -> None:
    """Neither a cursor movement nor a title, nor text that runs backwards."""
    bad = "\x1b[2Jx\x1b]0;title\x07\r\n\u202ey\u200b\x9b31m"
    alert = fired(1, alertname=bad, instance=bad, severity=bad, team=bad)
    keep(store, alert)
    did(store, alert, 0, "noted", note=bad, acknowledged_by_name=bad)
    said = home.say("alerts") + home.say("alert", alert.id) + home.say("alerts", "--json")
    assert "noted by" in said
    assert [char for char in said if char != "\n" and not char.isprintable()] == []


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), ["Alert2", "Alert1"]),
        (("--severity", "warning"), ["Alert2"]),
        (("--severity", "warning", "--severity", "critical"), ["Alert2", "Alert1"]),
        (("--match", 'team="db"'), ["Alert2"]),
        (("--match", 'team!="db"'), ["Alert1"]),
        (("--match", 'team=~"d.|web"'), ["Alert2"]),
        (("--match", 'team!~"d.|web"'), ["Alert1"]),
        (("--since", "10m"), ["Alert2"]),
        (("--since", "2026-01-01T00:00:00Z"), ["Alert2", "Alert1"]),
        (("--state", "resolved"), ["Alert3"]),
        (("--state", "resolved", "--state", "firing"), ["Alert2", "Alert1", "Alert3"]),
        (("--limit", "1"), ["Alert2"]),
    ],
    ids=" ".join,
)
def test_options_narrow_the_list(
    home: Home, store: Store, options: tuple[str, ...], expected: list[str]
) -> None:
    over = fired(3, 60)
    keep(store, fired(1), fired(2, 3, severity="warning", team="db"))
    keep(store, replace(over, facts=replace(over.facts, firing=False, resolved_at=NOW)))
    said = home.say("alerts", *options)
    assert expected == re.findall(r"Alert\d", said)
    assert ("there are more" in said) is ("--limit" in options)


def test_more_than_a_page_is_walked(home: Home, store: Store) -> None:
    keep(store, *(fired(number, number) for number in range(1, 231)))
    with home.command("alerts", "--limit", "230", "--json") as command:
        ended, said = command.wait(30), command.output(1_000_000)
    assert ended == 0
    assert [f"Alert{number}" for number in range(1, 231)] == [alert["name"] for alert in json.loads(said)]


def test_nothing_is_said_to_be_nothing(home: Home, store: Store) -> None:
    assert home.say("alerts") == "nothing is open\n"
    assert home.say("alerts", "--severity", "critical") == "no such alert\n"
    assert home.say("alerts", "--json") == "[]\n"


def test_one_alert_is_told_with_its_story(home: Home, store: Store) -> None:
    alert = fired(1)
    keep(store, alert)
    happened(store, alert, 0, "fired")
    happened(store, alert, 70, "delivered", target="slack:C1", seconds=70)
    did(store, alert, 90, "noted", note="looking at the load balancer")
    said = home.say("alert", alert.id[:30])
    assert said.startswith("Alert1 on web-1\n")
    assert f"id        {alert.id}\n" in said
    assert [line.strip() for line in said.splitlines()[-3:]] == [
        "2026-11-23 12:00:00 UTC  fired",
        "2026-11-23 12:01:10 UTC  delivered to slack:C1, 1 min behind",
        "2026-11-23 12:01:30 UTC  noted by Ada Example (slack): looking at the load balancer",
    ]


def test_a_beginning_of_several_ids_is_answered_with_them(home: Home, store: Store) -> None:
    one, other = fired(1), fired(2)
    keep(store, one, other)
    said = home.say("ack", one.id[:5], status=1)
    assert f"several ids begin with {one.id[:5]}" in said
    assert {one.id, other.id} <= set(said.split())
    assert "no alert has an id that begins with ffff" in home.say("ack", "ffff", status=1)


@pytest.mark.parametrize(
    ("command", "rest", "done"),
    [
        ("ack", ("--note", "on it"), "acknowledged"),
        ("resolve", ("--note", "on it"), "resolved"),
        ("note", ("on", "it"), "noted"),
    ],
)
def test_what_is_done_is_said_to_be_done(
    home: Home, ingester: Ingester, command: str, rest: tuple[str, ...], done: str
) -> None:
    """By the token's name, with what was noted."""
    alert = fired(1)
    keep(ingester.store, alert, fired(2))
    assert home.say(command, alert.id, *rest).startswith(f"{done}: Alert1 (")
    assert [(d["name"], d["text"], d["occurrence"]) for d in ingester.done] == [("release-bot", "on it", 1)]


def test_an_acknowledgement_is_taken_back(home: Home, ingester: Ingester) -> None:
    alert = fired(1)
    keep(ingester.store, alert)
    assert home.say("ack", alert.id).startswith("acknowledged: ")
    assert home.say("unack", alert.id).startswith("unacknowledged: ")


def test_what_would_change_nothing_is_told_with_its_reason(home: Home, store: Store) -> None:
    alert = fired(1)
    keep(store, alert)
    assert "Nobody has acknowledged it, so" in home.say("unack", alert.id, status=1)
    with store.begin() as connection:
        values = {"state": "acknowledged", "acknowledged_at": NOW, "acknowledged_by_name": "Bob\x1b[2J"}
        connection.execute(update(tables.alerts).values(values))
    said = home.say("ack", alert.id, status=1)
    assert re.search(r"alert-bridge: Bob \[2J acknowledged it first, .* ago\.", said)


def test_what_waits_for_a_worker_is_said_to_wait(home: Home, store: Store) -> None:
    alert = fired(1)
    keep(store, alert)
    assert home.say("ack", alert.id).startswith("accepted, and not done yet: Alert1")


@pytest.mark.parametrize(
    "arguments",
    [
        ("ack",),
        ("note", "0199"),
        ("alert", "not-an-id"),
        ("alerts", "--state", "open"),
        ("alerts", "--limit", "0"),
        ("alerts", "--since", "yesterday"),
    ],
    ids=" ".join,
)
def test_what_is_typed_wrong_ends_with_status_two(home: Home, arguments: tuple[str, ...]) -> None:
    assert "Usage: " in home.say(*arguments, status=2)


def test_what_the_bridge_refuses_names_the_parameter(home: Home) -> None:
    assert "`match`: A matcher is written like" in home.say("alerts", "--match", "team", status=1)
    assert "missing ): (" in home.say("alerts", "--match", "team=~(", status=1)


def test_with_an_address_and_a_token_no_configuration_is_needed(home: Home, store: Store) -> None:
    keep(store, fired(1))
    url = f"http://127.0.0.1:{home.port}/"
    file = home.folder / "token"
    file.write_text(f"{TOKEN}\n")
    with home.command("alerts", "--url", url, config=None, ALERT_BRIDGE_TOKEN=TOKEN) as command:
        assert (command.wait(30), "Alert1" in command.output()) == (0, True)
    said = home.say("alerts", "--url", url, "--token-file", str(file), config=None)
    assert "Alert1" in said


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--token-file", "none"), "none cannot be read: No such file or directory"),
        (("--token-file", "wrong"), "The credentials are wrong. Name one of api.tokens"),
        (("--token-file", "odd"), "odd holds no token"),
        (("--url", "localhost:80"), "--url is not an address like http://127.0.0.1:8080"),
        (("--url", "http://x:99999"), "--url is not an address like http://127.0.0.1:8080"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_token_or_an_address_that_leads_nowhere_is_told(
    home: Home, options: tuple[str, ...], told: str
) -> None:
    (home.folder / "wrong").write_text("not-the-token")
    (home.folder / "odd").write_text("two words")
    said = home.say("alerts", *options, status=1)
    assert told in said
    assert TOKEN not in said


def test_without_a_configuration_what_is_missing_is_told_and_nothing_else(home: Home) -> None:
    token = "a token with --token-file or ALERT_BRIDGE_TOKEN"
    for options, missing in (
        ((), f"the bridge's address with --url and {token}"),
        (("--url", "http://127.0.0.1:1"), token),
    ):
        said = home.say("alerts", *options, config=None, status=1)
        assert said == f"alert-bridge: there is no configuration here: name {missing}\n"


def test_a_bridge_that_does_not_run_is_told(home: Home) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    said = home.say("alerts", "--url", url, status=1)
    assert f"{url} does not answer: Connection refused. Is the bridge running there?" in said


def test_without_a_token_the_remedy_is_told(home: Home) -> None:
    settings = yaml.safe_load(home.config.read_text())
    (home.folder / "no-token.yaml").write_text(yaml.safe_dump({**settings, "api": {}}))
    assert "set api.tokens" in home.say("alerts", status=1, config="no-token.yaml")
