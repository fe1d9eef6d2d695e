"""Silences in Slack, by the hand of people in the pretend workspace: menus, the modal, its preview, what is stored."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from api.signatures import SlackSignatures
from core.domain.alert import Alert, Content, Facts
from core.domain.event import Apology
from core.domain.matcher import Matcher, exactly
from core.domain.severity import Severity
from core.domain.silence import Silence, silence_id
from core.domain.silence_deed import SilenceDeed, SilenceVerb
from core.domain.silence_rules import Rules
from core.sources import slack
from core.store import alerts, silences
from core.store.clock import system_clock
from core.targets.slack_api import Api
from core.targets.slack_buttons import asking
from core.targets.slack_message import render
from sandbox import Sandbox, credentials
from sandbox.credentials import ADA, BRUNO
from sandbox.slack.modals import Modal
from sandbox.slack.world import Message
from tests.api.conftest import Receiver, Start, WriteLock, no_inbox
from tests.api.signed import ALERT
from tests.api.test_slack import parts

HOUR = timedelta(hours=1)
LABELS = {"alertname": "HighCPU", "instance": "web-1:9100", "job": "node", "severity": "warning"}
RULES = Rules({Severity.CRITICAL: HOUR}, {"tier": ["gold"]})


@pytest.fixture
def receiver(start: Start, sandbox: Sandbox, api: Api) -> Receiver:
    signatures = SlackSignatures((credentials.SLACK_SIGNING_SECRET,))
    receiver = start(slack=parts(signatures=signatures, open_view=api.open_view), rules=RULES)
    sandbox.bridge_url = f"http://127.0.0.1:{receiver.port}"
    return receiver


def alert(number: int = 1, labels: dict[str, str] | None = None, **facts: Any) -> Alert:
    now = system_clock()
    own = labels if labels is not None else {**LABELS, "instance": f"web-{number}:9100"}
    plain = Facts(
        id=f"{ALERT[:-1]}{number}",
        source="default",
        fingerprint=f"f{number}",
        firing=True,
        starts_at=now,
        fired_at=now + timedelta(milliseconds=number),
        occurrence=2,
        seq=number,
        content_hash="",
        version=1,
    )
    return Alert(replace(plain, **facts), Content(own, {}))


def keep(receiver: Receiver, *kept: Alert) -> None:
    with receiver.store.begin() as connection:
        alerts.add(connection, kept, system_clock())


def hides(receiver: Receiver, *matchers: Matcher) -> Silence:
    """A silence that lasts another hour."""
    now = system_clock()
    by = ("slack:U0ADA", "Ada Example", "deploy", "slack")
    made = Silence(silence_id("event", now), matchers, now, now + HOUR, *by, now)
    with receiver.store.begin() as connection:
        silences.add(connection, made, now)
    return made


def show(sandbox: Sandbox, api: Api, shown: Alert) -> Message:
    api.post(credentials.SLACK_CHANNEL, render(shown, ()))
    return sandbox.slack.messages[-1]


@pytest.fixture
def message(receiver: Receiver, sandbox: Sandbox, api: Api) -> Message:
    """Of the first of three alerts, which differ in their instance."""
    kept = [alert(number) for number in (1, 2, 3)]
    keep(receiver, *kept)
    return show(sandbox, api, kept[0])


@pytest.fixture
def modal(sandbox: Sandbox, message: Message) -> Modal:
    """Opened from the message."""
    reply = sandbox.slack_hand.choose(message, "silence", f"{ALERT}:2:more")
    assert (reply.status, reply.problem) == (200, None)
    return sandbox.slack_hand.views[-1]


def stored(receiver: Receiver) -> list[Any]:
    """What ingest will read."""
    return [slack.read(body, datetime.now(UTC)) for *_, body in receiver.stored()]


def shown(view: Modal) -> str:
    return "\n".join(block["text"]["text"] for block in view.view["blocks"] if block["type"] == "section")


def previewed(sandbox: Sandbox, modal: Modal, **values: Any) -> Modal:
    """The modal on top of the one that was filled in."""
    reply = sandbox.slack_hand.submit(modal, values)
    assert (reply.status, reply.problem, modal.errors) == (200, None, {})
    return sandbox.slack_hand.views[-1]


def test_a_duration_of_the_menu_silences_exactly_this_alert(
    sandbox: Sandbox, receiver: Receiver, message: Message
) -> None:
    assert sandbox.slack_hand.choose(message, "silence", f"{ALERT}:2:3600", BRUNO).problem is None
    (made,) = stored(receiver)
    assert isinstance(made, SilenceDeed)
    assert (made.verb, made.actor.id, made.alert_id, made.occurrence) == (
        SilenceVerb.MAKE,
        BRUNO.slack_id,
        ALERT,
        2,
    )
    assert (made.matchers, made.like, made.place) == ((), (), credentials.SLACK_CHANNEL)
    assert made.end_at == made.at + HOUR
    assert receiver.hints == ["people"]


def test_a_silence_that_lasts_is_extended_and_ended_from_its_message(
    sandbox: Sandbox, receiver: Receiver, api: Api
) -> None:
    lasting = hides(receiver, *exactly(LABELS))
    message = show(sandbox, api, replace(alert(), silence=lasting))
    hand = sandbox.slack_hand
    assert hand.choose(message, "extend_silence", f"{lasting.id}:900").problem is None
    assert hand.click(message, "end_silence").problem is None
    extended, ended = stored(receiver)
    assert (extended.verb, extended.silence_id, extended.longer_by, extended.end_at) == (
        SilenceVerb.CHANGE,
        lasting.id,
        timedelta(minutes=15),
        None,
    )
    assert (ended.verb, ended.silence_id) == (SilenceVerb.END, lasting.id)


def test_who_is_asked_may_extend_it_or_let_it_go(sandbox: Sandbox, receiver: Receiver, api: Api) -> None:
    """To let it go changes nothing, and is answered where it was clicked."""
    lasting = hides(receiver, *exactly(LABELS))
    block = asking(lasting.id, datetime(2026, 11, 24, 14, 30, tzinfo=UTC))
    content = replace(render(alert(), ()), blocks=[block], attachments=[])
    api.post(credentials.SLACK_CHANNEL, content)
    asked = sandbox.slack.messages[-1]
    assert sandbox.slack_hand.click(asked, "let_go").problem is None
    assert sandbox.slack_hand.choose(asked, "extend_silence", f"{lasting.id}:3600").problem is None
    apology, extended = stored(receiver)
    assert isinstance(apology, Apology)
    assert (apology.text, apology.place) == (
        "It ends at 14:30 UTC, unless somebody extends it.",
        credentials.SLACK_CHANNEL,
    )
    assert (extended.verb, extended.longer_by) == (SilenceVerb.CHANGE, HOUR)


def test_the_modal_offers_the_alerts_labels_all_of_them_ticked(modal: Modal, receiver: Receiver) -> None:
    about, labels, matchers, length, until, reason = modal.view["blocks"]
    assert (about["text"]["text"], labels["block_id"]) == ("HighCPU", "labels_0")
    options = [(option["value"], option["text"]["text"]) for option in labels["element"]["options"]]
    assert options == [
        ("0", 'alertname="HighCPU"'),
        ("1", 'instance="web-1:9100"'),
        ("2", 'job="node"'),
        ("3", 'severity="warning"'),
    ]
    assert labels["element"]["initial_options"] == labels["element"]["options"]
    assert [option["value"] for option in length["element"]["options"]] == [
        "900",
        "3600",
        "14400",
        "86400",
        "until",
    ]
    assert [it["element"]["type"] for it in (matchers, until, reason)] == [
        "plain_text_input",
        "datetimepicker",
        "plain_text_input",
    ]
    assert receiver.rows() == 0


def test_a_preview_names_what_it_would_hide_and_is_made_only_when_confirmed(
    sandbox: Sandbox, receiver: Receiver, modal: Modal
) -> None:
    hides(receiver, Matcher("instance", "web-2:9100"))
    preview = previewed(sandbox, modal, labels_0=["0", "2"], **{"for": "3600"}, reason="deploy *now*")
    lines = shown(preview).splitlines()
    assert lines[0].startswith("*This hides 3 open alerts* from now until <!date^")
    assert lines[0].endswith("for 1 h. One of them is hidden by another silence already.")
    assert lines[1:] == [
        "🟡 WARNING HighCPU on web-1",
        "🟡 WARNING HighCPU on web-2",
        "🟡 WARNING HighCPU on web-3",
        'Matchers: `alertname="HighCPU", job="node"`',
        "Reason: deploy ∗now∗",  # noqa: RUF001
    ]
    assert receiver.rows() == 0
    assert sandbox.slack_hand.submit(preview).problem is None
    assert sandbox.slack_hand.views == []
    (made,) = stored(receiver)
    assert (made.verb, made.actor.id, made.alert_id, made.place) == (
        SilenceVerb.MAKE,
        ADA.slack_id,
        ALERT,
        credentials.SLACK_CHANNEL,
    )
    assert (made.like, made.matchers, made.reason) == (("alertname", "job"), (), "deploy *now*")
    assert abs(made.end_at - made.at - HOUR) < timedelta(seconds=20)


@pytest.mark.parametrize(
    ("hidden", "said"),
    [
        ("web-[12]:.*", "2 of them are hidden by another silence already."),
        (".*", "All of them are hidden by another silence already."),
        ("web-4:.*", "for 15 min."),
    ],
)
def test_how_many_another_silence_hides_already_is_said(
    sandbox: Sandbox, receiver: Receiver, modal: Modal, hidden: str, said: str
) -> None:
    hides(receiver, Matcher("instance", hidden, regex=True))
    head = shown(previewed(sandbox, modal, labels_0=["0"])).splitlines()[0]
    assert head.endswith(said)


def test_of_a_single_alert_it_is_said_that_another_silence_hides_it(
    sandbox: Sandbox, receiver: Receiver, modal: Modal
) -> None:
    hides(receiver, Matcher("instance", "web-1:9100"))
    head = shown(previewed(sandbox, modal)).splitlines()[0]
    assert head.endswith("It is hidden by another silence already.")


def test_with_all_labels_ticked_it_is_exactly_this_alert(
    sandbox: Sandbox, receiver: Receiver, modal: Modal
) -> None:
    preview = previewed(sandbox, modal)
    assert shown(preview).startswith("*This hides 1 open alert* from now until")
    sandbox.slack_hand.submit(preview)
    (made,) = stored(receiver)
    assert (made.like, made.matchers, made.alert_id) == ((), (), ALERT)


def test_other_matchers_are_taken_together_with_the_ticked_labels(
    sandbox: Sandbox, receiver: Receiver, modal: Modal
) -> None:
    typed = 'instance=~"web-[23]:.*"\n\n  team != db,\ncluster!~“eu|us”\n'
    preview = previewed(sandbox, modal, labels_0=["3"], matchers=typed)
    assert shown(preview).startswith("*This hides 2 open alerts*")
    sandbox.slack_hand.submit(preview)
    (made,) = stored(receiver)
    assert (made.like, made.matchers) == (
        (),
        (
            Matcher("severity", "warning"),
            Matcher("instance", "web-[23]:.*", regex=True),
            Matcher("team", "db", equal=False),
            Matcher("cluster", "eu|us", equal=False, regex=True),
        ),
    )


@pytest.mark.parametrize(
    "line",
    [
        'instance=~"web-[23]:.*", team!="db"',
        'instance=~"web-[23]:.*" team!=db,',
        '{instance=~"web-[23]:.*", team!="db"}',
        "{instance=~“web-[23]:.*”, team!=“db”}",
    ],
)
def test_a_line_may_hold_several_matchers(
    sandbox: Sandbox, receiver: Receiver, modal: Modal, line: str
) -> None:
    preview = previewed(sandbox, modal, labels_0=[], matchers=f"{line}\njob=node")
    assert shown(preview).startswith("*This hides 2 open alerts*")
    sandbox.slack_hand.submit(preview)
    (made,) = stored(receiver)
    assert made.matchers == (
        Matcher("instance", "web-[23]:.*", regex=True),
        Matcher("team", "db", equal=False),
        Matcher("job", "node"),
    )


def test_a_line_that_is_one_matcher_stays_one(sandbox: Sandbox, receiver: Receiver, modal: Modal) -> None:
    """A value without quotes goes to the end of the line, as Alertmanager has it."""
    preview = previewed(sandbox, modal, labels_0=[], matchers="note=db and, team=web")
    sandbox.slack_hand.submit(preview)
    (made,) = stored(receiver)
    assert made.matchers == (Matcher("note", "db and, team=web"),)


def test_an_end_may_be_chosen_instead_of_a_length(sandbox: Sandbox, receiver: Receiver, modal: Modal) -> None:
    """Slack's own picker tells it in the person's zone; what comes is a moment."""
    end = int(time.time()) + 7200
    preview = previewed(sandbox, modal, **{"for": "until"}, until=end)
    assert f"<!date^{end}^" in shown(preview)
    sandbox.slack_hand.submit(preview)
    (made,) = stored(receiver)
    assert made.end_at == datetime.fromtimestamp(end, UTC)


def test_what_hides_nothing_now_says_so(sandbox: Sandbox, modal: Modal) -> None:
    preview = previewed(sandbox, modal, labels_0=[], matchers="alertname=Unheard")
    assert shown(preview).startswith(
        "*This hides nothing that is open now.* It would hide what comes until <!date^"
    )


@pytest.mark.parametrize(
    ("values", "errors"),
    [
        ({"labels_0": []}, {"labels_0": "Tick at least one label, or write a matcher."}),
        ({"for": "until"}, {"until": "Choose when it is to end."}),
        ({"for": "until", "until": 1700000000}, {"until": "That time has passed."}),
        ({"for": "900", "until": 4100000000}, {"until": "To end it then, choose “Until…” above."}),
        (
            {"labels_0": [], "matchers": "severity=critical", "for": "14400"},
            {"for": 'Alerts of severity "critical" may be silenced for 1 h at most.'},
        ),
        (
            {"labels_0": [], "matchers": "severity=critical", "for": "until", "until": 4100000000},
            {"until": 'Alerts of severity "critical" may be silenced for 1 h at most.'},
        ),
        ({"matchers": "tier=gold"}, {"matchers": 'Alerts with tier="gold" are never silenced from here.'}),
        (
            {"labels_0": [], "matchers": "team!=db"},
            {"matchers": "At least one matcher has to name something: these match nearly every alert."},
        ),
    ],
)
def test_what_is_wrong_is_said_under_the_input_that_it_is_about(
    sandbox: Sandbox, receiver: Receiver, modal: Modal, values: dict[str, Any], errors: dict[str, str]
) -> None:
    assert sandbox.slack_hand.submit(modal, values).problem is None
    assert errors == modal.errors
    assert (sandbox.slack_hand.views, receiver.rows()) == ([modal], 0)


@pytest.mark.parametrize("typed", ["team", "a=b\n=x", 'a=b\nc="', 'a=b\nc="d", e', "a=b\nc=~(", "a=b\n!~x"])
def test_a_line_that_is_no_matcher_is_named(sandbox: Sandbox, modal: Modal, typed: str) -> None:
    sandbox.slack_hand.submit(modal, {"matchers": typed})
    assert modal.errors.keys() == {"matchers"}
    assert modal.errors["matchers"].startswith("Line 2: " if "\n" in typed else "Line 1: ")


def test_more_than_a_view_can_carry_is_refused(sandbox: Sandbox, receiver: Receiver, modal: Modal) -> None:
    typed = "\n".join(f"l{number}=v" for number in range(290))
    sandbox.slack_hand.submit(modal, {"matchers": typed})
    assert modal.errors == {
        "matchers": "That is more than Slack can carry. Please use fewer matchers, or shorter ones."
    }


def test_what_has_resolved_meanwhile_is_not_silenced_by_itself(
    sandbox: Sandbox, receiver: Receiver, message: Message, modal: Modal
) -> None:
    over = alert(firing=False, resolved_at=system_clock(), version=2)
    with receiver.store.begin() as connection:
        alerts.change(connection, [over], system_clock())
    sandbox.slack_hand.submit(modal)
    assert modal.errors == {"labels_0": "It is already resolved, so there is nothing to silence."}
    assert shown(previewed(sandbox, modal, labels_0=["0"])).startswith("*This hides 2 open alerts*")


def test_an_alert_that_is_gone_is_said_to_be(sandbox: Sandbox, receiver: Receiver, modal: Modal) -> None:
    with receiver.store.begin() as connection:
        connection.exec_driver_sql("DELETE FROM alerts")
    sandbox.slack_hand.submit(modal)
    assert modal.errors == {"for": "This alert is no longer kept here."}


def test_without_a_database_the_modal_says_that_nothing_was_done(
    sandbox: Sandbox, receiver: Receiver, modal: Modal
) -> None:
    with receiver.store.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE alerts RENAME TO gone")
    assert sandbox.slack_hand.submit(modal).problem is None
    assert modal.errors == {"for": "Not done: the database does not answer. Please try again."}


def test_what_could_not_be_stored_is_said_in_the_preview_and_can_be_confirmed_again(
    sandbox: Sandbox, receiver: Receiver, modal: Modal
) -> None:
    preview = previewed(sandbox, modal)
    with no_inbox(receiver.store):
        for _ in range(2):
            assert sandbox.slack_hand.submit(preview).problem is None
            assert shown(preview).count("⚠️ *Not recorded: please try again.*\n*This hides 1 open") == 1
    assert sandbox.slack_hand.submit(preview).problem is None
    assert (len(stored(receiver)), sandbox.slack_hand.views) == (1, [])


def test_a_database_that_hangs_is_said_in_time(
    sandbox: Sandbox, receiver: Receiver, modal: Modal, lock: WriteLock
) -> None:
    preview = previewed(sandbox, modal)
    lock.hold()
    began = time.monotonic()
    assert sandbox.slack_hand.submit(preview).problem is None
    assert time.monotonic() - began < 3
    assert "Not recorded" in shown(preview)


def test_a_modal_that_does_not_open_is_stored_and_said(
    sandbox: Sandbox, receiver: Receiver, message: Message
) -> None:
    request = sandbox.slack_hand.build_choice(message, "silence", f"{ALERT}:2:more")
    assert sandbox.slack_hand.repeat(request).problem is None
    sandbox.slack_hand.close(sandbox.slack_hand.views[-1])
    assert sandbox.slack_hand.repeat(request).problem is None
    (apology,) = stored(receiver)
    assert isinstance(apology, Apology)
    assert apology.text == "The silence could not be opened; please try again."


def test_a_message_whose_alert_is_gone_says_so_instead_of_asking_to_try_again(
    sandbox: Sandbox, receiver: Receiver, message: Message
) -> None:
    with receiver.store.begin() as connection:
        connection.exec_driver_sql("DELETE FROM alerts")
    assert sandbox.slack_hand.choose(message, "silence", f"{ALERT}:2:more").problem is None
    (modal,) = sandbox.slack_hand.views
    assert (shown(modal), receiver.rows()) == ("This alert is no longer kept here.", 0)
    assert "submit" not in modal.view


def test_an_alert_with_many_hostile_labels_gets_a_modal_and_a_preview(
    sandbox: Sandbox, receiver: Receiver, api: Api
) -> None:
    labels = {f"l{number:02}": "<!channel>&\n`*" * 40 for number in range(45)} | {"alertname": "<@U0ADA>"}
    many = alert(labels=labels)
    keep(receiver, many)
    message = show(sandbox, api, many)
    assert sandbox.slack_hand.choose(message, "silence", f"{ALERT}:2:more").problem is None
    modal = sandbox.slack_hand.views[-1]
    blocks = [
        block
        for block in modal.view["blocks"]
        if block["block_id" if "block_id" in block else "type"].startswith("labels")
    ]
    assert [len(block["element"]["options"]) for block in blocks] == [10, 10, 10]
    assert "16 other labels" in blocks[0]["hint"]["text"]
    preview = previewed(sandbox, modal)
    assert "<!channel>" not in orjson.dumps(preview.view).decode()
    assert sandbox.slack_hand.submit(preview).problem is None
    (made,) = stored(receiver)
    assert (made.like, made.matchers) == ((), ())


def test_a_preview_that_is_confirmed_twice_is_one_silence(
    sandbox: Sandbox, receiver: Receiver, modal: Modal
) -> None:
    """Who did not see the answer presses again: another request, of the same view."""
    preview = previewed(sandbox, modal)
    hand = sandbox.slack_hand
    first, second = (hand.build_submit(preview) for _ in range(2))
    assert first.body != second.body
    assert [hand.repeat(each).problem for each in (first, second)] == [None, None]
    assert receiver.rows() == 1
