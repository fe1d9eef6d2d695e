"""Silences from a terminal, against a receiver and a worker of its own."""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from core.store import tables
from core.store.engine import Store, open_sqlite
from sandbox import Sandbox
from tests.cli.command import Home
from tests.cli.test_alerts import fired, keep, words
from tests.store.silenced import HOUR, silenced, stands, told

TOKEN = "a-token-of-the-release-bot"
NOW = datetime.now(UTC)
FOR_TWO_HOURS = ("--for", "2h", "--reason", "deploy")
# Answers what is asked, as somebody at a terminal does.
AT_A_TERMINAL = """
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
os.write(terminal, sys.argv[1].encode() + b"\\n")
try:
    while said := os.read(terminal, 4096):
        os.write(1, said)
except OSError:
    pass
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
EVERYTHING = (
    tables.alerts,
    tables.silence_events,
    tables.silence_deliveries,
    tables.silences,
    tables.inbox,
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """The whole bridge, whose API has a token and which protects what watches it."""
    home = Home(tmp_path_factory.mktemp("silences"))
    with Sandbox(rate_limits=False) as sandbox:
        home.configure(
            sandbox,
            api={"tokens": {"release-bot": TOKEN}},
            alerting={"protected_labels": {"purpose": "watchdog"}},
        )
        with home.command("run") as run:
            home.wait_ready(run)
            yield home


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    """No alerts, no silences."""
    store = open_sqlite(str(home.database))
    with store.begin() as connection:
        for table in EVERYTHING:
            connection.execute(table.delete())
    yield store
    store.close()


def made(store: Store) -> list[tuple[str, str]]:
    with store.read() as connection:
        return [
            tuple(row)
            for row in connection.execute(select(tables.silences.c.created_by, tables.silences.c.reason))
        ]


def test_what_is_silenced_is_a_table_the_first_to_end_on_top(home: Home, store: Store) -> None:
    """In the terminal's own time, with its zone."""
    keep(store, fired(1), fired(2, team="磁盘"))
    later = silenced(store, 1, NOW, 'team="磁盘"', end_at=NOW + 3 * HOUR, reason="")
    sooner = silenced(store, 2, NOW, 'severity="critical"', 'alertname=~"Alert.*"')
    silenced(store, 3, NOW, end_at=NOW - HOUR / 2)
    with home.command("silences", TZ="Europe/Berlin") as command:
        assert command.wait(30) == 0
        head, first, second = words(command.output())
    assert head == ["ID", "PHASE", "UNTIL", "BY", "HIDES", "MATCHERS", "REASON"]
    assert first[1:2] + first[3:] == [
        "active",
        "Ada Example",
        "2",
        'severity="critical" alertname=~"Alert.*"',
        "deploy",
    ]
    assert second[4:] == ["1", 'team="磁盘"', "-"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d CES?T", first[2])
    assert (sooner.id.startswith(first[0]), later.id.startswith(second[0])) == (True, True)


def test_what_an_alertmanager_refuses_or_has_yet_to_hear_of_is_marked(home: Home, store: Store) -> None:
    """With its own words below the table; what is over and never came there is missed by nobody."""
    number = iter(range(1, 9))

    def one(end: timedelta, *places: Mapping[str, object]) -> str:
        silence = silenced(store, next(number), NOW, end_at=NOW + end)
        for place in places:
            stands(store, silence, **place)
        return silence.id

    refused = {"parked_reason": "refused", "last_error": "refused: HTTP 400: no \x1b[2J name"}
    waits = {"since": NOW, "last_error": "unreachable"}
    both = one(HOUR, {"remote_id": "x", **waits}, {"target": "alertmanager:eu", **refused})
    behind = one(2 * HOUR, {"since": NOW})
    one(3 * HOUR, {"remote_id": "y"})
    one(-HOUR / 2, refused)
    _, *lines = home.say("silences", "--phase", "active", "--phase", "expired").splitlines()
    rows, below = words("\n".join(lines[:4])), lines[4:]
    assert [row[1] for row in rows] == ["active, refused", "active, waits", "active", "expired"]
    assert [(both.startswith(line.split()[0]), line.partition(" ")[2]) for line in below[:2]] == [
        (True, "is not changed in alertmanager:default yet: unreachable"),
        (True, "is not in alertmanager:eu: refused: HTTP 400: no [2J name"),
    ]
    (last,) = below[2:]
    assert last.partition(" ")[2] == "is not in alertmanager:default yet"
    assert behind.startswith(last.split()[0])


def test_columns_align_whatever_the_width_of_the_letters(home: Home, store: Store) -> None:
    for number, name in ((1, "磁盘"), (2, "Ada")):
        silenced(store, number, NOW, created_by_name=name, reason="marked")
    lines = [re.sub("[\u4e00-\u9fff]", "__", line) for line in home.say("silences").splitlines()]
    assert len({line.index("marked") for line in lines[1:]}) == 1


def test_nothing_that_a_silence_holds_reaches_the_terminal_as_a_command(home: Home, store: Store) -> None:
    bad = "\x1b[2Jx\x1b]0;title\x07\r\n\u202ey\u200b\x9b31m"
    alert = fired(1)
    keep(store, alert)
    silence = silenced(store, 1, NOW, 'severity!="\x1b[2J"', created_by_name=bad, reason=bad)
    told(store, silence, NOW)
    said = home.say("silences") + home.say("silences", "--json") + home.say("alert", alert.id)
    assert "silenced by" in said
    assert [char for char in said if char != "\n" and not char.isprintable()] == []


def test_options_narrow_the_list(home: Home, store: Store) -> None:
    one, other = fired(1), fired(2)
    keep(store, one, other)
    about = silenced(store, 1, NOW, 'alertname="Alert1"')
    over = silenced(store, 2, NOW, end_at=NOW - HOUR / 2)
    for options, expected in (
        ((), [about.id]),
        (("--phase", "expired"), [over.id]),
        (("--phase", "expired", "--phase", "active"), [about.id, over.id]),
        (("--alert", one.id), [about.id]),
        (("--alert", other.id), []),
    ):
        assert expected == [each["id"] for each in json.loads(home.say("silences", "--json", *options))]
    assert home.say("silences", "--alert", other.id) == "no such silence\n"


def test_what_only_goes_with_an_acknowledgement_is_left_out_unless_it_is_asked_for(
    home: Home, store: Store
) -> None:
    """Also of what has ended; and it takes no line from others."""
    plain = silenced(store, 1, NOW)
    with_it = silenced(store, 2, NOW, acknowledges=True, end_at=NOW + HOUR)
    silenced(store, 3, NOW, acknowledges=True, end_at=NOW - HOUR / 2)
    for options, expected in (
        (("--limit", "1"), [plain.id]),
        (("--acknowledgements",), [with_it.id, plain.id]),
        (("--phase", "expired"), []),
    ):
        assert expected == [each["id"] for each in json.loads(home.say("silences", "--json", *options))]


def test_nothing_is_said_to_be_nothing(home: Home, store: Store) -> None:
    assert home.say("silences") == "nothing is silenced\n"


def test_what_it_hides_is_shown_before_it_is_made(home: Home, store: Store) -> None:
    """Whoever has said yes beforehand sees it too."""
    keep(store, fired(1), fired(2, severity="warning"))
    shown = home.say("silence", "alertname=~Alert.*", *FOR_TWO_HOURS, "--dry-run").splitlines()
    assert re.fullmatch(r'until [\d-]+ [\d:]+ \S+: alertname=~"Alert\.\*"', shown[0])
    assert shown[1:] == ["it hides 2 open alerts", "  critical  Alert1  web-1", "  warning   Alert2  web-1"]
    assert made(store) == []
    *again, done = home.say("silence", "alertname=~Alert.*", *FOR_TWO_HOURS, "--yes").splitlines()
    assert shown[1:] == again[1:]
    assert re.fullmatch(r'silenced until [\d-]+ [\d:]+ \S+ \([0-9a-f-]+\): alertname=~"Alert\.\*"', done)
    assert made(store) == [("release-bot", "deploy")]
    assert "it hides 2 open alerts; all of them are hidden by another silence already\n" in home.say(
        "silence", "severity=~.+", *FOR_TWO_HOURS, "--dry-run"
    )


def test_what_another_silence_hides_already_is_said_of_one_and_of_many(home: Home, store: Store) -> None:
    keep(store, fired(1), fired(2))
    silenced(store, 1, NOW, 'alertname="Alert1"')
    for matcher, expected in (
        ("alertname=Alert1", "it hides 1 open alert; it is hidden by another silence already\n"),
        ("alertname=~Alert.", "it hides 2 open alerts; one of them is hidden by another silence already\n"),
        ("alertname=Alert2", "it hides 1 open alert\n"),
    ):
        assert expected in home.say("silence", matcher, *FOR_TWO_HOURS, "--dry-run")


def test_more_than_ten_are_counted(home: Home, store: Store) -> None:
    keep(store, *(fired(number) for number in range(13)))
    said = home.say("silence", "severity=critical", *FOR_TWO_HOURS, "--dry-run")
    assert said.endswith("  and 3 more\n")


def test_matchers_in_braces_are_one_argument(home: Home, store: Store) -> None:
    keep(store, fired(1), fired(2))
    said = home.say(
        "silence",
        '{alertname=~"Alert.*", instance!="a\\\\b"}',
        "alertname=Alert1",
        *FOR_TWO_HOURS,
        "--dry-run",
    )
    head, hides = said.splitlines()[:2]
    assert head.endswith(': alertname=~"Alert.*" instance!="a\\\\b" alertname="Alert1"')
    assert hides == "it hides 1 open alert"
    assert "A matcher is written like" in home.say("silence", "{team}", *FOR_TWO_HOURS, "--yes", status=2)


def test_one_alert_is_silenced_by_its_id(home: Home, store: Store) -> None:
    alert = fired(1)
    keep(store, alert, fired(2))
    said = home.say("silence", "--alert", alert.id, *FOR_TWO_HOURS, "--yes")
    assert "it hides 1 open alert\n" in said
    assert re.search(r"silenced +until .* by release-bot: deploy\n", home.say("alert", alert.id))
    assert re.search(
        r"UTC  silenced by release-bot \(api\) until .* UTC: deploy\n", home.say("alert", alert.id)
    )


def test_the_table_of_alerts_says_which_are_silenced(home: Home, store: Store) -> None:
    """What is acknowledged as well keeps its name in the last column."""
    seen = fired(2)
    by = replace(seen.facts, acknowledged_at=NOW, acknowledged_by_name="Bruno Example")
    keep(store, fired(1), replace(seen, facts=by), fired(3))
    silenced(store, 1, NOW, 'alertname=~"Alert[12]"')
    rows = words(home.say("alerts"))[1:]
    assert {(row[3], row[1], row[-1]) for row in rows} == {
        ("Alert1", "silenced", "-"),
        ("Alert2", "silenced", "Bruno Example"),
        ("Alert3", "firing", "-"),
    }


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        ("2036-06-01 09:00", "until 2036-06-01 09:00 CEST"),
        ("2036-06-01T09:00:00Z", "until 2036-06-01 11:00 CEST"),
        ("2036-12-01T09:00", "until 2036-12-01 09:00 CET"),
        ("2036-03-30 02:30", "until 2036-03-30 03:30 CEST"),
        ("2036-10-26 02:30", "until 2036-10-26 02:30 CEST"),
    ],
)
def test_an_end_is_read_in_the_time_of_the_terminal(
    home: Home, store: Store, until: str, expected: str
) -> None:
    arguments = ("silence", "a=b", "--until", until, "--reason", "x", "--dry-run")
    with home.command(*arguments, TZ="Europe/Berlin") as command:
        command.wait(30)
        assert expected in command.output()


