"""The receiver: granian in this process; the application is made in its child."""

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

from cli.lifeline import hold_on
from config.settings import Settings

# As many requests as may wait for one group commit; they spend their time waiting, not working.
_THREADS = 32


def serve(settings: Settings, port: int) -> None:
    """Listen until SIGTERM or SIGINT; requests in hand are answered first. CONFIG_PATH names the configuration."""
    hold_on()
    Granian(
        "cli.application:build",
        factory=True,
        interface=Interfaces.WSGI,
        address=settings.server.host,
        port=port,
        blocking_threads=_THREADS,
        http=HTTPModes.http1,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=max(1, int(settings.server.shutdown_timeout.total_seconds())),
        log_level=LogLevels.error,
    ).serve()
