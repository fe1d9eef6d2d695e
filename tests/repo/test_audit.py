"""What is said of pip-audit's answers: a known vulnerability fails, and a closed way to the advisories does not."""

import importlib.util
from typing import Any

import pytest

from tests.repo.tree import ROOT

GOOD: dict[str, Any] = {"name": "flask", "version": "3.1.3", "vulns": []}
BAD: dict[str, Any] = {
    "name": "made-up",
    "version": "1.0",
    "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["1.1"]}, {"id": "PYSEC-2026-2", "fix_versions": []}],
}
UNKNOWN: dict[str, Any] = {"name": "celery", "skip_reason": "could not be audited"}
TABLE: list[tuple[list[dict[str, Any]], int, str]] = [
    ([GOOD, GOOD], 0, "no known vulnerability in 2 packages; 0 could not be audited"),
    ([GOOD, UNKNOWN], 0, "no known vulnerability in 1 packages; 1 could not be audited"),
    ([UNKNOWN, UNKNOWN], 0, "requirements.lock could not be audited: the advisories cannot be reached"),
    ([], 0, "requirements.lock could not be audited: the advisories cannot be reached"),
    ([GOOD, UNKNOWN, BAD], 1, "made-up 1.0: PYSEC-2026-1, mended in 1.1"),
    ([BAD], 1, "made-up 1.0: PYSEC-2026-2, mended in no version yet"),
]


@pytest.mark.parametrize(("packages", "status", "line"), TABLE)
def test_only_a_known_vulnerability_fails(packages: list[dict[str, Any]], status: int, line: str) -> None:
    spec = importlib.util.spec_from_file_location("audit", ROOT / "scripts/audit.py")
    assert spec is not None
    assert spec.loader is not None
    audit = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(audit)
    lines, ended = audit.verdict({"dependencies": packages})
    assert (status, True) == (ended, line in lines)
