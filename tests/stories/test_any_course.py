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
from sandbox.credentials import CHIDI
from sandbox.faults import Kind
from tests.databases import DATABASES
from tests.stories.by_chance import act_in_pagerduty, some_click
from tests.stories.doors import open_doors
from tests.stories.oracle import assert_nothing_twice, assert_one_story
from tests.stories.scene import PAGERDUTY, SLACK, Clock, Scene

INSTANCES = ("web-1:9100", "web-2:9100")
# Half of them on each database; in pairs, for some settings go by whether the seed is odd.
NIGHTS = [(DATABASES[seed // 2 % 2], seed) for seed in range(30)]


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
        request = some_click(self.scene.sandbox, self.chance, *self.chance.choice(self.seen))
        if request is not None:
            for _ in range(self.chance.choice((1, 1, 2))):
                self.scene.sandbox.slack_hand.repeat(request)

    def in_pagerduty(self) -> None:
        """Somebody does something to an incident that is open."""
        found = self.scene.open_incidents
        if found:
            act_in_pagerduty(self.scene.sandbox, self.chance, self.chance.choice(found))

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
