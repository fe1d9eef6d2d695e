"""/silence, typed in the pretend workspace: what is listed, previewed, confirmed, changed, and what is said at once."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from api.parts import SlackParts
from api.signatures import SlackSignatures
from core.commands import respond
from core.domain.matcher import Matcher
from core.domain.silence import Silence, silence_id
from core.domain.silence_deed import SilenceDeed, SilenceVerb
from core.sources import own_silence, slack
from core.store import silences
from core.store.clock import system_clock
from core.store.engine import Store
from core.targets.slack_api import Api
from core.targets.slack_directory import SlackDirectory
from core.targets.slack_errors import Failure, Fault
from sandbox import Sandbox, credentials
from sandbox.credentials import ADA, BRUNO, Person
from tests.api.conftest import Receiver, Start, WriteLock, no_inbox
from tests.api.test_slack import parts
from tests.api.test_slack_silences import HOUR, RULES, alert, keep, shown
from tests.store.silenced import stands


def of_slack(store: Store, sandbox: Sandbox, api: Api, **changed: Any) -> SlackParts:
    directory = SlackDirectory(credentials.SLACK_BOT_TOKEN, sandbox.slack_api_url)
    given: dict[str, Any] = {
        "signatures": SlackSignatures((credentials.SLACK_SIGNING_SECRET,)),
        "open_view": api.open_view,
        "commands": lambda command, text, _, now: respond(store, command, text, now),
        "zone": directory.zone,
    }
    return parts(**given | changed)


@pytest.fixture
def receiver(start: Start, store: Store, sandbox: Sandbox, api: Api) -> Receiver:
    receiver = start(slack=of_slack(store, sandbox, api), rules=RULES)
    sandbox.bridge_url = f"http://127.0.0.1:{receiver.port}"
    return receiver


def typed(sandbox: Sandbox, text: str, person: Person = BRUNO) -> list[str]:
    """The lines that are answered; none where a modal is opened instead."""
    before = len(sandbox.slack.ephemerals)
    reply = sandbox.slack_hand.command("/silence", text, person)
    assert (reply.status, reply.problem) == (200, None)
    said = sandbox.slack.ephemerals[before:]
    return [line for one in said for block in one.blocks or [] for line in block["text"]["text"].split("\n")]


def hides(receiver: Receiver, *matchers: Matcher, number: int = 1, **changed: Any) -> Silence:
    now = system_clock()
    given: dict[str, Any] = {
        "id": silence_id(f"event {number}", now),
        "matchers": matchers,
        "start_at": now,
        "end_at": now + HOUR,
        "created_by": "slack:U0ADA",
        "created_by_name": "Ada Example",
        "reason": "deploy",
        "source": "slack",
        "created_at": now,
    }
    made = Silence(**given | changed)
    with receiver.store.begin() as connection:
        silences.add(connection, made, now)
    return made


def stored(receiver: Receiver) -> list[SilenceDeed]:
    found = []
    for _, lane, _, body in receiver.stored():
        assert lane == "people"
        now = datetime.now(UTC)
        read = own_silence.read(body, now) if own_silence.is_one(body) else slack.read(body, now)
        assert isinstance(read, SilenceDeed)
        found.append(read)
    return found


CPU = Matcher("alertname", "HighCPU")


def test_nothing_silenced_is_said(sandbox: Sandbox, receiver: Receiver) -> None:
    assert typed(sandbox, "") == ["Nothing is silenced."]


def test_the_list_says_who_until_when_which_and_why(sandbox: Sandbox, receiver: Receiver) -> None:
    keep(receiver, *(alert(number) for number in (1, 2, 3)))
    now = system_clock()
    first = hides(receiver, CPU, number=1)
    long = hides(
        receiver,
        Matcher("instance", "web-[12].*", regex=True),
        number=2,
        end_at=now + 2 * HOUR,
        source="alertmanager",
        created_by="alertmanager:bruno",
        created_by_name="bruno <!here>",
        reason="",
    )
    later = hides(receiver, CPU, number=3, start_at=now + HOUR, end_at=now + 3 * HOUR)
    hides(receiver, CPU, number=4, end_at=now - HOUR, start_at=now - 2 * HOUR)
    hides(receiver, CPU, number=5, acknowledges=True)
    head, *lines = typed(sandbox, "list")
    assert head == "*3 silences*"
    told = [line.split(" · ") for line in lines]
    ids = [cells[0].split("`")[1] for cells in told]
    assert [it.id.startswith(id_) for it, id_ in zip((first, long, later), ids, strict=True)] == [True] * 3
    assert [cells[1:] for cells in told] == [
        ["hides 3", '`alertname="HighCPU"`', "deploy"],
        ["hides 2", '`instance=~"web-[12].*"`'],
        ['`alertname="HighCPU"`', "deploy"],
    ]
    assert " Ada Example until <!date^" in told[0][0]
    assert " bruno &lt;!here&gt; in Alertmanager until <!date^" in told[1][0]
    assert " Ada Example from <!date^" in told[2][0]


def test_the_list_says_what_is_not_in_alertmanager_and_why(sandbox: Sandbox, receiver: Receiver) -> None:
    """By its own words where it refuses; by its name where there are several."""
    now = system_clock()
    one, waits, changed, several, whole = (
        hides(receiver, CPU, number=number, end_at=now + number * HOUR) for number in range(1, 6)
    )
    words = "refused: HTTP 400: invalid label name größe"
    refused = {"parked_reason": "refused", "last_error": words}
    stands(receiver.store, one, **refused)
    stands(receiver.store, waits, since=now, last_error="unreachable")
    stands(receiver.store, changed, since=now, remote_id="a-uuid-there")
    stands(receiver.store, several, since=now)
    stands(receiver.store, several, target="alertmanager:eu", **refused)
    stands(receiver.store, whole, remote_id="another-uuid")
    _, *lines = typed(sandbox, "list")
    assert [line.split(" · ")[2] for line in lines] == [
        "not in Alertmanager: `refused: HTTP 400: invalid label name größe`",
        "not in Alertmanager yet",
        "not changed in Alertmanager yet",
        "not in alertmanager:eu: `refused: HTTP 400: invalid label name größe`",
        '`alertname="HighCPU"`',
    ]


def test_a_long_list_is_cut_and_said_to_be(sandbox: Sandbox, receiver: Receiver) -> None:
    for number in range(20):
        made = hides(
            receiver,
            Matcher("a" * 200, "&" * 400),
            number=number,
            reason="<" * 400,
            created_by_name=">" * 200,
        )
        stands(receiver.store, made, parked_reason="refused", last_error="&" * 2000)
    lines = typed(sandbox, "")
    assert (len(lines), lines[0], lines[-1]) == (17, "*20 silences*", "and 5 more")


def test_what_is_added_is_shown_first_and_made_when_it_is_confirmed(
    sandbox: Sandbox, receiver: Receiver
) -> None:
    keep(receiver, *(alert(number) for number in (1, 2, 3)))
    assert typed(sandbox, 'add alertname=HighCPU instance!~"web-1:.*" 2h deploy &amp; test') == []
    (modal,) = sandbox.slack_hand.views
    assert shown(modal).startswith("*This hides 2 open alerts* from now until <!date^")
    assert "Reason: deploy &amp; test" in shown(modal)
    assert (modal.view["close"]["text"], receiver.rows()) == ("Cancel", 0)
    assert sandbox.slack_hand.submit(modal).problem is None
    (made,) = stored(receiver)
    assert (made.verb, made.actor.id, made.alert_id, made.reason, made.place) == (
        SilenceVerb.MAKE,
        BRUNO.slack_id,
        None,
        "deploy & test",
        credentials.SLACK_CHANNEL,
    )
    assert made.matchers == (CPU, Matcher("instance", "web-1:.*", equal=False, regex=True))
    assert made.end_at is not None
    assert abs(made.end_at - made.at - 2 * HOUR) < timedelta(seconds=20)
    assert sandbox.slack_hand.views == []


@pytest.mark.parametrize(("person", "zone"), [(ADA, "Europe/Berlin"), (BRUNO, "America/New_York")])
def test_a_time_is_in_the_zone_of_who_types_it(
    sandbox: Sandbox, receiver: Receiver, person: Person, zone: str
) -> None:
    day = datetime.now(UTC).date() + timedelta(days=3)
    assert typed(sandbox, f"add alertname=HighCPU until {day} 09:00", person) == []
    (modal,) = sandbox.slack_hand.views
    nine = datetime(day.year, day.month, day.day, 9, tzinfo=ZoneInfo(zone))
    assert f"<!date^{int(nine.timestamp())}^" in shown(modal)
    assert "time zone" not in shown(modal)


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../../etc/passwd", "Europe", "too late", None])
def test_where_the_zone_is_not_known_utc_is_taken_and_said(
    start: Start,
    store: Store,
    sandbox: Sandbox,
    api: Api,
    zone: str | None,
) -> None:
    def ask(_: str) -> str:
        if zone == "too late":
            time.sleep(1)
            return "Europe/Berlin"
        if zone is None:
            raise Failure(Fault.CONFIGURATION, "missing_scope")
        return zone

    receiver = start(slack=of_slack(store, sandbox, api, zone=ask))
    sandbox.bridge_url = f"http://127.0.0.1:{receiver.port}"
    day = datetime.now(UTC).date() + timedelta(days=3)
    assert typed(sandbox, f"add alertname=HighCPU until {day} 09:00") == []
    (modal,) = sandbox.slack_hand.views
    nine = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    assert f"<!date^{int(nine.timestamp())}^" in shown(modal)
    assert "Your time zone is not known here, so the time is taken as UTC." in shown(modal)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("add 2h", "Which alerts?"),
        ("add a=b", "Until when?"),
        ("add a=b until 2020-01-01 09:00", "That time has passed."),
        ("add a!=b 2h", "At least one matcher has to name something"),
        ("add severity=critical 2h", 'Alerts of severity "critical" may be silenced for 1 h at most.'),
        ("add tier=gold 2h", 'Alerts with tier="gold" are never silenced from here.'),
        ("add " + "x" * 900 + "=" + '"' + "y" * 2100 + '" 2h', ""),
        ("remove 019a", "“remove” is nothing that can be done to silences."),
        ("extend 019a 2h", "There is no silence `019a`"),
        ("end 019abcde", "There is no silence `019abcde`"),
        ("extend 019a", "A duration is written like"),
        ("help", "`/silence list` shows"),
    ],
)
def test_what_cannot_be_is_said_at_once(sandbox: Sandbox, receiver: Receiver, text: str, why: str) -> None:
    assert typed(sandbox, text)[0].startswith(why)
    assert (sandbox.slack_hand.views, receiver.rows()) == ([], 0)


@pytest.mark.parametrize("text", ["add 2h", "add a=b", "add a=~( 2h", "extend 019a", "end 01"])
def test_the_usage_does_not_bury_why(sandbox: Sandbox, receiver: Receiver, text: str) -> None:
    assert len(typed(sandbox, text)) == 1


@pytest.mark.parametrize("text", ["remove 019a", "ADDD a=b 2h"])
def test_an_unknown_word_is_answered_with_those_that_are_known(
    sandbox: Sandbox, receiver: Receiver, text: str
) -> None:
    assert typed(sandbox, text)[1:] == typed(sandbox, "help")


@pytest.mark.parametrize(
    ("text", "example"),
    [
        ("add 2h", '`alertname=HighCPU instance=~"web-.*"` 2h.'),
        ("add {a 2h", '`alertname=HighCPU instance=~"web-.*"` 2h.'),
        ("add {a} 2h", '`severity="critical"` or `team!~"db|web"`.'),
    ],
)
def test_an_example_can_be_pasted(sandbox: Sandbox, receiver: Receiver, text: str, example: str) -> None:
    """No look-alike stands for what means something in a matcher."""
    assert typed(sandbox, text)[0].endswith(example)


def test_a_silence_is_extended_and_ended_by_the_beginning_of_its_id(
    sandbox: Sandbox, receiver: Receiver
) -> None:
    lasting = hides(receiver, CPU)
    short = lasting.id[:13]
    (line,) = typed(sandbox, f"extend {short} 1h30m")
    assert line.startswith(
        f'Extending silence `{short}` (`alertname="HighCPU"`) by 1 h 30 min, until <!date^'
    )
    assert typed(sandbox, f"end {short.upper()}") == [f'Ending silence `{short}` (`alertname="HighCPU"`).']
    extended, ended = stored(receiver)
    assert (extended.verb, extended.silence_id, extended.longer_by) == (
        SilenceVerb.CHANGE,
        lasting.id,
        1.5 * HOUR,
    )
    assert (ended.verb, ended.silence_id, ended.actor.id, ended.place) == (
        SilenceVerb.END,
        lasting.id,
        BRUNO.slack_id,
        credentials.SLACK_CHANNEL,
    )
    assert receiver.hints == ["people", "people"]


def test_the_same_command_again_is_the_same_deed(sandbox: Sandbox, receiver: Receiver) -> None:
    lasting = hides(receiver, CPU)
    request = sandbox.slack_hand.build_command("/silence", f"end {lasting.id}", ADA)
    assert [sandbox.slack_hand.repeat(request).problem for _ in range(2)] == [None, None]
    assert receiver.rows() == 1


def test_a_beginning_that_several_have_asks_for_more_of_it(sandbox: Sandbox, receiver: Receiver) -> None:
    """What has ended is not in the way of what lasts."""
    now = system_clock()
    lasting = hides(receiver, CPU, number=1)
    over = hides(receiver, CPU, number=2, start_at=now - 2 * HOUR, end_at=now - HOUR)
    assert typed(sandbox, f"end {lasting.id[:6]}") == [
        f'Ending silence `{lasting.id[:6]}` (`alertname="HighCPU"`).'
    ]
    assert typed(sandbox, f"end {over.id}") == ["That silence has ended already."]
    hides(receiver, CPU, number=3)
    (line,) = typed(sandbox, f"end {lasting.id[:6]}")
    assert line == f"Several silences begin with `{lasting.id[:6]}`; please type more of the id."
    assert receiver.rows() == 1


def test_of_too_many_that_begin_so_none_is_guessed(sandbox: Sandbox, receiver: Receiver) -> None:
    """Those that could not all be looked at may hold another that lasts."""
    now = system_clock()
    lasting = hides(receiver, CPU, number=1, end_at=now + HOUR)
    for number in range(2, 52):
        hides(receiver, CPU, number=number, start_at=now - 2 * HOUR, end_at=now - HOUR)
    (line,) = typed(sandbox, f"end {lasting.id[:6]}")
    assert line.startswith("Several silences begin with")
    assert typed(sandbox, f"end {lasting.id}")[0].startswith("Ending silence")


def test_the_rules_hold_for_what_is_extended(sandbox: Sandbox, receiver: Receiver) -> None:
    lasting = hides(receiver, Matcher("severity", "critical"))
    assert typed(sandbox, f"extend {lasting.id} 1h") == [
        'Alerts of severity "critical" may be silenced for 1 h at most.'
    ]
    assert receiver.rows() == 0


def test_what_is_not_stored_is_said(sandbox: Sandbox, receiver: Receiver) -> None:
    lasting = hides(receiver, CPU)
    with no_inbox(receiver.store):
        assert typed(sandbox, f"end {lasting.id}") == ["Not recorded: please try again."]


def test_a_database_that_hangs_is_said_in_time(
    sandbox: Sandbox,
    receiver: Receiver,
    lock: WriteLock,
) -> None:
    lasting = hides(receiver, CPU)
    lock.hold()
    began = time.monotonic()
    assert typed(sandbox, f"end {lasting.id}") == ["Not recorded: please try again."]
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("text", ["add a=b 2h", "end 019abcde"])
def test_a_database_that_is_away_is_said(sandbox: Sandbox, receiver: Receiver, text: str) -> None:
    with receiver.store.begin() as connection:
        for table in ("alerts", "silences"):
            connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO no_{table}")
    assert typed(sandbox, text) == ["Not done: the database does not answer. Please try again in a minute."]


def test_a_preview_that_does_not_open_is_said(start: Start, store: Store, sandbox: Sandbox, api: Api) -> None:
    def refuse(*_: object) -> None:
        raise Failure(Fault.UNKNOWN, "expired_trigger_id")

    receiver = start(slack=of_slack(store, sandbox, api, open_view=refuse))
    sandbox.bridge_url = f"http://127.0.0.1:{receiver.port}"
    assert typed(sandbox, "add a=b 2h") == [
        "The preview could not be opened, and nothing was made. Please try again."
    ]