def test_an_hour_is_the_next_time_that_the_clock_shows_it(home: Home, store: Store) -> None:
    for hours in (-1, 1):
        at = (datetime.now(UTC) + timedelta(hours=hours)).replace(second=0, microsecond=0)
        arguments = ("silence", "a=b", "--until", f"{at:%H:%M}", "--reason", "x", "--dry-run")
        with home.command(*arguments, TZ="UTC") as command:
            assert command.wait(30) == 0
            assert f"until {at + timedelta(days=hours < 0):%Y-%m-%d %H:%M} UTC" in command.output()


def test_an_hour_of_another_zone_is_the_next_time_that_a_clock_there_shows_it(
    home: Home, store: Store
) -> None:
    """Whatever day it is at the terminal."""
    for hours in (-1, 1):
        at = (datetime.now(UTC) + timedelta(hours=hours)).replace(second=0, microsecond=0)
        there = at.astimezone(timezone(timedelta(hours=13)))
        arguments = ("silence", "a=b", "--until", f"{there:%H:%M}+13:00", "--reason", "x", "--dry-run")
        with home.command(*arguments, TZ="Pacific/Honolulu") as command:
            assert command.wait(30) == 0
            expected = (at + timedelta(days=hours < 0)).astimezone(ZoneInfo("Pacific/Honolulu"))
            assert f"until {expected:%Y-%m-%d %H:%M} HST" in command.output()


