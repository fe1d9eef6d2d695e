"""The receiver: granian in this process; the application is made in its child."""

import os
import signal
from typing import Any

import structlog
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

from cli import listen
from cli.lifeline import hold_on
from cli.places import started_by_run
from config.settings import Settings
from core import log

# What may hang at once: at each of three doors the bodies that strangers send slowly (api.reading.AT_ONCE), and twice
# as many requests that wait for a group commit or a look. granian starts a thread when there is none to spare.
_THREADS = 160
# What granian has to say goes where everything else is said.
_LOGGING = {"formatters": {}, "handlers": {}, "loggers": {"_granian": {"handlers": [], "propagate": True}}}

_log = structlog.get_logger()


def serve(settings: Settings, port: int | None) -> None:
    """Listen until SIGTERM or SIGINT; requests in hand are answered first. CONFIG_PATH names the configuration.

    Raises NotHere.
    """
    hold_on()
    # `run` has claimed the port, and what is left of a receiver that was killed may not have let go of it yet.
    address = (listen.resolve if started_by_run() else listen.claim)(settings.server, port)
    log.configure(settings.logging.level, settings.logging.format, settings.secrets())
    _log.info("receiver starting", address=address.url)
    if not (settings.alertmanager.authenticated or started_by_run()):
        _log.warning("alerts are accepted from anybody", remedy="set alertmanager.bearer_token")
    os.register_at_fork(after_in_child=_end_by_sigterm)
    Granian(
        "cli.application:build",
        interface=Interfaces.WSGI,
        address=address.ip,
        port=address.port,
        blocking_threads=_THREADS,
        http=HTTPModes.http1,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=max(1, int(settings.server.shutdown_timeout.total_seconds())),
        log_level=LogLevels.error,
        log_dictconfig=_LOGGING,
    ).serve(target_loader=_build, wrap_loader=False)
    _log.info("receiver stopped")


def _build() -> Any:
    """In the child. Granian's own way to the application would begin in the folder that somebody happens to be in."""
    try:
        from cli.application import build  # noqa: PLC0415 (Flask and all that is not wanted in the parent)

        return build()
    except Exception:  # noqa: BLE001 (multiprocessing would print it past the log)
        _log.exception("the receiver cannot be built")
        raise SystemExit(1) from None


def _end_by_sigterm() -> None:
    """Granian's child inherits a handler that does nothing there: a stop during the start would go unheard."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
