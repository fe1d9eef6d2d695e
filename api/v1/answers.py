"""What the API answers, field by field: dumped by these schemas and described by them in the OpenAPI document."""

from marshmallow import Schema, fields

from api.v1.answer_fields import about, moment, text, whole
from core.domain.alert import State
from core.store.places import Standing

_ID = "019aafc0-5f80-7c3d-9a51-2f6d1c0b7e44"


class Error(Schema):
    """Every answer that is not a success."""

    error = text("A word for programs.", "not_found")
    message = text("A sentence for people.", "There is no such alert.")


class Place(Schema):
    """One target's view of an alert."""

    target = text("Its name.", "slack:C0123456")
    standing = fields.Enum(
        Standing, by_value=True, required=True, metadata=about("Whether it shows the newest state.")
    )
    since = moment("Since when it has been behind.", none=True)
    link = text("The message or the incident.", "https://example.pagerduty.com/incidents/Q1", none=True)
    error = text("What came in the way.", none=True)


class Hiding(Schema):
    """The silence that hides an alert."""

    id = text("Its id.", "019aafd1-1c20-7a52-8f0e-6b7a9d2c4e10")
    by = text("Who made it.", "Ada Example", attribute="created_by_name")
    until = moment("When it ends.", attribute="end_at")
    reason = text("Why.", "deploy")


class Alert(Schema):
    """One alert as it is now."""

    id = text("Its id.", _ID)
    short_id = text("The shortest beginning of the id that leads to no other alert.", "019aafc0")
    source = text("The Alertmanager that it came from.", "default")
    fingerprint = text("Alertmanager's name for its labels.", "ed211b8072107ede")
    name = text("The label alertname.", "HighCPU")
    severity = text("The label severity, in lower case; empty where there is none.", "critical")
    state = fields.Enum(State, by_value=True, required=True, metadata=about("What it is now."))
    instance = text("The label instance.", "web-1:9100")
    summary = text("What is wrong, in a line.", "CPU above 90% on web-1")
    description = text("What is wrong, at length.")
    labels = fields.Dict(fields.String(), fields.String(), required=True, metadata=about("All labels."))
    annotations = fields.Dict(
        fields.String(), fields.String(), required=True, metadata=about("All annotations.")
    )
    generator_url = text("The graph behind it.", "http://prometheus.example.com/graph")
    occurrence = whole("How often it has fired, within the deduplication window of each resolve.", 1)
    starts_at = moment("When it began, as Alertmanager says.")
    ends_at = moment("When it ended, as Alertmanager says.", none=True)
    fired_at = moment("When this occurrence was received.")
    acknowledged_at = moment("When this occurrence was acknowledged.", none=True)
    acknowledged_by = text("By whom.", "Ada Example", none=True, attribute="acknowledged_by_name")
    resolved_at = moment("When it was resolved.", none=True)
    closed_at = moment("When somebody resolved it by hand.", none=True)
    closed_by = text("Who that was.", "Ada Example", none=True, attribute="closed_by_name")
    updated_at = moment("When it last changed.")
    silence = fields.Nested(
        Hiding,
        required=True,
        allow_none=True,
        metadata=about("The silence that hides it now; the last to end of several."),
    )
    targets = fields.List(
        fields.Nested(Place), required=True, metadata=about("Where it is shown, by the target's name.")
    )


class Entry(Schema):
    """One line of an alert's story."""

    at = moment("When.")
    what = text(
        "What: fired, fired_again, resolved, reconciled, delivered, not_delivered, or what somebody did.",
        "acknowledged",
    )
    occurrence = whole("Of which occurrence.", 1)
    by = text("Who did it.", "Ada Example", none=True)
    via = text("Where they did it.", "slack", none=True)
    note = text("What they noted.", "Looking at the load balancer.", none=True)
    target = text("Which target was told, or was not.", "slack:C0123456", none=True)
    seconds = whole("How long it burned, or the target had been behind.", 720, none=True)
    error = text("Why a target was not told.", "unreachable", none=True)
    until = moment("Until when it is silenced.", none=True)


class AlertWithTimeline(Alert):
    """One alert and its story."""

    timeline = fields.List(
        fields.Nested(Entry),
        required=True,
        metadata=about("Oldest first; the newest 500 of each kind of entry."),
    )


class Alerts(Schema):
    """A page of alerts, the newest firing first."""

    alerts = fields.List(
        fields.Nested(Alert),
        required=True,
        metadata=about("With `match` a page may be short and still have more behind it."),
    )
    next_cursor = text(
        "Where the next page begins; null at the end.", f"20261123T090000000000_{_ID}", none=True
    )


class Record(Schema):
    """One row of the record of what people did."""

    id = whole("Its number.", 41)
    alert_id = text("Which alert.", _ID)
    occurrence = whole("Which occurrence of it.", 1)
    action = text("What was done.", "acknowledged")
    source = text("Where it was done: slack, pagerduty or api.", "api")
    by = text("Who did it.", "release-bot", attribute="acknowledged_by_name")
    by_id = text("Who that is there.", "api:release-bot", attribute="acknowledged_by_id")
    note = text("What they noted.", none=True)
    at = moment("When.", attribute="acknowledged_at")


class Done(Schema):
    """It is done."""

    alert = fields.Nested(Alert, required=True, metadata=about("The alert as it is now."))
    record = fields.Nested(Record, required=True, metadata=about("What stands on record."))


class Accepted(Schema):
    """It is stored and will be done; nobody had come to it within two seconds."""

    status = text("That word.", "accepted")


class Count(Schema):
    """How many there are of what is called so."""

    name = text("A severity, an alert's name or a person.", "critical")
    count = whole("How many.", 3)


class Mean(Schema):
    """A mean time."""

    count = whole("Of how many.", 12)
    seconds = fields.Float(required=True, allow_none=True, metadata=about("Null of none.", 240.5))


class Summary(Schema):
    """What a time was like."""

    since = moment("Where it begins; null for all that is stored.", none=True)
    until = moment("Where it ends, without this moment.")
    fired = whole("Occurrences that fired.", 42)
    fired_by_severity = fields.List(
        fields.Nested(Count), required=True, metadata=about("The same by severity.")
    )
    fired_by_name = fields.List(fields.Nested(Count), required=True, metadata=about("The ten most frequent."))
    open_by_severity = fields.List(
        fields.Nested(Count), required=True, metadata=about("What is open now, whatever the period.")
    )
    acknowledged = fields.Nested(
        Mean, required=True, metadata=about("From firing to the first acknowledgement of each occurrence.")
    )
    resolved = fields.Nested(Mean, required=True, metadata=about("From firing to resolve."))
    acknowledged_by = fields.List(
        fields.Nested(Count), required=True, metadata=about("The ten who acknowledged most.")
    )