def test_a_zone_that_only_the_c_library_knows_has_its_offset(home: Home, store: Store) -> None:
    arguments = ("silence", "a=b", "--until", "2036-06-01 09:00", "--reason", "x", "--dry-run")
    with home.command(*arguments, TZ="EXA-3") as command:
        command.wait(30)
        assert "until 2036-06-01 09:00 EXA" in command.output()


def test_what_the_rules_object_to_is_told_and_not_made(home: Home, store: Store) -> None:
    keep(store, fired(1, purpose="watchdog"))
    said = home.say("silence", "alertname=Alert1", *FOR_TWO_HOURS, "--yes", status=1)
    assert 'alert-bridge: Alerts with purpose="watchdog" are never silenced from here.\n' in said
    assert "it hides 1 open alert\n" in said
    assert made(store) == []


@pytest.mark.parametrize(("answer", "status"), [("y", 0), ("n", 1)])
def test_on_a_terminal_it_asks_first(home: Home, store: Store, answer: str, status: int) -> None:
    typed = [sys.executable, "-c", AT_A_TERMINAL, answer]
    with home.command("silence", "a=b", *FOR_TWO_HOURS, wrapped=typed) as command:
        assert command.wait(30) == status
        said = command.output()
    assert "it hides nothing that is open now" in said
    assert "make this silence? [y/N]" in said
    assert (status == 0) is bool(made(store))


