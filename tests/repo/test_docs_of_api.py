"""docs/api.md tells of every address, parameter and field of the API what the code tells, and of no other."""

import re
from pathlib import Path

import pytest
from marshmallow import Schema

from api.v1 import answers, questions, silence_answers, silence_questions
from api.v1.json_schema import of_field
from api.v1.operations import OPERATIONS
from tests.repo.test_docs_and_code import rows

PAGE = Path("docs/api.md")
TABLES = {
    "Parameter of `GET /api/v1/alerts`": questions.AlertsQuery,
    "Parameter of `GET /api/v1/summary`": questions.SummaryQuery,
    "Field of an alert": answers.Alert,
    "Field of an entry": answers.Entry,
    "Field of a body": questions.Act,
    "Field of a record": answers.Record,
    "Field of a summary": answers.Summary,
    "Parameter of `GET /api/v1/silences`": silence_questions.SilencesQuery,
    "Field of a new silence": silence_questions.NewSilence,
    "Field of a change": silence_questions.SilenceChange,
    "Field of a silence": silence_answers.Silence,
    "Field of a preview": silence_answers.Preview,
    "Field of a silence's record": silence_answers.SilenceRecord,
}


def test_every_operation_is_told_and_no_other() -> None:
    """In the order of the table, with the words of the OpenAPI document."""
    paths = [re.sub(r"<(\w+)>", r"{\1}", one.path) for one in OPERATIONS]
    told = [[f"`{one.method} /api/v1{path}`", one.says] for one, path in zip(OPERATIONS, paths, strict=True)]
    assert told == rows(PAGE, "Endpoint")


@pytest.mark.parametrize("head", TABLES)
def test_every_field_is_told_and_no_other(head: str) -> None:
    """With the words of the OpenAPI document."""
    schema: Schema = TABLES[head]()
    told = [
        [f"`{field.data_key or name}`", of_field(field)["description"]]
        for name, field in schema.fields.items()
    ]
    assert told == rows(PAGE, head)
