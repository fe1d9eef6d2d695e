"""What a worker is kept to, from what was typed."""

import pytest

from workers.duties import DELIVER, INGEST, UnknownDuty, queue_of, read_duties

HERE = ["slack:C1", "pagerduty:default", "alertmanager:eu", "alertmanager:us"]
EVERY_TARGET = [
    "deliver:alertmanager:eu",
    "deliver:alertmanager:us",
    "deliver:pagerduty:default",
    "deliver:slack:C1",
]


@pytest.mark.parametrize(
    ("lanes", "targets", "queues"),
    [
        ("all", "all", ["ingest", "people", *EVERY_TARGET]),
        ("people", "none", ["people"]),
        ("people,ingest", "none", ["ingest", "people"]),
        ("none", "slack", ["deliver:slack:C1"]),
        ("none", "alertmanager", ["deliver:alertmanager:eu", "deliver:alertmanager:us"]),
        ("ingest", " alertmanager:us , slack:C1,", ["ingest", "deliver:alertmanager:us", "deliver:slack:C1"]),
    ],
)
def test_names_are_kinds_or_one_of_them(lanes: str, targets: str, queues: list[str]) -> None:
    assert list(read_duties(lanes, targets, HERE).queues) == queues


@pytest.mark.parametrize(
    ("lanes", "targets", "told"),
    [
        ("peple", "all", "--lanes: there is no peple here; there is ingest, people, all, none"),
        ("all", "slack:C2", "--targets: there is no slack:C2 here; there is alertmanager, alertmanager:eu"),
        ("all,people", "all", "--lanes: there is no all here"),
        (",", "all", "--lanes names nothing; write none for that"),
        ("none", "none", "--lanes none with --targets none leaves nothing to do"),
    ],
)
def test_what_is_not_there_is_named_with_what_is(lanes: str, targets: str, told: str) -> None:
    with pytest.raises(UnknownDuty) as refused:
        read_duties(lanes, targets, HERE)
    assert told in str(refused.value)


def test_every_hint_is_somebodys() -> None:
    """Lanes of sources come and go; a target has a queue of its own, so that nobody takes a hint he may not follow."""
    general, people = read_duties("all", "all", HERE), read_duties("people", "none", HERE)
    hints = [(INGEST, "people"), (INGEST, "lookup"), (INGEST, "alertmanager:new"), (DELIVER, "slack:C1")]
    assert [general.include(*hint) for hint in hints] == [True] * 4
    assert [people.include(*hint) for hint in hints] == [True, False, False, False]
    assert queue_of(INGEST, "alertmanager:eu") != queue_of(DELIVER, "alertmanager:eu")


def test_one_thread_is_kept_for_people_where_they_are_served_with_others() -> None:
    assert [read_duties("all", "all", HERE).seats(8), read_duties("none", "all", HERE).seats(8)] == [7, 8]
    assert [read_duties("people", "none", HERE).seats(1), read_duties("ingest", "none", HERE).seats(1)] == [
        0,
        1,
    ]
    with pytest.raises(UnknownDuty, match="--concurrency 1 leaves no thread"):
        read_duties("all", "all", HERE).seats(1)


def test_workers_of_the_same_duties_elect_one_sweeper() -> None:
    """However they were typed."""
    kinds = [("all", "all"), ("people", "none"), ("none", "slack"), ("none", "slack:C1")]
    all_, people, slack, channel = [read_duties(*kind, HERE).lease for kind in kinds]
    assert slack == channel
    assert len({all_, people, slack}) == 3


def test_an_alertmanager_is_read_by_who_speaks_with_it() -> None:
    slack, everything = read_duties("none", "slack", HERE), read_duties("all", "all", HERE)
    jobs = ["reconcile:eu", "poll:eu", "tidy"]
    assert [slack.include_job(job) for job in jobs] == [False, False, True]
    assert [everything.include_job(job) for job in jobs] == [True] * 3
