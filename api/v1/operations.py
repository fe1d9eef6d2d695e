"""Every address of the API: the routes are made from this table, and so is the OpenAPI document."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from marshmallow import Schema

from api.v1 import answers, questions, silence_answers, silence_questions

Answers = Mapping[int, type[Schema] | None]
"""The schema of each status; None for a JSON object that no schema describes."""

_ALWAYS = {400: answers.Error, 401: answers.Error, 429: answers.Error, 503: answers.Error}


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one path, named after the view that serves it."""

    name: str
    method: str
    path: str
    says: str
    query: type[Schema] | None = None
    headers: type[Schema] | None = None
    body: type[Schema] | None = None
    answers: Answers = field(default_factory=dict)


_REFUSED = {404: answers.Error, 409: answers.Error, 413: answers.Error, 415: answers.Error}


def _act(name: str, path: str, says: str, body: type[Schema] = questions.Act) -> Operation:
    return Operation(
        name=name,
        method="POST",
        path=f"/alerts/<alert_id>/{path}",
        says=says,
        headers=questions.ActHeaders,
        body=body,
        answers={
            200: answers.Done,
            202: answers.Accepted,
            **_ALWAYS,
            **_REFUSED,
        },
    )


def _silence(  # noqa: PLR0917 (a row of the table below)
    name: str, method: str, path: str, says: str, body: type[Schema] | None, done: type[Schema]
) -> Operation:
    return Operation(
        name=name,
        method=method,
        path=f"/silences{path}",
        says=says,
        headers=questions.ActHeaders,
        body=body,
        answers={200: done, 202: answers.Accepted, **_ALWAYS, **_REFUSED},
    )


OPERATIONS = (
    Operation(
        name="list_alerts",
        method="GET",
        path="/alerts",
        says="Alerts, the newest firing first",
        query=questions.AlertsQuery,
        answers={200: answers.Alerts, **_ALWAYS},
    ),
    Operation(
        name="show_alert",
        method="GET",
        path="/alerts/<alert_id>",
        says="One alert with its story",
        answers={200: answers.AlertWithTimeline, **_ALWAYS, 404: answers.Error},
    ),
    _act("acknowledge", "acknowledge", "Acknowledge an alert"),
    _act("unacknowledge", "unacknowledge", "Take an acknowledgement back"),
    _act("resolve", "resolve", "Resolve an alert by hand"),
    _act("note", "notes", "Note something about an alert", questions.Note),
    Operation(
        name="list_silences",
        method="GET",
        path="/silences",
        says="Silences, the first to end on top",
        query=silence_questions.SilencesQuery,
        answers={200: silence_answers.Silences, **_ALWAYS, 404: answers.Error},
    ),
    _silence(
        "make_silence",
        "POST",
        "",
        "Make a silence, or see what it would hide",
        silence_questions.NewSilence,
        silence_answers.SilenceMade,
    ),
    Operation(
        name="show_silence",
        method="GET",
        path="/silences/<silence_id>",
        says="One silence with its record",
        answers={200: silence_answers.SilenceWithRecord, **_ALWAYS, 404: answers.Error},
    ),
    _silence(
        "change_silence",
        "PATCH",
        "/<silence_id>",
        "Give a silence another end or reason",
        silence_questions.SilenceChange,
        silence_answers.SilenceDone,
    ),
    _silence(
        "end_silence", "DELETE", "/<silence_id>", "End a silence now", None, silence_answers.SilenceDone
    ),
    Operation(
        name="summarise",
        method="GET",
        path="/summary",
        says="What a time was like",
        query=questions.SummaryQuery,
        answers={200: answers.Summary, **_ALWAYS},
    ),
    Operation(
        name="describe",
        method="GET",
        path="/openapi.json",
        says="This document",
        answers={200: None, **_ALWAYS},
    ),
)
