"""Structured logs: one line a decision, as JSON or for a terminal, with every known secret blanked out."""

import logging
import sys
import threading
from collections.abc import Iterable, MutableMapping
from types import TracebackType
from typing import Any
from urllib.parse import quote

import structlog

_LEAST = 4
# What these say of every call and connection would hide what we say, at debug level too.
_NOISY = (
    "celery",
    "kombu",
    "redis",
    "amqp",
    "urllib3",
    "slack_sdk",
    "pdpyras",
    "alembic",
    "_granian",
    "asyncio",
)
# Celery's words about its broker.
_CONSUMER = "celery.worker.consumer.consumer"


def configure(level: str, format_: str, secrets: Iterable[str]) -> None:
    """Set up structlog and the standard logging that libraries use. `format_` is json or console.

    What nobody has caught goes the same way, so that a traceback too is one entry without secrets.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        # Machines get UTC to the microsecond, people the clock on their wall.
        structlog.processors.TimeStamper(fmt="iso", utc=True)
        if format_ == "json"
        else structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
        structlog.processors.format_exc_info,
        _blanker(secrets),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(format_)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in _NOISY:
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))
    logging.getLogger(_CONSUMER).addFilter(_calm)
    logging.captureWarnings(capture=True)
    sys.excepthook = _uncaught
    threading.excepthook = lambda it: _uncaught(it.exc_type, it.exc_value, it.exc_traceback)


def _calm(record: logging.LogRecord) -> bool:
    """A broker that is away is a line without a traceback, and no error: work goes on without it."""
    if record.levelno <= logging.ERROR and "connect" in record.getMessage().lower():
        record.exc_info = None
        record.levelno, record.levelname = logging.WARNING, logging.getLevelName(logging.WARNING)
    return True


def _blanker(secrets: Iterable[str]) -> Any:
    """A step that takes secrets out: as they are, and as a repr or an address in an error message shows them."""
    forms = {
        form
        for secret in secrets
        if len(secret) >= _LEAST
        for form in (secret, repr(secret)[1:-1], quote(secret, safe=""))
    }
    known = sorted(forms, key=len, reverse=True)

    def blank(_: Any, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        # Names that begin with _ are structlog's own and are gone before anything is written.
        return {
            name: value if name.startswith("_") else _blank(value, known) for name, value in entry.items()
        }

    return blank


def _renderer(format_: str) -> Any:
    if format_ == "json":
        return structlog.processors.JSONRenderer()
    # Plain tracebacks: the pretty ones print local variables, and those hold secrets.
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), pad_event_to=16, exception_formatter=structlog.dev.plain_traceback
    )


def _uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    told = None if error is None else (kind, error, trace)
    structlog.get_logger().critical("uncaught", error=kind.__name__, exc_info=told)


def _blank(value: Any, secrets: list[str]) -> Any:
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, "***")
        return value
    if isinstance(value, dict):
        return {key: _blank(item, secrets) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_blank(item, secrets) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    # Whatever it is, it would be written as this text.
    return _blank(repr(value), secrets)