def test_a_silence_is_extended_and_ended_by_a_shortened_id(home: Home, store: Store) -> None:
    silence = silenced(store, 1, NOW)
    short = silence.id[:13]
    assert home.say("extend", short, "1h").startswith("silence extended until ")
    assert home.say("unsilence", short) == f'silence ended ({silence.id[:8]}): alertname="HighLatency"\n'
    assert "That silence has ended already." in home.say("unsilence", short, status=1)


def test_a_beginning_of_several_ids_is_answered_with_them(home: Home, store: Store) -> None:
    one, other = silenced(store, 1, NOW), silenced(store, 2, NOW)
    said = home.say("unsilence", one.id[:5], status=1)
    assert {one.id, other.id} <= set(said.split())
    said = home.say("extend", "ffff", "1h", status=1)
    assert "no silence has an id that begins with ffff: `alert-bridge silences` lists them" in said


def test_what_lasts_is_meant_where_what_has_ended_or_acknowledges_begins_alike(
    home: Home, store: Store
) -> None:
    """What has ended or acknowledges is found where nothing else begins so."""
    lasting = silenced(store, 1, NOW)
    over = silenced(store, 2, NOW, end_at=NOW - HOUR / 2)
    silenced(store, 3, NOW, acknowledges=True)
    for number in range(4, 9):
        silenced(store, number, NOW, end_at=NOW - HOUR / 2)
    assert home.say("extend", lasting.id[:5], "1h").startswith("silence extended until ")
    ended = re.match(r"silence ended \(([0-9a-f-]+)\)", home.say("unsilence", lasting.id[:5]))
    assert ended is not None
    assert lasting.id.startswith(ended[1])
    assert "several ids begin with" in home.say("unsilence", lasting.id[:5], status=1)
    assert "That silence has ended already." in home.say("unsilence", over.id, status=1)


def test_of_too_many_that_begin_alike_none_is_guessed(home: Home, store: Store) -> None:
    lasting = silenced(store, 1, NOW)
    for number in range(2, 52):
        silenced(store, number, NOW, end_at=NOW - HOUR / 2)
    assert "several ids begin with" in home.say("unsilence", lasting.id[:5], status=1)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("silence", *FOR_TWO_HOURS, "--yes"), "name matchers or --alert, one of the two"),
        (("silence", "a=b", "--alert", "01", *FOR_TWO_HOURS, "--yes"), "name matchers or --alert"),
        (("silence", "a=b", "--reason", "x", "--yes"), "name --for or --until, one of the two"),
        (("silence", "a=b", *FOR_TWO_HOURS, "--until", "14:30", "--yes"), "name --for or --until"),
        (("silence", "a=b", *FOR_TWO_HOURS), "there is no terminal to ask on: add --yes, or --dry-run"),
        (("silence", "a=b", "--for", "2h", "--yes"), "Missing option '--reason'"),
        (("silence", "a=b", "--until", "soon", "--reason", "x", "--yes"), "A time is written like 14:30"),
        (("extend", "0199"), "Missing argument 'DURATION'"),
        (("unsilence", "not-an-id"), "an id, or the beginning of one"),
        (("silences", "--phase", "over"), "'over' is not one of"),
    ],
    ids=lambda value: " ".join(value[:3]) if isinstance(value, tuple) else "",
)
def test_what_is_typed_wrong_ends_with_status_two(home: Home, arguments: tuple[str, ...], why: str) -> None:
    assert why in " ".join(home.say(*arguments, status=2).split())


def test_what_the_bridge_refuses_names_the_field(home: Home, store: Store) -> None:
    silence = silenced(store, 1, NOW)
    assert "`matchers`: " in home.say("silence", "team", *FOR_TWO_HOURS, "--yes", status=1)
    assert "`extend_by`: A duration is written like 2h" in home.say("extend", silence.id, "2", status=1)
