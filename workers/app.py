"""The Celery application, decided once. Hints are small, expire, are acknowledged early and carry nothing."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from celery import Celery
from celery.worker import WorkController, state
from kombu.entity import Queue

from workers import embedded, redis_broker

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
        # Events are for who watches: Flower asks for them, and nobody pays for them before that.
        worker_send_task_events=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options=_options(broker_url, hints, publishes=publishes),
        **_parts(broker_url),
    )
    return app


def _options(broker_url: str | None, hints: Path, *, publishes: bool) -> dict[str, Any]:
    if broker_url is None:
        hints.mkdir(parents=True, exist_ok=True)
        return {"data_folder_in": str(hints), "data_folder_out": str(hints)}
    patience = 0.25 if publishes else 5.0
    if broker_url.startswith("redis"):
        once = {"max_retries": 0} if publishes else {}
        return {"socket_timeout": patience, "socket_connect_timeout": patience, **once}
    # Without an answer to each hint a frozen RabbitMQ would look well for as long as the machine takes its bytes.
    return {"confirm_publish": True, "read_timeout": patience, "write_timeout": patience} if publishes else {}


def _parts(broker_url: str | None) -> dict[str, Any]:
    if broker_url is None or not broker_url.startswith("redis"):
        return {}
    # kombu's own choice for rediss:// is to check no certificate; what the URL says of it comes first.
    checked = {"ssl_cert_reqs": "required"}
    secure = {"broker_use_ssl": checked} if broker_url.startswith("rediss:") else {}
    return {"broker_transport": f"{redis_broker.__name__}:Transport", **secure}


def queue(name: str) -> Queue:
    """What lies in it longer than a hint is good for, or too deep, is gone by itself."""
    return Queue(name, routing_key=name, message_ttl=EXPIRES, max_length=redis_broker.MOST)  # type: ignore[no-untyped-call]


def make_consumer(celery: Any, name: str, threads: int, queues: Sequence[str]) -> Any:
    """A worker of threads on these queues. Celery's own command would bring a banner and signal handlers of its own."""
    celery.conf.task_queues = [queue(each) for each in queues]
    return WorkController(  # type: ignore[no-untyped-call]
        celery,
        hostname=name,
        pool="threads",
        concurrency=threads,
        without_gossip=True,
        without_mingle=True,
        # For who watches; without it Flower would take the worker for gone.
        without_heartbeat=not celery.conf.worker_enable_remote_control,
        heartbeat_interval=10,
        task_events=False,
    )


def ask_to_stop() -> None:
    """The consumer takes no more hints and returns once its tasks have; safe in a signal handler."""
    state.should_stop = 0  # type: ignore[assignment]
