"""Deliver: bring one target up to date, whatever it is told of."""

import time
from collections.abc import Callable

from core.bridge import Bridge
from core.deliver_alerts import AlertPump
from core.deliver_silences import SilencePump
from core.store import targets as target_rows


def pump(bridge: Bridge, name: str, stop: Callable[[], bool] = lambda: False, seconds: float = 20.0) -> bool:
    """Tell the target what is due, for at most `seconds`. True: there is more to do."""
    deadline = time.monotonic() + seconds
    while (present := _pump(bridge, name)) is not None:
        with bridge.busy.at(f"target {name}") as mine:
            if not mine or not present.run(stop, deadline):
                return False
        # What became due between the last look and the release had its hint turned away: look once more.
        with bridge.store.read() as connection:
            if not target_rows.due(connection, [name], bridge.clock()):
                return False
        if stop() or time.monotonic() >= deadline:
            return True
    return False


def _pump(bridge: Bridge, name: str) -> AlertPump | SilencePump | None:
    if name in bridge.targets:
        return AlertPump(bridge, bridge.targets[name])
    if name in bridge.alertmanagers:
        return SilencePump(bridge, bridge.alertmanagers[name])
    return None
