"""Times that people type: what they mean, and what they mean where clocks are changed."""

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain import moment
from core.domain.errors import Malformed

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
BERLIN, NEW_YORK, KATHMANDU = (
    ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Asia/Kathmandu")
)


def meant(text: str, zone: tzinfo = UTC, now: datetime = NOW) -> str:
    return f"{moment.read(text).at(now, zone):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("14:30", UTC, "2026-11-23 14:30"),
        ("12:00", UTC, "2026-11-24 12:00"),
        ("9:05", UTC, "2026-11-24 09:05"),
        ("13:30", BERLIN, "2026-11-23 12:30"),
        ("13:00", BERLIN, "2026-11-24 12:00"),
        ("00:30", KATHMANDU, "2026-11-23 18:45"),
        ("tomorrow 9:00", BERLIN, "2026-11-24 08:00"),
        ("Tomorrow 00:00", KATHMANDU, "2026-11-23 18:15"),
        ("2026-11-24 09:00", NEW_YORK, "2026-11-24 14:00"),
        ("2026-11-24T09:00:00", UTC, "2026-11-24 09:00"),
        ("2026-11-24 09:00 UTC", BERLIN, "2026-11-24 09:00"),
        ("2026-11-24T09:00Z", BERLIN, "2026-11-24 09:00"),
        ("14:30 utc", BERLIN, "2026-11-23 14:30"),
        ("2026-11-24 09:00-05:30", BERLIN, "2026-11-24 14:30"),
        ("2026-11-24 09:00 +0200", BERLIN, "2026-11-24 07:00"),
        ("2020-02-29 12:00", UTC, "2020-02-29 12:00"),
        ("14:30 GMT", BERLIN, "2026-11-23 14:30"),
        ("14:30 Europe/Berlin", NEW_YORK, "2026-11-23 13:30"),
        ("tomorrow 9:00 Asia/Kathmandu", BERLIN, "2026-11-24 03:15"),
        ("2026-03-29 02:30 Europe/Berlin", UTC, "2026-03-29 01:30"),
        ("2026-11-24 09:00 America/Argentina/Ushuaia", UTC, "2026-11-24 12:00"),
    ],
)
def test_a_time_is_in_the_zone_of_who_typed_it_and_the_next_there_is(
    text: str, zone: tzinfo, expected: str
) -> None:
    assert expected == meant(text, zone)


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        # Skipped: 02:30 becomes 03:30 of the new time.
        ("2026-03-29 02:30", BERLIN, "2026-03-29 01:30"),
        ("2026-03-29 01:59", BERLIN, "2026-03-29 00:59"),
        ("2026-03-29 03:00", BERLIN, "2026-03-29 01:00"),
        ("2026-03-08 02:30", NEW_YORK, "2026-03-08 07:30"),
        # Twice: the first.
        ("2026-10-25 02:30", BERLIN, "2026-10-25 00:30"),
        ("2026-10-25 03:00", BERLIN, "2026-10-25 02:00"),
        ("2026-11-01 01:30", NEW_YORK, "2026-11-01 05:30"),
        ("2026-11-01 02:00", NEW_YORK, "2026-11-01 07:00"),
    ],
)
def test_a_time_that_is_skipped_moves_forward_and_of_two_the_first_is_meant(
    text: str, zone: tzinfo, expected: str
) -> None:
    assert expected == meant(text, zone)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-10-24T23:00+00:00", "2026-10-25 00:30"),
        # It is 02:45 for the first time: of 02:30 the first has passed, so it is the next day's.
        ("2026-10-25T00:45+00:00", "2026-10-26 01:30"),
        ("2026-03-28T23:00+00:00", "2026-03-29 00:30"),
    ],
)
def test_a_time_of_day_is_the_next_one_also_across_a_change_of_clocks(now: str, expected: str) -> None:
    assert meant("02:30" if "-10-" in now else "01:30", BERLIN, datetime.fromisoformat(now)) == expected


def test_a_time_of_day_that_tonight_skips_is_still_tonights() -> None:
    """At 01:45 clocks are about to go from 02:00 to 03:00."""
    now = datetime(2026, 3, 29, 0, 45, tzinfo=UTC)
    assert meant("02:30", BERLIN, now) == "2026-03-29 01:30"


def test_a_day_is_as_long_as_the_clocks_make_it() -> None:
    """From noon to noon it is 25 hours when they are put back, 23 when forward."""
    for eve, hours in (("2026-10-24", 25), ("2026-03-28", 23)):
        noon = moment.read(f"{eve} 12:00").at(NOW, BERLIN)
        assert moment.read("12:00").at(noon, BERLIN) - noon == timedelta(hours=hours)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "14",
        "25:00",
        "14:60",
        "1430",
        "2026-02-30 09:00",
        "2026-11-24",
        "24.11. 09:00",
        "14:30 CET",
        "14:30 Europe/Berlni",
        "14:30 Europe/",
        "14:30 America/Argentina",
        "14:30 +99:99",
        "٠٩:٠٠",  # noqa: RUF001
        "14:30" + " " * 80,
        "0000-01-01 00:00",
        "14:30 tomorrow",
    ],
)
def test_what_is_no_time_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        moment.read(text).at(NOW, UTC)


@given(
    st.text(max_size=70) | st.from_regex(moment._FORM, fullmatch=True),
    st.sampled_from([UTC, BERLIN, NEW_YORK, KATHMANDU]),
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_whatever_is_typed_is_a_time_or_malformed(text: str, zone: tzinfo, now: datetime) -> None:
    try:
        read = moment.read(text)
        at = read.at(now, zone)
    except Malformed:
        return
    assert at.utcoffset() == timedelta()
    if read.day is None:
        assert timedelta() < at - now < timedelta(hours=50)
