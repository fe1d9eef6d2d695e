"""The OpenAPI 3.1 document, made from the table of operations and the schemas that check and dump."""

import re
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from marshmallow import Schema, fields

from api.v1.json_schema import described, parameters, properties
from api.v1.operations import OPERATIONS, Operation

_BEARER = "token"


def document(prefix: str) -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        path = re.sub(r"<(\w+)>", r"{\1}", prefix + operation.path)
        paths.setdefault(path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Alert Bridge",
            "version": version("alert-bridge"),
            "description": "Alerts and what people do about them.",
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
        },
        "security": [{_BEARER: []}],
        "paths": paths,
        "components": {
            "securitySchemes": {_BEARER: {"type": "http", "scheme": "bearer"}},
            "schemas": {name: properties(schema) for name, schema in sorted(_schemas().items())},
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.says,
        "parameters": [
            *(
                {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
                for name in re.findall(r"<(\w+)>", operation.path)
            ),
            *(parameters(operation.query, "query") if operation.query else ()),
            *(parameters(operation.headers, "header") if operation.headers else ()),
        ],
        "responses": {str(status): _response(status, schema) for status, schema in _sorted(operation)},
    }
    if operation.body:
        required = any(field.required for field in operation.body().fields.values())
        told["requestBody"] = {"required": required, "content": _json(operation.body)}
    return told


def _sorted(operation: Operation) -> list[tuple[int, type[Schema] | None]]:
    return sorted(operation.answers.items(), key=lambda item: item[0])


def _response(status: int, schema: type[Schema] | None) -> dict[str, Any]:
    says = HTTPStatus(status).phrase if schema is None or status >= 400 else described(schema)
    return {"description": says, "content": _json(schema)}


def _json(schema: type[Schema] | None) -> dict[str, Any]:
    told = {"type": "object"} if schema is None else {"$ref": f"#/components/schemas/{schema.__name__}"}
    return {"application/json": {"schema": told}}


def _schemas() -> dict[str, type[Schema]]:
    """Those of all bodies and answers, and what is nested in them, by name."""
    found: dict[str, type[Schema]] = {}
    waiting = [each for op in OPERATIONS for each in (op.body, *op.answers.values()) if each]
    while waiting:
        schema = waiting.pop()
        if schema.__name__ not in found:
            found[schema.__name__] = schema
            waiting += _nested(schema)
    return found


def _nested(schema: type[Schema]) -> list[type[Schema]]:
    inner = [field.inner if isinstance(field, fields.List) else field for field in schema().fields.values()]
    return [type(field.schema) for field in inner if isinstance(field, fields.Nested)]
