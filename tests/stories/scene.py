"""A bridge whose steps a test takes by hand, against the sandbox over real HTTP, on a clock that can be put forward."""

import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import func, select

from core.bridge import PEOPLE, Bridge
from core.deliver import pump
from core.domain.change import Policy
from core.domain.matcher import parse
from core.domain.person import Actor, Provider
from core.domain.severity import Severity
from core.domain.silence import silence_id as new_silence_id
from core.domain.silence_deed import SilenceDeed, SilenceVerb
from core.domain.silence_rules import Rules
from core.ingest import drain
from core.poll_silences import poll
from core.sources import own_silence
from core.store import bodies, inbox, leases, tables
from core.store.engine import Store
from core.store.timeline import timeline
from core.sweep import find, wake
from core.targets.alertmanager import AlertmanagerTarget
from core.targets.alertmanager_client import Members
from core.targets.directory import Directory
from core.targets.pagerduty import PagerDutyTarget
from core.targets.pagerduty_client import Rest
from core.targets.pagerduty_people import PagerDutyDirectory, PagerDutyIncidents
from core.targets.slack import SlackTarget
from core.targets.slack_directory import SlackDirectory
from core.targets.target import Target
from sandbox import Sandbox, credentials
from sandbox.credentials import ADA, Person
from sandbox.pagerduty.model import Incident, Status
from sandbox.slack.world import Message

_DUE = (
    ("inbox", "lane"),
    ("deliveries", "target"),
    ("notices", "target"),
    ("silence_deliveries", "target"),
)
LANE = "alertmanager:default"
SLACK = f"slack:{credentials.SLACK_CHANNEL}"
PAGERDUTY = "pagerduty:default"


