"""Silences as whoever looks for them finds them."""

import time
from datetime import timedelta

import pytest

from core.domain.silence import Phase
from core.store import silence_listing
from core.store.engine import Store
from core.store.silence_listing import About
from tests.store.rows import NOW, after, episode, keep
from tests.store.silenced import HOUR, silenced

ALERT = episode()
ABOUT = About("default", ALERT.content.labels)


def found(store: Store, *phases: Phase, about: About | None = None, limit: int = 50) -> list[str]:
    with store.read() as connection:
        return [it.id for it in silence_listing.page(connection, phases, about, NOW, limit).silences]


def test_each_phase_is_in_the_order_in_which_it_is_asked_about(store: Store) -> None:
    """What has not ended: the first to end first. What has: the last first."""
    active = silenced(store, 1, NOW)
    pending = silenced(store, 2, NOW, start_at=after(1), end_at=after(2))
    long_over = silenced(store, 3, NOW, end_at=NOW - timedelta(days=9))
    just_over = silenced(store, 4, NOW, end_at=NOW)
    assert [pending.id, active.id, just_over.id, long_over.id] == found(store, *Phase)
    assert [[active.id], [pending.id], [just_over.id, long_over.id]] == [
        found(store, phase) for phase in (Phase.ACTIVE, Phase.PENDING, Phase.EXPIRED)
    ]


def test_a_page_is_full_though_others_come_first(store: Store) -> None:
    for number in range(5):
        silenced(store, number, NOW)
    pending = silenced(store, 9, NOW, start_at=after(1), end_at=NOW + 9 * HOUR)
    assert [pending.id] == found(store, Phase.PENDING, limit=1)


def test_those_about_an_alert_are_those_that_would_hide_it(store: Store) -> None:
    silenced(store, 1, NOW, 'alertname="Other"')
    silenced(store, 2, NOW, scope="elsewhere")
    silenced(store, 3, NOW, acknowledges=True)
    ours = silenced(store, 4, NOW, 'severity!~"warning|info"')
    assert [ours.id] == found(store, Phase.ACTIVE, about=ABOUT)


@pytest.mark.parametrize("start_at", [NOW - HOUR, NOW, after(1)])
def test_only_what_lasts_now_hides_something(store: Store, start_at: object) -> None:
    keep(store, ALERT, episode("f2", seq=2, firing=False, resolved_at=NOW))
    silence = silenced(store, 1, NOW, start_at=start_at)
    with store.read() as connection:
        hidden = silence_listing.hidden(connection, [silence], NOW)
    assert {silence.id: int(start_at != after(1))} == hidden


def test_a_page_of_silences_is_counted_over_many_alerts_in_time(store: Store) -> None:
    """Two hundred, and two thousand open alerts: most silences are not even looked at."""
    keep(store, *(episode(f"f{number}", seq=number) for number in range(1, 2001)))
    page = [silenced(store, number, NOW, f'team="t{number}"') for number in range(199)]
    page.append(silenced(store, 200, NOW))
    began = time.monotonic()
    with store.read() as connection:
        hidden = silence_listing.hidden(connection, page, NOW)
    assert ({page[-1].id: 2000}, True) == (
        {id_: count for id_, count in hidden.items() if count},
        time.monotonic() - began < 5,
    )
