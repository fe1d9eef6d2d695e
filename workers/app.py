"""The Celery application, decided once. Hints are small, expire, are acknowledged early and carry nothing."""

from pathlib import Path
from typing import Any

from celery import Celery
from celery.worker import WorkController, state

from workers import embedded

INGEST = "alert_bridge.ingest"
DELIVER = "alert_bridge.deliver"
PEOPLE = "people"
QUEUES = ("people", "ingest", "deliver")
EXPIRES = 30


def make_celery(broker_url: str | None, hints: Path, *, publishes: bool = False) -> Any:
    """An application on `broker_url`, or on the embedded broker: a folder of hints beside the data.

    One that `publishes` gives a dead or frozen broker a quarter of a second; one that consumes is patient.
    """
    app: Any = Celery(  # type: ignore[no-untyped-call]
        "alert_bridge", broker=broker_url or f"{embedded.SCHEME}://localhost", set_as_current=False
    )
    app.conf.update(
        task_ignore_result=True,
        task_acks_late=False,
        task_create_missing_queues=True,
        worker_prefetch_multiplier=1,
        worker_enable_remote_control=broker_url is not None,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options=_options(broker_url, hints, publishes=publishes),
    )
    return app


def _options(broker_url: str | None, hints: Path, *, publishes: bool) -> dict[str, Any]:
    if broker_url is None:
        hints.mkdir(parents=True, exist_ok=True)
        return {"data_folder_in": str(hints), "data_folder_out": str(hints)}
    if publishes and broker_url.startswith("redis"):
        return {"socket_timeout": 0.25, "socket_connect_timeout": 0.25, "max_retries": 0}
    return {"socket_timeout": 5.0, "socket_connect_timeout": 5.0} if broker_url.startswith("redis") else {}


def queue_of(lane: str) -> str:
    return PEOPLE if lane == PEOPLE else "ingest"


def make_consumer(celery: Any, name: str, threads: int) -> Any:
    """A worker of threads on all queues. Celery's own command would bring a banner and signal handlers of its own."""
    return WorkController(  # type: ignore[no-untyped-call]
        celery,
        hostname=name,
        pool="threads",
        concurrency=threads,
        queues=QUEUES,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )


def ask_to_stop() -> None:
    """The consumer takes no more hints and returns once its tasks have; safe in a signal handler."""
    state.should_stop = 0  # type: ignore[assignment]
