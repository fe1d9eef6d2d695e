"""Structured logs: one line a decision, as JSON or for a terminal, with every known secret blanked out."""

import logging
import sys
from collections.abc import Iterable, MutableMapping
from typing import Any

import structlog

_LEAST = 4


def configure(level: str, format_: str, secrets: Iterable[str]) -> None:
    """Set up structlog and the standard logging that libraries use. `format_` is json or console."""
    known = sorted({secret for secret in secrets if len(secret) >= _LEAST}, key=len, reverse=True)

    def blank(_: Any, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {name: _blank(value, known) for name, value in entry.items()}

    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        # Machines get UTC to the microsecond, people the clock on their wall.
        structlog.processors.TimeStamper(fmt="iso", utc=True)
        if format_ == "json"
        else structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
        structlog.processors.format_exc_info,
        blank,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    # Plain tracebacks: the pretty ones print local variables, and those hold secrets.
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if format_ == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            pad_event_to=16,
            exception_formatter=structlog.dev.plain_traceback,
        )
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("celery", "kombu", "urllib3", "slack_sdk", "pdpyras", "alembic", "amqp", "_granian"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))


def _blank(value: Any, secrets: list[str]) -> Any:
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, "***")
        return value
    if isinstance(value, dict):
        return {key: _blank(item, secrets) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_blank(item, secrets) for item in value]
    return value
