"""What a database's refusal looks like to whoever typed the command."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from cli.places import NotHere
from core.domain.errors import Conflict
from core.store.migrate import CannotMigrate


@contextmanager
def database_failures() -> Iterator[None]:
    """Turn them into one sentence. Raises NotHere."""
    try:
        yield
    except (CannotMigrate, Conflict) as error:
        raise NotHere(str(error)) from None
    except DBAPIError as error:
        raise NotHere(f"the database refused: {error.orig}") from None
