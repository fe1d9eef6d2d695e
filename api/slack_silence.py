"""A silence with more to say about it: a modal, its checks, and the preview that is seen before anything is made.

All of it happens while a request lasts, for a trigger lasts three seconds. Nothing is stored here.
"""

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from api.errors import json_answer
from api.parts import Parts, SlackParts
from api.patience import NoAnswer
from api.slack_answer import Answer
from api.slack_silence_form import MOST_LABELS, form, notice
from api.slack_silence_preview import Draft, TooMuch, confirmation
from core.domain.alert import Alert, State
from core.domain.errors import Conflict, Malformed
from core.domain.matcher import Matcher, exactly, parse, parse_all
from core.domain.silence_rules import Rules, TooLong
from core.silencing import Preview, preview
from core.sources.slack_silence import Filled, More
from core.sources.slack_silence_view import FOR_BLOCK, LABEL_BLOCKS, MATCHERS_BLOCK, UNTIL_BLOCK
from core.store import alerts
from core.targets.slack_errors import Failure

# Well below the 3 seconds of a trigger, with room to store the click where the modal does not open. Of this the labels
# may take so much that Slack, which answers in a third of a second, has time enough.
OPEN_PATIENCE, LABELS_PATIENCE = 2.3, 1.4
PREVIEW_PATIENCE = 2.3

_AWAY = "Not done: the database does not answer. Please try again."
_GONE = "This alert is no longer kept here."
_RESOLVED = "It is already resolved, so there is nothing to silence."
_NOTHING = "Tick at least one label, or write a matcher."
_TOO_MUCH = "That is more than Slack can carry. Please use fewer matchers, or shorter ones."
_NO_TIME = "Choose when it is to end."
_PAST = "That time has passed."
_OTHER_TIME = "To end it then, choose “Until…” above."
_SMART = str.maketrans("“”„", '"""')

_log = structlog.get_logger()


class Wrong(Exception):
    """One of the inputs, by the name of its block, and what is wrong with it."""

    def __init__(self, block: str, text: str) -> None:
        super().__init__(text)
        self.block = block
        self.text = text


def open_form(parts: Parts, slack: SlackParts, more: More) -> bool:
    """Whether the modal is open now."""
    if not more.trigger_id:
        return False
    until = time.monotonic() + OPEN_PATIENCE
    try:
        alert = slack.patience.ask(lambda: _alert(parts, more.alert_id), LABELS_PATIENCE)
        view = _opening(slack, more, alert)
        slack.patience.ask(lambda: slack.open_view(more.trigger_id, view), until - time.monotonic())
    except (Failure, NoAnswer, SQLAlchemyError) as failure:
        _log.warning("a silence could not be opened", alert=more.alert_id, reason=type(failure).__name__)
        return False
    return True


def _opening(slack: SlackParts, more: More, alert: Alert | None) -> dict[str, Any]:
    """Where the alert is gone nobody is asked to try again: it will not come back."""
    if alert is None:
        return notice(_GONE)
    return form(more, alert.content.name, alert.content.labels, slack.silence_durations)


def check(parts: Parts, slack: SlackParts, filled: Filled) -> Answer:
    """What is wrong, under the input that it is about; or the preview."""
    try:
        draft, seen = slack.patience.ask(lambda: _look(parts, filled), PREVIEW_PATIENCE)
        view = confirmation(draft, seen, "Back")
    except Wrong as wrong:
        return _errors("answered", wrong.block, wrong.text)
    except TooMuch:
        return _errors("answered", MATCHERS_BLOCK, _TOO_MUCH)
    except (SQLAlchemyError, Conflict, NoAnswer) as error:
        _log.error("a silence was not previewed", alert=filled.alert_id, error=type(error).__name__)
        return _errors("unavailable", FOR_BLOCK, _AWAY)
    return "answered", json_answer(200, {"response_action": "push", "view": view})


def _errors(outcome: str, block: str, text: str) -> Answer:
    return outcome, json_answer(200, {"response_action": "errors", "errors": {block: text}})


def _alert(parts: Parts, id_: str) -> Alert | None:
    with parts.store.read() as connection:
        return alerts.load(connection, [id_]).get(id_)


def _look(parts: Parts, filled: Filled) -> tuple[Draft, Preview]:
    """Raises Wrong."""
    others = tuple(_typed(filled.matchers))
    now = parts.clock()
    end_at = _end(filled, now)
    with parts.store.read() as connection:
        alert = alerts.load(connection, [filled.alert_id]).get(filled.alert_id)
        if alert is None:
            raise Wrong(FOR_BLOCK, _GONE)
        chosen = _chosen(filled, alert, others)
        draft = _draft(filled, chosen, now, end_at)
        return draft, _previewed(connection, parts.rules, filled, draft)


def _previewed(connection: Connection, rules: Rules, filled: Filled, draft: Draft) -> Preview:
    seen = preview(connection, rules, draft.matchers, draft.now, draft.end_at, draft.now)
    for objection in seen.objections:
        when = UNTIL_BLOCK if filled.length is None else FOR_BLOCK
        raise Wrong(when if isinstance(objection, TooLong) else MATCHERS_BLOCK, objection)
    return seen


def _typed(text: str) -> Iterator[Matcher]:
    for number, line in enumerate(text.splitlines(), start=1):
        if written := line.strip().rstrip(",").rstrip():
            try:
                # A telephone's keyboard makes curly quotes of straight ones.
                yield from _of_line(written if '"' in written else written.translate(_SMART))
            except Malformed as malformed:
                raise Wrong(MATCHERS_BLOCK, f"Line {number}: {malformed}") from None


def _of_line(text: str) -> tuple[Matcher, ...]:
    """One, whose value may hold blanks without quotes, or else several. Raises Malformed."""
    with suppress(Malformed):
        return (parse(text),)
    return parse_all(text)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Which alerts: all their matchers; the labels that they share with this one; whether it is this one exactly."""

    matchers: tuple[Matcher, ...]
    like: tuple[str, ...] = ()
    exact: bool = False


def _chosen(filled: Filled, alert: Alert, others: tuple[Matcher, ...]) -> _Chosen:
    labels = alert.content.labels
    offered = sorted(labels)[:MOST_LABELS]
    ticked = [name for place, name in enumerate(offered) if place in filled.ticked]
    if not ticked and not others:
        raise Wrong(LABEL_BLOCKS[0] if filled.offered else MATCHERS_BLOCK, _NOTHING)
    if len(ticked) == len(offered):
        ticked = sorted(labels)
        if not others and alert.state is State.RESOLVED:
            raise Wrong(LABEL_BLOCKS[0], _RESOLVED)
    shared = exactly({name: labels[name] for name in ticked})
    if others:
        return _Chosen((*shared, *others))
    exact = len(ticked) == len(labels)
    return _Chosen(shared, () if exact else tuple(ticked), exact)


def _draft(filled: Filled, chosen: _Chosen, now: datetime, end_at: datetime) -> Draft:
    draft = Draft(chosen.matchers, now, end_at, filled.reason, filled.place)
    about = replace(draft, alert_id=filled.alert_id, occurrence=filled.occurrence)
    return replace(about, like=chosen.like, exact=chosen.exact)


def _end(filled: Filled, now: datetime) -> datetime:
    if filled.length is not None:
        if filled.until is not None:
            raise Wrong(UNTIL_BLOCK, _OTHER_TIME)
        return now + filled.length
    if filled.until is None:
        raise Wrong(UNTIL_BLOCK, _NO_TIME)
    if filled.until <= now + timedelta(seconds=1):
        raise Wrong(UNTIL_BLOCK, _PAST)
    return filled.until
