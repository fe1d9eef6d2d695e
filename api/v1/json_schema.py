"""marshmallow's schemas in the words of JSON Schema 2020-12, as far as ours go. What is not known here raises."""

import enum
from collections.abc import Iterator
from typing import Any

from marshmallow import RAISE, Schema, fields, validate

_TYPES: dict[type[fields.Field[Any]], dict[str, str]] = {
    fields.AwareDateTime: {"type": "string", "format": "date-time"},
    fields.Boolean: {"type": "boolean"},
    fields.Integer: {"type": "integer"},
    fields.Float: {"type": "number"},
    fields.String: {"type": "string"},
}


def properties(schema: type[Schema]) -> dict[str, Any]:
    """An object schema with all of its fields."""
    known = schema().fields
    told: dict[str, Any] = {
        "type": "object",
        "description": described(schema),
        "properties": {field.data_key or name: of_field(field) for name, field in known.items()},
    }
    if required := [field.data_key or name for name, field in known.items() if field.required]:
        told["required"] = required
    return told | ({"additionalProperties": False} if getattr(schema.Meta, "unknown", None) == RAISE else {})


def parameters(schema: type[Schema], place: str) -> Iterator[dict[str, Any]]:
    """The fields as parameters of a query or as headers."""
    for name, field in schema().fields.items():
        told = of_field(field)
        description = told.pop("description", "")
        yield {
            "name": field.data_key or name,
            "in": place,
            "required": field.required,
            "description": description,
            "schema": told,
        }


def of_field(field: fields.Field[Any]) -> dict[str, Any]:
    """The field's values; null too where it may be null."""
    told = _type(field)
    # An absent parameter is None once it is loaded; null itself can only be answered.
    if field.allow_none and field.required:
        told = _or_null(told)
    for validator in field.validators:
        told |= _limits(validator, told)
    if isinstance(field.load_default, str | int | bool) and field.load_default not in ("", False):
        told["default"] = field.load_default
    return {**told, **field.metadata}


def described(schema: type[Schema]) -> str:
    return (schema.__doc__ or "").strip()


def _or_null(told: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [told, {"type": "null"}]} if "$ref" in told else {**told, "type": [told["type"], "null"]}


def _type(field: fields.Field[Any]) -> dict[str, Any]:
    if own := getattr(field, "json_schema", None):
        return dict(own)
    if isinstance(field, fields.Nested):
        return {"$ref": f"#/components/schemas/{type(field.schema).__name__}"}
    if isinstance(field, fields.List):
        return {"type": "array", "items": of_field(field.inner)}
    if isinstance(field, fields.Dict):
        return {"type": "object", "additionalProperties": {"type": "string"}}
    if isinstance(field, fields.Enum):
        members: type[enum.Enum] = field.enum
        return {"type": "string", "enum": [member.value for member in members]}
    return dict(next(told for kind, told in _TYPES.items() if isinstance(field, kind)))


def _limits(validator: Any, told: dict[str, Any]) -> dict[str, Any]:
    if isinstance(validator, validate.Length):
        names = ("minItems", "maxItems") if told["type"] == "array" else ("minLength", "maxLength")
    elif isinstance(validator, validate.Range):
        names = ("minimum", "maximum")
    elif isinstance(validator, validate.Regexp):
        return {"pattern": validator.regex.pattern}
    else:
        raise TypeError(f"no words for {validator!r}")
    bounds = zip(names, (validator.min, validator.max), strict=True)
    return {name: bound for name, bound in bounds if bound is not None}
