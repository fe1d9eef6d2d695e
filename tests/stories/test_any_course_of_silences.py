"""Whoever silences, extends and ends, wherever and through whatever fault: once it is quiet all places agree."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from core.store import alerts as alert_rows
from core.store import silences
from core.store.engine import Store
from sandbox import Sandbox
from sandbox.credentials import ADA, BRUNO, CHIDI, DORA, EMIL
from sandbox.faults import Kind
from tests.stories.doors import open_doors
from tests.stories.scene import Clock, Scene
from tests.stories.test_any_course import INSTANCES, NIGHTS, Course

PRESSED = ("silence", "silence", "extend_silence", "end_silence")
_SECOND = timedelta(seconds=1)


class SilentCourse(Course):
    """The same nights, in which people also silence."""

    def __init__(self, scene: Scene, seed: int) -> None:
        super().__init__(scene, seed)
        self.steps += [
            self.press,
            self.press,
            self.press,
            self.in_alertmanager,
            self.in_alertmanager,
            self.poll,
            self.poll,
            self.break_alertmanager,
            self.much_later,
        ]

    def run(self, length: int) -> None:
        super().run(length)
        for _ in range(3):
            self.scene.poll()
            self.scene.settle()

    def press(self) -> None:
        """A menu or a button about silences, on a message as it is now or was earlier."""
        self.look()
        if not self.seen:
            return
        message, seen = self.chance.choice(self.seen)
        hand, person = self.scene.sandbox.slack_hand, self.chance.choice((ADA, BRUNO, DORA, EMIL))
        action = self.chance.choice(PRESSED)
        try:
            if action == "end_silence":
                request = hand.build_click(message, action, person, seen=seen)
            else:
                request = hand.build_choice(message, action, self._length(seen, action), person, seen=seen)
        except LookupError:
            return
        for _ in range(self.chance.choice((1, 1, 2))):
            hand.repeat(request)

    def _length(self, seen: dict[str, Any], action: str) -> str:
        for one in seen.get("attachments", ()):
            for block in one["blocks"]:
                for element in block.get("elements", ()):
                    if element.get("action_id") == action:
                        return str(self.chance.choice(element["options"][:2])["value"])
        raise LookupError

    def in_alertmanager(self) -> None:
        """Somebody there makes a silence, or changes or ends one, ours or theirs."""
        there = self.scene.sandbox.alertmanager
        active = [it["id"] for it in there.silences if it["status"]["state"] == "active"]
        act = self.chance.choice(("make", "extend", "expire"))
        if act == "make" or not active:
            instance = self.chance.choice((*INSTANCES, "web-.*"))
            lasting = timedelta(seconds=self.chance.choice((60, 900, 3600)))
            there.silence(f'instance=~"{instance}"', lasting, self.chance.choice(("ops", "karma")), "there")
        elif act == "extend":
            there.extend(self.chance.choice(active), timedelta(minutes=self.chance.choice((10, 90))))
        else:
            there.expire(self.chance.choice(active))

    def poll(self) -> None:
        self.scene.poll()

    def break_alertmanager(self) -> None:
        if self.chance.random() < 0.2:
            self.scene.sandbox.alertmanager.restart(with_data=self.chance.random() < 0.5)
            return
        kind = self.chance.choice((Kind.STATUS, Kind.LOSE_ANSWER, Kind.REFUSE))
        more: dict[str, Any] = {"status": 503} if kind is Kind.STATUS else {}
        method = self.chance.choice(("POST /silences", "GET /silences", "GET /silence/{id}"))
        times = self.chance.randint(1, 3)
        self.scene.sandbox.faults.add("alertmanager", kind, method=method, times=times, **more)

    def much_later(self) -> None:
        self.scene.put_forward(self.chance.choice((600, 900, 1900)))


@pytest.mark.parametrize(("store", "seed"), NIGHTS, indirect=["store"])
def test_all_places_agree_on_what_is_silenced_in_the_end(
    store: Store, sandbox: Sandbox, clock: Clock, seed: int
) -> None:
    with open_doors(store, sandbox, clock):
        scene = Scene(
            store,
            sandbox,
            clock,
            pagerduty={"from_email": CHIDI.email},
            alertmanagers=[sandbox.alertmanager_url],
            ack_silences=seed % 2 == 1,
        )
        SilentCourse(scene, 1000 + seed).run(30)
        assert set(scene.due().values()) == {0}
        assert [row.error for row in scene.rows("inbox") if row.parked_at] == []
        assert_both_sides_agree(scene)
        for row in scene.rows("alerts"):
            assert_shown_as_it_is(scene, row)


def assert_both_sides_agree(scene: Scene) -> None:
    """Each silence that has not ended is there once, with the same end, and nothing else is."""
    now = scene.clock()
    ours = sorted(row.end_at for row in scene.rows("silences") if row.end_at > now + _SECOND)
    there = sorted(
        end
        for it in scene.sandbox.alertmanager.silences
        if it["status"]["state"] != "expired" and (end := _moment(it["endsAt"])) > now + _SECOND
    )
    assert len(ours) == len(there)
    assert all(abs(one - other) < _SECOND for one, other in zip(ours, there, strict=True))


def assert_shown_as_it_is(scene: Scene, row: Any) -> None:
    with scene.store.read() as connection:
        alert = alert_rows.load(connection, [row.id])[row.id]
        hiding = silences.hiding(silences.lasting(connection, scene.clock()), alert)
    messages = [it for it in scene.messages if (it.metadata or {})["event_payload"].get("alert_id") == row.id]
    incidents = [
        it for it in scene.incidents if it.is_open and any(k.startswith(row.id) for k in it.dedup_keys)
    ]
    if row.state == "resolved":
        assert incidents == []
        return
    words = {it.text.split()[0] for it in messages}
    if hiding is not None:
        assert words <= {"SILENCED"}
        if row.state == "firing":
            person = hiding.created_by.rpartition(":")[2]
            quiet = person in (ADA.slack_id, BRUNO.slack_id)
            assert {it.status.value for it in incidents} <= {"acknowledged" if quiet else "triggered"}
        return
    assert words == {"ACKNOWLEDGED" if row.state == "acknowledged" else "CRITICAL"}
    assert [it.status.value for it in incidents] == [
        "acknowledged" if row.state == "acknowledged" else "triggered"
    ]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
