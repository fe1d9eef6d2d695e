"""A server that follows the primary, for those who only look. Nothing is ever decided by what it says.

How far it is behind is read off the sweep's lease, which a worker renews every two seconds: a user that may only SELECT
is told nothing by SHOW REPLICA STATUS.
"""

import time
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from core.store.cached import Cached
from core.store.trouble import number

log = structlog.get_logger()

MOST_BEHIND = timedelta(seconds=5)
_AGAIN = 30.0
_FRESH = 1.0
_PATIENCE = 1.0
_STANDING = text(
    "SELECT (SELECT MAX(version_num) FROM alembic_version), (SELECT holder FROM lanes WHERE name = 'sweep'), "
    "(SELECT lease_until FROM lanes WHERE name = 'sweep')"
)
_WHY = {
    **dict.fromkeys((1044, 1045, 1698), "its user is refused"),
    **dict.fromkeys((1142, 1143), "its user may not read"),
    **dict.fromkeys((2003, 2006, 2013), "it cannot be reached"),
    1049: "its database does not exist",
    1146: "its tables are not there",
}


class _Unlike(Exception):
    """It answers, and not as the primary does."""


class Replica:
    """`engine` leads to it, `primary` to the server that it follows.

    What has failed once is left alone for half a minute: whoever looks is answered by the primary meanwhile.
    """

    def __init__(self, engine: Engine, primary: Engine, again: float = _AGAIN) -> None:
        self.engine = engine
        self._primary = primary
        self._again = again
        self._lost_until = 0.0
        self._trouble: str | None = None
        self._good = Cached(self._ask, fresh=_FRESH, patience=_PATIENCE, fresh_failure=again)

    @property
    def trouble(self) -> str | None:
        """Why it is not used now; None where it is."""
        if self.serves():
            return None
        return self._trouble or "it does not answer in time"

    def serves(self) -> bool:
        """Whether it is to be asked; known within a second, also of one that hangs."""
        return time.monotonic() >= self._lost_until and bool(self._good.get())

    def lose(self, error: SQLAlchemyError) -> None:
        self._trouble = _words(error)
        self._lost_until = time.monotonic() + self._again

    def _ask(self) -> bool:
        """Whether it says what the primary says. Raises what the databases raise."""
        try:
            with self._primary.connect() as connection:
                version, sweeper, beat = connection.execute(_STANDING).one()
            with self.engine.connect() as connection:
                its_version, its_sweeper, its_beat = connection.execute(_STANDING).one()
        except SQLAlchemyError as error:
            self._trouble = _words(error)
            raise
        self._trouble = "its tables are those of another version" if its_version != version else None
        self._trouble = self._trouble or _behind(its_beat, beat)
        # A worker's name is its own in all the world, and the sweep passes to another only when that one is gone.
        if not self._trouble and its_sweeper != sweeper:
            self._trouble = (
                "it names another worker than the primary: it is behind, or another bridge's database"
            )
        if self._trouble:
            raise _Unlike(self._trouble)
        return True


def _behind(its: datetime | None, primary: datetime | None) -> str | None:
    if primary is None or (its is not None and primary - its <= MOST_BEHIND):
        return None
    return f"it is more than {MOST_BEHIND.total_seconds():g} s behind"


def _words(error: SQLAlchemyError) -> str:
    """For anybody who looks, so without hosts and users. The log has the whole sentence."""
    code = number(error) if isinstance(error, DBAPIError) else None
    why = _WHY.get(code or 0)
    detail = str(getattr(error, "orig", None) or error).splitlines()[0]
    log.warning("the replica is not used", detail=detail)
    return f"{why} (error {code})" if why else f"error {code}" if code else type(error).__name__
