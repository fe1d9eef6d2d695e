"""The worker: Celery's consumer, the sweep, and the metrics door, in one process of threads."""

import os
import signal
import threading

import structlog
from sqlalchemy.exc import OperationalError

from cli.assemble import forget_the_dead, make_bridge, make_jobs, open_store
from cli.lifeline import hold_on
from cli.places import NotHere, hints_folder
from config.settings import Settings
from core.domain.errors import Conflict
from core.store.engine import Store
from core.store.migrate import migrate
from workers.app import ask_to_stop, make_celery, make_consumer
from workers.door import Pulse, open_door
from workers.hints import Hints
from workers.sweeper import Sweeper
from workers.tasks import register
from workers.watcher import Watcher

log = structlog.get_logger()

_AGAIN = 2.0
# What is read back from Alertmanager can be read again: nobody waits for one that hangs.
_PARTING = 1.0


def work(settings: Settings) -> int:
    """Work until SIGTERM or SIGINT: what is in hand is finished, what is left stays due. The exit status.

    Raises NotHere.
    """
    hold_on()
    stopping, asked = threading.Event(), threading.Event()
    patience = settings.server.shutdown_timeout.total_seconds()
    _end_by_signals(stopping, asked, patience)
    pulse = Pulse()
    _open_door(settings.worker.metrics_port, pulse)
    store = open_store(settings)
    _migrate(store, asked, pulse)
    if asked.is_set():
        return 0
    forget_the_dead(store)
    broker = settings.broker.url.reveal() if settings.broker.url else None
    folder = hints_folder(settings)
    hints = Hints(make_celery(broker, folder, publishes=True))
    bridge = make_bridge(settings, store, hints.target, hints.lane)
    celery = make_celery(broker, folder)
    threads = settings.worker.concurrency
    register(celery, bridge, hints, threads, stopping)
    sweeper = Sweeper(bridge, hints, stopping, beat=pulse.beat)
    sweeper.start()
    watcher = Watcher(bridge, make_jobs(settings, bridge), stopping)
    watcher.start()
    consumer = make_consumer(celery, f"alert-bridge@{bridge.holder.rstrip(':')}", threads)
    log.info("worker started", holder=bridge.holder, targets=sorted(bridge.targets), threads=threads)
    try:
        consumer.start()
    finally:
        stopping.set()
        sweeper.stop(patience)
        watcher.stop(_PARTING)
        hints.stop()
        store.close()
    log.info("worker stopped", holder=bridge.holder)
    # The consumer may also end by itself; then somebody should start it again.
    return 0 if asked.is_set() else 1


def _end_by_signals(stopping: threading.Event, asked: threading.Event, patience: float) -> None:
    """The first asks for an orderly end, which may take so many seconds."""

    def stop(*_: object) -> None:
        if not asked.is_set():
            _give_up_after(patience)
        asked.set()
        stopping.set()
        ask_to_stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


def _give_up_after(seconds: float) -> None:
    """Celery says goodbye to its broker, and waits for the answer of one that hangs without end."""

    def give_up() -> None:
        log.error("worker did not finish in time; what is left stays due", seconds=seconds)
        os._exit(1)

    timer = threading.Timer(seconds, give_up)
    timer.daemon = True
    timer.start()


def _open_door(port: int | None, pulse: Pulse) -> None:
    if port is None:
        return
    try:
        open_door(port, pulse.trouble)
    except OSError as error:
        raise NotHere(
            f"cannot serve metrics on port {port}: {error.strerror}. Set worker.metrics_port to another one"
        ) from None


def _migrate(store: Store, asked: threading.Event, pulse: Pulse) -> None:
    """A database that is not there yet is waited for, as compose and Helm start things in any order."""
    while not asked.is_set():
        pulse.beat()
        try:
            before, after = migrate(store)
        except (Conflict, OperationalError) as error:
            log.warning("waiting for the database", detail=str(error).splitlines()[0])
            asked.wait(_AGAIN)
        else:
            if before != after:
                log.info("tables migrated", before=before, after=after)
            return
