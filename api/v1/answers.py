"""What the API answers, field by field: dumped by these schemas and described by them in the OpenAPI document."""

from typing import Any

from marshmallow import Schema, fields

from core.domain.alert import State
from core.store.places import Standing

_ID = "019aafc0-5f80-7c3d-9a51-2f6d1c0b7e44"


def _about(text: str, example: Any = None) -> dict[str, Any]:
    return {"description": text} if example is None else {"description": text, "examples": [example]}


def _moment(text: str, *, none: bool = False, **options: Any) -> fields.AwareDateTime:
    return fields.AwareDateTime(
        required=True, allow_none=none, metadata=_about(text, "2026-11-23T09:00:00+00:00"), **options
    )


def _text(text: str, example: str | None = None, *, none: bool = False, **options: Any) -> fields.String:
    return fields.String(required=True, allow_none=none, metadata=_about(text, example), **options)


def _whole(text: str, example: int, *, none: bool = False) -> fields.Integer:
    return fields.Integer(required=True, allow_none=none, metadata=_about(text, example))


class Error(Schema):
    """Every answer that is not a success."""

    error = _text("A word for programs.", "not_found")
    message = _text("A sentence for people.", "There is no such alert.")


class Place(Schema):
    """One target's view of an alert."""

    target = _text("Its name.", "slack:C0123456")
    standing = fields.Enum(
        Standing, by_value=True, required=True, metadata=_about("Whether it shows the newest state.")
    )
    since = _moment("Since when it has been behind.", none=True)
    link = _text("The message or the incident.", "https://example.pagerduty.com/incidents/Q1", none=True)
    error = _text("What came in the way.", none=True)


class Alert(Schema):
    """One alert as it is now."""

    id = _text("Its id.", _ID)
    short_id = _text("The shortest beginning of the id that leads to no other alert.", "019aafc0")
    source = _text("The Alertmanager that it came from.", "default")
    fingerprint = _text("Alertmanager's name for its labels.", "ed211b8072107ede")
    name = _text("The label alertname.", "HighCPU")
    severity = _text("The label severity, in lower case; empty where there is none.", "critical")
    state = fields.Enum(State, by_value=True, required=True, metadata=_about("What it is now."))
    instance = _text("The label instance.", "web-1:9100")
    summary = _text("What is wrong, in a line.", "CPU above 90% on web-1")
    description = _text("What is wrong, at length.")
    labels = fields.Dict(fields.String(), fields.String(), required=True, metadata=_about("All labels."))
    annotations = fields.Dict(
        fields.String(), fields.String(), required=True, metadata=_about("All annotations.")
    )
    generator_url = _text("The graph behind it.", "http://prometheus.example.com/graph")
    occurrence = _whole("How often it has fired, within the deduplication window of each resolve.", 1)
    starts_at = _moment("When it began, as Alertmanager says.")
    ends_at = _moment("When it ended, as Alertmanager says.", none=True)
    fired_at = _moment("When this occurrence was received.")
    acknowledged_at = _moment("When this occurrence was acknowledged.", none=True)
    acknowledged_by = _text("By whom.", "Ada Example", none=True, attribute="acknowledged_by_name")
    resolved_at = _moment("When it was resolved.", none=True)
    closed_at = _moment("When somebody resolved it by hand.", none=True)
    closed_by = _text("Who that was.", "Ada Example", none=True, attribute="closed_by_name")
    updated_at = _moment("When it last changed.")
    targets = fields.List(
        fields.Nested(Place), required=True, metadata=_about("Where it is shown, by the target's name.")
    )


class Entry(Schema):
    """One line of an alert's story."""

    at = _moment("When.")
    what = _text(
        "What: fired, fired_again, resolved, reconciled, delivered, not_delivered, or what somebody did.",
        "acknowledged",
    )
    occurrence = _whole("Of which occurrence.", 1)
    by = _text("Who did it.", "Ada Example", none=True)
    via = _text("Where they did it.", "slack", none=True)
    note = _text("What they noted.", "Looking at the load balancer.", none=True)
    target = _text("Which target was told, or was not.", "slack:C0123456", none=True)
    seconds = _whole("How long it burned, or the target had been behind.", 720, none=True)
    error = _text("Why a target was not told.", "unreachable", none=True)


class AlertWithTimeline(Alert):
    """One alert and its story."""

    timeline = fields.List(
        fields.Nested(Entry),
        required=True,
        metadata=_about("Oldest first; the newest 500 of each kind of entry."),
    )


class Alerts(Schema):
    """A page of alerts, the newest firing first."""

    alerts = fields.List(
        fields.Nested(Alert),
        required=True,
        metadata=_about("With `match` a page may be short and still have more behind it."),
    )
    next_cursor = _text(
        "Where the next page begins; null at the end.", f"20261123T090000000000_{_ID}", none=True
    )


class Record(Schema):
    """One row of the record of what people did."""

    id = _whole("Its number.", 41)
    alert_id = _text("Which alert.", _ID)
    occurrence = _whole("Which occurrence of it.", 1)
    action = _text("What was done.", "acknowledged")
    source = _text("Where it was done: slack, pagerduty or api.", "api")
    by = _text("Who did it.", "release-bot", attribute="acknowledged_by_name")
    by_id = _text("Who that is there.", "api:release-bot", attribute="acknowledged_by_id")
    note = _text("What they noted.", none=True)
    at = _moment("When.", attribute="acknowledged_at")


class Done(Schema):
    """It is done."""

    alert = fields.Nested(Alert, required=True, metadata=_about("The alert as it is now."))
    record = fields.Nested(Record, required=True, metadata=_about("What stands on record."))


class Accepted(Schema):
    """It is stored and will be done; nobody had come to it within two seconds."""

    status = _text("That word.", "accepted")


class Count(Schema):
    """How many there are of what is called so."""

    name = _text("A severity, an alert's name or a person.", "critical")
    count = _whole("How many.", 3)


class Mean(Schema):
    """A mean time."""

    count = _whole("Of how many.", 12)
    seconds = fields.Float(required=True, allow_none=True, metadata=_about("Null of none.", 240.5))


class Summary(Schema):
    """What a time was like."""

    since = _moment("Where it begins; null for all that is stored.", none=True)
    until = _moment("Where it ends, without this moment.")
    fired = _whole("Occurrences that fired.", 42)
    fired_by_severity = fields.List(
        fields.Nested(Count), required=True, metadata=_about("The same by severity.")
    )
    fired_by_name = fields.List(
        fields.Nested(Count), required=True, metadata=_about("The ten most frequent.")
    )
    open_by_severity = fields.List(
        fields.Nested(Count), required=True, metadata=_about("What is open now, whatever the period.")
    )
    acknowledged = fields.Nested(
        Mean, required=True, metadata=_about("From firing to the first acknowledgement of each occurrence.")
    )
    resolved = fields.Nested(Mean, required=True, metadata=_about("From firing to resolve."))
    acknowledged_by = fields.List(
        fields.Nested(Count), required=True, metadata=_about("The ten who acknowledged most.")
    )
