"""What people type behind /silence: what it means, and that whatever else they type has an answer."""

from datetime import date, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.commands.silence_words import Add, Asked, End, Extend, Listing, Usage, read
from core.commands.wrong import Wrong
from core.domain.matcher import Matcher
from core.domain.moment import Moment

HOUR = timedelta(hours=1)
CPU = Matcher("alertname", "HighCPU")
DB = Matcher("team", "db", equal=False)
WEB = Matcher("instance", "web-.*", regex=True)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("", Listing()),
        ("  ", Listing()),
        ("LIST", Listing()),
        ("add\talertname=HighCPU\n2h", Add((CPU,), 2 * HOUR, None, "")),
        ("help", Usage()),
        ("extend 019a 2h", Extend("019a", 2 * HOUR)),
        ("extend 019A-77 1 hour", Extend("019a-77", HOUR)),
        ("end 019abcde", End("019abcde")),
        ("add alertname=HighCPU 2h", Add((CPU,), 2 * HOUR, None, "")),
        ("add alertname=HighCPU for 1h30m", Add((CPU,), 1.5 * HOUR, None, "")),
        (
            "add alertname=HighCPU, team!=db 2 hours deploy  at noon",
            Add((CPU, DB), 2 * HOUR, None, "deploy at noon"),
        ),
        ('add alertname="HighCPU" team != "db" 1d "a reason"', Add((CPU, DB), 24 * HOUR, None, "a reason")),
        ('add {alertname="HighCPU", instance=~"web-.*"} 1w', Add((CPU, WEB), 168 * HOUR, None, "")),
        (
            "add instance=~web-.* alertname=HighCPU 15m 3 of them=x",
            Add((WEB, CPU), HOUR / 4, None, "3 of them=x"),
        ),
        ("add alertname=“HighCPU” 1h", Add((CPU,), HOUR, None, "")),
        ("add alertname=HighCPU 1h 30m", Add((CPU,), 1.5 * HOUR, None, "")),
        ("add alertname=HighCPU 1h &lt;b&gt; &amp;amp;", Add((CPU,), HOUR, None, "<b> &amp;")),
        ("add alertname=HighCPU until 14:30", Add((CPU,), None, Moment(time(14, 30)), "")),
        (
            "add alertname=HighCPU until 2026-11-24 09:00 night work",
            Add((CPU,), None, Moment(time(9), date(2026, 11, 24)), "night work"),
        ),
        (
            "add alertname=HighCPU UNTIL tomorrow 9:00 x",
            Add((CPU,), None, Moment(time(9), tomorrow=True), "x"),
        ),
        (
            "add alertname=HighCPU until 02:30 Europe/Berlin, night work",
            Add((CPU,), None, Moment(time(2, 30), zone=ZoneInfo("Europe/Berlin")), "night work"),
        ),
        (
            "add alertname=HighCPU until 2026-11-24 09:00 +02:00 EST moves",
            Add((CPU,), None, Moment(time(9), date(2026, 11, 24), zone=timezone(2 * HOUR)), "EST moves"),
        ),
        ("add alertname=HighCPU until 14:30 db/web", Add((CPU,), None, Moment(time(14, 30)), "db/web")),
        ("add alertname=HighCPU until 14:30 TEST it", Add((CPU,), None, Moment(time(14, 30)), "TEST it")),
        ('add job="a b=\\"c\\", {d}" 1h', Add((Matcher("job", 'a b="c", {d}'),), HOUR, None, "")),
        ("add alertname=HighCPU 1h " + "x" * 900, Add((CPU,), HOUR, None, "x" * 500)),
    ],
)
def test_what_is_typed_means_this(text: str, asked: Asked) -> None:
    assert asked == read(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("remove 019a", "“remove” is nothing that can be done to silences."),
        ("add", "Which alerts?"),
        ("add 2h", "Which alerts?"),
        ("add HighCPU 2h", "Which alerts?"),
        ("add alertname=HighCPU", "Until when?"),
        ("add alertname=HighCPU until", "Until when?"),
        ("add alertname=HighCPU soon", "A duration is written like"),
        ("add alertname=HighCPU until noon", "A time is written like"),
        ("add alertname=HighCPU 0h", "A duration is"),
        ("add alertname=HighCPU until 02:30 CET", "“CET” is no time zone known here"),
        ("add alertname=HighCPU until 02:30 CEST, night work", "“CEST” is no time zone known here"),
        ("add alertname=HighCPU until tomorrow 02:30 UTC+2 x", "“UTC\\+2” is no time zone known here"),
        ("add alertname=HighCPU until 02:30 +2", "“\\+2” is no time zone known here"),
        ("add alertname=HighCPU until 02:30 Europe/Berlni", "“Europe/Berlni” is no time zone known here"),
        ("add alertname=HighCPU until 02:30 europe/berlni", "“europe/berlni” is no time zone known here"),
        ("add alertname=~( 2h", ""),
        ("add " + "a=b " * 101 + "1h", "There are at most 100 matchers"),
        ("extend", "A silence is named by its id"),
        ("extend 019a", "A duration is written like"),
        ("extend everything 2h", "A silence is named by its id"),
        ("end", "A silence is named by its id"),
        ("end 01", "A silence is named by its id"),
        ("end 019a 019b", "A silence is named by its id"),
        ("end %", "A silence is named by its id"),
    ],
)
def test_what_means_nothing_is_told_in_a_sentence(text: str, why: str) -> None:
    with pytest.raises(Wrong, match=f"^{why}"):
        read(text)


@given(
    st.text(max_size=200)
    | st.text(alphabet='ab=~!",{}\\ 12h:until.*()', max_size=200).map(lambda text: f"add {text}")
    | st.lists(
        st.sampled_from(["add", "extend", "end", "a=b", 'a=~"x"', "until", "14:30", "2h", "{", "}", '"', "x"])
    ).map(" ".join)
)
def test_whatever_is_typed_is_read_or_wrong(text: str) -> None:
    try:
        asked = read(text)
    except Wrong:
        return
    if isinstance(asked, Add):
        assert asked.matchers
        assert (asked.length is None) is (asked.until is not None)


@given(
    st.dictionaries(
        st.from_regex(r"[a-z_]{1,8}", fullmatch=True), st.text(max_size=30), min_size=1, max_size=5
    )
)
def test_matchers_are_read_as_they_are_written(labels: dict[str, str]) -> None:
    """Whatever their values hold that a text can hold."""
    matchers = tuple(Matcher(name, value) for name, value in labels.items() if "\0" not in value)
    if any("&" in it.value or not it.value.isprintable() for it in matchers) or not matchers:
        return
    found = read(f"add {' '.join(map(str, matchers))} 2h")
    assert found == Add(matchers, 2 * HOUR, None, "")
