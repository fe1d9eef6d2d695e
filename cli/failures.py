"""What a database's refusal looks like to whoever typed the command."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from cli.places import NotHere
from core.domain.errors import Conflict
from core.store.migrate import CannotMigrate
from core.store.trouble import number


@contextmanager
def database_failures() -> Iterator[None]:
    """Turn them into one sentence. Raises NotHere."""
    try:
        yield
    except (CannotMigrate, Conflict) as error:
        raise NotHere(str(error)) from None
    except DBAPIError as error:
        raise NotHere(f"the database cannot be used: {_words(error)}") from None


def _words(error: DBAPIError) -> str:
    """MySQL's own, with its number behind them; SQLite has no more than words."""
    code = number(error)
    if code is None or error.orig is None:
        return str(error.orig)
    return f"{error.orig.args[-1]} (error {code})"
