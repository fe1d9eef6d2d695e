"""The modals about silences: whatever alerts, matchers and reasons hold, Slack takes them, and nobody is called."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from api.slack_silence_form import form
from api.slack_silence_preview import Draft, TooMuch, again, confirmation
from core.domain.alert import State
from core.domain.matcher import Matcher
from core.domain.person import Actor, Provider
from core.silencing import Preview
from core.sources.slack_silence import More
from core.store.open_alerts import Open
from sandbox.slack.content import find_pings
from sandbox.slack.modal_rules import read_view
from tests.api.signed import ALERT, CHANNEL

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MORE = More(Actor(Provider.SLACK, "U0ADA"), ALERT, 1, CHANNEL, "1.2.a")

_texts = st.text(max_size=60) | st.sampled_from(
    ["<!channel>", "<@U0ADA> & co", "&" * 300, "`*_~" * 50, "\u202eabc", "line\nline", " "]
)
_labels = st.dictionaries(_texts, _texts, max_size=45)
_matchers = st.builds(Matcher, _texts.filter(bool), _texts, st.booleans())
_open = st.builds(
    Open,
    id=st.just(ALERT),
    name=_texts,
    instance=_texts,
    severity=_texts,
    state=st.sampled_from([State.FIRING, State.ACKNOWLEDGED]),
    source=st.just("default"),
    fired_at=st.just(NOW),
    labels=st.just({}),
)


@given(_texts, _labels, st.lists(st.timedeltas(timedelta(minutes=1), timedelta(days=365)), min_size=1))
def test_slack_takes_the_form(name: str, labels: dict[str, str], durations: list[timedelta]) -> None:
    view = form(MORE, name, labels, durations)
    read_view(view)
    assert list(find_pings(None, view["blocks"], None)) == []


@given(
    st.lists(_matchers, min_size=1, max_size=40),
    st.lists(_open, max_size=10),
    st.integers(0, 50),
    st.text(max_size=500) | _texts,
    st.booleans(),
)
def test_slack_takes_the_preview_or_it_is_too_much(
    matchers: list[Matcher], alerts: list[Open], more: int, reason: str, exact: bool
) -> None:
    seen = Preview(len(alerts) + more, tuple(alerts), (), min(more, len(alerts)))
    draft = Draft(tuple(matchers), NOW, NOW + timedelta(hours=1), reason, CHANNEL, ALERT, 1, exact=exact)
    try:
        view = confirmation(draft, seen, "Back")
    except TooMuch:
        assert not exact
        return
    for each in (view, again(view, "Not recorded."), again(again(view, "Not recorded."), "Not recorded.")):
        read_view(each)
        assert list(find_pings(None, each["blocks"], None)) == []
    assert len(again(again(view, "x"), "x")["blocks"]) == len(view["blocks"]) + 1
