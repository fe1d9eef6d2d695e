"""What the API may be asked: parameters, headers and bodies, checked and described by these schemas."""

from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate, validates_schema

from api.v1.reads import Reads
from core.domain.alert import State
from core.domain.matcher import parse
from core.store.listing import read_cursor

MOST = 200
_USUAL = 50
_LONGEST_NOTE = 3000
_MOST_OCCURRENCES = 2**31 - 1


class Question(Schema):
    """What is not named here is a fault: a slip of the pen must not pass for all alerts."""

    class Meta:
        unknown = RAISE


class _Matcher(Reads):
    @staticmethod
    def reader(text: str) -> Any:
        return parse(text)


class _Cursor(Reads):
    @staticmethod
    def reader(text: str) -> Any:
        return read_cursor(text)


def how_many() -> fields.Integer:
    return fields.Integer(
        load_default=_USUAL,
        validate=validate.Range(1, MOST),
        metadata={
            "description": "How many at most: 1 to 200, or 50 if nothing is said.",
            "examples": [_USUAL],
        },
    )


def moment(text: str) -> fields.AwareDateTime:
    return fields.AwareDateTime(
        format="iso",
        load_default=None,
        metadata={"description": text, "examples": ["2026-11-23T09:00:00Z"]},
        error_messages={
            "invalid": "Not a time like 2026-11-23T09:00:00Z.",
            "invalid_awareness": "A time needs its zone: 2026-11-23T09:00:00Z.",
        },
    )


def text(text: str, example: str, length: int) -> fields.String:
    return fields.String(
        load_default=None,
        validate=validate.Length(1, length),
        metadata={"description": text, "examples": [example]},
    )


class AlertsQuery(Question):
    """Which alerts, newest firing first."""

    state = fields.List(
        fields.Enum(State, by_value=True),
        load_default=(),
        metadata={"description": "In one of these states; may be repeated."},
    )
    severity = fields.List(
        fields.String(validate=validate.Length(1, 64)),
        load_default=(),
        metadata={
            "description": "With one of these severities; may be repeated.",
            "examples": [["critical"]],
        },
    )
    match = fields.List(
        _Matcher(),
        load_default=(),
        validate=validate.Length(max=20),
        metadata={
            "description": "Whose labels match all of these, with `=`, `!=`, `=~` or `!~`; may be repeated.",
            "examples": [['team="db"']],
        },
    )
    source = fields.String(
        load_default=None,
        validate=validate.Regexp(r"^[A-Za-z0-9._-]{1,64}$"),
        metadata={"description": "From this Alertmanager.", "examples": ["default"]},
    )
    name = text("With this alertname.", "HighCPU", 255)
    since = moment("Fired at this time or later.")
    until = moment("Fired before this time.")
    id_prefix = fields.String(
        load_default=None,
        validate=validate.Regexp(r"^[0-9a-f][0-9a-f-]{0,35}$"),
        metadata={
            "description": "Whose id begins so; stands alone or with `limit`.",
            "examples": ["019aafc0"],
        },
    )
    cursor = _Cursor(
        load_default=None,
        metadata={"description": "`next_cursor` of the page before, with the same filters."},
    )
    limit = how_many()

    @validates_schema
    def _alone(self, data: dict[str, Any], **_: Any) -> None:
        others = {name for name, value in data.items() if value not in (None, (), []) and name != "limit"}
        if "id_prefix" in others and len(others) > 1:
            raise ValidationError("It stands alone or with `limit`.", "id_prefix")


class SummaryQuery(Question):
    """Which time. The last 24 hours, if nothing is said."""

    since = moment("Where it begins.")
    until = moment("Where it ends; now, if nothing is said.")
    all = fields.Boolean(
        load_default=False, metadata={"description": "All that is stored, up to `until`.", "examples": [True]}
    )

    @validates_schema
    def _one_begin(self, data: dict[str, Any], **_: Any) -> None:
        if data["all"] and data["since"]:
            raise ValidationError("It excludes `since`.", "all")
        if data["since"] and data["until"] and data["since"] > data["until"]:
            raise ValidationError("It lies after `until`.", "since")


class Act(Question):
    """Which occurrence, and what there is to say about it."""

    occurrence = fields.Integer(
        strict=True,
        load_default=None,
        validate=validate.Range(1, _MOST_OCCURRENCES),
        metadata={"description": "The one that is meant; the newest, if nothing is said.", "examples": [1]},
    )
    note = fields.String(
        load_default="",
        validate=validate.Length(1, _LONGEST_NOTE),
        metadata={"description": "A note for the record.", "examples": ["Looking at the load balancer."]},
    )

    @post_load
    def _strip(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return data | {"note": data["note"].strip()}


class Note(Act):
    """What there is to say, and about which occurrence."""

    note = fields.String(
        required=True,
        validate=[validate.Length(1, _LONGEST_NOTE), validate.Regexp(r"[\s\S]*\S", error="It is blank.")],
        metadata={"description": "What is noted.", "examples": ["Looking at the load balancer."]},
    )


class ActHeaders(Schema):
    """What goes before an act."""

    key = fields.String(
        data_key="Idempotency-Key",
        load_default=None,
        validate=[
            validate.Length(1, 255),
            validate.Regexp(r"^[\x21-\x7e]+$", error="It is not plain ASCII."),
        ],
        metadata={
            "description": "A name for this request: sent again with the same one it is done once.",
            "examples": ["9b2f6c1e"],
        },
    )
