"""A database that is away is waited for: a line in the log and no traceback. What was to be done stays due."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from core.store.trouble import Away

log = structlog.get_logger()


@contextmanager
def database_may_be_away(**about: str) -> Iterator[None]:
    """End the step when the database cannot be used; any other exception goes on."""
    try:
        yield
    except Away as error:
        log.warning("waiting for the database", detail=str(error).splitlines()[0], **about)
