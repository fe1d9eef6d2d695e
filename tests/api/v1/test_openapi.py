"""The OpenAPI document: complete, sound, and true of what the API answers."""

import re
from collections.abc import Iterator
from typing import Any

import flask
import pytest

from api.app import create_app
from api.authentication import Authentication
from api.parts import Parts
from api.v1.openapi import document
from core.domain.alert import Alert
from tests.api.v1.conftest import Api

DOCUMENT = document("/api/v1")
OPERATIONS = {
    (method.upper(), path): operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}
SCHEMAS = DOCUMENT["components"]["schemas"]
TYPES = {"string": str, "object": dict, "array": list, "boolean": bool, "null": type(None)}


def faults(value: Any, schema: dict[str, Any], where: str = "$") -> Iterator[str]:
    """Where a value is not what JSON Schema says; knows the words that the document uses and no others."""
    known = {"type", "format", "enum", "pattern", "description", "examples", "default", "$ref", "items"}
    known |= {"properties", "required", "additionalProperties"}
    known |= {"minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "anyOf"}
    assert schema.keys() <= known, schema.keys() - known
    if "$ref" in schema:
        yield from faults(value, resolve(schema["$ref"]), where)
        return
    if "anyOf" in schema:
        tried = [list(faults(value, each, where)) for each in schema["anyOf"]]
        yield from () if [] in tried else tried[0]
        return
    types = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    if not any(is_a(value, name) for name in types):
        yield f"{where}: {value!r} is no {types}"
    elif value not in schema.get("enum", [value]):
        yield f"{where}: {value!r} is none of {schema['enum']}"
    elif isinstance(value, str):
        yield from text_faults(value, schema, where)
    elif isinstance(value, dict):
        yield from object_faults(value, schema, where)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from faults(item, schema["items"], f"{where}[{index}]")
    elif isinstance(value, int) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield f"{where}: {value} is out of bounds"


def text_faults(value: str, schema: dict[str, Any], where: str) -> Iterator[str]:
    if not re.search(schema.get("pattern", ""), value):
        yield f"{where}: {value!r} does not match"
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        yield f"{where}: {value!r} is too short or too long"
    if schema.get("format") == "date-time" and not re.fullmatch(r"[\d-]{10}T[\d:.]{8,15}(Z|\+00:00)", value):
        yield f"{where}: {value!r} is no time"


def object_faults(value: dict[str, Any], schema: dict[str, Any], where: str) -> Iterator[str]:
    if "properties" not in schema and "additionalProperties" not in schema:
        return
    yield from (f"{where}: lacks {name}" for name in schema.get("required", ()) if name not in value)
    for name, item in value.items():
        inner = schema.get("properties", {}).get(name) or schema.get("additionalProperties")
        if inner:
            yield from faults(item, inner, f"{where}.{name}")
        else:
            yield f"{where}: {name} is unknown"


def is_a(value: Any, name: str) -> bool:
    if name in ("integer", "number"):
        return isinstance(value, int if name == "integer" else int | float) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def resolve(ref: str) -> dict[str, Any]:
    assert ref.startswith("#/components/schemas/")
    return dict(SCHEMAS[ref.rpartition("/")[2]])


def inside(node: Any) -> Iterator[dict[str, Any]]:
    """Every object of the document."""
    if isinstance(node, dict):
        yield node
        for inner in node.values():
            yield from inside(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from inside(inner)


def test_the_document_is_what_the_api_answers(api: Api) -> None:
    assert api.get("/openapi.json").json == DOCUMENT
    assert DOCUMENT["openapi"] == "3.1.0"
    assert {"title", "version"} <= DOCUMENT["info"].keys()


def test_every_route_is_described_and_no_other(api: Api) -> None:
    app: flask.Flask = create_app(parts_of(api))
    routes = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert routes == OPERATIONS.keys()


def parts_of(api: Api) -> Parts:
    receiver = api.receiver
    return Parts(
        intake=receiver.intake,
        store=receiver.store,
        clock=receiver.intake._clock,
        authentication=Authentication(),
        max_body_bytes=1,
        migrated=lambda: True,
    )


def test_every_reference_leads_to_a_schema_and_every_schema_is_used() -> None:
    refs = {node["$ref"] for node in inside(DOCUMENT) if "$ref" in node}
    assert {f"#/components/schemas/{name}" for name in SCHEMAS} == refs


def test_every_operation_has_a_name_of_its_own_and_says_what_it_answers() -> None:
    names = [operation["operationId"] for operation in OPERATIONS.values()]
    assert len(names) == len(set(names))
    for (_, path), operation in OPERATIONS.items():
        assert operation["summary"]
        assert {"200", "400", "401", "503"} <= operation["responses"].keys()
        assert all(answer["description"] for answer in operation["responses"].values())
        in_path = [one["name"] for one in operation["parameters"] if one["in"] == "path"]
        assert re.findall(r"{(\w+)}", path) == in_path
        assert all(one["required"] for one in operation["parameters"] if one["in"] == "path")


def test_every_example_is_one_of_what_it_stands_for() -> None:
    examples = [(node, example) for node in inside(DOCUMENT) for example in node.get("examples", ())]
    assert len(examples) > 30
    assert [fault for schema, example in examples for fault in faults(example, schema)] == []


def test_every_field_says_what_it_means() -> None:
    fields = [
        (name, field, told) for name, each in SCHEMAS.items() for field, told in each["properties"].items()
    ]
    assert [f"{name}.{field}" for name, field, told in fields if not told.get("description")] == []


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/alerts", None, "200"),
        ("/alerts?limit=0", None, "400"),
        ("/alerts/{id}", None, "200"),
        ("/alerts/none", None, "404"),
        ("/summary?all=true", None, "200"),
        ("/alerts/{id}/acknowledge", {"note": "mine"}, "200"),
        ("/alerts/{id}/unacknowledge", {}, "409"),
        ("/alerts/{id}/notes", {}, "400"),
    ],
)
@pytest.mark.usefixtures("ingester")
def test_what_is_answered_is_as_it_is_described(
    api: Api, alert: Alert, path: str, body: Any, status: str
) -> None:
    """Each answer by the schema of its status, down to the last field."""
    address = path.format(id=alert.id)
    method = "GET" if body is None else "POST"
    reply = api.get(address) if body is None else api.post(address, body)
    template = re.sub(r"/alerts/[^/?]+", "/alerts/{alert_id}", path).partition("?")[0]
    answers = OPERATIONS[(method, f"/api/v1{template}")]["responses"]
    assert status == str(reply.status)
    schema = answers[status]["content"]["application/json"]["schema"]
    assert list(faults(reply.json, schema)) == []


