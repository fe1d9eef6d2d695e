"""The story of an alert, put together from three tables, and the places where it is shown."""

from typing import Any

import pytest
from sqlalchemy import update

from core.domain.matcher import parse
from core.store import places
from core.store.engine import Store
from core.store.places import Place, Standing
from core.store.tables import deliveries
from core.store.timeline import MOST, Entry, timeline
from tests.store.deeds import did, failed, happened
from tests.store.rows import NOW, PAGERDUTY, SLACK, after, episode, keep, keep_due
from tests.store.silenced import silenced, told


def test_the_story_is_told_in_the_order_of_time(store: Store) -> None:
    """What happened, who did what, and what went wrong; nothing of another alert."""
    alert, other = episode("f1"), episode("f2", seq=2)
    keep(store, alert, other)
    happened(store, other, 0, "fired")
    did(store, other, 1)
    did(store, alert, 60, note=None)
    did(store, alert, 30, "noted", note="looking", source="api", acknowledged_by_name="release-bot")
    happened(store, alert, 0, "fired")
    failed(store, alert, after(1), "unreachable", "connection refused")
    happened(store, alert, 9, "delivered", target=SLACK, seconds=9)
    happened(store, alert, 90, "resolved", seconds=90)
    happened(store, alert, 100, "fired_again", occurrence=2)
    failed(store, alert, after(101), "rate_limited")
    with store.read() as connection:
        story = timeline(connection, alert.id, after(1000))
    assert [
        Entry(NOW, "fired", 1),
        Entry(after(1), "not_delivered", 1, target=SLACK, error="unreachable: connection refused"),
        Entry(after(9), "delivered", 1, target=SLACK, seconds=9),
        Entry(after(30), "noted", 1, by="release-bot", via="api", note="looking"),
        Entry(after(60), "acknowledged", 1, by="Ada Example", via="slack"),
        Entry(after(90), "resolved", 1, seconds=90),
        Entry(after(100), "fired_again", 2),
        Entry(after(101), "not_delivered", 2, target=SLACK, error="rate_limited"),
    ] == story


def test_silences_that_hid_it_are_part_of_its_story(store: Store) -> None:
    """Whoever made them, wherever, also before it fired; with what was agreed on then."""
    alert = episode()
    keep(store, alert)
    happened(store, alert, 0, "fired")
    before = silenced(store, 1, NOW, reason="deploy")
    told(store, before, after(-60))
    told(
        store, before, after(60), "silence_extended", end_at=after(9000), by_name="ada", source="alertmanager"
    )
    ran_out = silenced(store, 2, NOW, 'severity=~"crit.*"', end_at=after(30), reason="")
    told(store, ran_out, after(30), "silence_expired", by="", by_name="")
    with store.read() as connection:
        story = timeline(connection, alert.facts.id, after(100))
    assert [
        Entry(after(-60), "silenced", 1, by="Ada Example", via="slack", note="deploy", until=before.end_at),
        Entry(NOW, "fired", 1),
        Entry(after(30), "silence_expired", 1),
        Entry(
            after(60), "silence_extended", 1, by="ada", via="alertmanager", note="deploy", until=after(9000)
        ),
    ] == story


@pytest.mark.parametrize(
    "changed",
    [
        {"matchers": (parse('alertname="Other"'),)},
        {"scope": "elsewhere"},
        {"acknowledges": True},
        {"end_at": after(-1)},
        {"start_at": after(101)},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_silences_that_hid_something_else_or_at_another_time_are_not(
    store: Store, changed: dict[str, Any]
) -> None:
    alert = episode()
    keep(store, alert)
    happened(store, alert, 0, "fired")
    told(store, silenced(store, 1, NOW, **changed), after(-60))
    with store.read() as connection:
        assert [Entry(NOW, "fired", 1)] == timeline(connection, alert.facts.id, after(100))


def test_what_was_done_to_a_silence_after_the_alert_is_not_its_story(store: Store) -> None:
    alert = episode(firing=False, resolved_at=after(50))
    keep(store, alert)
    silence = silenced(store, 1, NOW)
    for second in (40, 60):
        told(store, silence, after(second), "silence_extended")
    later = silenced(store, 2, NOW, start_at=after(60))
    told(store, later, after(45))
    with store.read() as connection:
        story = timeline(connection, alert.facts.id, after(100))
    assert [(after(40), "silence_extended")] == [(entry.at, entry.what) for entry in story]


def test_of_what_happens_at_one_moment_the_firing_comes_first(store: Store) -> None:
    alert = episode()
    keep(store, alert)
    failed(store, alert, NOW, "unreachable")
    did(store, alert, 0)
    happened(store, alert, 0, "fired")
    with store.read() as connection:
        assert [e.what for e in timeline(connection, alert.id, after(1000))] == [
            "fired",
            "acknowledged",
            "not_delivered",
        ]


def test_an_endless_story_is_told_from_its_newest_end(store: Store) -> None:
    """A target that was down for a week has tried some thousand times."""
    alert = episode()
    keep(store, alert)
    for second in range(MOST + 3):
        did(store, alert, second, "noted")
    with store.read() as connection:
        story = timeline(connection, alert.id, after(1000))
    assert (MOST, after(3), after(MOST + 2)) == (len(story), story[0].at, story[-1].at)


def test_a_place_is_current_behind_or_parked(store: Store) -> None:
    """With the address to open, and never what else the target keeps there."""
    alert = episode()
    keep_due(store, alert)
    keep_due_too(store, alert.id)
    slack = {"channel": "C0123", "ts": "1.2", "link": "https://example.slack.com/archives/C0123/p12"}
    pagerduty = {
        "incidents": [
            {"occurrence": 1, "dedup_key": "d", "routing_key": "R" * 32, "html_url": "https://pd.example/1"},
            {"occurrence": 2, "dedup_key": "d", "routing_key": "R" * 32},
        ]
    }
    standing(store, SLACK, remote=slack)
    standing(store, PAGERDUTY, remote=pagerduty, last_error="unreachable: timed out")
    assert [
        Place(PAGERDUTY, Standing.BEHIND, NOW, "https://pd.example/1", "unreachable: timed out"),
        Place(SLACK, Standing.BEHIND, NOW, slack["link"], None),
    ] == shown(store, alert.id)
    standing(store, PAGERDUTY, since=None, due_at=None, parked_reason="invalid_payload")
    standing(store, SLACK, since=None, due_at=None)
    assert [
        Place(PAGERDUTY, Standing.PARKED, None, "https://pd.example/1", "invalid_payload"),
        Place(SLACK, Standing.CURRENT, None, slack["link"], None),
    ] == shown(store, alert.id)


def test_what_is_not_known_of_a_place_is_left_out(store: Store) -> None:
    alert = episode()
    keep_due(store, alert)
    assert [Place(SLACK, Standing.BEHIND, NOW, None, None)] == shown(store, alert.id)
    with store.read() as connection:
        assert places.places(connection, ["0" * 36]) == {"0" * 36: []}


def keep_due_too(store: Store, alert_id: str) -> None:
    with store.begin() as connection:
        row = dict(connection.execute(deliveries.select()).one()._mapping)
        connection.execute(deliveries.insert().values(row | {"target": PAGERDUTY, "alert_id": alert_id}))


def standing(store: Store, target: str, **values: object) -> None:
    with store.begin() as connection:
        connection.execute(update(deliveries).where(deliveries.c.target == target).values(values))


def shown(store: Store, alert_id: str) -> list[Place]:
    with store.read() as connection:
        return places.places(connection, [alert_id])[alert_id]
