"""The pretend Alertmanager itself: what fires, what is silenced, and what the bridge is told of it.

It posts to the bridge over real HTTP and says plainly when nobody is there. What is silenced is muted, its end too:
the bridge hears nothing of either (Alertmanager filters both before it notifies).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox import alerts
from sandbox.alertmanager import views
from sandbox.alertmanager.firing import Firing
from sandbox.alertmanager.posting import Post
from sandbox.alertmanager.silences import Silence, Silences, Unwanted
from sandbox.alertmanager.wanted import Wanted, wanted
from sandbox.alerts import Item, Payload
from sandbox.credentials import ADA
from sandbox.traffic import Traffic

VERSION = "0.34.0"
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Outcome:
    """What became of a button: `message` is one sentence for the person who pressed it."""

    ok: bool
    message: str
    alerts: int = 0
    status: int | None = None


class Alertmanager:
    """Fires, resolves, silences. `bridge_url`, `bridge_token`, `version` and `configuration` may be set at any time.

    An older `version` answers as that one did: 0.25.0 is what Debian has.
    """

    def __init__(
        self,
        traffic: Traffic,
        clock: Callable[[], float],
        bridge_url: str | None = None,
        bridge_token: str | None = None,
        changed: Callable[[str], None] = lambda _kind: None,
    ) -> None:
        self._clock = clock
        self._changed = changed
        self._post = Post(traffic, clock)
        self.bridge_url = bridge_url
        self.bridge_token = bridge_token
        self.kept = Silences()
        self._firing = Firing()
        self._storms = 0
        self._lock = threading.Lock()
        self._begin()

    def _begin(self) -> None:
        self.version = VERSION
        self.configuration = views.CONFIGURATION
        self.started_at = self.now()

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)

    def knows(self, *version: int) -> bool:
        """Whether it is at least that old: `knows(0, 28)`."""
        return tuple(map(int, self.version.split("."))) >= version

    # Alerts

    @property
    def firing(self) -> list[Item]:
        """As they were fired, silenced ones too."""
        return self._firing.listing()

    @property
    def alerts(self) -> list[dict[str, Any]]:
        """As `GET /alerts` answers them."""
        now = self.now()
        firing = sorted(self.firing, key=lambda one: str(one["fingerprint"]))
        return [
            views.alert_answer(one, self.kept.muting(one["labels"], now), now, told=self.knows(0, 28))
            for one in firing
        ]

    def fire(self, kind: str) -> Outcome:
        """A new alert of this kind, on the first instance that is not firing yet."""
        if kind not in alerts.KINDS:
            return Outcome(False, f"There is no kind {kind!r}; one of {', '.join(alerts.KINDS)}.")
        rule = alerts.KINDS[kind]
        busy = {
            one["labels"]["instance"]
            for one in self.firing
            if one["labels"]["alertname"] == rule.labels["alertname"]
        }
        instance = next((name for name in rule.instances if name not in busy), rule.instances[0])
        return self.send([alerts.fire(kind, instance=instance, now=self.now())])

    def storm(self, count: int = 30) -> Outcome:
        if not 1 <= count <= 10_000:
            return Outcome(False, "A storm has between 1 and 10000 alerts.")
        with self._lock:
            first, self._storms = self._storms, self._storms + count
        return self.send(alerts.storm(count, now=self.now(), first=first))

    def resolve(self, fingerprint: str | None = None) -> Outcome:
        """One alert, or all that fire."""
        chosen = [one for one in self.firing if fingerprint in (None, one["fingerprint"])]
        if not chosen:
            return Outcome(False, "Nothing that was fired from here is still firing.")
        ended = [alerts.resolved(one, self.now()) for one in chosen]
        return self.send([alerts.webhook(group, "all alerts resolved") for group in alerts.grouped(ended)])

    def repeat(self) -> Outcome:
        """The repeat interval is over: what fires is told again, and what was silenced then is told now."""
        if not self.firing:
            return Outcome(False, "Nothing that was fired from here is still firing.")
        groups = alerts.grouped(self.firing)
        return self.send([alerts.webhook(group, "repeat interval elapsed") for group in groups], "told again")

    def send(self, payloads: Sequence[Payload], verb: str | None = None) -> Outcome:
        """Any payloads of alerts.py. What the bridge did not take is not remembered, as if it had never happened."""
        done = muted = 0
        for payload in payloads:
            audible = self.audible(payload)
            if audible:
                failure, status = self._post.send(self.bridge_url, self.bridge_token, self.version, audible)
                if failure is not None:
                    return Outcome(False, failure, done, status)
            self.hold(payload["alerts"])
            done += len(payload["alerts"])
            muted += len(payload["alerts"]) - (len(audible["alerts"]) if audible else 0)
        verb = verb or ("fired" if payloads[0]["status"] == "firing" else "resolved")
        return _sent(done, verb, muted)

    def audible(self, payload: Payload) -> Payload | None:
        """What the bridge is to be told of it: nothing of what is silenced, no end of what it was never told."""
        now = self.now()
        heard = [one for one in payload["alerts"] if self._is_audible(one, now)]
        if len(heard) == len(payload["alerts"]):
            return payload
        return alerts.webhook(heard, payload["notification_reason"]) if heard else None

    def _is_audible(self, one: Item, now: datetime) -> bool:
        return self._firing.is_news(one) and not self.kept.muting(one["labels"], now)

    def hold(self, items: Iterable[Item]) -> None:
        """Keep what fires and forget what is resolved, without a word to the bridge."""
        items, now = list(items), self.now()
        muted = {one["fingerprint"] for one in items if self.kept.muting(one["labels"], now)}
        self._firing.hold(items, muted)
        self._announce()

    # Silences

    @property
    def silences(self) -> list[dict[str, Any]]:
        """As `GET /silences` answers them, expired ones too."""
        now, annotated = self.now(), self.knows(0, 32)
        return [views.silence_answer(one, now, annotated=annotated) for one in self.kept.listing(now)]

    def silence(
        self,
        matchers: Wanted,
        lasting: timedelta = HOUR,
        by: str = ADA.name,
        comment: str = "by hand",
        *,
        after: timedelta = timedelta(),
    ) -> str:
        """Silence from now on, or `after` a while, what `wanted()` can read. The id."""
        begins = self.now() + after
        return self.put(Silence(wanted(matchers), begins, begins + lasting, by, comment))

    def put(self, silence: Silence) -> str:
        """LookupError for an id that nobody knows, Unwanted for matchers that Alertmanager refuses."""
        now = self.now()
        if silence.starts_at >= silence.ends_at:
            raise Unwanted("Failed to create silence: start time must be before end time")
        if silence.ends_at < now:
            raise Unwanted("Failed to create silence: end time can't be in the past")
        name = self.kept.put(silence, now, is_modern=self.knows(0, 28))
        self._announce()
        return name

    def expire(self, name: str) -> None:
        """LookupError for an id that nobody knows. It stays listed, and posts nothing."""
        self.kept.expire(name, self.now())
        self._announce()

    def extend(self, name: str, lasting: timedelta = HOUR) -> str:
        """Longer by so much, from its end or from now where it has ended; the id, which is a new one then."""
        one = self.kept.find(name)
        return self.put(replace(one, ends_at=max(one.ends_at, self.now()) + lasting))

    # Beginning anew

    def restart(self, *, with_data: bool = True) -> None:
        """Its alerts live in memory and are gone; its silences are kept with its data."""
        self._firing.forget()
        if not with_data:
            self.kept.forget()
        self.started_at = self.now()
        self._announce()

    def _announce(self) -> None:
        """Which alerts a silence mutes is shown beside both."""
        self._changed("silences")
        self._changed("status")

    def forget(self) -> None:
        """As new."""
        self._begin()
        self.restart(with_data=False)


def _sent(done: int, verb: str, muted: int) -> Outcome:
    words = f"{done} {'alert' if done == 1 else 'alerts'} {verb}"
    if muted:
        words += f", {muted} of them silenced" if muted < done else ", silenced: the bridge was not told"
    return Outcome(True, f"{words}.", done, 202)
