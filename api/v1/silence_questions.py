"""What the API may be asked of silences: parameters and bodies, checked and described by these schemas."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from api.v1.questions import Question, how_many
from api.v1.reads import Reads
from core.domain import span
from core.domain.errors import Malformed
from core.domain.matcher import Matcher, from_json, parse
from core.domain.silence import Phase
from core.store.types import FIRST, LAST

LONGEST_REASON = 500
_MOST_MATCHERS = 100
_ENDS = ("duration", "end_at", "extend_by")


class AnyMatcher(fields.Field[Any]):
    """As Alertmanager writes it, or as its API has it."""

    json_schema: ClassVar[dict[str, Any]] = {
        "type": ["string", "object"],
        "properties": {
            "name": {"type": "string"},
            "value": {"type": "string"},
            "isRegex": {"type": "boolean"},
            "isEqual": {"type": "boolean"},
        },
        "required": ["name", "value"],
    }

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Matcher:
        given = super()._deserialize(value, attr, data, **kwargs)
        try:
            return parse(given) if isinstance(given, str) else from_json(given)
        except Malformed as malformed:
            raise ValidationError(str(malformed)) from None


class Length(Reads):
    """A duration as people type it."""

    @staticmethod
    def reader(text: str) -> Any:
        return span.read(text)


class Moment(fields.AwareDateTime):
    """A time that can be stored."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> datetime:
        at: datetime = super()._deserialize(value, attr, data, **kwargs)
        if not FIRST <= at <= LAST:
            raise ValidationError("It lies too far away.")
        return at.astimezone(UTC)


def _moment(says: str) -> Moment:
    return Moment(
        format="iso",
        load_default=None,
        metadata={"description": says, "examples": ["2026-11-23T14:30:00Z"]},
        error_messages={
            "invalid": "Not a time like 2026-11-23T14:30:00Z.",
            "invalid_awareness": "A time needs its zone: 2026-11-23T14:30:00Z.",
        },
    )


def _length(says: str) -> Length:
    return Length(load_default=None, metadata={"description": says, "examples": ["2h", "1h30m", "2d"]})


def _reason(default: str | None) -> fields.String:
    return fields.String(
        load_default=default,
        validate=validate.Length(max=LONGEST_REASON),
        metadata={"description": "Why.", "examples": ["deploy"]},
    )


def _alert_id(says: str) -> fields.String:
    return fields.String(
        load_default=None,
        validate=validate.Regexp(r"^[0-9a-f-]{1,36}$"),
        metadata={"description": says, "examples": ["019aafc0-5f80-7c3d-9a51-2f6d1c0b7e44"]},
    )


class SilencesQuery(Question):
    """Which silences."""

    phase = fields.List(
        fields.Enum(Phase, by_value=True),
        load_default=(Phase.ACTIVE, Phase.PENDING),
        metadata={"description": "In one of these phases; may be repeated. Else what has not ended."},
    )
    alert = _alert_id("That are about the alert with this id.")
    acknowledges = fields.Boolean(
        load_default=None,
        truthy={"true"},
        falsy={"false"},
        metadata={
            "description": "`false`: none that goes with an acknowledgement; `true`: only such.",
            "examples": [False],
        },
    )
    id_prefix = fields.String(
        load_default=None,
        validate=validate.Regexp(r"^[0-9a-f][0-9a-f-]{0,35}$"),
        metadata={
            "description": "Whose id begins so, in any phase; stands alone or with `limit`.",
            "examples": ["019aafd1"],
        },
    )
    limit = how_many()

    @validates_schema
    def _alone(self, data: dict[str, Any], **_: Any) -> None:
        usual = isinstance(data["phase"], tuple) and data["alert"] is data["acknowledges"] is None
        if data["id_prefix"] and not usual:
            raise ValidationError("It stands alone or with `limit`.", "id_prefix")


class _Reasoned(Question):
    @post_load
    def _strip(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        reason = data["reason"]
        return data | {"reason": reason if reason is None else reason.strip()}


class NewSilence(_Reasoned):
    """What to silence, for how long, and why."""

    matchers = fields.List(
        AnyMatcher(),
        load_default=(),
        validate=validate.Length(
            1, _MOST_MATCHERS, error=f"There are at most {_MOST_MATCHERS} matchers, and at least one."
        ),
        metadata={
            "description": "What it is about: all of them have to match.",
            "examples": [
                ['alertname="HighCPU"', 'instance=~"web-.*"'],
                [{"name": "alertname", "value": "HighCPU", "isRegex": False, "isEqual": True}],
            ],
        },
    )
    alert_id = _alert_id("Instead: exactly the alert with this id.")
    duration = _length("How long it lasts.")
    end_at = _moment("Instead: when it ends.")
    start_at = _moment(
        "When it begins, and `duration` counts from then. Now, if nothing is said or that time has passed."
    )
    reason = _reason("")
    dry_run = fields.Boolean(
        load_default=False,
        truthy={True},
        falsy={False},
        metadata={
            "description": "Make nothing: answer what it would hide and what the rules say against it.",
            "examples": [True],
        },
    )

    @validates_schema
    def _whole(self, data: dict[str, Any], **_: Any) -> None:
        _exactly_one(data, "matchers", "alert_id")
        _exactly_one(data, "duration", "end_at")


class SilenceChange(_Reasoned):
    """A new end, or another reason."""

    duration = _length("How long it lasts from now on.")
    end_at = _moment("Instead: when it ends.")
    extend_by = _length("Instead: how much longer it lasts.")
    reason = _reason(None)

    @validates_schema
    def _something(self, data: dict[str, Any], **_: Any) -> None:
        if data["reason"] is None or any(data[name] for name in _ENDS):
            _exactly_one(data, *_ENDS)


def _exactly_one(data: dict[str, Any], *names: str) -> None:
    given = [name for name in names if data[name]]
    told = ", ".join(f"`{name}`" for name in names)
    if not given:
        raise ValidationError(f"One of {told} is needed.", names[0])
    if len(given) > 1:
        raise ValidationError(f"Only one of {told} at a time.", given[1])
