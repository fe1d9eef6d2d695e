"""What the API answers about silences, field by field."""

from marshmallow import Schema, fields

from api.v1.answer_fields import about, flag, moment, text, whole
from core.domain.alert import State
from core.domain.silence import Phase
from core.store.places import Standing

_ALERT = "019aafc0-5f80-7c3d-9a51-2f6d1c0b7e44"
_ID = "019aafd1-1c20-7a52-8f0e-6b7a9d2c4e10"


class Matcher(Schema):
    """One matcher, as Alertmanager's own API has it."""

    name = text("The label.", "alertname")
    value = text("The value, or the regular expression that all of the value has to match.", "HighCPU")
    is_regex = flag(
        "Whether that is a regular expression.", example=False, data_key="isRegex", attribute="isRegex"
    )
    is_equal = flag("False: it must not match.", example=True, data_key="isEqual", attribute="isEqual")


class Copy(Schema):
    """One Alertmanager's view of a silence."""

    target = text("Its name.", "alertmanager:default")
    standing = fields.Enum(
        Standing, by_value=True, required=True, metadata=about("Whether it has the newest state.")
    )
    since = moment("Since when it has been behind.", none=True)
    id = text("The silence's id there.", _ID, none=True, attribute="remote_id")
    error = text("What came in the way.", none=True)


class Silence(Schema):
    """One silence as it is now."""

    id = text("Its id.", _ID)
    short_id = text("The shortest beginning of the id that leads to no other silence.", "019aafd1")
    phase = fields.Enum(Phase, by_value=True, required=True, metadata=about("Where it stands in its life."))
    matchers = fields.List(
        fields.Nested(Matcher), required=True, metadata=about("What it is about: all of them have to match.")
    )
    scope = text("The Alertmanager whose alerts it is about; null: all of them.", "default", none=True)
    start_at = moment("When it begins.")
    end_at = moment("When it ends.")
    reason = text("Why.", "deploy")
    by = text("Who made it.", "Ada Example", attribute="created_by_name")
    by_id = text("Who that is there.", "slack:U0ADA", attribute="created_by")
    source = text("Where it was made: slack, api or alertmanager.", "slack")
    created_at = moment("When it was made.")
    changed_by = text("Who changed it last.", "Ada Example", none=True, attribute="changed_by_name")
    changed_at = moment("When that was.", none=True)
    alert_id = text("The alert that it was made from.", _ALERT, none=True)
    acknowledges = flag("Whether it goes with an acknowledgement; then it hides nothing here.", example=False)
    hides = whole("How many open alerts it hides now.", 3)
    targets = fields.List(
        fields.Nested(Copy),
        required=True,
        metadata=about("Each Alertmanager that has to know of it, by the target's name."),
    )


class SilenceRecord(Schema):
    """One row of the record of silences."""

    silence_id = text("Which silence.", _ID)
    action = text("What was done.", "silenced")
    source = text("Where it was done: slack, api or alertmanager.", "api")
    by = text("Who did it.", "release-bot", attribute="by_name")
    by_id = text("Who that is there.", "api:release-bot", attribute="by")
    end_at = moment("The end that was agreed on then.")
    reason = text("The reason that was given then.", "deploy", none=True)
    at = moment("When.")


class SilenceWithRecord(Silence):
    """One silence and its record."""

    record = fields.List(
        fields.Nested(SilenceRecord), required=True, metadata=about("What was done to it, oldest first.")
    )


class Silences(Schema):
    """Silences, the first to end on top; those that have ended last."""

    silences = fields.List(fields.Nested(Silence), required=True, metadata=about("At most as many as asked."))
    more = flag("Whether there are others behind these.", example=False)


class Hidden(Schema):
    """One alert that would be hidden."""

    id = text("Its id.", _ALERT)
    name = text("The label alertname.", "HighCPU")
    instance = text("The label instance.", "web-1:9100")
    severity = text("The label severity, in lower case; empty where there is none.", "critical")
    state = fields.Enum(State, by_value=True, required=True, metadata=about("What it is now."))
    source = text("The Alertmanager that it came from.", "default")


class Preview(Schema):
    """What a silence would do, were it made now."""

    matchers = fields.List(
        fields.Nested(Matcher), required=True, metadata=about("What it would be about: all have to match.")
    )
    start_at = moment("When it would begin.")
    end_at = moment("When it would end.")
    hides = whole("How many open alerts it would hide now.", 3, attribute="count")
    already = whole("How many of these another silence hides.", 0)
    alerts = fields.List(
        fields.Nested(Hidden), required=True, metadata=about("At most ten of them, the most severe first.")
    )
    objections = fields.List(
        fields.String(),
        required=True,
        metadata=about("Why it may not be made, in sentences; none where it may.", []),
    )


class SilenceDone(Schema):
    """It is done."""

    silence = fields.Nested(Silence, required=True, metadata=about("The silence as it is now."))
    record = fields.Nested(SilenceRecord, required=True, metadata=about("What stands on record."))


class SilenceMade(Schema):
    """It is made; or, with `dry_run`, what it would do."""

    silence = fields.Nested(Silence, metadata=about("The silence as it is now; absent of a dry run."))
    record = fields.Nested(SilenceRecord, metadata=about("What stands on record; absent of a dry run."))
    preview = fields.Nested(Preview, metadata=about("What it would do; of a dry run only."))
