"""Whatever people and programs do, in whatever order it arrives, once it is quiet all places tell one story."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from core.deliver import pump
from core.domain.event import Deed, Verb
from core.domain.person import Actor, Provider
from core.sources import own
from core.store import bodies, inbox, leases
from core.store.engine import Store
from sandbox import Sandbox, alerts
from sandbox.credentials import ADA, BRUNO, CHIDI, DORA, EMIL
from sandbox.faults import Kind
from sandbox.pagerduty.errors import RestError
from tests.databases import DATABASES
from tests.stories.doors import open_doors
from tests.stories.scene import PAGERDUTY, SLACK, Clock, Scene, said

INSTANCES = ("web-1:9100", "web-2:9100")
# Half of them on each database; in pairs, for some settings go by whether the seed is odd.
NIGHTS = [(DATABASES[seed // 2 % 2], seed) for seed in range(30)]
SHOWN = {"firing": "triggered", "acknowledged": "acknowledged"}


class Course:
    """A night of one seed: what happens, by chance; the world that it happens in is real."""

    def __init__(self, scene: Scene, seed: int) -> None:
        self.scene = scene
        self.chance = random.Random(seed)
        self.seen: list[tuple[Any, dict[str, Any]]] = []
        self.told: list[bytes] = []
        self.calls = 0
        self.steps: list[Callable[[], None]] = [
            self.fire,
            self.fire,
            self.resolve,
            self.look,
            self.click,
            self.click,
            self.click,
            self.in_pagerduty,
            self.in_pagerduty,
            self.in_pagerduty,
            self.by_the_api,
            self.later,
            self.lanes,
            self.one_target,
            self.everything,
            self.break_something,
            self.hold_webhooks,
            self.let_webhooks_go,
        ]

    def run(self, length: int) -> None:
        self.fire()
        self.scene.settle()
        for _ in range(length):
            self.chance.choice(self.steps)()
        self.scene.sandbox.faults.clear()
        self.scene.sandbox.webhooks.release("reversed", times=2)
        self.scene.settle()

    def fire(self) -> None:
        self.scene.receive(alerts.fire("critical", instance=self.chance.choice(INSTANCES)))

    def resolve(self) -> None:
        fire = alerts.fire("critical", instance=self.chance.choice(INSTANCES))
        self.scene.receive(alerts.resolve(fire, now=self.scene.clock()))

    def look(self) -> None:
        """Remember a message as it is now: somebody will press a button of it later."""
        for message in self.scene.messages:
            self.seen.append((message, self.scene.sandbox.slack_hand.look(message)))

    def click(self) -> None:
        self.look()
        if not self.seen:
            return
        message, seen = self.chance.choice(self.seen)
        hand, person = self.scene.sandbox.slack_hand, self.chance.choice((ADA, BRUNO, DORA, EMIL))
        request = None
        for action in self.chance.sample(("acknowledge", "unacknowledge", "more"), 3):
            try:
                request = (
                    hand.build_choice(message, "more", self._choice(seen), person, seen=seen)
                    if action == "more"
                    else hand.build_click(message, action, person, seen=seen)
                )
                break
            except LookupError:
                continue
        if request is not None:
            for _ in range(self.chance.choice((1, 1, 2))):
                hand.repeat(request)

    def _choice(self, seen: dict[str, Any]) -> str:
        for one in seen.get("attachments", ()):
            for block in one["blocks"]:
                for element in block.get("elements", ()):
                    if element.get("action_id") == "more":
                        return str(element["options"][1]["value"])
        raise LookupError

    def in_pagerduty(self) -> None:
        """Somebody does something to an incident that is open; what PagerDuty refuses does not happen."""
        found = self.scene.open_incidents
        if not found:
            return
        incident, person = self.chance.choice(found), self.chance.choice((ADA, BRUNO, CHIDI))
        pagerduty = self.scene.sandbox.pagerduty
        acts: list[Callable[[], object]] = [
            lambda: pagerduty.acknowledge(incident, person),
            lambda: pagerduty.acknowledge(incident, person),
            lambda: pagerduty.time_out(incident),
            lambda: pagerduty.resolve(incident, person),
            lambda: pagerduty.annotate(incident, person, f"note {self.chance.random()}"),
            lambda: pagerduty.set_priority(incident, person, "P2"),
        ]
        try:
            self.chance.choice(acts)()
        except RestError:
            return

    def by_the_api(self) -> None:
        rows = self.scene.rows("alerts")
        row = self.chance.choice(rows)
        verb = self.chance.choice((Verb.ACKNOWLEDGE, Verb.UNACKNOWLEDGE, Verb.RESOLVE, Verb.NOTE))
        self.calls += 1
        at = self.scene.clock()
        actor = Actor(Provider.API, "night-shift", "night-shift")
        deed = Deed(verb, actor, row.id, row.occurrence, at, f"api:{self.calls}", verb.value, text="hm")
        with self.scene.store.begin() as connection:
            leases.ensure_lane(connection, "people")
            inbox.put(connection, [inbox.Incoming("api", "people", bodies.pack(own.write(deed)))], at)

    def later(self) -> None:
        self.scene.put_forward(self.chance.choice((1, 3, 20, 120, 310)))

    def lanes(self) -> None:
        self.scene.work_on_lanes()

    def one_target(self) -> None:
        pump(self.scene.bridge, self.chance.choice((SLACK, PAGERDUTY)))

    def everything(self) -> None:
        self.scene.settle()

    def break_something(self) -> None:
        service = self.chance.choice(("slack", "pagerduty_rest", "pagerduty_events"))
        kind = self.chance.choice((Kind.STATUS, Kind.LOSE_ANSWER, Kind.REFUSE))
        more: dict[str, Any] = {"status": 500} if kind is Kind.STATUS else {}
        self.scene.sandbox.faults.add(service, kind, times=self.chance.randint(1, 3), **more)

    def hold_webhooks(self) -> None:
        self.scene.sandbox.webhooks.hold()

    def let_webhooks_go(self) -> None:
        times = self.chance.choice((1, 2))
        if self.chance.random() < 0.5:
            self.scene.sandbox.webhooks.release("reversed", times=times)
        else:
            self.scene.sandbox.webhooks.release(times=times)


@pytest.mark.parametrize(("store", "seed"), NIGHTS, indirect=["store"])
def test_all_places_tell_one_story_in_the_end(
    store: Store, sandbox: Sandbox, clock: Clock, seed: int
) -> None:
    with open_doors(store, sandbox, clock):
        scene = Scene(store, sandbox, clock, pagerduty={"from_email": CHIDI.email})
        Course(scene, seed).run(30)
        assert set(scene.due().values()) == {0}
        assert [row.error for row in scene.rows("inbox") if row.parked_at] == []
        for alert in scene.rows("alerts"):
            assert_one_story(scene, alert)
        assert_nothing_twice(scene)


def assert_one_story(scene: Scene, alert: Any) -> None:
    about = [(it, (it.metadata or {})["event_payload"]) for it in scene.messages]
    messages = [(it, shown) for it, shown in about if shown["alert_id"] == alert.id]
    # What ended before it could be shown is not shown any more.
    assert len(messages) == 1 or (messages == [] and alert.state == "resolved")
    for message, shown in messages:
        assert (shown["state"], shown["occurrence"]) == (alert.state, alert.occurrence)
        assert ("cknowledged by" in said(message)) >= (alert.state == "acknowledged")
    incidents = [it for it in scene.incidents if any(k.startswith(alert.id) for k in it.dedup_keys)]
    assert len(incidents) <= alert.occurrence
    is_open = [it for it in incidents if it.is_open]
    if alert.state == "resolved":
        assert is_open == []
    else:
        assert [it.status.value for it in is_open] == [SHOWN[alert.state]]
        assert is_open[0].dedup_keys == [f"{alert.id}:{alert.occurrence}"]


def assert_nothing_twice(scene: Scene) -> None:
    events = [row.source_event_id for row in scene.rows("ack_events")]
    assert len(events) == len(set(events))
    for incident in scene.incidents:
        notes = [note["content"] for note in incident.notes if "acknowledge" not in note["content"]]
        hm = [note for note in notes if note.startswith("night-shift (API): hm")]
        others = [note for note in notes if note not in hm]
        assert len(others) == len(set(others))
    lines = [it.metadata["event_payload"]["key"] for it in scene.replies if it.metadata]
    assert len(lines) == len(set(lines))
