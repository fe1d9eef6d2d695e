"""The promises of the design that no other story keeps; each test is named after its promise.

Promises 1 and 11 are in test_kills, 4 and 9 in test_faults, 5 in test_lives. Promise 10 is about what people do.
"""

import random
import threading
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from core.ingest import drain
from core.store import deliveries, tables
from core.store.engine import Store
from core.store.trouble import is_conflict
from core.targets.target import Remote
from sandbox import alerts
from sandbox.faults import Kind
from tests.databases import DATABASES
from tests.servers import wait_until
from tests.stories.conftest import Stage
from tests.stories.scene import LANE, SLACK, Clock, Scene, together

FIRE = alerts.fire("critical")


def test_promise_2_one_open_episode_per_source_and_fingerprint(stage: Stage) -> None:
    """Four workers ingest the same alerts of one source by four lanes, which no lease keeps apart."""
    workers = [stage(holder=f"w{number}:1:") for number in range(4)]
    lanes = [f"alertmanager:{number}" for number in range(4)]
    for lane in lanes:
        workers[0].receive(*alerts.storm(20), lane=lane)
    with workers[0].store.begin() as connection:
        connection.execute(update(tables.inbox).values(source="default"))
    together(
        *[
            lambda w=worker, lane=lane: drain(w.bridge, lane)
            for worker, lane in zip(workers, lanes, strict=True)
        ]
    )
    workers[0].settle()
    rows = workers[0].rows("alerts")
    assert len(rows) == len({row.open_key for row in rows}) == 20
    assert len(workers[0].messages) == len(workers[0].incidents) == 20


def test_promise_2_is_kept_by_the_database_itself(scene: Scene) -> None:
    """A second open episode cannot even be written by a program that is wrong; that counts as a conflict."""
    scene.receive(FIRE)
    scene.settle()
    with scene.store.read() as connection:
        row = dict(connection.execute(select(tables.alerts)).mappings().one())
    with pytest.raises(IntegrityError) as refused, scene.store.writer.begin() as connection:
        connection.execute(insert(tables.alerts).values(**{**row, "id": "another"}))
    assert is_conflict(refused.value)


@pytest.mark.parametrize(
    ("store", "seed"), [(DATABASES[seed % 2], seed) for seed in range(8)], indirect=["store"]
)
def test_promise_3_repeats_end_in_the_same_state(scene: Scene, own: Store, clock: Clock, seed: int) -> None:
    """The same events told once, and told up to four times each and ingested in batches of any size, on SQLite."""
    chance = random.Random(seed)
    events = [event(chance) for _ in range(25)]
    other = Scene(own, scene.sandbox, clock)
    for each in events:
        scene.receive(each)
        drain(scene.bridge, LANE)
        other.receive(*[each] * chance.randint(1, 4))
        if chance.random() < 0.5:
            drain(other.bridge, LANE)
    drain(other.bridge, LANE)
    assert story(other.store) == story(scene.store)


def event(chance: random.Random) -> dict[str, Any]:
    payload = alerts.fire("critical", instance=f"web-{chance.randint(1, 3)}")
    payload["alerts"][0]["annotations"]["summary"] = f"CPU above {chance.randint(91, 92)}%"
    return alerts.resolve(payload) if chance.random() < 0.4 else payload


def story(store: Store) -> list[tuple[Any, ...]]:
    """What the alerts have come to. The version is left out: it counts transactions, and a batch is one."""
    t = tables.alerts.c
    with store.read() as connection:
        found = connection.execute(select(t.fingerprint, t.state, t.occurrence, t.summary, t.content_hash))
        return sorted(tuple(row) for row in found)


def test_promise_5_one_shot_words_are_neither_lost_nor_doubled(scene: Scene) -> None:
    """The line in the thread whose answer was lost is found there, not said again; refused, it is said later."""
    for number, kind in enumerate((Kind.LOSE_ANSWER, Kind.REFUSE, Kind.STATUS), start=1):
        fire = alerts.fire("critical", instance=f"web-{number}")
        scene.receive(fire)
        scene.receive(alerts.resolve(fire))
        scene.settle()
        scene.receive(fire)
        scene.settle()
        scene.receive(alerts.resolve(fire))
        scene.settle()
        scene.sandbox.faults.add("slack", kind, method="chat.postMessage", times=2)
        scene.receive(fire)
        scene.settle()
        scene.sandbox.faults.clear()
        assert sum("Fired again" in line for line in scene.thread) == number
    assert set(scene.due().values()) == {0}