@pytest.mark.usefixtures("worker", "alert")
def test_what_is_answered_about_silences_is_as_it_is_described(api: Api) -> None:
    """From its making to its end, with an alert that it hides."""
    wanted = {"matchers": ['alertname="HighLatency"'], "duration": "2h"}
    asked: list[tuple[str, str, Any]] = [
        ("POST", "/silences", {**wanted, "dry_run": True}),
        ("POST", "/silences", wanted),
        ("GET", "/silences", None),
        ("GET", "/alerts", None),
        ("GET", "/silences/{silence_id}", None),
        ("PATCH", "/silences/{silence_id}", {"extend_by": "1h"}),
        ("DELETE", "/silences/{silence_id}", None),
        ("DELETE", "/silences/{silence_id}", None),
        ("PATCH", "/silences/{silence_id}", {}),
    ]
    told = []
    for method, path, body in asked:
        made = api.get("/silences?phase=active&phase=expired").json["silences"]
        reply = api.ask(method, path.format(silence_id=made[0]["id"] if made else ""), body)
        answers = OPERATIONS[(method, f"/api/v1{path}")]["responses"]
        told.append(reply.status)
        schema = answers[str(reply.status)]["content"]["application/json"]["schema"]
        assert list(faults(reply.json, schema)) == []
    assert [*[200] * 7, 409, 400] == told


def test_the_check_of_these_tests_finds_faults() -> None:
    schema = {"$ref": "#/components/schemas/Error"}
    assert list(faults({"error": 5}, schema)) == ["$: lacks message", "$.error: 5 is no ['string']"]
    assert list(faults({"error": "", "message": "", "x": 1}, schema)) == ["$: x is unknown"]
    assert list(faults("2026", {"type": "string", "format": "date-time"}))
