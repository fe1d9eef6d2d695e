"""What must be so in the end, whatever happened: asked of every place where the story is told."""

from typing import Any

from tests.stories.scene import Places, said

SHOWN = {"firing": "triggered", "acknowledged": "acknowledged"}


def assert_one_story(places: Places, alert: Any) -> None:
    about = [(it, (it.metadata or {})["event_payload"]) for it in places.messages]
    messages = [(it, shown) for it, shown in about if shown["alert_id"] == alert.id]
    # What ended before it could be shown is not shown any more.
    assert len(messages) == 1 or (messages == [] and alert.state == "resolved")
    for message, shown in messages:
        assert (shown["state"], shown["occurrence"]) == (alert.state, alert.occurrence)
        assert ("cknowledged by" in said(message)) >= (alert.state == "acknowledged")
    incidents = [it for it in places.incidents if any(k.startswith(alert.id) for k in it.dedup_keys)]
    assert len(incidents) <= alert.occurrence
    is_open = [it for it in incidents if it.is_open]
    if alert.state == "resolved":
        assert is_open == []
    else:
        assert [it.status.value for it in is_open] == [SHOWN[alert.state]]
        assert is_open[0].dedup_keys == [f"{alert.id}:{alert.occurrence}"]


def assert_nothing_twice(places: Places) -> None:
    events = [row.source_event_id for row in places.rows("ack_events")]
    assert len(events) == len(set(events))
    for incident in places.incidents:
        notes = [note["content"] for note in incident.notes if "acknowledge" not in note["content"]]
        hm = [note for note in notes if note.startswith("night-shift (API): hm")]
        others = [note for note in notes if note not in hm]
        assert len(others) == len(set(others))
    lines = [it.metadata["event_payload"]["key"] for it in places.replies if it.metadata]
    assert len(lines) == len(set(lines))
