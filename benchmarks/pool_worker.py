"""A worker as `alert-bridge worker`, but on whichever of Celery's pools it is told, and without the sweep."""

import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

from celery.worker import WorkController

from cli.assemble import make_bridge
from cli.database import open_store
from config import load
from core.bridge import Bridge
from core.deliver import pump
from core.ingest import drain
from workers.app import make_celery, queue
from workers.duties import DELIVER, INGEST, read_duties
from workers.hints import Hints


def main(pool: str, concurrency: int, config: Path) -> None:
    settings = load(config, os.environ)
    assert settings.broker.url is not None
    url = settings.broker.url.reveal()
    celery = make_celery(url, Path())

    @cache
    def mine() -> tuple[Bridge, Hints]:
        """One for each process: neither a thread nor a connection lives through a fork."""
        hints = Hints(make_celery(url, Path(), publishes=True))
        return make_bridge(settings, open_store(settings), hints.target, hints.lane), hints

    @celery.task(name=INGEST)  # type: ignore[untyped-decorator]
    def ingest(lane: str) -> None:
        drain(mine()[0], lane)

    @celery.task(name=DELIVER)  # type: ignore[untyped-decorator]
    def deliver(target: str) -> None:
        bridge, hints = mine()
        if pump(bridge, target):
            hints.target(target)

    if pool != "prefork":
        mine()
    celery.conf.task_queues = [queue(name) for name in read_duties("all", "all", settings.far_sides).queues]
    options: dict[str, Any] = {"without_gossip": True, "without_mingle": True, "without_heartbeat": True}
    worker: Any = WorkController(celery, pool=pool, concurrency=concurrency, **options)  # type: ignore[no-untyped-call]
    worker.start()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
