"""Alert ids: valid UUIDv7, the same for the same alert, in the order of time."""

import uuid
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.domain.ids import alert_id

NOW = datetime(2026, 11, 23, 12, 0, 0, 123000, tzinfo=UTC)
times = st.datetimes(datetime(1970, 1, 1), datetime(2400, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")), st.integers(0), times)
def test_every_id_is_a_uuid_of_version_7(source: str, fingerprint: str, seq: int, at: datetime) -> None:
    made = uuid.UUID(alert_id(source, fingerprint, seq, at))
    assert (made.version, made.variant) == (7, uuid.RFC_4122)


def test_an_id_begins_with_its_milliseconds() -> None:
    made = uuid.UUID(alert_id("default", "ed211b8072107ede", 1, NOW))
    assert made.int >> 80 == int(NOW.timestamp()) * 1000 + 123


def test_doing_it_again_makes_the_same_id() -> None:
    assert alert_id("default", "f", 7, NOW) == alert_id("default", "f", 7, NOW)


def test_another_source_alert_or_report_has_another_id() -> None:
    ids = {
        alert_id(source, fingerprint, seq, NOW)
        for source in ("a", "b")
        for fingerprint in ("f", "g")
        for seq in range(50)
    }
    assert len(ids) == 200


@given(times, st.integers(1, 10**9))
def test_a_later_millisecond_sorts_later(at: datetime, milliseconds: int) -> None:
    later = at + timedelta(milliseconds=milliseconds)
    assert alert_id("default", "f", 2, at) < alert_id("default", "f", 1, later)
