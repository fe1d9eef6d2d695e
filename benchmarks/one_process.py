"""The bridge in one process with kombu's `memory://`, which docs/adr/0005 weighs: for the comparison, nothing else.

    python -m benchmarks.one_process CONFIG

The server is the receiver's own granian, option by option, so that a request costs the same on both sides. memory://
reaches no further than one process, and granian makes the application in a child: the worker runs in that child, as
threads beside the request threads. granian starts a child again that has died, which is what `run` does for its own.
The shipped broker rings a bell for its consumer where kombu's would look fifty times a second; so does this one.
"""

import os
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any
from unittest.mock import patch

from cli import receiver
from cli.places import INSTANCE, RUNTIME, hold_database
from config import load


def build() -> Any:
    """Called in granian's child; what it needs is imported there, so that the parent stays as small as it is."""
    from cli import application  # noqa: PLC0415

    with patch.object(application, "make_celery", _celery):
        app = application.build()
    threading.Thread(target=_work, name="worker", daemon=True).start()
    return app


def _celery(_: str | None, hints: Path, *, publishes: bool = False) -> Any:
    from benchmarks.bell import SCHEME  # noqa: PLC0415
    from workers.app import make_celery  # noqa: PLC0415

    app = make_celery(f"{SCHEME}://", hints, publishes=publishes)
    app.conf.update(worker_enable_remote_control=False)
    return app


def _work() -> None:
    """As cli.worker does, without the signals, which are granian's here."""
    from cli.assemble import forget_the_dead, make_bridge  # noqa: PLC0415
    from cli.database import open_store  # noqa: PLC0415
    from workers.app import make_consumer  # noqa: PLC0415
    from workers.duties import read_duties  # noqa: PLC0415
    from workers.hints import Hints  # noqa: PLC0415
    from workers.sweeper import Sweeper  # noqa: PLC0415
    from workers.tasks import register  # noqa: PLC0415

    settings = load(None, os.environ)
    store = open_store(settings)
    forget_the_dead(store)
    hints = Hints(_celery(None, Path(), publishes=True))
    bridge = make_bridge(settings, store, hints.target, hints.lane)
    celery = _celery(None, Path())
    stopping = threading.Event()
    duties = read_duties("all", "all", settings.far_sides)
    register(celery, bridge, hints, duties.seats(settings.worker.concurrency), stopping)
    Sweeper(bridge, hints, duties, stopping).start()
    make_consumer(celery, "alert-bridge@one-process", settings.worker.concurrency, duties.queues).start()


def main(config: Path) -> None:
    settings = load(config, os.environ)
    hold_database(settings, alone=True)
    os.environ["CONFIG_PATH"] = str(config.resolve())
    os.environ[INSTANCE] = "run"
    with tempfile.TemporaryDirectory(prefix="alert-bridge-") as folder:
        os.environ[RUNTIME] = folder
        with patch.object(receiver, "_build", build):
            receiver.serve(settings, settings.server.port)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
