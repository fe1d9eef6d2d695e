"""What is stored about incidents reads back as it was written, and keeps what may still be open."""

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from core.targets.pagerduty_remote import Entry, read, write

TIMES = st.datetimes(timezones=st.timezones()).map(lambda at: datetime.fromisoformat(at.isoformat()))
ENTRIES = st.lists(
    st.builds(
        Entry,
        occurrence=st.integers(1, 20),
        dedup_key=st.text(min_size=1),
        routing_key=st.text(min_size=1),
        since=st.text(),
        triggered=st.booleans(),
        resolved=st.booleans(),
        abandoned=st.none() | st.text(min_size=1),
        incident_id=st.none() | st.text(min_size=1),
        number=st.none() | st.integers(),
        html_url=st.none() | st.text(min_size=1),
        looked=st.integers(0, 4),
        look_at=st.none() | TIMES,
    ),
    unique_by=lambda entry: entry.occurrence,
).map(lambda entries: sorted(entries, key=lambda entry: entry.occurrence))


@given(ENTRIES)
def test_the_newest_and_every_open_entry_read_back_as_written(entries: list[Entry]) -> None:
    expected = [entry for entry in entries if not entry.closed or entry is entries[-1]]
    assert expected == read(write(entries))


@given(ENTRIES)
def test_writing_what_was_read_changes_nothing(entries: list[Entry]) -> None:
    stored = write(entries)
    assert stored == write(read(stored))


def test_an_entry_with_the_least_that_was_ever_stored_reads_well() -> None:
    stored = {"incidents": [{"occurrence": 1, "dedup_key": "one:1", "routing_key": "key"}]}
    assert [Entry(1, "one:1", "key")] == read(stored)


def test_nothing_known_is_an_empty_object() -> None:
    assert read({}) == []
    assert write([]) == {}


def test_the_routing_key_is_not_shown() -> None:
    assert "routing-key-nobody-has" not in repr(Entry(1, "one:1", "routing-key-nobody-has"))