class Clock:
    """The machine's time and more: it goes on by itself, and jumps when a test says so."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def seconds(self) -> float:
        return time.time() + self.ahead

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(self.seconds(), UTC)


@dataclass
class Places:
    """What stands in the database and at the targets, however it came there."""

    store: Store
    sandbox: Sandbox

    def due(self) -> dict[str, int]:
        """How many rows of each table are not done."""
        with self.store.read() as connection:
            return {
                table.name: connection.execute(
                    select(func.count()).select_from(table).where(table.c.due_at.is_not(None))
                ).scalar_one()
                for table in (tables.inbox, tables.deliveries, tables.notices, tables.silence_deliveries)
            }

    def rows(self, table: str) -> list[Any]:
        with self.store.read() as connection:
            return list(connection.execute(select(tables.metadata.tables[table])).all())

    @property
    def messages(self) -> list[Message]:
        """The channel, without threads."""
        return [one for one in self.sandbox.slack.in_channel(credentials.SLACK_CHANNEL) if not one.is_reply]

    @property
    def replies(self) -> list[Message]:
        return [one for one in self.sandbox.slack.messages if one.is_reply]

    @property
    def incidents(self) -> list[Incident]:
        return list(self.sandbox.pagerduty.incidents)

    @property
    def open_incidents(self) -> list[Incident]:
        return [one for one in self.incidents if one.is_open]


@dataclass
class Scene(Places):
    """One worker's view: `holder` is its name. Several on one store are several workers."""

    clock: Clock
    holder: str = "one:1:"
    policy: Policy = field(default_factory=lambda: Policy(timedelta(minutes=5), timedelta(minutes=30)))
    slack: Mapping[str, Any] = field(default_factory=dict)
    pagerduty: Mapping[str, Any] | None = field(default_factory=dict)
    alertmanagers: Sequence[str] = ()
    rules: Rules = field(default_factory=Rules)
    ack_silences: bool = False
    bridge: Bridge = field(init=False)

    def __post_init__(self) -> None:
        targets: dict[str, Target] = {}
        fast: dict[str, Any] = {"posts_per_second": 10_000, "updates_per_minute": 1_000_000, "timeout": 0.8}
        for target in (
            SlackTarget(
                credentials.SLACK_CHANNEL,
                credentials.SLACK_BOT_TOKEN,
                self.sandbox.slack_api_url,
                **{**fast, **self.slack},
            ),
            self._pagerduty(),
        ):
            if target is not None:
                targets[target.name] = target
        self.bridge = Bridge(
            self.store,
            self.clock,
            self.policy,
            targets,
            self.holder,
            sleep=self.sleep,
            directories=self._directories(),
            incidents=self._incidents(),
            alertmanagers=self._alertmanagers(),
            rules=self.rules,
            ack_silences=self.ack_silences,
        )
        with self.store.begin() as connection:
            leases.ensure_lane(connection, LANE)
            for name in self.bridge.far_sides:
                leases.ensure_target(connection, name)

    def _alertmanagers(self) -> dict[str, AlertmanagerTarget]:
        if not self.alertmanagers:
            return {}
        members = Members(self.alertmanagers, timeout=(0.8, 2.0))
        target = AlertmanagerTarget("default", members, look_after=(0.3, 1.0))
        return {target.name: target}

    def poll(self) -> None:
        """Read the silences of Alertmanager."""
        for name in self.bridge.alertmanagers:
            poll(self.bridge, name)

    def _pagerduty(self) -> PagerDutyTarget | None:
        if self.pagerduty is None:
            return None
        given: dict[str, Any] = {
            "api_token": credentials.PAGERDUTY_API_TOKEN,
            "service_id": credentials.PAGERDUTY_SERVICE_ID,
            "api_url": self.sandbox.pagerduty_api_url,
            "events_api_url": self.sandbox.pagerduty_events_url,
            "default_severity": Severity.WARNING,
            "events_per_minute": 1_000_000,
            "timeout": (0.8, 0.8),
        }
        return PagerDutyTarget(credentials.PAGERDUTY_ROUTING_KEY, **{**given, **self.pagerduty})

    def _directories(self) -> dict[Provider, Directory]:
        slack = SlackDirectory(credentials.SLACK_BOT_TOKEN, self.sandbox.slack_api_url, 0.8)
        found: dict[Provider, Directory] = {Provider.SLACK: slack}
        if rest := self._rest():
            found[Provider.PAGERDUTY] = PagerDutyDirectory(rest)
        return found

    def _incidents(self) -> PagerDutyIncidents | None:
        rest = self._rest()
        return PagerDutyIncidents(rest, credentials.PAGERDUTY_SERVICE_ID) if rest else None

    def _rest(self) -> Rest | None:
        if self.pagerduty is None or self.pagerduty.get("api_token", "x") is None:
            return None
        return Rest(credentials.PAGERDUTY_API_TOKEN, self.sandbox.pagerduty_api_url, (0.8, 0.8))

    def receive(self, *payloads: Mapping[str, Any] | bytes, lane: str = LANE) -> None:
        """What a receiver would have stored, in one transaction."""
        source = lane.partition(":")[2]
        rows = [
            inbox.Incoming(source, lane, bodies.pack(each if isinstance(each, bytes) else orjson.dumps(each)))
            for each in payloads
        ]
        with self.store.begin() as connection:
            leases.ensure_lane(connection, lane)
            inbox.put(connection, rows, self.clock())

    def do_to_silence(self, verb: SilenceVerb, actor: Actor, silence_id: str = "", **more: Any) -> str:
        """What somebody did to a silence, as it stands in the inbox; the silence's id."""
        now = self.clock()
        event_id = f"test:{uuid.uuid4()}"
        deed = SilenceDeed(verb, actor, silence_id or new_silence_id(event_id, now), now, event_id, **more)
        with self.store.begin() as connection:
            leases.ensure_lane(connection, PEOPLE)
            row = inbox.Incoming("api", PEOPLE, bodies.pack(own_silence.write(deed)), event_id)
            inbox.put(connection, [row], now)
        return deed.silence_id

    def silence(self, *matchers: str, by: Person = ADA, lasting: float = 3600.0, **more: Any) -> str:
        """Somebody silences what matches, for so many seconds. Without matchers give `alert_id`."""
        end_at = self.clock() + timedelta(seconds=lasting)
        parsed = tuple(parse(matcher) for matcher in matchers)
        given = {"matchers": parsed, "end_at": end_at, **more}
        return self.do_to_silence(SilenceVerb.MAKE, slack_actor(by), **given)

    def work_on_lanes(self) -> None:
        """Ingest what is due now, and tell nobody."""
        wake(self.bridge)
        for lane in find(self.bridge).lanes:
            drain(self.bridge, lane)

    def work(self) -> None:
        """Do once what is due now."""
        self.work_on_lanes()
        for name in find(self.bridge).targets:
            pump(self.bridge, name)

    def settle(self, rounds: int = 60) -> None:
        """Work until nothing is due any more; the clock is put forward to whatever is due next."""
        for _ in range(rounds):
            self.work()
            self.sandbox.settle()
            following = self.next_due()
            if following is None:
                return
            self.put_forward((following - self.clock()).total_seconds() + 0.001)
        raise AssertionError(f"something is still due: {self.due()}")

    def sleep(self, seconds: float) -> None:
        """A nap of a pump that waits for its rate: it takes no time here."""
        time.sleep(0)
        self.put_forward(seconds)

    def put_forward(self, seconds: float) -> None:
        self.clock.ahead += max(0.0, seconds)

    def next_due(self) -> datetime | None:
        """When the earliest row can be done: its target may be blocked, or held by somebody who is gone."""
        free = {row.name: max(row.blocked_until, row.lease_until) for row in self.rows("targets")}
        free |= {row.name: row.lease_until for row in self.rows("lanes")}
        when = [
            max(row.due_at, free[place])
            for table, column in _DUE
            for row in self._in_turn(table)
            if row.due_at is not None and (place := getattr(row, column)) in free
        ]
        return min(when, default=None)

    def _in_turn(self, table: str) -> list[Any]:
        """The rows; of one alert's words only the first that is not said, for the others wait for it."""
        rows = self.rows(table)
        if table != "notices":
            return rows
        waiting = sorted(
            (row for row in rows if row.due_at is not None), key=lambda row: row.id, reverse=True
        )
        return list({(row.alert_id or row.id, row.target): row for row in waiting}.values())

    @property
    def alert(self) -> Any:
        """The one alert there is, as it is stored."""
        (row,) = self.rows("alerts")
        return row

    @property
    def story(self) -> list[str]:
        """What the timeline of the one alert tells, but for the deliveries."""
        with self.store.read() as connection:
            told = timeline(connection, self.alert.id, self.clock())
        return [entry.what for entry in told if entry.what != "delivered"]

    @property
    def message(self) -> Message:
        (message,) = self.messages
        return message

    @property
    def incident(self) -> Incident:
        """The newest."""
        return self.incidents[-1]

    def status_there(self) -> Status:
        """The newest incident's; not a property, for it changes between two lines of a test."""
        return self.incident.status

    @property
    def record(self) -> list[tuple[str, str, str]]:
        """What is on record: (action, source, name)."""
        return [(row.action, row.source, row.acknowledged_by_name) for row in self.rows("ack_events")]

    @property
    def thread(self) -> list[str]:
        return [one.text for one in self.replies]

    @property
    def whispers(self) -> list[tuple[str, str]]:
        """What was said to one person only: (their id, the text)."""
        return [(str(one.ephemeral_for), one.text) for one in self.sandbox.slack.ephemerals]


def together(*works: Any) -> None:
    """Run these at the same moment; the first failure is the test's."""
    gate = threading.Barrier(len(works))
    failures: list[BaseException] = []

    def run(work: Any) -> None:
        gate.wait(10)
        try:
            work()
        except BaseException as error:  # noqa: BLE001 given to the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if failures:
        raise failures[0]


def slack_actor(person: Person) -> Actor:
    return Actor(Provider.SLACK, person.slack_id or "", person.name)


def said(message: Message) -> str:
    """All that stands in a message, in one text."""
    return orjson.dumps([message.text, message.blocks, message.attachments]).decode()
