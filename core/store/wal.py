"""SQLite's WAL: kept short also while somebody is always reading, and gone once nobody is left.

SQLite begins it anew by itself only at a moment at which nobody reads from it, and under steady reading there is none.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

LIMIT = 16 * 1024 * 1024
"""Bytes beyond which it is worth a pause; what is left of it after each new beginning."""
_PATIENCE = 1.0


def shorten(database: str, beyond: int = LIMIT) -> None:
    """Take it into the database, if it is longer than so many bytes. Who writes waits a second for it at most."""
    wal = Path(f"{database}-wal")
    if not wal.exists() or wal.stat().st_size <= beyond:
        return
    with closing(sqlite3.connect(database, timeout=_PATIENCE)) as connection:
        # Where somebody reads for longer it does nothing, and says so in its row: there is a next time.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