def test_promise_6_the_intent_is_recorded_before_and_the_delivery_after(scene: Scene) -> None:
    """Looked at while the call is under way: the row says what is being tried and claims nothing more."""
    scene.sandbox.faults.add("slack", Kind.LATE, method="chat.postMessage", seconds=0.6)
    scene.receive(FIRE)
    working = threading.Thread(target=scene.work)
    working.start()
    wait_until(lambda: scene.messages, 5, "posted")
    row = slack_row(scene)
    assert (row.delivered, row.wanted, row.remote_id) == (0, 1, None)
    assert "posting" in row.remote
    assert row.claim
    working.join()
    row = slack_row(scene)
    assert (row.delivered, row.claim) == (1, None)
    assert row.remote_id == scene.messages[0].ts


def slack_row(scene: Scene) -> Any:
    (row,) = [row for row in scene.rows("deliveries") if row.target == SLACK]
    return row


def test_promise_7_to_look_again_calls_nobody(scene: Scene) -> None:
    """Everything is wanted once more though nothing has changed: no event, no new message, nobody rung."""
    scene.receive(FIRE)
    scene.settle()
    scene.sandbox.traffic.forget()
    want_everything(scene)
    scene.settle()
    assert scene.sandbox.traffic.calls("pagerduty_events") == []
    assert scene.sandbox.traffic.count("slack", "chat.postMessage") == 0
    assert len(scene.messages) == len(scene.incidents) == 1


def test_promise_7_what_a_person_resolved_is_not_opened_again(scene: Scene) -> None:
    """An incident closed in PagerDuty stays closed, whatever else happens to its alert."""
    scene.receive(FIRE)
    scene.settle()
    scene.sandbox.pagerduty.resolve(scene.incidents[0], ada())
    worse = alerts.fire("critical")
    worse["alerts"][0]["annotations"]["summary"] = "CPU above 97%"
    scene.receive(worse)
    want_everything(scene)
    scene.settle()
    assert scene.open_incidents == []
    scene.receive(alerts.resolve(FIRE))
    scene.settle()
    assert len(scene.incidents) == 1
    assert scene.messages[0].text.startswith("RESOLVED")


def ada() -> Any:
    from sandbox import credentials  # noqa: PLC0415 beside its only use

    return credentials.ADA


def want_everything(scene: Scene) -> None:
    ids = [row.id for row in scene.rows("alerts")]
    with scene.store.begin() as connection:
        deliveries.want(connection, ids, scene.clock(), new=10, edit=60)


def test_promise_8_who_lost_the_claim_does_not_record(stage: Stage, clock: Clock) -> None:
    """The first worker's call hangs past its claim, the second one takes over: one message, told once more."""
    first, second = stage(holder="w1:1:", slack={"timeout": 5.0}), stage(holder="w2:1:")
    first.sandbox.faults.add("slack", Kind.LATE, method="chat.postMessage", seconds=1.5, times=1)
    first.receive(FIRE)
    working = threading.Thread(target=first.work)
    working.start()
    wait_until(lambda: first.messages, 5, "posted")
    claimed = slack_row(first).claim
    clock.ahead += 121
    second.work()
    taken = slack_row(second)
    assert taken.claim is None
    assert claimed.startswith("w1:")
    working.join()
    assert slack_row(second).wanted == taken.wanted + 1
    second.settle()
    assert len(second.messages) == 1
    row = slack_row(second)
    assert row.delivered == row.wanted


def test_no_remote_holds_what_must_not_be_shown(scene: Scene) -> None:
    """What a target stores belongs to it; Slack's has no token in it."""
    scene.receive(FIRE)
    scene.settle()
    remote: Remote = slack_row(scene).remote
    assert "xoxb" not in str(remote)
