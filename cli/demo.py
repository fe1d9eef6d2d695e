"""`demo`: what a night looks like, in a minute, through the real webhooks."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from cli.stage import Json, Stage, Stopped, Trouble, incident_of, message_of, shows, thread_of
from cli.terminal import out
from sandbox import alerts
from sandbox.credentials import ADA, BRUNO, CHIDI

_CPU, _DISK, _ONE_OF_MANY = "HighCPU on web-1", "DiskWillFill on db-1", "HighCPU on web-100"
_PAYMENTS = "PaymentErrors on payments-1"
_STORM = 8
_PAUSE = 2.3  # long enough to find with the eyes what has just changed


def play(_: str, sandbox: str | None, wait: Callable[[float], bool]) -> None:
    """Tell the story, each step once it can be told. Ends early once `wait` says so."""
    stage = Stage(sandbox or "", wait)
    try:
        for words, step in STORY:
            stage.pause(_PAUSE)
            _say(words)
            try:
                step(stage)
            except Trouble as trouble:
                _say(f"  that did not come off: {trouble}")
    except Stopped:
        return
    out(_END.format(sandbox=sandbox))


def _fires(stage: Stage) -> None:
    stage.do("fire", kind="critical")
    stage.see(
        "a message with a link to its incident", lambda state: shows(message_of(state, _CPU), "PagerDuty #")
    )


def _ada_acknowledges(stage: Stage) -> None:
    stage.press(_CPU, "Acknowledge", ADA)
    stage.see("her name on the incident", _acknowledged(_CPU, ADA.name))


def _bruno_notes(stage: Stage) -> None:
    stage.press(_CPU, "Add note", BRUNO)
    stage.write("The autoscaler is at its maximum; I am adding four hosts.", BRUNO)
    stage.see("the note on the incident", lambda state: incident_of(state, _CPU).get("notes"))


def _another_fires(stage: Stage) -> None:
    stage.do("fire", kind="warning")
    stage.see(
        "an incident and a message", lambda state: incident_of(state, _DISK) and message_of(state, _DISK)
    )


def _chidi_acknowledges(stage: Stage) -> None:
    stage.act(_DISK, "acknowledge", CHIDI)
    stage.see("his name in Slack", lambda state: shows(message_of(state, _DISK), f"<@{CHIDI.slack_id}>"))


def _his_time_is_up(stage: Stage) -> None:
    stage.act(_DISK, "time_out", CHIDI)
    stage.see("a line that rings", lambda state: any(one["broadcast"] for one in thread_of(state, _DISK)))


def _ada_resolves(stage: Stage) -> None:
    stage.press(_DISK, "Resolve by hand", ADA)
    stage.see("the incident resolved", _is(_DISK, "resolved"))


def _ada_silences(stage: Stage) -> None:
    stage.do("fire", kind="error")
    stage.see("its incident", lambda state: shows(message_of(state, _PAYMENTS), "PagerDuty #"))
    stage.press(_PAYMENTS, "1 h", ADA)
    stage.see("the message silenced", lambda state: shows(message_of(state, _PAYMENTS), "Silenced by"))
    stage.see("her name on the incident", _acknowledged(_PAYMENTS, ADA.name))
    stage.see("the silence in Alertmanager", _active)


def _somebody_ends_it(stage: Stage) -> None:
    silence = stage.see("the silence in Alertmanager", _active)
    stage.do("alertmanager/expire", id=silence["id"])
    stage.see("a line that rings", lambda state: any(one["broadcast"] for one in thread_of(state, _PAYMENTS)))
    stage.see("the incident triggered again", _is(_PAYMENTS, "triggered"))


def _active(state: Json) -> Json | None:
    return next((one for one in state["silences"] if one["status"]["state"] == "active"), None)


def _storm(stage: Stage) -> None:
    stage.do("storm", count=_STORM)
    stage.see("all of them in both places", _all_shown, 30)


def _all_shown(state: Json) -> bool:
    messages = [one for one in state["messages"] if not one["reply"]]
    return min(len(messages), len(state["incidents"])) >= _STORM + 3


def _pagerduty_goes_down(stage: Stage) -> None:
    stage.do("down", service="pagerduty", down=True)
    stage.press(_ONE_OF_MANY, "Acknowledge", ADA)
    stage.see("what it waits for", lambda state: _waits_for_pagerduty(message_of(state, _ONE_OF_MANY)))


def _waits_for_pagerduty(message: Json) -> bool:
    return shows(message, "telling PagerDuty") or shows(message, "PagerDuty is not answering")


def _pagerduty_comes_back(stage: Stage) -> None:
    stage.do("down", service="pagerduty", down=False)
    stage.see("her name on the incident", _acknowledged(_ONE_OF_MANY, ADA.name), 60)


def _is_over(stage: Stage) -> None:
    instance = alerts.KINDS["critical"].instances[0]
    stage.do("resolve", fingerprint=alerts.item("critical", instance, datetime.now(UTC))["fingerprint"])
    stage.see("the incident resolved", _is(_CPU, "resolved"))
    stage.see("the message resolved", lambda state: shows(message_of(state, _CPU), "RESOLVED"))
    stage.see(
        "the end in its thread",
        lambda state: any(shows(one, "Resolved after") for one in thread_of(state, _CPU)),
    )


def _is(alert: str, status: str) -> Callable[[Json], bool]:
    return lambda state: incident_of(state, alert).get("status") == status


def _acknowledged(alert: str, name: str) -> Callable[[Json], bool]:
    return lambda state: name in incident_of(state, alert).get("acknowledged_by", [])


STORY: tuple[tuple[str, Callable[[Stage], None]], ...] = (
    ("HighCPU fires on web-1: one message in Slack, one incident in PagerDuty", _fires),
    ("Ada acknowledges it in Slack, and in PagerDuty it is hers", _ada_acknowledges),
    ("Bruno adds a note in Slack, and it stands on the incident", _bruno_notes),
    ("DiskWillFill fires on db-1", _another_fires),
    ("Chidi acknowledges that one in PagerDuty, and Slack has his name", _chidi_acknowledges),
    ("His acknowledgement times out in PagerDuty: Slack rings again", _his_time_is_up),
    ("Ada resolves it by hand in Slack, and PagerDuty closes it", _ada_resolves),
    (
        "PaymentErrors fires; Ada silences it in Slack for an hour, and Alertmanager has the silence",
        _ada_silences,
    ),
    (
        "Somebody ends that silence in Alertmanager: it still fires, so Slack and PagerDuty ring",
        _somebody_ends_it,
    ),
    (f"A storm: {_STORM} more at once, no faster into Slack than Slack allows", _storm),
    (
        "PagerDuty goes down; Ada acknowledges one of them, whose message says what it waits for",
        _pagerduty_goes_down,
    ),
    ("PagerDuty is back, and catches up", _pagerduty_comes_back),
    ("HighCPU is over; its thread tells the whole story", _is_over),
)

_END = """
That is all; the rest is yours, at {sandbox}/
  look at  the thread under HighCPU, its incident (press its title), and at the foot the requests that made it so
  press    Acknowledge, Silence or ⋯; choose on top who you are
  break    take Slack or PagerDuty down, fire alerts and bring it back: nothing is lost, nothing comes twice"""


def _say(text: str) -> None:
    out(f"{time.strftime('%H:%M:%S')}  {text}")
