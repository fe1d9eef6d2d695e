"""The Celery application, decided once. Hints are small, expire, are acknowledged early and carry nothing."""

from pathlib import Path
from typing import Any

from celery import Celery

INGEST = "alert_bridge.ingest"
DELIVER = "alert_bridge.deliver"
PEOPLE = "people"
QUEUES = ("people", "ingest", "deliver")
EXPIRES = 30


def make_celery(broker_url: str | None, hints: Path) -> Any:
    """An application on `broker_url`, or on the embedded broker: a folder of hints beside the data."""
    app: Any = Celery(  # type: ignore[no-untyped-call]
        "alert_bridge", broker=broker_url or "filesystem://", set_as_current=False
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
        # A dead broker must not hold a publisher: the sweep does without it (facts: 0.25 s with no retry).
        task_publish_retry=False,
        broker_transport_options=_options(broker_url, hints),
    )
    return app


def _options(broker_url: str | None, hints: Path) -> dict[str, Any]:
    if broker_url is None:
        for part in ("queue", "control"):
            (hints / part).mkdir(parents=True, exist_ok=True)
        return {
            "data_folder_in": str(hints / "queue"),
            "data_folder_out": str(hints / "queue"),
            "control_folder": str(hints / "control"),
            # kombu looks once a second unless told otherwise.
            "polling_interval": 0.02,
        }
    if broker_url.startswith("redis"):
        return {"socket_timeout": 0.25, "socket_connect_timeout": 0.25, "max_retries": 0}
    return {}


def queue_of(lane: str) -> str:
    return PEOPLE if lane == PEOPLE else "ingest"
