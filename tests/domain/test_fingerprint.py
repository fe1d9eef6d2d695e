"""Fingerprints are those of Alertmanager."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.fingerprint import fingerprint


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({}, "cbf29ce484222325"),
        ({"alertname": "TestAlert"}, "dab43189276e5f48"),
        ({"alertname": "Überlast", "job": "é"}, "353220d81c9f70ab"),
        ({"alertname": "HighLatency", "cluster": "eu-1", "severity": "critical"}, "ed211b8072107ede"),
        ({"severity": "critical", "cluster": "eu-1", "alertname": "HighLatency"}, "ed211b8072107ede"),
    ],
)
def test_the_fingerprint_is_alertmanagers(labels: dict[str, str], expected: str) -> None:
    assert fingerprint(labels) == expected


@given(st.dictionaries(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8"))))
def test_the_order_of_labels_does_not_count(labels: dict[str, str]) -> None:
    assert fingerprint(labels) == fingerprint(dict(reversed(labels.items())))
