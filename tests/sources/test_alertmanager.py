"""Alertmanager's payload, read: what is taken, what is spoiled by name, what is refused whole."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.alert import Content
from core.domain.errors import Malformed
from core.sources.alertmanager import MOST_ITEMS, MOST_NAMES, Concluded, check, read, write

RECEIVED = datetime(2026, 11, 23, 12, tzinfo=UTC)


def item(**changed: Any) -> dict[str, Any]:
    return {"status": "firing", "labels": {"alertname": "TestAlert"}, **changed}


def body(*items: Any, **changed: Any) -> bytes:
    return orjson.dumps({"version": "4", "alerts": list(items), **changed})


def only(value: Any) -> Any:
    payload = read(body(value), "main", 7, RECEIVED)
    reports, spoiled = payload.reports, payload.spoiled
    assert spoiled == []
    return reports[0]


def test_an_item_becomes_a_report() -> None:
    given_ = item(
        status="resolved",
        annotations={"summary": "s"},
        startsAt="2026-11-23T10:00:00Z",
        endsAt="2026-11-23T11:00:00+02:00",
        generatorURL="http://prometheus",
        fingerprint="abc",
    )
    report = only(given_)
    assert (
        report.source,
        report.fingerprint,
        report.firing,
        report.seq,
        report.received_at,
    ) == ("main", "abc", False, 7, RECEIVED)
    assert report.content.labels == {"alertname": "TestAlert"}
    assert report.content.annotations == {"summary": "s"}
    assert report.content.generator_url == "http://prometheus"
    assert datetime(2026, 11, 23, 9, tzinfo=UTC) == report.ends_at


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
@pytest.mark.parametrize("absent", [{}, {"fingerprint": ""}, {"fingerprint": None}, {"fingerprint": 5}])
def test_an_absent_fingerprint_is_computed_as_alertmanager_does(
    labels: dict[str, str], expected: str, absent: dict[str, Any]
) -> None:
    assert expected == only(item(labels=labels, **absent)).fingerprint


@pytest.mark.parametrize("odd", ["a b", "a" * 65, "a\n", "é", "'; --"])
def test_an_odd_fingerprint_is_computed_too(odd: str) -> None:
    assert only(item(fingerprint=odd)).fingerprint == "dab43189276e5f48"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-23T10:00:00Z", datetime(2026, 11, 23, 10, tzinfo=UTC)),
        ("2026-11-23t10:00:00z", datetime(2026, 11, 23, 10, tzinfo=UTC)),
        ("2026-11-23T10:00:00.123456789Z", datetime(2026, 11, 23, 10, 0, 0, 123456, tzinfo=UTC)),
        ("2026-11-23T10:00:00.1+05:30", datetime(2026, 11, 23, 4, 30, 0, 100000, tzinfo=UTC)),
        ("2026-11-23T10:00:00-08:00", datetime(2026, 11, 23, 18, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", RECEIVED),
        ("0001-01-01T00:00:00+01:00", RECEIVED),
        (None, RECEIVED),
    ],
)
def test_times_are_read_in_any_zone_and_cut_to_microseconds(text: str | None, expected: datetime) -> None:
    report = only(item(startsAt=text))
    assert (expected, timedelta()) == (report.starts_at, report.starts_at.utcoffset())


@pytest.mark.parametrize("ends_at", [{}, {"endsAt": None}, {"endsAt": "0001-01-01T00:00:00Z"}])
def test_year_1_is_no_end(ends_at: dict[str, Any]) -> None:
    assert only(item(**ends_at)).ends_at is None


def test_the_zone_of_receipt_is_kept_where_there_is_no_start() -> None:
    there = RECEIVED.astimezone(timezone(timedelta(hours=2)))
    assert there == read(body(item()), "main", 1, there).reports[0].starts_at


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (5, "alerts[1] is not an object"),
        ([], "alerts[1] is not an object"),
        ({}, "alerts[1].status is neither firing nor resolved"),
        (item(status="Firing"), "alerts[1].status is neither firing nor resolved"),
        (item(status=["firing"]), "alerts[1].status is neither firing nor resolved"),
        ({"status": "firing"}, "alerts[1].labels is missing"),
        (item(labels=None), "alerts[1].labels is not an object"),
        (item(labels={"a": 1}), "alerts[1].labels has a value that is not a string"),
        (item(labels={"a": True}), "alerts[1].labels has a value that is not a string"),
        (item(annotations=[]), "alerts[1].annotations is not an object"),
        (item(annotations={"a": None}), "alerts[1].annotations has a value that is not a string"),
        (item(generatorURL=5), "alerts[1].generatorURL is not a string"),
        (item(startsAt="yesterday"), "alerts[1].startsAt is not an RFC 3339 time"),
        (item(startsAt="2026-W47-1"), "alerts[1].startsAt is not an RFC 3339 time"),
        (item(startsAt="2026-11-23T10:00:00"), "alerts[1].startsAt is not an RFC 3339 time"),
        (item(startsAt=1763892000), "alerts[1].startsAt is not an RFC 3339 time"),
        (item(endsAt="2026-02-30T10:00:00Z"), "alerts[1].endsAt is not a time that exists"),
        (item(endsAt="9999-12-31T23:59:59-01:00"), "alerts[1].endsAt is not a time that exists"),
    ],
)
def test_a_bad_item_is_spoiled_by_name_and_the_others_go_on(bad: Any, reason: str) -> None:
    payload = read(body(item(fingerprint="a"), bad, item(fingerprint="c")), "main", 1, RECEIVED)
    reports, spoiled = payload.reports, payload.spoiled
    assert [report.fingerprint for report in reports] == ["a", "c"]
    assert [(1, reason, bad)] == [(each.index, each.reason, orjson.loads(each.item)) for each in spoiled]
    assert check(body(item(), bad, item())) == 3


def test_an_item_too_deep_to_write_again_keeps_what_it_can() -> None:
    deep = b"[" * 500 + b"]" * 500
    sent = b'{"version":"4","alerts":[{"status":"x","labels":{"a":"b"},"more":%b},%b]}' % (deep, deep)
    payload = read(sent, "main", 1, RECEIVED)
    reports, spoiled = payload.reports, payload.spoiled
    assert reports == []
    assert orjson.loads(spoiled[0].item) == {
        "status": "x",
        "labels": {"a": "b"},
        "more": "(nested too deeply to keep)",
    }
    assert orjson.loads(spoiled[1].item) == "(nested too deeply to keep)"


def test_what_is_added_later_or_told_oddly_elsewhere_changes_nothing() -> None:
    sent = body(
        item(new={"a": [1]}), groupKey=12345, truncatedAlerts="x", routeLabels=None, status=5, receiver=None
    )
    assert check(sent) == 1
    assert len(read(sent, "main", 1, RECEIVED).reports) == 1


def test_firing_and_resolved_items_stand_side_by_side_whatever_the_group_says() -> None:
    reports = read(body(item(), item(status="resolved"), status="resolved"), "main", 1, RECEIVED).reports
    assert [report.firing for report in reports] == [True, False]


def test_the_same_item_twice_is_two_reports() -> None:
    assert len(read(body(item(), item()), "main", 1, RECEIVED).reports) == 2


REFUSED = [
    (b"", "The body is not JSON"),
    (b"{", "The body is not JSON"),
    (b'{"version":"4","alerts":[{"value":NaN}]}', "The body is not JSON"),
    (b'{"version":"4","alerts":["\\ud800"]}', "The body is not JSON"),
    (b"\xff\xfe{}", "The body is not JSON"),
    (b"[" * 100_000, "The body is not JSON"),
    (b"[" * 100_000 + b"]" * 100_000, "The body is not JSON"),
    (b"[]", "The body is not a JSON object."),
    (b"null", "The body is not a JSON object."),
    (body(item(), version="3"), '`version` must be "4", and it is "3".'),
    (body(item(), version=4), '`version` must be "4", and it is 4.'),
    (body(item(), version={}), '`version` must be "4", and it is an object.'),
    (body(item(), version="4" * 500), '`version` must be "4", and it is "4444444444444444444….'),
    (orjson.dumps({"alerts": [item()]}), '`version` must be "4", and it is missing.'),
    (b'{"version":"4"}', "`alerts` must be a list, and it is missing."),
    (b'{"version":"4","alerts":null}', "`alerts` must be a list, and it is null."),
    (b'{"version":"4","alerts":{}}', "`alerts` must be a list, and it is an object."),
    (body(), "`alerts` is empty."),
    (body(*[5] * (MOST_ITEMS + 1)), "`alerts` has more than 100000 items."),
    (
        body(item(labels={f"l{n}": "" for n in range(MOST_NAMES + 1)})),
        "No item of `alerts` can be used: alerts[0].labels has more than 1000 names.",
    ),
    (body(5, {}), "No item of `alerts` can be used: alerts[0] is not an object."),
]


@pytest.mark.parametrize(("sent", "sentence"), REFUSED, ids=[str(n) for n in range(len(REFUSED))])
def test_what_is_not_the_protocol_is_refused_with_one_sentence(sent: bytes, sentence: str) -> None:
    with pytest.raises(Malformed) as refused:
        check(sent)
    text = str(refused.value)
    assert text.startswith(sentence)
    assert text.endswith(".")
    assert "\n" not in text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
FIELDS = ["status", "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint"]
ITEMS = st.dictionaries(st.sampled_from(FIELDS), JSON | st.sampled_from(["firing", "resolved"]))


def total(sent: bytes) -> None:
    try:
        count = check(sent)
    except Malformed:
        count = 0
    try:
        payload = read(sent, "main", 1, RECEIVED)
        reports, spoiled = payload.reports, payload.spoiled
    except Malformed:
        assert count == 0
    else:
        assert bool(reports) == (count > 0)
        assert count in (0, len(reports) + len(spoiled))
        assert all(orjson.loads(each.item) is not ... for each in spoiled)


@given(JSON)
def test_any_json_is_read_or_refused(value: Any) -> None:
    total(orjson.dumps(value))


@given(st.lists(ITEMS | JSON, max_size=4))
def test_any_items_are_read_or_spoiled(items: list[Any]) -> None:
    total(body(*items))


@given(st.binary())
def test_any_bytes_are_read_or_refused(sent: bytes) -> None:
    total(sent)


CONCLUDED = [
    Concluded("f1", True, Content({"alertname": "A"}, {"summary": "s"}, "http://p"), 0, RECEIVED),
    Concluded("f2", False, Content({"alertname": "B"}, {}), 7),
]


def test_what_was_concluded_is_read_as_it_was_written() -> None:
    """An end without a time, since nobody knows it."""
    payload = read(write(CONCLUDED), "main", 9, RECEIVED)
    assert payload.spoiled == []
    assert [
        Concluded(one.fingerprint, one.firing, one.content, one.if_seq, one.starts_at if one.firing else None)
        for one in payload.reports
        if one.if_seq is not None
    ] == CONCLUDED
    assert {one.ends_at for one in payload.reports} == {None}


def test_nobody_may_send_a_conclusion() -> None:
    """Neither as such, nor as a condition inside a webhook."""
    with pytest.raises(Malformed, match='`version` must be "4"'):
        check(write(CONCLUDED))
    assert only(item(ifSeq=7)).if_seq is None


@pytest.mark.parametrize("wrong", [None, "7", -1, 1.5])
def test_a_conclusion_without_its_condition_is_spoiled(wrong: Any) -> None:
    sent = orjson.dumps({"version": "reconciled", "alerts": [item(ifSeq=wrong)]})
    assert [each.reason for each in read(sent, "main", 1, RECEIVED).spoiled] == [
        "alerts[0].ifSeq is not a number of the inbox"
    ]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [("team-a", "team-a"), (r"team\.a\+b \(x\)", "team.a+b (x)"), (r"a\\b", r"a\b"), (None, ""), (3, "")],
)
def test_the_receiver_is_what_its_configuration_calls_it(sent: Any, expected: str) -> None:
    """Alertmanager sends it as a pattern."""
    assert read(body(item(), receiver=sent), "main", 1, RECEIVED).receiver == expected
