"""Fields of answers, each with what it means and an example of it: the OpenAPI document has both."""

from typing import Any

from marshmallow import fields


def about(says: str, example: Any = None) -> dict[str, Any]:
    return {"description": says} if example is None else {"description": says, "examples": [example]}


def moment(says: str, *, none: bool = False, **options: Any) -> fields.AwareDateTime:
    return fields.AwareDateTime(
        required=True, allow_none=none, metadata=about(says, "2026-11-23T09:00:00+00:00"), **options
    )


def text(says: str, example: str | None = None, *, none: bool = False, **options: Any) -> fields.String:
    return fields.String(required=True, allow_none=none, metadata=about(says, example), **options)


def whole(says: str, example: int, *, none: bool = False, **options: Any) -> fields.Integer:
    return fields.Integer(required=True, allow_none=none, metadata=about(says, example), **options)


def flag(says: str, *, example: bool, **options: Any) -> fields.Boolean:
    return fields.Boolean(required=True, metadata=about(says, example), **options)
