"""The worker: Celery's consumer, the sweep, and the metrics door, in one process of threads."""

import os
import signal
import threading
from collections.abc import Callable
from typing import TypeVar

import structlog
from prometheus_client import REGISTRY
from sqlalchemy.exc import OperationalError

from cli.assemble import forget_the_dead, make_bridge, make_jobs
from cli.database import bring_up, open_store
from cli.lifeline import hold_on
from cli.places import NotHere, hints_folder
from config.settings import Settings
from core import metrics
from core.bridge import Bridge
from core.domain.errors import Conflict
from workers.app import ask_to_stop, make_celery, make_consumer
from workers.door import Rounds, open_door
from workers.duties import Duties
from workers.hints import Hints
from workers.pulse import Pulse
from workers.shift import Shift
from workers.sweeper import Sweeper
from workers.tasks import register
from workers.watcher import Watcher

log = structlog.get_logger()

_AGAIN = 2.0

Result = TypeVar("Result")


def work(settings: Settings, duties: Duties, threads: int, seats: int) -> int:
    """Work until SIGTERM or SIGINT: what is in hand is finished or given back. The exit status.

    Raises NotHere.
    """
    hold_on()
    stopping, asked = threading.Event(), threading.Event()
    patience = settings.server.shutdown_timeout.total_seconds()
    _end_by_signals(stopping, asked, patience)
    rounds = Rounds()
    _open_door(settings.worker.metrics_port, rounds)
    store = open_store(settings)
    versions = _once_it_is_there(lambda: bring_up(settings, store), asked, rounds)
    if versions is None:
        return 0
    _tell_migrated(*versions)
    broker = settings.broker.url.reveal() if settings.broker.url else None
    folder = hints_folder(settings)
    hints = Hints(make_celery(broker, folder, publishes=True))
    REGISTRY.register(metrics.BrokerUp(lambda: hints.taken))

    def enter() -> Bridge:
        forget_the_dead(store)
        return make_bridge(settings, store, hints.target, hints.lane)

    bridge = _once_it_is_there(enter, asked, rounds)
    if bridge is None:
        return 0
    celery = make_celery(broker, folder)
    register(celery, bridge, hints, seats, stopping)
    consumer = make_consumer(celery, f"alert-bridge@{bridge.holder.rstrip(':')}", threads, duties.queues)
    jobs = [job for job in make_jobs(settings, bridge, stopping) if duties.include_job(job.name)]
    shift = Shift(
        bridge,
        Pulse(bridge),
        Sweeper(bridge, hints, duties, stopping, beat=rounds.begin),
        Watcher(bridge, jobs, stopping),
        hints,
    )
    shift.begin()
    log.info("worker started", holder=bridge.holder, queues=duties.queues, threads=threads)
    try:
        if not asked.is_set():
            shift.end_when(asked, patience)
            consumer.start()
    finally:
        shift.end(patience)
    # The consumer may also end by itself; then somebody should start it again.
    return 0 if asked.is_set() else 1


def _end_by_signals(stopping: threading.Event, asked: threading.Event, patience: float) -> None:
    """The first asks for an orderly end, which may take so many seconds."""

    def stop(*_: object) -> None:
        if not asked.is_set():
            _give_up_after(patience)
        stopping.set()
        asked.set()
        ask_to_stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


def _give_up_after(seconds: float) -> None:
    """Nothing below waits so long; but what hangs in a driver cannot be reasoned with."""

    def give_up() -> None:
        log.error("worker did not finish in time; what is left stays due", seconds=seconds)
        os._exit(1)

    timer = threading.Timer(seconds, give_up)
    timer.daemon = True
    timer.start()


def _open_door(port: int | None, rounds: Rounds) -> None:
    if port is None:
        return
    try:
        open_door(port, rounds.trouble)
    except OSError as error:
        raise NotHere(
            f"cannot serve metrics on port {port}: {error.strerror}. Set worker.metrics_port to another one"
        ) from None


def _once_it_is_there(step: Callable[[], Result], asked: threading.Event, rounds: Rounds) -> Result | None:
    """A database that is not there yet is waited for, as compose and Helm start things in any order; and so is one that
    takes no writes for a while. None where an end was asked for meanwhile.
    """
    while not asked.is_set():
        rounds.begin()
        try:
            return step()
        except (Conflict, OperationalError) as error:
            log.warning("waiting for the database", detail=str(error).splitlines()[0])
            asked.wait(_AGAIN)
    return None


def _tell_migrated(before: str | None, after: str) -> None:
    if before != after:
        log.info("tables migrated", before=before, after=after)
