"""What happens on a cluster meanwhile, drawn by lot from one seed, and what must have become of it."""

import json
import random
import threading
from collections import Counter
from collections.abc import Callable
from http.client import HTTPException
from typing import Any, Self

from core.sources import slack as slack_source
from core.store import bodies
from sandbox import alerts
from tests.cluster.cluster import Cluster
from tests.servers import wait_until
from tests.stories.by_chance import act_in_pagerduty, some_click
from tests.stories.oracle import assert_nothing_twice, assert_one_story
from tests.stories.scene import LANE

_SENDERS = 2
_INSTANCES = 6


class Course:
    """Inside its `with` block alerts come and people act. What was accepted is remembered."""

    def __init__(self, cluster: Cluster, seed: int) -> None:
        self.cluster, self.seed = cluster, seed
        self.posted: list[bytes] = []
        self.clicked: list[bytes] = []
        self.acted = 0
        self._stop = threading.Event()
        self._failures: list[BaseException] = []
        works = [*(self._sender(number) for number in range(_SENDERS)), self._people]
        self._threads = [threading.Thread(target=self._guarded, args=(work,)) for work in works]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        try:
            wait_until(self._is_lively, 60, "lively")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def _is_lively(self) -> bool:
        return bool(self.posted and self.clicked and self.acted)

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 (given to the test's own thread)
            self._failures.append(error)

    def _sender(self, number: int) -> Callable[[], None]:
        """An Alertmanager: it repeats what it has to say until it is taken."""
        chance = random.Random(f"{self.seed} sender {number}")
        kinds = [
            (chance.choice(("critical", "warning", "info")), f"{self.seed}-{number}-{each}")
            for each in range(_INSTANCES)
        ]

        def send() -> None:
            posts = 0
            while not self._stop.wait(chance.uniform(0.05, 0.3)):
                kind, instance = chance.choice(kinds)
                payload = alerts.fire(kind, instance=instance)
                if chance.random() < 0.4:
                    payload = alerts.resolve(payload)
                posts += 1
                payload["groupKey"] += f" {self.seed} {number} {posts}"
                while not self._stop.is_set() and not self._post(payload):
                    self._stop.wait(0.3)

        return send

    def _post(self, payload: dict[str, Any]) -> bool:
        try:
            status = self.cluster.post(payload)
        except (OSError, HTTPException):
            return False
        assert status == 202 or status >= 500, status
        if status == 202:
            self.posted.append(json.dumps(payload).encode())
        return status == 202

    def _people(self) -> None:
        chance = random.Random(f"{self.seed} people")
        sandbox = self.cluster.sandbox
        seen: list[tuple[Any, dict[str, Any]]] = []
        while not self._stop.wait(chance.uniform(0.05, 0.4)):
            if messages := self.cluster.messages:
                message = chance.choice(messages)
                seen.append((message, sandbox.slack_hand.look(message)))
                request = some_click(sandbox, chance, *chance.choice(seen[-20:]))
                if request and sandbox.slack_hand.repeat(request).problem is None:
                    self.clicked.append(request.body)
            if incidents := self.cluster.open_incidents:
                self.acted += act_in_pagerduty(sandbox, chance, chance.choice(incidents))

    def check(self, patience: float = 150.0) -> None:
        """The one oracle: once nothing is due, all that was accepted is there, once, and everybody says the same."""
        assert self._failures == []
        self.cluster.settle(patience)
        inbox = self.cluster.rows("inbox")
        assert [row.error for row in inbox if row.parked_at] == []
        assert _missing(self.posted, [bodies.unpack(row.body) for row in inbox]) == []
        keys = {row.dedup_key for row in inbox}
        assert [body for body in self.clicked if slack_source.event_id(body) not in keys] == []
        for table in ("deliveries", "notices"):
            assert [row.last_error for row in self.cluster.rows(table) if row.parked_reason] == []
        self._assert_last_word(inbox)
        for alert in self.cluster.rows("alerts"):
            assert_one_story(self.cluster, alert)
        assert_nothing_twice(self.cluster)

    def _assert_last_word(self, inbox: list[Any]) -> None:
        """Of each alert what its source said last, in the order of the inbox."""
        told = {}
        for row in sorted((row for row in inbox if row.lane == LANE), key=lambda row: row.id):
            for item in json.loads(bodies.unpack(row.body))["alerts"]:
                told[item["labels"]["instance"]] = item["status"] == "firing"
        stored = {
            row.instance: row.firing for row in sorted(self.cluster.rows("alerts"), key=lambda row: row.id)
        }
        # What was resolved before anybody heard of it is no alert.
        assert {name: fires for name, fires in told.items() if fires or name in stored} == stored


def _missing(accepted: list[bytes], stored: list[bytes]) -> list[bytes]:
    """An answer that was lost had the sender say it again: there may be more than was accepted, and not less."""
    return list((Counter(accepted) - Counter(stored)).elements())
